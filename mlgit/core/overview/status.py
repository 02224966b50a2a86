"""Status: the records of `mlgit status`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.completeness import KNOWN, Known

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from mlgit.core.compare.changes import Side, ValueChange
    from mlgit.core.gates.verdict import Decision
    from mlgit.core.pipeline.evidence import StageState
    from mlgit.core.pipeline.remote_data import RemoteData
    from mlgit.core.pipeline.stages import HandedOver
    from mlgit.core.registry.entries import Attempt, Served, Unseen
    from mlgit.core.registry.readiness import Unready
    from mlgit.core.registry.statement import EnvironmentAction


@record
class DataState:
    """One output that is missing, changed or not in the cache.

    `workspace` compares it with the content that dvc.lock or the .dvc file records. `in_cache` says whether
    the recorded content is in the DVC cache of this machine; None if no content is recorded. `found_in` is
    the branch, or former commit of HEAD, whose dvc.lock or .dvc file records what is there instead, if any.
    """

    path: str
    owner: str
    workspace: Literal["same", "modified", "absent", "new"]
    in_cache: bool | None
    found_in: str | None = None

    @property
    def lost(self) -> bool:
        """Whether the recorded content is not on this machine."""
        return self.workspace == "absent" and self.in_cache is False


@record
class EnvironmentLine:
    """The version in one environment of a model; `behind` counts the commits of HEAD that it lacks.

    `refused` says why the tag that put it there does not count; `counts` is then what commands take as live.
    `rejected`: that version is deregistered. `action` is the newest change, at `since` by `by`, and `before`
    what the environment held until then. `served` is None if its target is not a folder on this machine, and
    `attempt` is the last deployment from this clone, if it did not succeed and the target does not show that;
    `unseen` is what is known instead of a target that this machine does not show.
    """

    environment: str
    version: str | None
    commit: str | None
    held: bool
    behind: int | None
    known: Literal["yes", "no"] = "yes"
    refused: str | None = None
    counts: str | None = None
    declared: bool = True
    rejected: bool = False
    action: EnvironmentAction | None = None
    since: datetime | None = None
    by: str | None = None
    before: str | None = None
    reason: str | None = None
    served: Served | None = None
    attempt: Attempt | None = field(default=None, metadata={"json": None})
    unseen: Unseen | None = field(default=None, metadata={"json": None})

    @property
    def in_doubt(self) -> bool:
        """Whether its newest tag does not count, and nothing takes its place."""
        return self.refused is not None and self.counts is None and self.version is not None


@record
class ModelLine:
    """One model: its latest version and its environments, the declared ones first.

    `refused` says why the tag of the latest version does not count. `rejected` counts deregistered versions.
    `verified`: every rule was asked about its tags; otherwise one that is not marked may not count.
    """

    model: str
    latest: str | None
    latest_commit: str | None
    behind: int | None
    environments: tuple[EnvironmentLine, ...] = ()
    known: Literal["yes", "no"] = "yes"
    refused: str | None = None
    deprecated: bool = False
    rejected: int = 0
    verified: bool = True


def furthest_first(models: Iterable[ModelLine]) -> list[tuple[ModelLine, EnvironmentLine]]:
    """Each environment of each model, those that are furthest from development first."""
    every = [(model, each) for model in models for each in model.environments]
    declared = dict.fromkeys(each.environment for _, each in every if each.declared)
    others = dict.fromkeys(each.environment for _, each in every if not each.declared)
    names = [*reversed(declared), *others]
    return [(model, each) for name in names for model, each in every if each.environment == name]


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
class ChangedParam:
    """A value that makes a stage stale: that of its last run, and the one here; None if there is none.

    `param` is the parameter that the stage declares; `name` is the same, or a key in it.
    """

    stage: str
    param: str
    name: str
    old: str | None
    new: str | None


@record
class VerdictCounts:
    """The verdict at a glance.

    `counted` and `reason` are for people: `2 of 4 gates failed`, and the worst of them, if there is one.
    `gated` are the metrics that gates read, as `file:key`, those of the worst result first. `not_proven` are
    metric files that no stage writes. `repair` is the command that fetches what this clone lacks, if a gate
    cannot be evaluated because of that.
    """

    decision: Decision
    headline: str
    gates: int
    blocking: int
    warnings: int
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    counted: str = ""
    reason: str | None = None
    gated: tuple[str, ...] = ()
    not_proven: tuple[str, ...] = ()
    repair: str | None = None


@record
class Status:
    """Everything that `mlgit status` shows.

    `branch` is None if HEAD is detached; `underway` is what git is in the middle of, such as `rebase`;
    `commit` before the first commit. `ahead` and `behind` count commits against `upstream`. `remote_seen_at`
    is the time of the last fetch; None if it is unknown. `upstream_as_fetched`: whether `upstream` has not
    moved here since, as by a push. `stages` are those that are stale or could not be
    checked. `data` are outputs that are missing, changed or not in the cache. `unpushed_tags` is None if
    only the network could answer. `remote_data` is None if the DVC remotes were not queried. `handed_over`
    are the files that DVC read instead of mlgit. `unready` is what no release could use. `tags_known`:
    whether this clone takes all tags. `pushed`: whether the remote has a branch of this name, as of the last
    fetch. `config` says whether there is a `mlgit.yaml` here, `gates_declared` how many gates it has, and
    `environments_pending` are those that it declares and `trunk` does not yet. `taken_tags` were never
    pushed, and the remote has others of these names; `taken_repair` is the command that takes those.
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
    underway: str | None = None
    remote_data: RemoteData | None = None
    handed_over: tuple[HandedOver, ...] = ()
    unready: tuple[Unready, ...] = ()
    next: NextStep | None = None
    tags_known: Known = KNOWN
    changed_params: tuple[ChangedParam, ...] = ()
    pushed: bool | None = None
    trunk: str | None = None
    config: Literal["declared", "absent", "invalid"] = "declared"
    gates_declared: int = 0
    environments_pending: tuple[str, ...] = ()
    taken_tags: tuple[str, ...] = ()
    taken_repair: str | None = None
    upstream_as_fetched: bool = False

    @property
    def stale(self) -> tuple[StageState, ...]:
        """The stages that `mlgit run` would run."""
        return tuple(stage for stage in self.stages if stage.stale and not is_tracked_file(stage))

    @property
    def errors(self) -> tuple[Failure, ...]:
        """The failures, one of each reason: several parts may fail for the same one."""
        found: dict[tuple[str, str | None], Failure] = {}
        for each in self.failures:
            found.setdefault((each.message, each.location), each)
        return tuple(found.values())

    @property
    def unfinished(self) -> bool:
        """Whether a gate blocks, a stage is stale, or a part of it could not be read."""
        blocked = self.verdict is not None and self.verdict.decision == "block"
        return blocked or bool(self.stale or self.failures or self.conflicted)


def is_tracked_file(stage: StageState) -> bool:
    """Whether the state belongs to a .dvc file, which cannot run."""
    return stage.address.endswith(".dvc")
