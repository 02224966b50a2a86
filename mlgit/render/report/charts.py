"""Charts of a report, after the lines that summarize the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check
    from mlgit.render.report.layout import DetailLevel, ReportContext


def charts_of(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """The blocks of charts; there are none yet."""
    del record, context, level
    return []
