"""Markdown: the report that stands on a pull request, read in five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.by_model import models_of, of_model, uneventful
from mlgit.core.gates.verdict import headline
from mlgit.core.wording import joined
from mlgit.render.escape import code, prose
from mlgit.render.report.details import details
from mlgit.render.report.footer import commands, footer, key_of, marker
from mlgit.render.report.layout import LEVELS, MARKS, DetailLevel, ReportContext, blocks_text, left_out, size
from mlgit.render.report.no_verdict import failure, running
from mlgit.render.report.summary_lines import beginning, lines, notes, provenance, unseen
from mlgit.render.report.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.ci.report import CiReport, Mode
    from mlgit.core.forge.protocol import Host
    from mlgit.core.gates.verdict import Check, Note
    from mlgit.core.pipeline.report_context import MetricHistory

__all__ = ["BUDGET_BYTES", "failure", "key_of", "markdown", "marker", "report", "running"]

BUDGET_BYTES = 60_000
_BUDGETS: dict[Host | None, int] = {"github": BUDGET_BYTES, "gitlab": 900_000}
_NO_GATES = "▫️"
_MOST_NAMES = 3


def markdown(  # noqa: PLR0913 (all but the record may be left out)
    record: Check,
    *,
    key: str = "mlgit",
    budget_bytes: int = BUDGET_BYTES,
    run_url: str | None = None,
    untrusted: bool = False,
    skipped: Sequence[str] = (),
    mode: Mode = "check",
    host: Host | None = None,
    pushed: str | None = None,
    commit: str | None = None,
    unfinished: bool = False,
    history: Sequence[MetricHistory] | None = None,
) -> str:
    """The report, at most `budget_bytes` long in UTF-8.

    DetailLevel is made in this order: charts, unchanged rows, details, rows of the main table. Whole rows and
    whole blocks are left out, so that no fence or table is ever cut; verdict, next command and marker stay.

    Args:
        record: the check.
        key: whose comment it is: one marker a key.
        budget_bytes: what the forge takes.
        run_url: the run's page.
        untrusted: whether code of a fork computed it.
        skipped: what could not be looked at, a line each.
        mode: whether the pipeline was run.
        host: who draws it; Mermaid only where that is known.
        pushed: the commit that the results were committed as.
        commit: the commit that the forge's check belongs to, which may be part of what was judged.
        unfinished: whether something failed beside the verdict, so that it does not let anybody pass.
        history: what gated metrics were before, instead of the record's own.
    """
    known = record.history if history is None else history
    context = ReportContext(
        key=key,
        run_url=run_url,
        untrusted=untrusted,
        skipped=skipped,
        mode=mode,
        host=host,
        pushed=pushed,
        commit=commit,
        unfinished=unfinished,
        history={(each.model, each.file, each.key): each for each in known},
    )
    for level in LEVELS:
        text = blocks_text(_blocks(record, context, level))
        if size(text) <= budget_bytes:
            return text
    word = "Not finished" if unfinished else _WORDS[record.verdict.decision]
    return blocks_text([[f"### {_mark(record, unfinished=unfinished)} {word}"], [marker(key)]])


def report(
    record: CiReport,
    *,
    host: Host | None = None,
    key: str | None = None,
    budget_bytes: int | None = None,
    untrusted: bool = False,
) -> str:
    """What a CI run found, as the text of its comment.

    Args:
        record: the run's document.
        host: who draws it; the record's own host unless given.
        key: whose comment it is; `<project>/<job>` unless given.
        budget_bytes: what the forge takes; known for the hosts unless given.
        untrusted: whether code of a fork computed it.
    """
    host = host or record.host
    key = key or key_of(record.project, record.job)
    if record.check is None:
        from mlgit.core.ci.report import Failure

        told = record.failure or Failure(code="error", exit_code=record.exit_code, message="Nothing was told")
        return failure(
            told,
            key=key,
            run_url=record.log_url,
            untrusted=untrusted,
            skipped=record.skipped,
            commit=record.commit,
            mode=record.mode,
        )
    return markdown(
        record.check,
        key=key,
        budget_bytes=budget_bytes or _BUDGETS.get(host, BUDGET_BYTES),
        run_url=record.log_url,
        untrusted=untrusted,
        skipped=record.skipped,
        mode=record.mode,
        host=host,
        pushed=record.pushed,
        commit=None if record.pushed else record.commit,
        unfinished=record.exit_code not in {0, 1},
    )


_WORDS = {"allow": "Allowed", "allow_with_warnings": "Allowed with warnings", "block": "Blocked"}


def _blocks(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    ending = footer(record, context)
    top = [_verdict_line(record, context)]
    if _at_rest(record, context):
        return [top, provenance(context), unseen(context), ending]
    several = models_of(record)
    whole = len(several) < 2  # noqa: PLR2004 (one model needs no sections)
    mine = [note for note in record.verdict.notes if whole or note.model not in several]
    blocking = [note for note in mine if note.effect == "block"]
    rest = [note for note in mine if note.effect != "block"]
    return [
        top,
        provenance(context),
        beginning(record),
        _stopping(blocking, top[0], level),
        *([table(record, level)] if whole else _sections(record, level)),
        [*lines(record), *notes(rest, level), *unseen(context)],
        *details(record, context, level),
        commands(record, context),
        ending,
    ]


def _stopping(blocking: Sequence[Note], verdict_line: str, level: DetailLevel) -> list[str]:
    """The notes that block; of a single one that the verdict tells already only how to mend it."""
    if len(blocking) == 1 and prose(blocking[0].message) in verdict_line:
        hint = blocking[0].hint
        return [f"- hint: {prose(hint)}"] if hint else []
    return notes(blocking, level)


def _verdict_line(record: Check, context: ReportContext) -> str:
    purpose = {
        "check": "",
        "release": "for a release: ",
        "promote": f"for {code(record.verdict.environment or '')}: ",
    }
    same = ", nothing changed" if _at_rest(record, context) else ""
    fork = " · computed by fork code" if context.untrusted else ""
    mark = _mark(record, unfinished=context.unfinished)
    lead = "not everything could be checked: " if context.unfinished else ""
    return f"### {mark} {lead}{purpose[record.verdict.purpose]}{_summary(record)}{same}{fork}"


def _at_rest(record: Check, context: ReportContext) -> bool:
    return uneventful(record) and not context.unfinished


def _mark(record: Check, *, unfinished: bool = False) -> str:
    verdict = record.verdict
    if unfinished:
        return MARKS["block"]
    return _NO_GATES if verdict.decision == "allow" and not verdict.summary.gates else MARKS[verdict.decision]


def _summary(record: Check) -> str:
    """One model's verdict, or which of several stand in the way."""
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
    """Each model under its own heading, the worst first; those with nothing to tell share a line."""
    parts = [of_model(record, model) for model in models_of(record)]
    parts.sort(key=lambda part: _ORDER[part.verdict.decision])
    loud = [part for part in parts if _loud(part)]
    calm = [part for part in parts if not _loud(part)]
    blocks: list[list[str]] = []
    for part in loud[: level.rows]:
        verdict = part.verdict
        blocks.append([f"#### {_mark(part)} {prose(headline(verdict))}"])
        blocks += [table(part, level), notes(verdict.notes, level)]
    blocks.append(left_out(len(loud) - level.rows, "models"))
    if calm:
        names = joined((code(str(model)) for part in calm for model in models_of(part)), level.rows)
        blocks.append([f"✅ No gate failed and nothing changed: {names}"])
    return blocks


_ORDER = {"block": 0, "allow_with_warnings": 1, "allow": 2}


def _loud(part: Check) -> bool:
    """Whether a model of several deserves a section."""
    told = any(result.outcome not in {"pass", "skipped"} for result in part.verdict.results)
    return told or bool(part.verdict.notes) or any(change.changed for change in part.metrics)
