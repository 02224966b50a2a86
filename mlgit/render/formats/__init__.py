"""Formats: the check and the leaderboard in formats that other programs read.

A report format is one row of `FORMATS` and one module. The module has a function that writes a check as a
whole file, and `failure`, which writes the file for an error because of which there is no verdict.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from mlgit.core.ci.report import Failure
    from mlgit.core.gates.verdict import Check
    from mlgit.errors import MlgitError


class ReportFormat(NamedTuple):
    """Where a format is written, and the file that CI leaves in it, if any; imported when it is used."""

    module: str
    function: str
    ci_file: str | None = None

    def render(self, record: Check) -> str:
        """A check as a whole file."""
        return str(getattr(import_module(self.module), self.function)(record))

    def failure(self, error: MlgitError | Failure) -> str:
        """The whole file when there is no verdict."""
        return str(import_module(self.module).failure(error))


FORMATS: dict[str, ReportFormat] = {
    "console": ReportFormat("mlgit.render.formats.console", "console"),
    "markdown": ReportFormat("mlgit.render.report.report", "markdown"),
    "html": ReportFormat("mlgit.render.html.report", "html"),
    "json": ReportFormat("mlgit.render.formats.jsonout", "document"),
    "junit": ReportFormat("mlgit.render.formats.junit", "junit", "junit.xml"),
    "openmetrics": ReportFormat("mlgit.render.formats.openmetrics", "openmetrics", "metrics.txt"),
    "codequality": ReportFormat("mlgit.render.formats.codequality", "codequality", "codequality.json"),
}
