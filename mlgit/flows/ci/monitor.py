"""Monitor job: check the tip of trunk on a schedule, and leave a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.event import read_event
from mlgit.core.ci.report import MONITOR_JOB, CiReport, blank_report, exit_code_of
from mlgit.errors import StateError
from mlgit.flows.ci.publish import published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.project.open import Project


def ci_monitor(opened: Callable[[], Project], *, folder: str, variables: Mapping[str, str]) -> CiReport:
    """Check the tip of trunk as it is today, and write a report into `folder`, even if there is no verdict.

    Raises:
        MlgitError: there is no verdict; a report about that is written.
    """
    blank = blank_report(read_event(variables), job=MONITOR_JOB, mode="check")
    return published(
        lambda: _checked(opened(), blank, variables), blank=blank, folder=folder, variables=variables
    )


def _checked(project: Project, blank: CiReport, variables: Mapping[str, str]) -> CiReport:
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question

    trunk = project.trunk
    commit = project.head.commit if trunk is None else trunk.commit
    if commit is None:
        raise StateError("There is no commit yet", hint="commit something first")
    record = check(project, Question(ci=variables), revision=commit, lines=True)
    return replace(blank, commit=commit, exit_code=exit_code_of(record), check=record)
