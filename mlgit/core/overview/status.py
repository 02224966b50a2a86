"""Status: the records of `mlgit status`, and the next step that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.completeness import KNOWN, Known
from mlgit.core.wording import count, word

if TYPE_CHECKING:
    from datetime import date, datetime

    from mlgit.core.compare.changes import Side, ValueChange
    from mlgit.core.gates.verdict import Decision
    from mlgit.core.pipeline.evidence import StageState
    from mlgit.core.pipeline.remote_data import RemoteData, RemoteOutput
    from mlgit.core.pipeline.stages import HandedOver
    from mlgit.core.registry.readiness import Unready


@record
class DataState:
    """One output that is missing, changed or not in the cache.

    `workspace` compares it with the content that dvc.lock or the .dvc file records. `in_cache` says whether
    the recorded content is in the DVC cache of this machine; None if no content is recorded.
    """

    path: str
    owner: str
    workspace: Literal["same", "modified", "absent", "new"]
    in_cache: bool | None

    @property
    def lost(self) -> bool:
        """Whether the recorded content is not on this machine."""
        return self.workspace == "absent" and self.in_cache is False


@record
class EnvironmentLine:
    """The version in one environment of a model; `behind` counts the commits of HEAD that it lacks.

    `refused` says why the tag that put it there does not count; `counts` is then what commands take as live.
    """

    environment: str
    version: str | None
    commit: str | None
    held: bool
    behind: int | None
    known: Literal["yes", "no"] = "yes"
    refused: str | None = None
    counts: str | None = None


@record
class ModelLine:
    """One model: its latest version and its environments, the declared ones first.

    `refused` says why the tag of the latest version does not count.
    """

    model: str
    latest: str | None
    latest_commit: str | None
    behind: int | None
    environments: tuple[EnvironmentLine, ...] = ()
    known: Literal["yes", "no"] = "yes"
    refused: str | None = None


@record
class ExpiringWaiver:
    """A waiver that expires soon or is expired."""

    id: str
    gate: str
    expires: date
    days_left: int


@record
class Failure:
    """A part that could not be read, and the error."""

    part: str
    code: str
    message: str
    location: str | None = None
    hint: str | None = None


@record
class NextStep:
    """The command that makes sense now, and the reason."""

    command: str
    reason: str


@record
class VerdictCounts:
    """The verdict at a glance."""

    decision: Decision
    headline: str
    gates: int
    blocking: int
    warnings: int


@record
class Status:
    """Everything that `mlgit status` shows.

    `branch` is None if HEAD is detached, `commit` before the first commit. `ahead` and `behind` count
    commits against `upstream`. `remote_seen_at` is the time of the last fetch; None if it is unknown.
    `stages` are those that are stale or could not be checked. `data` are outputs that are missing, changed
    or not in the cache. `unpushed_tags` is None if only the network could answer. `remote_data` is None if
    the DVC remotes were not queried. `handed_over` are the files that DVC read instead of
    mlgit. `unready` is what no release could use. `tags_known`: whether this clone takes all tags.
    """

    branch: str | None
    commit: str | None
    upstream: str | None
    ahead: int | None
    behind: int | None
    changed: tuple[str, ...]
    untracked: tuple[str, ...]
    conflicted: tuple[str, ...]
    remote: str | None
    remote_seen_at: datetime | None
    remote_seen_age_s: int | None
    pipeline_stages: int
    stages: tuple[StageState, ...]
    data: tuple[DataState, ...]
    base: Side | None
    base_rule: str | None
    metrics: tuple[ValueChange, ...]
    verdict: VerdictCounts | None
    models: tuple[ModelLine, ...]
    unpushed_tags: tuple[str, ...] | None
    waivers: tuple[ExpiringWaiver, ...]
    problems: tuple[str, ...]
    failures: tuple[Failure, ...]
    remote_data: RemoteData | None = None
    handed_over: tuple[HandedOver, ...] = ()
    unready: tuple[Unready, ...] = ()
    next: NextStep | None = None
    tags_known: Known = KNOWN

    @property
    def stale(self) -> tuple[StageState, ...]:
        """The stages that `mlgit run` would run."""
        return tuple(stage for stage in self.stages if stage.stale and not is_tracked_file(stage))


def is_tracked_file(stage: StageState) -> bool:
    """Whether the state belongs to a .dvc file, which cannot run."""
    return stage.address.endswith(".dvc")


def next_step(
    status: Status, *, declared: bool, has_pipeline: bool, can_pull: bool = True
) -> NextStep | None:
    """The most urgent thing to do, if there is one.

    `declared`: there is a `mlgit.yaml`. `has_pipeline`: there is anything of DVC here. `can_pull`: there is a
    DVC remote to pull from.
    """
    step = _repair(status, can_pull=can_pull) or _work(status) or _share(status)
    if step is None and status.tags_known.repair is not None:
        return NextStep(command=status.tags_known.repair, reason=status.tags_known.why or "")
    if step is None and not declared:
        return _config_step(status, has_pipeline=has_pipeline)
    return step


def _config_step(status: Status, *, has_pipeline: bool) -> NextStep | None:
    """Rename a config that is not read, or else write one."""
    unread = [each for each in status.unready if each.code == "config_not_read" and each.hint]
    if unread:
        from mlgit.core.registry.readiness import command_of

        command = command_of(unread[0].hint) or ""
        return NextStep(command=command, reason=f"`{unread[0].subject}` is not read")
    return NextStep(command="mlgit init", reason="there is no `mlgit.yaml` yet") if has_pipeline else None


def _repair(status: Status, *, can_pull: bool) -> NextStep | None:
    if status.conflicted:
        reason = f"{count(len(status.conflicted), 'file')} in conflict"
        return NextStep(command="git mergetool", reason=reason)
    invalid = next((failure for failure in status.failures if failure.code == "config_invalid"), None)
    if invalid is not None:
        return NextStep(command="mlgit doctor", reason=invalid.message)
    missing = {output.path for output in status.remote_data.missing} if status.remote_data else frozenset()
    lost = [data for data in status.data if data.lost]
    pulled = [data for data in lost if data.path not in missing]
    if pulled and can_pull:
        return NextStep(command="dvc pull", reason=f"{count(len(pulled), 'output')} not on this machine")
    made = [data for data in lost if not data.owner.endswith(".dvc")]
    if made:
        where = "neither here nor in the DVC remote" if can_pull else "not here, and DVC has no remote"
        reason = f"{count(len(made), 'output')} {where}"
        return NextStep(command="mlgit run", reason=reason)
    return None


def _work(status: Status) -> NextStep | None:
    edited = [data for data in status.data if data.workspace == "modified" and data.owner.endswith(".dvc")]
    if edited:
        others = f" and {len(edited) - 1} more were" if len(edited) > 1 else " was"
        return NextStep(
            command=f"dvc add {word(edited[0].path)}", reason=f"`{edited[0].path}`{others} changed"
        )
    if status.stale:
        return NextStep(command="mlgit run", reason=f"{count(len(status.stale), 'stage')} stale")
    if status.verdict is not None and status.verdict.decision == "block":
        return NextStep(command="mlgit check", reason="the gates would block this")
    if status.commit is None:
        waiting = status.untracked or status.changed
        return NextStep(command="git commit", reason="nothing is committed yet") if waiting else None
    if status.changed:
        return NextStep(command="git commit -a", reason=f"{count(len(status.changed), 'file')} changed")
    return None


def _share(status: Status) -> NextStep | None:
    if status.behind:
        reason = f"{status.upstream} has {count(status.behind, 'commit')} more"
        return NextStep(command="git pull", reason=reason)
    if status.ahead:
        return NextStep(command="mlgit push", reason=f"{count(status.ahead, 'commit')} not pushed")
    if status.unpushed_tags:
        return NextStep(command="mlgit push", reason=f"{count(len(status.unpushed_tags), 'tag')} not pushed")
    if status.remote and status.branch and status.upstream is None and status.commit:
        return NextStep(command="mlgit push", reason=f"`{status.branch}` is only here")
    return None if status.remote_data is None else _share_data(status, status.remote_data)


def _share_data(status: Status, data: RemoteData) -> NextStep | None:
    """The command that sends missing content to the DVC remotes, if it is on this machine."""

    def reason(outputs: list[RemoteOutput]) -> str:
        return f"{count(len(outputs), 'output')} not in the DVC remote"

    kept = [output for output in data.missing if output.elsewhere == "workspace"]
    if kept:
        # DVC pushes only from its cache.
        return NextStep(
            command=f"dvc commit {word(kept[0].owner)}", reason=f"{reason(kept)} and not in the cache"
        )
    cached = [output for output in data.missing if output.elsewhere in {"cache", "partly"}]
    if not cached:
        return None
    # `mlgit push` needs a Git remote and a branch.
    command = "mlgit push" if status.remote and status.branch else "dvc push"
    return NextStep(command=command, reason=reason(cached))
