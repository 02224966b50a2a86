"""Report: what a pull request's comment says, as one HTML file with everything in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlgit.render.html.markdown import to_html
from mlgit.render.html.page import page
from mlgit.render.report import report as comment
from mlgit.render.report.layout import ReportContext

if TYPE_CHECKING:
    from mlgit.core.ci.report import CiReport, Failure
    from mlgit.core.gates.verdict import Check
    from mlgit.errors import MlgitError


def html(record: Check) -> str:
    """The report of a check as a whole document."""
    return _document(comment.markdown(record, ReportContext(svg=True), budget_bytes=sys.maxsize))


def failure(error: MlgitError | Failure) -> str:
    """The document when there is no verdict."""
    return _document(comment.failure(error))


def report_html(record: CiReport) -> str:
    """The document of a CI run."""
    return _document(comment.report(record, svg=True))


def _document(markdown: str) -> str:
    title, body = to_html(markdown)
    return page(title, body)
