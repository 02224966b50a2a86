"""CI on a schedule: hold what is on trunk against its gates, and leave a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.event import read_event
from mlgit.adapters.runner.files import dotenv_text, publish_files
from mlgit.core.ci.report import CiReport, blank_report, failure_of, outputs_of
from mlgit.errors import StateError, UsageError, as_known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.project.open import Project

JOB = "monitor"


def ci_monitor(opened: Callable[[], Project], *, folder: str, variables: Mapping[str, str]) -> CiReport:
    """Judge the tip of trunk as it is today, and write the report into `folder`, whatever comes of it.

    Args:
        opened: opens the repository; what it raises is part of the report too.
        folder: where the files go.
        variables: the environment.

    Raises:
        MlgitError: no verdict; the report about that is written.
    """
    bare = blank_report(read_event(variables), job=JOB, mode="check")
    try:
        report = _look(opened(), bare, variables)
        _publish(report, folder, variables)
    except UsageError:
        raise
    except Exception as error:
        known = as_known(error)
        _publish(replace(bare, exit_code=known.exit_code, failure=failure_of(known)), folder, variables)
        raise
    return report


def _look(project: Project, bare: CiReport, variables: Mapping[str, str]) -> CiReport:
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question

    trunk = project.trunk
    commit = project.head.commit if trunk is None else trunk.commit
    if commit is None:
        raise StateError("There is no commit yet", hint="commit something first")
    record = check(project, Question(ci=variables), revision=commit, lines=True)
    exit_code = int(record.verdict.decision == "block")
    return replace(bare, commit=commit, exit_code=exit_code, check=record)


def _publish(report: CiReport, folder: str, variables: Mapping[str, str]) -> None:
    from mlgit.render.ci_files import REPORT_MARKDOWN, ci_files

    outputs = outputs_of(report)
    files = ci_files(report, dotenv_text(outputs))
    publish_files(files, folder=folder, summary=files[REPORT_MARKDOWN], outputs=outputs, variables=variables)
