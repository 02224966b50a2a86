"""Page of `mlgit status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count, format_age
from mlgit.render.page import Page, Span, Style, line, table
from mlgit.render.pages.diff import value, values
from mlgit.render.pages.shortening import Shortening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.changes import ValueChange
    from mlgit.core.overview.status import DataState, EnvironmentLine, ModelLine, Status
    from mlgit.core.pipeline.evidence import StageState

_NAMES, _ROWS, _COLUMNS, _REASONS = 8, 16, 5, 4
_WIDTH = 80
_DECISIONS: dict[str, tuple[str, Style]] = {
    "allow": ("allowed", "ok"),
    "allow_with_warnings": ("allowed with warnings", "careful"),
    "block": ("blocked", "bad"),
}
_NO_BASE = {
    "no_commit": "no commit yet",
    "root_commit": "HEAD is the first commit",
    "history_too_shallow": "the clone is too shallow to tell",
    "trunk_not_here": "trunk is not in this clone",
}


def page(found: Status, *, verbose: bool = False) -> Page:
    """Sections in the order of a working day; a section without problems takes at most one line.

    `verbose` shows full lists, and the files that DVC read instead of mlgit.
    """
    short = Shortening(whole=verbose)
    asked = [line(Span(f"asked DVC: {each.path} {each.why}", "dim"), indent=2) for each in found.handed_over]
    return [
        *_branch(found),
        *_code(found, short),
        *_pipeline(found, short),
        *(asked if verbose else ()),
        *_data(found, short),
        *_remote_data(found, short),
        *_metrics(found, short),
        *_gates(found),
        *_models(found, short),
        *_unready(found, short),
        *_failures(found),
        *_next(found),
    ]


def _branch(found: Status) -> Page:
    where = Span(found.branch, "name") if found.branch else Span("detached HEAD", "careful")
    commit = f" at {found.commit[:7]}" if found.commit else ", no commit yet"
    parts: list[str | Span] = ["On ", where, commit]
    if found.upstream is None:
        parts.append(", no upstream" if found.remote and found.branch else "")
    elif found.ahead is None:
        parts.append(Span(f", {found.upstream} is gone", "careful"))
    elif found.ahead or found.behind:
        parts.append(f", {_ahead_behind(found.ahead, found.behind or 0)} {found.upstream}")
    else:
        parts.append(f", up to date with {found.upstream}")
    blocks: Page = [line(*parts)]
    if found.remote is None:
        blocks.append(line(Span("no remote", "dim"), indent=2))
    elif found.remote_seen_age_s is not None:
        blocks.append(
            line(Span(f"{found.remote} as of {format_age(found.remote_seen_age_s)}", "dim"), indent=2)
        )
    return blocks


def _ahead_behind(ahead: int, behind: int) -> str:
    if ahead and behind:
        return f"{ahead} ahead of and {behind} behind"
    return f"{ahead} ahead of" if ahead else f"{behind} behind"


def _code(found: Status, short: Shortening) -> Page:
    blocks: Page = []
    kinds: tuple[tuple[str, tuple[str, ...], Style], ...] = (
        ("in conflict", found.conflicted, "bad"),
        ("changed", found.changed, "careful"),
        ("untracked", found.untracked, "dim"),
    )
    for title, paths, style in kinds:
        if paths:
            blocks.append(line(Span(f"{len(paths)} {title}: ", style), short.named(paths, _NAMES), indent=2))
    return blocks


def _pipeline(found: Status, short: Shortening) -> Page:
    stale = found.stale
    unchecked = [stage for stage in found.stages if stage.unchecked]
    if not found.pipeline_stages and not unchecked:
        return []
    title: list[str | Span] = ["", Span("Pipeline  ", "strong")]
    if stale:
        title.append(Span(f"{len(stale)} of {count(found.pipeline_stages, 'stage')} stale", "careful"))
    elif found.pipeline_stages:
        title.append(_known(found))
    blocks: Page = [line(""), line(*title)]
    if stale:
        # If there are too many, show those that make the others stale.
        first = stale if len(stale) <= _ROWS else sorted(stale, key=lambda stage: not stage.reasons)
        rows = [(stage.address, _why(stage, short)) for stage in short.first(first, _ROWS)]
        blocks += [table(("", ""), rows), *short.rest(stale, _ROWS)]
    unproven = [f"{stage.address}: {text}" for stage in found.stages for text in stage.unproven]
    blocks += [line(Span(text, "careful"), indent=2) for text in short.first(unproven, _NAMES)]
    blocks += short.rest(unproven, _NAMES)
    reasons = list(dict.fromkeys(reason for stage in unchecked for reason in stage.unchecked))
    blocks += [line(Span(reason, "dim"), indent=2) for reason in short.first(reasons, _NAMES)]
    return [*blocks, *short.rest(reasons, _NAMES)]


def _known(found: Status) -> Span:
    """How many stages are up to date, as far as that is known."""
    open_ = [each for each in found.stages if each.unproven or each.unknown or each.unchecked]
    unknown = sum(not each.address.endswith(".dvc") for each in open_)
    known = f"{found.pipeline_stages - unknown or 'none'} of " if unknown else ""
    word = " known to be" if unknown else ""
    text = f"{known}{count(found.pipeline_stages, 'stage')}{word} up to date"
    return Span(text, "careful" if unknown else "ok")


def _why(stage: StageState, short: Shortening) -> str:
    if stage.reasons:
        return short.named(stage.reasons, _REASONS, between="; ")
    return f"after {short.named(stage.upstream, _REASONS)}"


def _data(found: Status, short: Shortening) -> Page:
    shown = [data for data in found.data if data.workspace != "new" or not data.owner.endswith(".dvc")]
    if not shown:
        return []
    if len(shown) > _ROWS:
        shown.sort(key=lambda data: (not data.lost, data.workspace != "modified"))
    rows = [(data.path, _data_words(data)) for data in short.first(shown, _ROWS)]
    title = line(Span("Data", "strong"), *_data_counts(shown))
    return [line(""), title, table(("", ""), rows), *short.rest(shown, _ROWS)]


def _data_counts(shown: Sequence[DataState]) -> Sequence[Span]:
    """The number of each kind, if there are too many to count by eye."""
    if len(shown) <= _NAMES:
        return ()
    kinds = [_data_words(data) for data in shown]
    spans: list[Span] = []
    for kind in dict.fromkeys(kinds):
        spans += [Span(", " if spans else "  "), Span(f"{kinds.count(kind)} {kind.text}", kind.style)]
    return spans


def _data_words(data: DataState) -> Span:
    if data.workspace == "absent":
        if data.in_cache is None:
            return Span("not made yet", "dim")
        return Span("not checked out", "careful") if data.in_cache else Span("not on this machine", "bad")
    changed = data.workspace in {"modified", "new"}
    return Span(data.workspace if changed else "not in the cache", "careful")


def _remote_data(found: Status, short: Shortening) -> Page:
    if found.remote_data is None:
        return []
    from mlgit.render.pages.remote_data import section

    return section(found.remote_data, short)


def _metrics(found: Status, short: Shortening) -> Page:
    if not found.metrics and not found.problems:
        return []
    changed = [each for each in found.metrics if each.kind != "unchanged"]
    if found.base is None:
        against = f"  no base: {_NO_BASE.get(found.base_rule or '', 'it cannot be told')}"
    elif changed or found.problems:
        against = f"  against {found.base.label}"
    else:
        against = f"  as in {found.base.label}"
    few = found.base is None or len(found.metrics) <= _ROWS
    shown = list(found.metrics) if few else changed
    blocks: Page = [line(""), line(Span("Metrics", "strong"), Span(against, "dim"))]
    blocks += [*_values(short.first(shown, _ROWS), found), *short.rest(shown, _ROWS)]
    for problem in short.first(found.problems, _NAMES):
        blocks.append(line(Span("careful: ", "careful"), problem, indent=2))
    return [*blocks, *short.rest(found.problems, _NAMES)]


def _values(shown: Sequence[ValueChange], found: Status) -> Page:
    if found.base is not None:
        return values(shown)
    rows = [(each.file, each.key, value(each.new)) for each in shown]
    return [table(("file", "name", "value"), rows, right=(2,))]


def _gates(found: Status) -> Page:
    blocks: Page = []
    if found.verdict is not None:
        word, style = _DECISIONS[found.verdict.decision]
        title, headline = (Span("Gates  ", "strong"), Span(word, style)), found.verdict.headline
        if len(f"Gates  {word}: {headline}") > _WIDTH:
            blocks = [line(""), line(*title), line(headline, indent=2)]
        else:
            blocks = [line(""), line(*title, f": {headline}")]
    for waiver in found.waivers:
        when = "expired" if waiver.days_left < 0 else f"expires in {count(waiver.days_left, 'day')}"
        text = f"waiver `{waiver.id}` for `{waiver.gate}` {when}"
        blocks.append(line(Span("careful: ", "careful"), text, indent=2))
    return blocks


def _models(found: Status, short: Shortening) -> Page:
    if not found.models:
        return []
    from mlgit.render.pages.refused import refused_in, refused_lines

    names = list(dict.fromkeys(each.environment for model in found.models for each in model.environments))
    columns = short.first(names, _COLUMNS)
    rows = [_model_row(model, columns) for model in short.first(found.models, _ROWS)]
    blocks: Page = [line(""), line(Span("Models", "strong")), table(("model", "latest", *columns), rows)]
    blocks += short.rest(found.models, _ROWS, see="`mlgit models` lists all")
    if len(columns) < len(names):
        others = short.named(names[len(columns) :], _NAMES)
        blocks.append(line(Span(f"other environments: {others} (`-v` shows all)", "dim"), indent=2))
    blocks += refused_lines(refused_in(found.models), indent=2)
    if found.tags_known.known == "no":
        blocks.append(line(Span("? ", "careful"), f"not known: {found.tags_known.why}", indent=2))
    if found.unpushed_tags:
        tags, many = short.named(found.unpushed_tags, _NAMES), count(len(found.unpushed_tags), "tag")
        blocks.append(line(Span(f"{many} not pushed: ", "careful"), tags, indent=2))
    return blocks


def _model_row(model: ModelLine, names: Sequence[str]) -> tuple[Span, ...]:
    held = {each.environment: each for each in model.environments}
    latest = Span(f"{model.latest}{_mark(model.refused)}{_behind(model.behind)}")
    if model.known == "no":
        latest = Span("?", "careful")
    elif model.latest is None:
        latest = Span("no version", "dim")
    return (Span(model.model, "name"), latest, *(_environment(held.get(name)) for name in names))


def _environment(each: EnvironmentLine | None) -> Span:
    if each is not None and each.known == "no":
        return Span("?", "careful")
    if each is None or (each.version is None and each.refused is None):
        return Span("-", "dim")
    version = f"{each.version or '-'}{_mark(each.refused)}{_behind(each.behind)}"
    return Span(f"{version} held", "careful") if each.held else Span(version)


def _mark(refused: str | None) -> str:
    return "" if refused is None else "!"


def _behind(commits: int | None) -> str:
    return f" ({count(commits, 'commit')} ago)" if commits else ""


def _unready(found: Status, short: Shortening) -> Page:
    """What no release or promotion could use; remarks are only in the JSON document."""
    shown = [each for each in found.unready if each.severity != "info"]
    if not shown:
        return []
    blocks: Page = [line("")]
    for each in short.first(shown, _NAMES):
        where = "" if each.line is None else f"mlgit.yaml:{each.line}: "
        word = Span("error: ", "bad") if each.severity == "error" else Span("careful: ", "careful")
        blocks.append(line(word, where + each.message))
        if each.hint:
            blocks.append(line(Span("hint: ", "dim"), each.hint, indent=2))
    return [*blocks, *short.rest(shown, _NAMES)]


def _failures(found: Status) -> Page:
    blocks: Page = []
    for failure in found.failures:
        where = f" ({failure.location})" if failure.location else ""
        blocks += [line(""), line(Span("error: ", "bad"), f"{failure.message}{where}")]
        if failure.hint:
            blocks.append(line(Span("hint: ", "careful"), failure.hint, indent=2))
    return blocks


def _next(found: Status) -> Page:
    if found.next is None:
        return []
    step = Span(found.next.command, "strong")
    return [line(""), line(Span("next: ", "dim"), step, f"  ({found.next.reason})")]
