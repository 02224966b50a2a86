"""Registry: the state of every model, version and environment, and the tags it came from."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.record import record
from mlgit.core.registry.semver import Version, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.core.registry.message_summary import MessageSummary
    from mlgit.core.registry.statement import (
        EnvironmentAction,
        EnvironmentStatement,
        ReleaseStatement,
        Statement,
    )
    from mlgit.core.registry.tags import TagName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last one a datetime can hold


class TagFact(NamedTuple):
    """One annotated tag on a commit whose name is ours.

    `tag` is its name as it stands, `name` what that means; `read` reads the message of an oid when somebody
    needs it, because thousands would be read for nothing. `summary` is the summary of it where that is known
    already, as `mlgit.core.registry.message_summary` writes it.
    """

    name: TagName
    tag: str
    oid: str
    commit: str
    tagged_at_s: int
    tagger: str
    email: str
    read: Callable[[str], str]
    summary: str | None = None

    def message(self) -> str:
        """What the tag says, with a signature if it has one."""
        return self.read(self.oid)

    @property
    def statement(self) -> Statement | None:
        """What the message states, None in a tag that mlgit did not write."""
        from mlgit.core.registry.message import parse_message

        return parse_message(self.message())

    @property
    def at(self) -> datetime:
        """When it happened: as stated, else as the tagger's clock had it."""
        at_s = self.parsed_summary.at_s
        return as_time(self.tagged_at_s) if at_s is None else _EPOCH + timedelta(seconds=at_s)

    @property
    def parsed_summary(self) -> MessageSummary:
        """The little that state and history need of the message."""
        from mlgit.core.registry.message_summary import read_summary, summary_of

        try:
            if self.summary is not None:
                return read_summary(self.summary)
        except ValueError:
            pass  # nobody's writing; the message knows
        return summary_of(self.message())


class RegisteredVersion(NamedTuple):
    """A version of a model: the tag that registered it, and the one that rejected it, if any."""

    model: str
    version: Version
    fact: TagFact
    rejected: TagFact | None = None

    @property
    def tag(self) -> str:
        """The name of the tag."""
        return self.fact.tag

    @property
    def commit(self) -> str:
        """The commit it is a version of."""
        return self.fact.commit

    @property
    def oid(self) -> str:
        """The id of the tag object."""
        return self.fact.oid

    @property
    def author(self) -> str:
        """Who registered it."""
        return self.fact.tagger

    @property
    def registered_at(self) -> datetime:
        """When it was registered."""
        return self.fact.at

    @property
    def deregistered(self) -> bool:
        """Whether it was rejected since."""
        return self.rejected is not None

    @property
    def statement(self) -> ReleaseStatement | None:
        """What the release states about itself, when mlgit wrote it and it speaks of this version."""
        from mlgit.core.registry.statement import ReleaseStatement

        statement = self.fact.statement
        if not isinstance(statement, ReleaseStatement):
            return None
        said = (statement.model, statement.version, statement.commit)
        return statement if said == (self.model, str(self.version), self.commit) else None


class Change(NamedTuple):
    """One change of one environment: an assignment, an unassignment, or both under one counter.

    `held` is the assignment that stood before; `before` and `after` are the commits that the environment
    held; None when it was empty.
    """

    model: str
    environment: str
    counter: int | None
    assigned: TagFact | None
    unassigned: TagFact | None
    held: TagFact | None
    before: str | None
    after: str | None

    @property
    def fact(self) -> TagFact:
        """The tag that tells about the change."""
        fact = self.assigned or self.unassigned
        assert fact is not None  # noqa: S101 (a change is made of at least one tag)
        return fact

    @property
    def statement(self) -> EnvironmentStatement | None:
        """What mlgit stated when it made the change."""
        from mlgit.core.registry.statement import EnvironmentStatement

        statement = self.fact.statement
        return statement if isinstance(statement, EnvironmentStatement) else None

    @property
    def action(self) -> EnvironmentAction:
        """What was done; a tag of other tools is a promotion or an unassignment."""
        if self.assigned is None:
            return "unassign"
        return "rollback" if self.fact.parsed_summary.action == "rollback" else "promote"

    @property
    def half(self) -> bool:
        """Whether it states that something was put there, and the tag which does that is not here."""
        return self.assigned is None and self.fact.parsed_summary.action in {"promote", "rollback"}

    @property
    def reason(self) -> str | None:
        """Why, as mlgit stated it."""
        return self.fact.parsed_summary.reason


