"""Report: the Markdown of a pull request's comment, which a person reads in five seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlgit.core.ci.report import MONITOR_JOB, CiReport, Failure
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.gates.by_model import models_of, uneventful
from mlgit.core.gates.headline import split_notes
from mlgit.errors import Exit
from mlgit.render.escape import prose
from mlgit.render.report.charts import charts_of
from mlgit.render.report.details import details
from mlgit.render.report.footer import footer, key_of, marker
from mlgit.render.report.heading import counts_line, decision_words, heading, mark
from mlgit.render.report.layout import LEVELS, MARKS, TIE, DetailLevel, ReportContext, blocks_text
from mlgit.render.report.models import sections
from mlgit.render.report.no_verdict import failure, running
from mlgit.render.report.sentences import lower_first
from mlgit.render.report.summary_lines import FORK, lines, notes, unseen
from mlgit.render.report.tables.rows import PASSED
from mlgit.render.report.tables.table import table
from mlgit.render.report.what_to_do import what_to_do

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check, Note

__all__ = ["BUDGET_BYTES", "failure", "key_of", "markdown", "marker", "report", "running"]

BUDGET_BYTES = 60_000
_UNPROVEN = "❓"
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
    word = "Not finished" if context.unfinished else prose(decision_words(record.verdict, context))
    by = " · computed by fork code" if context.untrusted else ""
    top = f"### {mark(record, unfinished=context.unfinished)} {word}{by}"
    return _believed(blocks_text([[top], [marker(context.key)]]), context)


def _believed(text: str, context: ReportContext) -> str:
    """Without any tick if code of a fork computed it: it can report what it likes."""
    if not context.untrusted:
        return text
    return text.replace(PASSED, f"{_UNPROVEN}{TIE}not{TIE}proven").replace(MARKS["allow"], _UNPROVEN)


def report(record: CiReport, *, untrusted: bool = False, site: str | None = None, svg: bool = False) -> str:
    """The comment for a CI run; `untrusted` if code of a fork computed the run's results.

    `site` is the repository's page on the forge, if the address of the run does not begin with it. With `svg`
    the report is for a page of HTML: of any length, with its charts drawn.
    """
    context = ReportContext(
        key=key_of(record.project, record.job),
        run_url=record.log_url,
        untrusted=untrusted,
        skipped=record.skipped,
        mode=record.mode,
        host=record.host,
        commit=record.commit,
        site=site or _site(record),
        head=record.pushed or record.commit,
        trunk=record.job == MONITOR_JOB,
        svg=svg,
    )
    if record.check is None:
        why = record.failure or Failure(
            code="error", exit_code=record.exit_code, message="The run reported nothing"
        )
        return failure(why, context)
    context = context._replace(
        pushed=record.pushed,
        commit=None if record.pushed else record.commit,
        unfinished=record.exit_code not in {Exit.DONE, Exit.BLOCKED},
    )
    budget_bytes = BUDGET_BYTES if record.host is None else HOSTS[record.host].comment_bytes
    return markdown(record.check, context, budget_bytes=sys.maxsize if svg else budget_bytes)


def _site(record: CiReport) -> str | None:
    """The repository's page, with which the address of the run begins."""
    if not record.project or not record.log_url:
        return None
    server, found, _ = record.log_url.partition(f"/{record.project}/")
    return f"{server}/{record.project}" if found and server.count("/") == 2 else None  # noqa: PLR2004 (https://host)


def _blocks(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    top = [heading(record, context), *counts_line(record, context)]
    last = footer(record, context)
    fork = [FORK] if context.untrusted else []
    findings, others = split_notes(record.verdict.notes)
    first = _quoted_notes(findings, top[0], level)
    if uneventful(record) and not context.unfinished:
        return [top, fork, first, unseen(context), last]
    several = models_of(record)
    whole = len(several) < 2  # noqa: PLR2004 (one model needs no sections)
    mine = [note for note in others if whole or note.model not in several]
    blocking = [note for note in mine if note.effect == "block"]
    rest = [note for note in mine if note.effect != "block"]
    shown = table(record, context, level) if whole else None
    return [
        top,
        fork,
        _quoted_notes(blocking, top[0], level),
        first,
        *(sections(record, context, level) if shown is None else [shown.lines]),
        [*lines(record), *notes(rest, level), *unseen(context)],
        *charts_of(record, context, level),
        *details(record, context, level, gates=shown is not None and not shown.whole),
        what_to_do(record, context),
        last,
    ]


def _quoted_notes(found: Sequence[Note], top: str, level: DetailLevel) -> list[str]:
    """The notes; only the hint of a single note that the heading already quotes."""
    if len(found) == 1 and prose(lower_first(found[0].message)) in top:
        hint = found[0].hint
        return [f"hint: {prose(hint)}"] if hint else []
    return notes(found, level)
