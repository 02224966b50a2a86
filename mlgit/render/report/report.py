"""Report: the Markdown of a pull request's comment, which a person reads in five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.ci.report import CiReport, Failure
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.gates.by_model import models_of, of_model, uneventful
from mlgit.core.gates.headline import headline, split_notes
from mlgit.core.wording import joined
from mlgit.errors import Exit
from mlgit.render.escape import code, prose
from mlgit.render.report.details import details
from mlgit.render.report.footer import commands, footer, key_of, marker
from mlgit.render.report.layout import LEVELS, MARKS, DetailLevel, ReportContext, blocks_text, left_out
from mlgit.render.report.no_verdict import failure, running
from mlgit.render.report.summary_lines import FIRST_MODEL, FORK, NOTHING_NEW, lines, notes, unseen
from mlgit.render.report.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check, Note

__all__ = ["BUDGET_BYTES", "failure", "key_of", "markdown", "marker", "report", "running"]

BUDGET_BYTES = 60_000
_NO_GATES = "▫️"
_UNPROVEN = "❔"
_MOST_NAMES = 3
_LOCAL = ReportContext()


def markdown(record: Check, context: ReportContext = _LOCAL, *, budget_bytes: int = BUDGET_BYTES) -> str:
    """The report, at most `budget_bytes` long in UTF-8.

    A report that is too long loses whole rows and blocks, so that no fence or table is cut. The verdict, the
    next command and the marker stay.
    """
    for level in LEVELS:
        text = _believed(blocks_text(_blocks(record, context, level)), context)
        if len(text.encode("utf-8", "replace")) <= budget_bytes:
            return text
    word = "Not finished" if context.unfinished else _WORDS[record.verdict.decision]
    heading = f"### {_mark(record, unfinished=context.unfinished)} {word}{_by_fork(context)}"
    return _believed(blocks_text([[heading], [marker(context.key)]]), context)


def _believed(text: str, context: ReportContext) -> str:
    """Without any tick if code of a fork computed it: it can report what it likes."""
    return text.replace(MARKS["allow"], _UNPROVEN) if context.untrusted else text


def _by_fork(context: ReportContext) -> str:
    return " · computed by fork code" if context.untrusted else ""


def report(record: CiReport, *, untrusted: bool = False) -> str:
    """The comment for a CI run; `untrusted` if code of a fork computed the run's results."""
    context = ReportContext(
        key=key_of(record.project, record.job),
        run_url=record.log_url,
        untrusted=untrusted,
        skipped=record.skipped,
        mode=record.mode,
        host=record.host,
        commit=record.commit,
    )
    if record.check is None:
        why = record.failure or Failure(code="error", exit_code=record.exit_code, message="Nothing was told")
        return failure(why, context)
    context = context._replace(
        pushed=record.pushed,
        commit=None if record.pushed else record.commit,
        unfinished=record.exit_code not in {Exit.DONE, Exit.BLOCKED},
    )
    budget_bytes = BUDGET_BYTES if record.host is None else HOSTS[record.host].comment_bytes
    return markdown(record.check, context, budget_bytes=budget_bytes)


_WORDS = {"allow": "Allowed", "allow_with_warnings": "Allowed with warnings", "block": "Blocked"}


def _blocks(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    last = footer(record, context)
    top = [_verdict_line(record, context)]
    fork = [FORK] if context.untrusted else []
    findings, others = split_notes(record.verdict.notes)
    first = _quoted_notes(findings, top[0], level)
    if _nothing_new(record, context):
        return [top, fork, first, unseen(context), last]
    several = models_of(record)
    whole = len(several) < 2  # noqa: PLR2004 (one model needs no sections)
    mine = [note for note in others if whole or note.model not in several]
    blocking = [note for note in mine if note.effect == "block"]
    rest = [note for note in mine if note.effect != "block"]
    return [
        top,
        fork,
        first,
        [FIRST_MODEL] if record.verdict.first_model else [],
        _quoted_notes(blocking, top[0], level),
        *([table(record, level)] if whole else _sections(record, level)),
        [*lines(record), *notes(rest, level), *unseen(context)],
        *details(record, context, level),
        commands(record, context),
        last,
    ]


def _quoted_notes(found: Sequence[Note], verdict_line: str, level: DetailLevel) -> list[str]:
    """The notes; only the hint of a single note that the verdict line already quotes."""
    if len(found) == 1 and prose(found[0].message) in verdict_line:
        hint = found[0].hint
        return [f"- hint: {prose(hint)}"] if hint else []
    return notes(found, level)


def _verdict_line(record: Check, context: ReportContext) -> str:
    purpose = {
        "check": "",
        "release": "for a release: ",
        "promote": f"for {code(record.verdict.environment or '')}: ",
    }
    same = f", {NOTHING_NEW}" if _nothing_new(record, context) else ""
    mark = _mark(record, unfinished=context.unfinished)
    lead = "not everything could be checked: " if context.unfinished else ""
    return f"### {mark} {lead}{purpose[record.verdict.purpose]}{_summary(record)}{same}{_by_fork(context)}"


def _nothing_new(record: Check, context: ReportContext) -> bool:
    return uneventful(record) and not context.unfinished


def _mark(record: Check, *, unfinished: bool = False) -> str:
    verdict = record.verdict
    if unfinished:
        return MARKS["block"]
    return _NO_GATES if verdict.decision == "allow" and not verdict.summary.gates else MARKS[verdict.decision]


def _summary(record: Check) -> str:
    """The verdict of one model, or which of several models are blocked."""
    models = models_of(record)
    if len(models) < 2:  # noqa: PLR2004 (one model needs no sections)
        return prose(headline(record.verdict))
    blocked = [model for model in models if of_model(record, model).verdict.decision == "block"]
    if not blocked:
        return f"{len(models)} models: {prose(headline(record.verdict))}"
    names = joined((code(str(model)) for model in blocked), _MOST_NAMES)
    verb = "is" if len(blocked) == 1 else "are"
    return f"{len(blocked)} of {len(models)} models {verb} blocked: {names}"


def _sections(record: Check, level: DetailLevel) -> list[list[str]]:
    """Each model under its own heading, the worst first; models without news share a line."""
    parts = [of_model(record, model) for model in models_of(record)]
    parts.sort(key=lambda part: _ORDER[part.verdict.decision])
    shown = [part for part in parts if _has_news(part)]
    quiet = [part for part in parts if not _has_news(part)]
    blocks: list[list[str]] = []
    for part in shown[: level.rows]:
        verdict = part.verdict
        name, title = f"{models_of(part)[0]}: ", headline(verdict)
        title = title if title.startswith(name) else f"{name}{title}"
        blocks.append([f"#### {_mark(part)} {prose(title)}"])
        blocks += [table(part, level), notes(split_notes(verdict.notes)[1], level)]
    blocks.append(left_out(len(shown) - level.rows, "models"))
    if quiet:
        names = joined((code(str(model)) for part in quiet for model in models_of(part)), level.rows)
        blocks.append([f"✅ No gate failed and no metric changed: {names}"])
    return blocks


_ORDER = {"block": 0, "allow_with_warnings": 1, "allow": 2}


def _has_news(part: Check) -> bool:
    failed = any(result.outcome not in {"pass", "skipped"} for result in part.verdict.results)
    return failed or bool(part.verdict.notes) or any(change.changed for change in part.metrics)
