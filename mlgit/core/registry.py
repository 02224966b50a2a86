"""Registry: annotated tags replayed to the state of every model, version and environment.

Order within one model and environment: the counter; with equal counters the unassignment first; the tagger's
time only where counters do not tell. So a wrong clock changes nothing in what mlgit wrote, and the same tags
give the same state in whatever order they are read.
"""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.record import record
from mlgit.core.semver import Version, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.core.statement import EnvironmentAction, EnvironmentStatement, ReleaseStatement, Statement
    from mlgit.core.tags import TagName

_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last one a datetime can hold


class TagFact(NamedTuple):
    """One annotated tag on a commit whose name is ours.

    `tag` is its name as it stands, `name` what that means; `message` reads the message when first needed,
    because thousands of messages would be read for nothing.
    """

    name: TagName
    tag: str
    oid: str
    commit: str
    tagged_at_s: int
    tagger: str
    email: str
    message: Callable[[], str]

    @property
    def statement(self) -> Statement | None:
        """What the message states, None in a tag that mlgit did not write."""
        from mlgit.core.statement import parse_message

        return parse_message(self.message())

    @property
    def at(self) -> datetime:
        """When it happened: as stated, else as the tagger's clock had it."""
        statement = self.statement
        stated = None if statement is None else parse_time(statement.at)
        return as_time(self.tagged_at_s) if stated is None else stated


@record
class RegisteredVersion:
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
        from mlgit.core.statement import ReleaseStatement

        statement = self.fact.statement
        return statement if isinstance(statement, ReleaseStatement) else None


@record
class Change:
    """One change of one environment: an assignment, an unassignment, or both under one counter.

    `before` and `after` are the commits that the environment held; None when it was empty.
    """

    model: str
    environment: str
    counter: int | None
    assigned: TagFact | None
    unassigned: TagFact | None
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
        from mlgit.core.statement import EnvironmentStatement

        statement = self.fact.statement
        return statement if isinstance(statement, EnvironmentStatement) else None

    @property
    def action(self) -> EnvironmentAction:
        """What was done; a tag of other tools is a promotion or an unassignment."""
        if self.assigned is None:
            return "unassign"
        statement = self.statement
        return "rollback" if statement is not None and statement.action == "rollback" else "promote"


@record
class EnvironmentState:
    """One environment of one model.

    `holder` is the assignment it holds now; `open_assignments` all that were never closed, oldest first
    (more than one only in repositories that other tools wrote). `counter` is the highest one used.
    """

    model: str
    environment: str
    changes: tuple[Change, ...] = ()
    holder: TagFact | None = None
    open_assignments: tuple[TagFact, ...] = ()
    counter: int = 0
    registered: Mapping[str, tuple[RegisteredVersion, ...]] = field(default_factory=dict, repr=False)

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


def replay(facts: Iterable[TagFact]) -> Registry:
    """The state that the tags amount to, whatever order they come in."""
    by_model: dict[str, list[TagFact]] = {}
    for fact in facts:
        by_model.setdefault(fact.name.model, []).append(fact)
    return Registry(models={name: _replay_model(name, by_model[name]) for name in sorted(by_model)})


def version_of(
    fact: TagFact, registered: Mapping[str, Sequence[RegisteredVersion]]
) -> RegisteredVersion | None:
    """The version an environment's tag is about: as it states, else the highest one of its commit."""
    candidates = registered.get(fact.commit, ())
    if len(candidates) > 1:
        stated = getattr(fact.statement, "version", None)
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


def parse_time(text: str) -> datetime | None:
    """A time as statements write it (`2026-05-03T12:00:00Z`), None when it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def write_time(time: datetime) -> str:
    """A time as statements write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_order(facts: Iterable[TagFact]) -> list[TagFact]:
    """Tags about one thing (an environment, a version) in the order in which they count.

    Those without a counter stand behind the last counted one that is not younger.
    """
    counted = sorted((fact for fact in facts if fact.name.counter is not None), key=_counted_key)
    uncounted = sorted((fact for fact in facts if fact.name.counter is None), key=_uncounted_key)
    ordered = counted
    for fact in reversed(uncounted):
        places = (
            place for place, other in enumerate(counted, start=1) if other.tagged_at_s <= fact.tagged_at_s
        )
        place = max(places, default=0)
        ordered = [*ordered[:place], fact, *ordered[place:]]
    return ordered