@record
class EnvironmentState:
    """One environment of one model.

    `holder` is the assignment it holds now; `open_assignments` all that were never closed, oldest first
    (more than one only in repositories that other tools wrote). `counter` is the highest one used.
    `unfinished` is half of a newer change, whose other half is not here.
    """

    model: str
    environment: str
    changes: tuple[Change, ...] = ()
    holder: TagFact | None = None
    open_assignments: tuple[TagFact, ...] = ()
    counter: int = 0
    unfinished: TagFact | None = None
    registered: Mapping[str, Sequence[RegisteredVersion]] = field(default_factory=dict, repr=False)

    @property
    def commit(self) -> str | None:
        """The commit it holds."""
        return None if self.holder is None else self.holder.commit

    @property
    def version(self) -> RegisteredVersion | None:
        """The version it holds; None when it is empty or holds a commit that is no version."""
        return None if self.holder is None else version_of(self.holder, self.registered)

    @property
    def label(self) -> str | None:
        """`v1.2.3`, or `unregistered (sha7)`; None when it is empty."""
        version = self.version
        if version is not None:
            return str(version.version)
        return None if self.commit is None else unregistered(self.commit)

    @property
    def held(self) -> bool:
        """Whether the newest assignment is a rollback, so that nothing promotes here by itself."""
        newest = next((change for change in reversed(self.changes) if change.assigned), None)
        return newest is not None and newest.action == "rollback"

    @property
    def since(self) -> datetime | None:
        """When it came to hold what it holds."""
        return None if self.holder is None else self.holder.at

    @property
    def author(self) -> str | None:
        """Who put there what it holds."""
        return None if self.holder is None else self.holder.tagger


@record
class ModelState:
    """One model; `versions` ascend and hold the deregistered ones too. `newest_tag_s` is epoch seconds."""

    name: str
    versions: tuple[RegisteredVersion, ...] = ()
    environments: Mapping[str, EnvironmentState] = field(default_factory=dict)
    deprecated: bool = False
    newest_tag_s: int = 0
    facts: tuple[TagFact, ...] = field(default=(), repr=False)

    @property
    def latest(self) -> RegisteredVersion | None:
        """The highest version that stands and is no pre-release, else the highest that stands."""
        standing = {each.version: each for each in self.versions if not each.deregistered}
        best = latest(standing)
        return None if best is None else standing[best]

    def find(self, version: Version) -> RegisteredVersion | None:
        """The version with that number, deregistered or not."""
        return next((each for each in self.versions if each.version == version), None)

    def at_commit(self, commit: str) -> tuple[RegisteredVersion, ...]:
        """The versions of that commit, ascending; more than one is a finding."""
        return tuple(each for each in self.versions if each.commit == commit)

    def environment(self, name: str) -> EnvironmentState:
        """The environment; an empty one when no tag speaks of it."""
        return self.environments.get(name) or EnvironmentState(model=self.name, environment=name)


@record
class Registry:
    """Every model that tags speak of, by name."""

    models: Mapping[str, ModelState] = field(default_factory=dict)

    def model(self, name: str) -> ModelState:
        """The model; one without versions when no tag speaks of it."""
        return self.models.get(name) or ModelState(name=name)


def version_of(
    fact: TagFact, registered: Mapping[str, Sequence[RegisteredVersion]]
) -> RegisteredVersion | None:
    """The version an environment's tag is about: as it states, else the highest one of its commit."""
    candidates = registered.get(fact.commit, ())
    if len(candidates) > 1:
        stated = fact.parsed_summary.version
        for candidate in candidates:
            if str(candidate.version) == stated:
                return candidate
    return candidates[-1] if candidates else None


def unregistered(commit: str) -> str:
    """How to call a commit that is no version."""
    return f"unregistered ({commit[:7]})"


def as_time(seconds: int) -> datetime:
    """Epoch seconds as UTC; what no calendar holds is the nearest that does."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC)
