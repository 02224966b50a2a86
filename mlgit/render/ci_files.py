"""CI files: what a run of CI leaves for whoever comes after it, as texts by file name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import MlgitError
from mlgit.render.formats import FORMATS
from mlgit.render.formats.jsonout import document
from mlgit.render.report.report import report as markdown_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.ci.report import CiReport

REPORT_JSON = "report.json"
REPORT_MARKDOWN = "report.md"
VALUES = "mlgit.env"


def ci_files(report: CiReport, values: str) -> Mapping[str, str]:
    """Every file of a run, also when no verdict could be formed.

    Args:
        report: what the run found.
        values: the text of the file in which the run hands values on.
    """
    failed = report.failure or MlgitError("The run ended without a verdict")
    formats = {
        each.ci_file: each.failure(failed) if report.check is None else each.render(report.check)
        for each in FORMATS.values()
        if each.ci_file is not None
    }
    return {
        REPORT_JSON: document(report),
        REPORT_MARKDOWN: markdown_report(report),
        **formats,
        VALUES: values,
    }