def _counted_key(fact: TagFact) -> tuple[int, bool, str]:
    return fact.name.counter or 0, fact.name.action in {"assign", "deregister"}, fact.tag


def _uncounted_key(fact: TagFact) -> tuple[int, bool, str]:
    return fact.tagged_at_s, fact.name.action == "assign", fact.tag


def _replay_model(name: str, facts: list[TagFact]) -> ModelState:
    by_version: dict[Version, list[TagFact]] = {}
    by_environment: dict[str, list[TagFact]] = {}
    deprecated = False
    for fact in facts:
        if fact.name.version is not None:
            by_version.setdefault(fact.name.version, []).append(fact)
        elif fact.name.environment is not None:
            by_environment.setdefault(fact.name.environment, []).append(fact)
        else:
            deprecated = True
    found = (_replay_version(name, version, by_version[version]) for version in sorted(by_version))
    versions = tuple(version for version in found if version is not None)
    registered: dict[str, tuple[RegisteredVersion, ...]] = {}
    for version in versions:
        registered[version.commit] = (*registered.get(version.commit, ()), version)
    return ModelState(
        name=name,
        versions=versions,
        environments={
            environment: _replay_environment(name, environment, by_environment[environment], registered)
            for environment in sorted(by_environment)
        },
        deprecated=deprecated,
        newest_tag_s=max(fact.tagged_at_s for fact in facts),
        facts=tuple(sorted(facts, key=lambda fact: fact.tag)),
    )


def _replay_version(model: str, version: Version, facts: list[TagFact]) -> RegisteredVersion | None:
    """The version after its registrations and rejections; None when it was only ever rejected."""
    if len(facts) == 1:
        if facts[0].name.action == "deregister":
            return None
        return RegisteredVersion(model=model, version=version, fact=facts[0])
    registration: TagFact | None = None
    rejected: TagFact | None = None
    if any(fact.name.counter is not None for fact in facts):
        ordered = in_order(facts)
    else:
        # One of each at most: a rejection without a counter follows what it rejects, whatever the clock said.
        ordered = sorted(facts, key=lambda fact: fact.name.action == "deregister")
    for fact in ordered:
        if fact.name.action == "register":
            registration, rejected = fact, None
        else:
            rejected = fact
    if registration is None:
        return None
    return RegisteredVersion(model=model, version=version, fact=registration, rejected=rejected)


def _replay_environment(
    model: str,
    environment: str,
    facts: list[TagFact],
    registered: Mapping[str, tuple[RegisteredVersion, ...]],
) -> EnvironmentState:
    standing: list[TagFact] = []
    changes: list[Change] = []
    # Neighbours under one counter are one change; without a counter each tag is one.
    for _, group in groupby(enumerate(in_order(facts)), key=_change_key):
        assigned: TagFact | None = None
        unassigned: TagFact | None = None
        before = standing[-1].commit if standing else None
        for _, fact in group:
            if fact.name.action == "assign":
                assigned = fact
                standing.append(fact)
            else:
                unassigned = fact
                standing = [each for each in standing if each.commit != fact.commit]
        changes.append(
            Change(
                model=model,
                environment=environment,
                counter=(assigned or unassigned or facts[0]).name.counter,
                assigned=assigned,
                unassigned=unassigned,
                before=before,
                after=standing[-1].commit if standing else None,
            )
        )
    return EnvironmentState(
        model=model,
        environment=environment,
        changes=tuple(changes),
        holder=standing[-1] if standing else None,
        open_assignments=tuple(standing),
        counter=max((fact.name.counter or 0 for fact in facts), default=0),
        registered=registered,
    )


def _change_key(numbered: tuple[int, TagFact]) -> tuple[int, int]:
    number, fact = numbered
    return (-1, number) if fact.name.counter is None else (fact.name.counter, 0)
