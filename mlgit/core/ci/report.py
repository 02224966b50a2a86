"""CI report: the result of a run for the next job, written as `report.json`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.addresses import without_passwords
from mlgit.core.record import record
from mlgit.errors import Exit, MlgitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.config.file import CommentRule
    from mlgit.core.forge.hosts import Host
    from mlgit.core.gates.verdict import Check

Mode = Literal["verify", "run", "check"]
"""`verify`: the committed results were verified; `run`: the pipeline was run; `check`: gates only."""

DEFAULT_JOB = "gates"
MONITOR_JOB = "monitor"
CHECK_NAME = "mlgit"
MOST_BYTES = 8 << 20
"""The largest `report.json` that is written, and read: 10,000 metrics take about three million bytes."""
_MOST_DETAILS = 20


@record
class Failure:
    """Why there is no verdict: the first error of the run."""

    code: str
    exit_code: int
    message: str
    place: str | None = None
    expected: str | None = None
    hint: str | None = None
    details: tuple[str, ...] = ()


@record
class CiReport:
    """The result of `mlgit ci pr` or `mlgit ci monitor`; it has either a `check` or a `failure`.

    `commit` is the branch's commit that the forge's check belongs to. `number` is the pull request's, as the
    run knows it; a caller that does not trust the run asks the forge. `project` names the repository and
    `job` the job, which together identify the comment. `run` is the forge's id of the run, `target` the
    branch that the pull request is for. `log_url` is the run's page. `skipped` says in one
    line each what could not be checked (no credentials for the DVC remote). `pushed` is the commit that the
    run pushed. `comment` is trunk's rule for a first comment.
    """

    host: Host | None = None
    project: str | None = None
    job: str
    number: int | None = None
    commit: str | None = None
    mode: Mode
    exit_code: int = Exit.DONE
    run: str | None = None
    target: str | None = None
    log_url: str | None = None
    fork: bool = False
    skipped: tuple[str, ...] = ()
    pushed: str | None = None
    check: Check | None = None
    failure: Failure | None = None
    comment: CommentRule = "always"

    @property
    def allowed(self) -> bool:
        """Whether the change may pass: a verdict that does not block, and no other error."""
        return self.check is not None and self.check.verdict.decision != "block" and not self.exit_code

    @property
    def decision(self) -> str:
        """The verdict's decision; `none` without a verdict."""
        return "none" if self.check is None else self.check.verdict.decision


def blank_report(event: CiEvent | None, *, job: str, mode: Mode) -> CiReport:
    """What is known at the start of a run; neither check nor failure yet."""
    if event is None:
        return CiReport(job=job, mode=mode)
    return CiReport(
        host=event.host,
        project=event.project,
        job=job,
        number=event.number,
        commit=event.sha or None,
        mode=mode,
        run=None if event.run is None else str(event.run),
        target=event.base_branch,
        log_url=event.run_url,
        fork=event.fork,
    )


def ever_shorter(report: CiReport) -> Iterator[CiReport]:
    """The report, then with fewer of the numbers that no gate depends on; it names what is left out."""
    yield report
    check = report.check
    if check is None:
        return
    skipped = report.skipped
    if check.plots:
        check = replace(check, plots=())
        skipped = (*skipped, "the plots are left out, because the report is too large")
        yield replace(report, check=check, skipped=skipped)
    every = check.metrics
    changed = tuple(each for each in every if each.changed)
    for metrics in (changed, ()):
        text = f"{len(every) - len(metrics)} of {len(every)} metrics are left out, because there are too many"
        yield replace(report, check=replace(check, metrics=metrics, history=()), skipped=(*skipped, text))


def failure_of(error: MlgitError | Failure) -> Failure:
    """An error as a report shows it, with the first few problems if a file has several."""
    if isinstance(error, Failure):
        return error
    others = getattr(error, "problems", ())[1:]
    details = (*error.details, *(f"`{each.location}`: {each.message}" for each in others))
    return Failure(
        code=error.code,
        exit_code=error.exit_code,
        message=without_passwords(error.message),
        place=None if error.location is None else str(error.location),
        expected=error.expected,
        hint=None if error.hint is None else without_passwords(error.hint),
        details=tuple(without_passwords(each) for each in details[:_MOST_DETAILS]),
    )


def exit_code_of(check: Check) -> int:
    return Exit.BLOCKED if check.verdict.decision == "block" else Exit.DONE


def outputs_of(report: CiReport) -> dict[str, str]:
    """The values for later steps and jobs."""
    return {
        "decision": report.decision,
        "exit-code": str(report.exit_code),
        "commit": report.commit or "",
        "pushed": report.pushed or "",
    }


def check_name(job: str, into: str | None = None) -> str:
    """The name of the job's check on the forge.

    A check belongs to a commit, which may be the head of several pull requests: `into` is the target of one
    that is not for the default branch, and so says nothing about one that is.
    """
    name = CHECK_NAME if job == DEFAULT_JOB else f"{CHECK_NAME}/{job}"
    return name if into is None else f"{name}/into-{into}"
