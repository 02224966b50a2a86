"""Page of `mlgit status`: what is live, then the branch, its results and its gates, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count, cut
from mlgit.render.page import Page, Span, line, table
from mlgit.render.pages.changes_here import INDENT, branch, metrics
from mlgit.render.pages.live import TITLE, live, live_in_short, title
from mlgit.render.pages.shortening import Shortening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mlgit.core.overview.status import ChangedParam, DataState, Status, VerdictCounts
    from mlgit.core.pipeline.evidence import StageState

_NAMES, _ROWS, _METRICS, _REASONS, _VALUE = 8, 16, 8, 4, 24
_SHOWN_REASONS = ("git push --force", "mlgit init", "mlgit promote", "mlgit release")


def page(found: Status, *, now: datetime, verbose: bool = False) -> Page:
    """Sections in the order of what matters at night; a section without problems takes one line.

    `verbose` shows full lists, and the files that DVC read instead of mlgit.
    """
    short = Shortening(whole=verbose)
    asked = [
        line(Span(f"asked DVC: {each.path} {each.why}", "dim"), indent=TITLE) for each in found.handed_over
    ]
    return [
        *live(found, now, short, verbose=verbose),
        *branch(found, short),
        *_pipeline(found, short),
        *(asked if verbose else ()),
        *_data(found, short),
        *_remote_data(found, short),
        *metrics(found, short, verbose=verbose),
        *_gates(found),
        *_unready(found, short),
        *_failures(found),
        *_next(found),
    ]


def short_page(found: Status) -> Page:
    """One line for a prompt: what is live, what is stale, and the verdict."""
    texts = [live_in_short(found)]
    unverified = sum(not model.verified for model in found.models)
    if unverified:
        texts.append(f"{count(unverified, 'model')} not verified")
    if found.conflicted:
        texts.append("merge unresolved")
    if found.stale:
        texts.append(f"{len(found.stale)} stale")
    if found.verdict is not None:
        texts.append("blocked" if found.verdict.decision == "block" else "allowed")
    if found.taken_tags:
        texts.append(f"{found.remote} has other tags")
    elif found.unpushed_tags:
        texts.append(f"{count(len(found.unpushed_tags), 'tag')} not pushed")
    if found.errors:
        texts.append(count(len(found.errors), "error"))
    return [line(" · ".join(texts))]


def _pipeline(found: Status, short: Shortening) -> Page:
    stale = found.stale
    unchecked = [stage for stage in found.stages if stage.unchecked]
    if any(failure.part == "pipeline" for failure in found.failures):
        return title("Pipeline", Span("unknown: ", "careful"), "see the error below")
    if not found.pipeline_stages and not unchecked:
        files = () if found.verdict is None else found.verdict.not_proven
        proof = f"; not proven: no stage writes {short.named(files, _REASONS)}" if files else ""
        return title("Pipeline", f"none{proof}")
    if stale:
        blocks = title(
            "Pipeline",
            Span("! ", "careful"),
            f"{len(stale)} of {count(found.pipeline_stages, 'stage')} stale",
        )
        # If there are too many, show those that make the others stale.
        first = stale if len(stale) <= _ROWS else sorted(stale, key=lambda stage: not stage.reasons)
        params: dict[tuple[str, str], list[ChangedParam]] = {}
        for each in found.changed_params:
            params.setdefault((each.stage, each.param), []).append(each)
        rows = [(stage.address, _why(stage, params, short)) for stage in short.first(first, _ROWS)]
        blocks += [table(("", ""), rows, indent=INDENT), *short.rest(stale, _ROWS, indent=INDENT)]
    else:
        blocks = title("Pipeline", _known(found) if found.pipeline_stages else "no stages")
    unproven = [f"{stage.address}: {text}" for stage in found.stages for text in stage.unproven]
    blocks += [
        line(Span("! ", "careful"), text, indent=TITLE, hang=2) for text in short.first(unproven, _NAMES)
    ]
    blocks += short.rest(unproven, _NAMES, indent=INDENT)
    reasons = list(dict.fromkeys(reason for stage in unchecked for reason in stage.unchecked))
    blocks += [line(Span(reason, "dim"), indent=INDENT, hang=2) for reason in short.first(reasons, _NAMES)]
    return [*blocks, *short.rest(reasons, _NAMES, indent=INDENT)]


def _known(found: Status) -> Span:
    """How many stages are up to date, as far as that is known."""
    open_ = [each for each in found.stages if each.unproven or each.unknown or each.unchecked]
    unknown = sum(not each.address.endswith(".dvc") for each in open_)
    known = f"{found.pipeline_stages - unknown or 'none'} of " if unknown else ""
    word = " known to be" if unknown else ""
    text = f"{known}{count(found.pipeline_stages, 'stage')}{word} up to date"
    return Span(text, "careful" if unknown else "")


def _why(stage: StageState, params: Mapping[tuple[str, str], list[ChangedParam]], short: Shortening) -> str:
    """`train.C changed from 1 to 10; changed dep src/train.py`."""
    if not stage.reasons:
        return f"runs after {short.named(stage.upstream, _REASONS)}"
    texts: list[str] = []
    for reason in stage.reasons:
        found = params.get((stage.address, reason.removeprefix("changed param ")), [])
        texts += map(_param, found) if found else [reason]
    # Two patterns may match the same parameter.
    return short.named(list(dict.fromkeys(texts)), _REASONS, between="; ")


def _param(param: ChangedParam) -> str:
    if param.old is None or param.new is None:
        return f"{param.name} is {'new' if param.old is None else 'gone'}"
    old, new = cut(param.old, _VALUE, apart_from=param.new), cut(param.new, _VALUE, apart_from=param.old)
    return f"{param.name} changed from {old} to {new}"


def _data(found: Status, short: Shortening) -> Page:
    """One line per kind of difference, those that cannot be fetched from here first."""
    shown = [data for data in found.data if data.workspace != "new" or not data.owner.endswith(".dvc")]
    groups: dict[tuple[Span, str | None], list[str]] = {}
    for data in sorted(shown, key=lambda data: (not data.lost, data.workspace != "modified")):
        groups.setdefault((_data_words(data), data.found_in), []).append(data.path)
    blocks: Page = []
    for (words, owner), paths in groups.items():
        one = len(paths) == 1
        other = f"{'is still that' if one else 'are still those'} of {owner}"
        text = f"{len(paths)} {words.text if owner is None else other}: "
        parts = (Span("! ", "careful"), Span(text, words.style), short.named(paths, _NAMES))
        blocks += [line(" " * TITLE, *parts, hang=TITLE)] if blocks else title("Data", *parts)
    return blocks


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


def _gates(found: Status) -> Page:
    verdict = found.verdict
    if verdict is None:
        blocks = title("Gates", _no_verdict(found))
    elif verdict.decision == "block":
        counted = f", {_counted(verdict)}" if verdict.failed else ""
        blocks = title("Gates", Span("✗ blocked", "blocked"), f"{counted}: {verdict.reason}")
    else:
        warned = verdict.decision == "allow_with_warnings"
        # Where nothing was compared there is nothing to tick off.
        ticked = Span("✓ allowed", "allowed") if verdict.passed else Span("allowed")
        mark = Span("! allowed", "warned") if warned else ticked
        # Otherwise the warning reads as the reason why gates passed.
        warnings = f", {count(verdict.warnings, 'warning')}" if warned and verdict.warnings else ""
        why = f"{warnings}: {verdict.reason}" if warned else ""
        blocks = title("Gates", mark, f", {_counted(verdict)}{why}")
    # The reason of the warning may be that a waiver has expired.
    named = "" if verdict is None else verdict.reason or ""
    expired = [each for each in found.waivers if each.days_left < 0 and f"waiver `{each.id}` " in named]
    for waiver in (each for each in found.waivers if each not in expired):
        when = "expired" if waiver.days_left < 0 else f"expires in {count(waiver.days_left, 'day')}"
        text = f"waiver `{waiver.id}` for `{waiver.gate}` {when}"
        blocks.append(line(Span("! ", "careful"), text, indent=TITLE, hang=2))
    return blocks


def _counted(verdict: VerdictCounts) -> str:
    """`2 of 4 failed`: the title of the line says that these are gates."""
    if not verdict.gates:
        return verdict.counted
    return verdict.counted.replace(" gates ", " ", 1).replace(" gate ", " ", 1)


def _no_verdict(found: Status) -> str:
    if found.config == "invalid" or any(each.part in {"gates", "pipeline"} for each in found.failures):
        return "not evaluated"
    if found.config == "absent":
        return "none: there is no mlgit.yaml"
    if not found.gates_declared:
        return "none declared"
    return "not evaluated: no commit yet" if found.commit is None else "not evaluated"


def _unready(found: Status, short: Shortening) -> Page:
    """What no release or promotion could use; remarks are only in the JSON document."""
    shown = [each for each in found.unready if each.severity != "info"]
    if not shown:
        return []
    blocks: Page = [line("")]
    first = short.first(shown, _NAMES)
    for each, following in zip(first, (*first[1:], None), strict=True):
        where = "" if each.line is None else f"mlgit.yaml:{each.line}: "
        mark = Span("✗ ", "bad") if each.severity == "error" else Span("! ", "careful")
        blocks.append(line(mark, where + each.message, hang=2))
        if each.hint and (following is None or following.hint != each.hint):
            blocks.append(line(Span("hint: ", "dim"), each.hint, indent=2, hang=2))
    return [*blocks, *short.rest(shown, _NAMES)]


def _failures(found: Status) -> Page:
    blocks: Page = []
    for failure in found.errors:
        where = f" ({failure.location})" if failure.location else ""
        blocks += [line(""), line(Span("error: ", "bad"), f"{failure.message}{where}", hang=2)]
        if failure.hint:
            blocks.append(line(Span("hint: ", "dim"), failure.hint, indent=2, hang=2))
    return blocks


def _next(found: Status) -> Page:
    if found.next is None and found.failures:
        return [line(""), line(Span("next: ", "dim"), "not known, because of the error above")]
    if found.next is None:
        return [line(""), line(Span("next: ", "dim"), "nothing to do")]
    step = Span(found.next.command, "command")
    blocks: Page = [line(""), line(Span("next: ", "dim"), step)]
    if found.next.command.startswith(_SHOWN_REASONS):
        # Not after a `#` in that line: zsh takes it for arguments.
        blocks.append(line(Span(found.next.reason, "dim"), indent=6, hang=0))
    return blocks
