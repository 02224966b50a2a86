"""Changes here: the sections of a status about the branch and its metrics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlgit.core.wording import count, format_age
from mlgit.render.page import Page, Span, Style, line
from mlgit.render.pages.diff import value_row
from mlgit.render.pages.live import TITLE, title
from mlgit.render.value_rows import is_lost, value_table, worst_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.changes import ValueChange
    from mlgit.core.overview.status import Status
    from mlgit.render.pages.shortening import Shortening

_NAMES, _METRICS = 8, 8
INDENT = TITLE + 2
_NO_BASE = {
    "no_commit": "no commit yet",
    "root_commit": "HEAD is the first commit",
    "history_too_shallow": "this clone is too shallow to find it",
    "trunk_not_here": "trunk is not in this clone",
}


def branch(found: Status, short: Shortening) -> Page:
    commit = f" at {found.commit[:7]}" if found.commit else ", no commit yet"
    seen = found.remote_seen_age_s
    as_of = (
        f" (fetched {format_age(seen)})"
        if seen is not None and found.upstream_as_fetched and found.ahead is not None
        else ""
    )
    name = found.branch or Span("detached HEAD", "careful")
    during = [Span(f", {found.underway} under way", "careful")] if found.underway else []
    blocks = title("Branch", name, commit, *during, *_upstream(found), Span(as_of, "dim"))
    kinds: tuple[tuple[str, tuple[str, ...], Style], ...] = (
        ("in conflict", found.conflicted, "bad"),
        ("changed", found.changed, "careful"),
        ("untracked", found.untracked, "dim"),
    )
    for word, paths, style in kinds:
        if paths:
            text = f"{count(len(paths), 'file')} {word}: "
            blocks.append(line(Span(text, style), short.named(paths, _NAMES), indent=TITLE, hang=2))
    if found.unpushed_tags:
        tags, many = short.named(found.unpushed_tags, _NAMES), count(len(found.unpushed_tags), "tag")
        blocks.append(line(Span(f"{many} not pushed: ", "careful"), tags, indent=TITLE, hang=2))
    if found.taken_tags:
        text = f"{found.remote} has other tags of these names: {short.named(found.taken_tags, _NAMES)}"
        blocks.append(line(Span("! ", "careful"), text, indent=TITLE, hang=2))
    return blocks


def _upstream(found: Status) -> Sequence[str | Span]:
    if found.remote is None:
        return (", no remote",) if found.tags_known.known == "yes" else ()
    if found.branch is None:
        return ()
    if found.upstream is not None and found.ahead is not None:
        return (f", {_ahead_behind(found.ahead, found.behind or 0)} {found.upstream}",)
    # A clone of an empty repository has an upstream that was never there.
    is_seen = found.remote_seen_at is not None or (found.trunk or "").startswith(f"{found.remote}/")
    if found.upstream is not None and is_seen:
        return (Span(f", {found.upstream} is gone", "careful"),)
    if found.pushed:
        return (f", no upstream, though {found.remote} has a branch of this name",)
    return (", not pushed",)


def _ahead_behind(ahead: int, behind: int) -> str:
    if ahead and behind:
        return f"{ahead} ahead of and {behind} behind"
    if not ahead and not behind:
        return "up to date with"
    return f"{ahead} ahead of" if ahead else f"{behind} behind"


def metrics(found: Status, short: Shortening, *, verbose: bool) -> Page:
    if not found.metrics and not found.problems:
        unread = found.config == "invalid" or any(
            failure.part in {"pipeline", "metrics", "base"} for failure in found.failures
        )
        none = "none declared" if found.config == "absent" else "none"
        return title("Metrics", Span("unknown", "careful") if unread else none)
    changed = [each for each in found.metrics if each.kind != "unchanged"]
    if found.base is None:
        text = f"{len(found.metrics)}, no base: {_NO_BASE.get(found.base_rule or '', 'it is not known')}"
        shown = list(found.metrics)
    elif not found.metrics:
        text, shown = f"none could be compared with {found.base.label}", []
    elif not changed:
        text, shown = f"{len(found.metrics)} unchanged since {found.base.label}", []
    else:
        gone = sum(each.kind == "removed" for each in changed)
        how = f"{gone} gone" if gone == len(changed) else f"{len(changed)} of {len(found.metrics)} changed"
        text, shown = f"{how} since {found.base.label}", changed
    # A number that is gone is not one of the last run.
    is_of_run = found.stale and shown and not any(each.kind == "removed" for each in shown)
    blocks = title("Metrics", text, ", as of the last run" if is_of_run else "")
    gated = {} if found.verdict is None else {place: at for at, place in enumerate(found.verdict.gated)}
    shown.sort(key=lambda each: _order(each, gated))
    # Also among those that did not change: alone, the name would be that of several metrics.
    keys = Counter(each.key for each in found.metrics)
    rows = []
    for each in short.first(shown, _METRICS):
        name = each.key or "(value)"
        row = value_row(each, name if keys[each.key] == 1 else f"{each.file}:{name}")
        rows.append(row if found.base is not None else row._replace(old=None, change="", note=""))
    blocks += [value_table(rows, indent=INDENT, whole=verbose)] if rows else []
    blocks += short.rest(shown, _METRICS, indent=INDENT)
    # The pipeline's section has these already.
    stale = tuple(f"Stage `{stage.address}` is stale: " for stage in found.stale)
    problems = [each for each in found.problems if not stale or not each.startswith(stale)]
    problems = problems if verbose else _once(problems)
    for problem in short.first(problems, _NAMES):
        blocks.append(line(Span("! ", "careful"), problem, indent=TITLE, hang=2))
    return [*blocks, *short.rest(problems, _NAMES, indent=INDENT)]


def _once(problems: Sequence[str]) -> list[str]:
    """The sentences about files, each sentence once with its first file and how many more there are."""
    files: dict[str, list[str]] = {}
    for problem in problems:
        _, _, rest = problem.partition("` ") if problem.startswith("`") else ("", "", problem)
        files.setdefault(rest, []).append(problem)
    return [
        same[0] if len(same) == 1 else f"{same[0]} (and {count(len(same) - 1, 'more file')})"
        for same in files.values()
    ]


def _order(change: ValueChange, gated: dict[str, int]) -> tuple[object, ...]:
    """Metrics of gates first, in the order of the gates; then the worst change first."""
    place = gated.get(f"{change.file}:{change.key}", len(gated))
    lost = is_lost(change.old, change.new)
    return (place, *worst_first(change.change, change.change_percent, better=change.better, lost=lost))
