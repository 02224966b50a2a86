"""Entries: models, versions and environments as `models`, `show` and `history` print them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.completeness import KNOWN, NO_DOUBTS, UNMARKED, Doubts, Known
from mlgit.core.wording import format_since

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.completeness import Trust
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion


@record
class VersionEntry:
    """One version; `environments` hold it now. `refused` says why its tag does not count."""

    version: str
    tag: str
    oid: str
    commit: str
    registered_at: datetime
    author: str
    deregistered: bool
    environments: tuple[str, ...] = ()
    refused: str | None = None


@record
class Served:
    """What the folder of an environment's target `local` serves; `folder` is absolute.

    `label` is a version, or the start of a commit that is not one; None if nothing was deployed there yet.
    `matches`: it is what the environment holds. `damaged`: a file is missing or has another size. `since` is
    when it was deployed, if the target's journal says so. `problem` says why it is not known what is served,
    and `repair` is the command without which every deployment there fails. `damage` says what is damaged.
    `deployed` is what was deployed last, if something else than a deployment replaced that. `failed` says
    what became of a deployment of what the environment holds. `stop` is the command that ends what is still
    served of an environment which someone emptied: no deployment does.
    `later` is the tag that was deployed there, if no tag of the environment here has so high a number.
    """

    folder: str
    label: str | None
    commit: str | None = None
    since: datetime | None = None
    matches: bool = False
    damaged: bool = False
    problem: str | None = None
    later: str | None = None
    damage: str | None = field(default=None, metadata={"json": None})
    repair: str | None = field(default=None, metadata={"json": None})
    deployed: str | None = field(default=None, metadata={"json": None})
    failed: str | None = field(default=None, metadata={"json": None})
    stop: str | None = field(default=None, metadata={"json": None})

    @property
    def right(self) -> bool:
        """Whether the folder is known to serve what the environment holds, whole."""
        return self.matches and not self.damaged

    def wrong(self, name: str) -> str | None:
        """What the target with this name serves instead of what the environment holds, or what is not known.

        None if it is as it should be.
        """
        if self.problem is not None:
            return f"what the target serves is not known: {self.problem}"
        failed = "" if self.failed is None else f"; {self.failed}"
        if self.label is None:
            return None if self.matches else f"{name} serves nothing{failed}"
        if self.later is not None:
            return f"{name} serves {self.label}, by {self.later}, which this clone does not have"
        if self.matches:
            return f"{name} serves {self.label}, but {self.damage}" if self.damaged else None
        if self.stop is None and self.deployed is not None:
            return f"{name} serves {self.label}, though {self.deployed} was deployed last"
        return f"{name} still serves {self.label}{f'; `{self.stop}` ends that' if self.stop else failed}"


@record
class Attempt:
    """A deployment from this clone that failed with `error`, or did not end if that is None.

    `hint` is what the error proposed before another one.
    """

    label: str
    at: datetime
    error: str | None
    hint: str | None = field(default=None, metadata={"json": None})

    def text(self, now: datetime, place: str = "") -> str:
        """`deploying v1.1.0 to prod of tumor from this clone failed 3 min ago: sh ended with exit code 1`.

        `place` is `to prod of tumor` where the line does not show it.
        """
        start = f"deploying {self.label}{place and f' {place}'} from this clone"
        age = format_since(self.at, now)
        if self.error is None:
            return f"{start} began {age}, and its end is not known"
        return f"{start} failed {age}: {self.error}"

    def repair(self, command: str) -> str:
        """What to do before it is deployed again with `command`, and that command."""
        if self.error is None:
            return f"unless it still runs, `{command}`"
        if self.hint is None:
            return command
        return self.hint if "again" in self.hint else f"{self.hint}; then run `{command}`"


@record
class Unseen:
    """What is known of a deployment whose target this machine does not show.

    `deployed_at` is when this clone deployed what the environment holds; `left` if this clone put that there
    and its command proposed the deployment.
    """

    deployed_at: datetime | None = None
    left: bool = False

    def text(self, now: datetime) -> str:
        """`deployed 3 min ago from this clone`, to follow what the environment holds."""
        if self.deployed_at is None:
            return "served: not known here"
        return f"deployed {format_since(self.deployed_at, now)} from this clone"


@record
class EnvironmentEntry:
    """What one environment holds of one model.

    `label` is the version or `unregistered (sha7)`; None if the environment is empty. `declared`: trunk's
    `mlgit.yaml` has the environment. `refused` says why the tag that put the version there, or emptied the
    environment, does not count; `counts` is then the label that commands take as live. `attempt` is the
    last deployment from this clone, if it did not succeed and the target does not show that. `unseen` is what
    is known instead of a target that this machine does not show.
    """

    environment: str
    declared: bool
    label: str | None
    version: str | None
    commit: str | None
    since: datetime | None
    author: str | None
    held: bool
    known: Literal["yes", "no"] = "yes"
    refused: str | None = None
    counts: str | None = None
    served: Served | None = None
    attempt: Attempt | None = field(default=None, metadata={"json": None})
    unseen: Unseen | None = field(default=None, metadata={"json": None})


@record
class ModelEntry:
    """One model. `path` is None if it is not declared; `versions` leaves out deregistered ones.

    `known`: whether this clone can know what the newest version is; in an environment, what it holds.
    `verified`: every rule was asked about its tags; otherwise one that is not marked may not count.
    """

    name: str
    path: str | None
    declared: bool
    deprecated: bool
    versions: int
    latest: VersionEntry | None
    environments: tuple[EnvironmentEntry, ...] = ()
    known: Literal["yes", "no"] = "yes"
    verified: bool = True


@record
class ModelList:
    """Every model. `tags_as_of` is when tags were last fetched; None without a remote or if unknown.

    `columns` are the environments, the live ones first.
    `tags_known` says whether this clone takes all tags of its remote. `notes` are sentences for the user.
    """

    models: tuple[ModelEntry, ...]
    environments: tuple[str, ...]
    remote: str | None
    tags_as_of: datetime | None
    told_at: datetime
    tags_known: Known = KNOWN
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(default=(), metadata={"json": None})


def version_entry(state: ModelState, version: RegisteredVersion, trust: Trust = UNMARKED) -> VersionEntry:
    """A version, with the environments in which it counts as live."""
    return VersionEntry(
        version=str(version.version),
        tag=version.tag,
        oid=version.oid,
        commit=version.commit,
        registered_at=version.registered_at,
        author=version.author,
        deregistered=version.deregistered,
        environments=tuple(
            name for name, each in state.environments.items() if trust.counts(each) == str(version.version)
        ),
        refused=trust.why(version.fact),
    )


def rejection_notes(version: RegisteredVersion) -> tuple[str, ...]:
    """A sentence about who deregistered a version, when and why; none if it is not deregistered."""
    tag = version.rejected
    if tag is None:
        return ()
    reason = tag.parsed_summary.reason
    why = f": {reason}" if reason else ""
    label = f"{version.model}@{version.version}"
    uncounted = "" if version.rejection_counts else f"; the tag `{tag.tag}` of that does not count"
    return (f"`{label}` was deregistered by {tag.tagger} on {tag.at:%Y-%m-%d}{why}{uncounted}",)


def environment_entry(
    state: EnvironmentState, *, declared: bool, known: Literal["yes", "no"] = "yes", trust: Trust = UNMARKED
) -> EnvironmentEntry:
    version = state.version
    refused = trust.refused(state)
    return EnvironmentEntry(
        environment=state.environment,
        declared=declared,
        label=state.label,
        version=None if version is None else str(version.version),
        commit=state.commit,
        since=state.since,
        author=state.author,
        held=state.held,
        known=known,
        refused=refused,
        counts=None if refused is None else trust.counts(state),
    )


def model_entry(
    state: ModelState,
    models: Mapping[str, str | None],
    environments: Collection[str],
    doubts: Doubts = NO_DOUBTS,
    trust: Trust = UNMARKED,
) -> ModelEntry:
    """A model with the declared environments, then those that only its tags mention.

    `models` maps the declared models to their paths.
    """
    best = state.latest
    return ModelEntry(
        name=state.name,
        path=models.get(state.name),
        declared=state.name in models,
        deprecated=state.deprecated,
        versions=sum(not each.withdrawn for each in state.versions),
        latest=None if best is None else version_entry(state, best, trust),
        environments=tuple(
            environment_entry(
                state.environment(name),
                declared=name in environments,
                known=doubts.environment(state, name, trust),
                trust=trust,
            )
            for name in order_environments(environments, state.environments)
        ),
        known=doubts.release(state),
        verified=trust.verified,
    )


def order_environments(declared: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """The declared names in their order, then the other ones by name."""
    return tuple(dict.fromkeys([*declared, *sorted(found)]))


def live_first(declared: Mapping[str, Environment]) -> tuple[str, ...]:
    """The declared environments, those at the end of the way through `from` first."""

    def distance(name: str) -> int:
        seen: list[str] = []
        while name in declared and name not in seen:
            seen.append(name)
            name = declared[name].source or ""
        return len(seen)

    return tuple(sorted(declared, key=distance, reverse=True))
