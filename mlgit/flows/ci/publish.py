"""Publish: leave what a CI job found for later jobs and for the page of its run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.files import dotenv_text, publish_files, write_outputs
from mlgit.core.ci.report import MOST_BYTES, CiReport, ever_shorter, failure_of, outputs_of
from mlgit.errors import MlgitError, StateError, UsageError, as_known
from mlgit.project.ci.report_folder import make_ignored, require_uncommitted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


OUTPUTS_FILE = "mlgit.env"


def published(
    find: Callable[[], CiReport], *, blank: CiReport, folder: str, variables: Mapping[str, str]
) -> CiReport:
    """The report that `find` makes, written into `folder`; after an error, one made from `blank` is written.

    Raises:
        MlgitError: there is no verdict. UsageError and CommittedReport leave no report.
    """
    require_uncommitted(folder)
    make_ignored(folder)
    try:
        report = find()
        _publish(report, folder, variables)
    except UsageError:
        raise
    except Exception as error:
        known = as_known(error)
        _publish(replace(blank, exit_code=known.exit_code, failure=failure_of(known)), folder, variables)
        raise
    return report


def publish_outputs(outputs: Mapping[str, str], variables: Mapping[str, str], *, folder: str) -> None:
    """Hand values to later steps and jobs, also as `mlgit.env` in `folder`.

    Raises:
        CommittedReport: the branch brought that folder, so that its values are not this job's.
    """
    require_uncommitted(folder)
    make_ignored(folder)
    write_outputs(variables, outputs, dotenv=os.path.join(folder, OUTPUTS_FILE))


def _publish(report: CiReport, folder: str, variables: Mapping[str, str]) -> None:
    from mlgit.render.formats import FORMATS
    from mlgit.render.html.report import report_html
    from mlgit.render.report.report import report as markdown

    outputs, text = outputs_of(report), markdown(report)
    failed = report.failure or MlgitError("The run ended without a verdict")
    formats = {
        each.ci_file: each.failure(failed) if report.check is None else each.render(report.check)
        for each in FORMATS.values()
        if each.ci_file is not None
    }
    files = {
        "report.json": _limited(report),
        "report.md": text,
        "report.html": report_html(report),
        **formats,
    }
    files[OUTPUTS_FILE] = dotenv_text(outputs)
    publish_files(files, folder=folder, summary=text, outputs=outputs, variables=variables)


def _limited(report: CiReport) -> str:
    """The document that the next job reads, which accepts no larger one.

    Raises:
        StateError: the verdict alone is too large.
    """
    from mlgit.render.formats.jsonout import document

    for each in ever_shorter(report):
        text = document(each)
        if len(text.encode("utf-8", "replace")) <= MOST_BYTES:
            return text
    raise StateError(
        f"The verdict is larger than {MOST_BYTES >> 20} MiB, so other jobs would not read it",
        hint="declare fewer gates, or give each model its own under `gates:`",
    )
