"""Registry: the state of every model, version and environment, and the tags it came from."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple, record
from mlgit.core.registry.semver import Version, latest
from mlgit.core.stated_time import as_time
from mlgit.errors import AnswerNo, MlgitError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.core.registry.message_summary import MessageSummary
    from mlgit.core.registry.statement import EnvironmentAction, ReleaseStatement, Statement
    from mlgit.core.registry.tags import TagName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TagFact(NamedTuple):
    """One annotated tag of a model, on a commit.

    `tag` is the raw name, `name` the parsed one. `read` reads the message of an oid only when it is needed,
    because there are thousands. `summary` is the message's summary, as
    `mlgit.core.registry.message_summary` writes it, if it is known already.
    `flaw` says what is wrong with the tag's own object, `release` is the object of the release that it names
    (`mlgit.core.trust.look`).
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
    flaw: str | None = None
    release: str = ""

    def message(self) -> str:
        """The whole message, with a signature if it has one."""
        return self.read(self.oid)

    @property
    def statement(self) -> Statement | None:
        """The statement in the message; None if mlgit did not write the tag."""
        from mlgit.core.registry.message import parse_message

        return parse_message(self.message())

    @property
    def at(self) -> datetime:
        """The stated time; without a statement, the tagger's time."""
        at_s = self.parsed_summary.at_s
        return as_time(self.tagged_at_s) if at_s is None else _EPOCH + timedelta(seconds=at_s)

    @property
    def parsed_summary(self) -> MessageSummary:
        from mlgit.core.registry.message_summary import read_summary, summary_of

        try:
            if self.summary is not None:
                return read_summary(self.summary)
        except ValueError:
            pass  # mlgit did not write this summary: read the message
        return summary_of(self.message())


class RegisteredVersion(NamedTuple):
    """A version of a model: the tag that registered it and, if there is one, the tag that rejected it."""

    model: str
    version: Version
    fact: TagFact
    rejected: TagFact | None = None
    rejection_counts: bool = True

    @property
    def tag(self) -> str:
        return self.fact.tag

    @property
    def commit(self) -> str:
        return self.fact.commit

    @property
    def oid(self) -> str:
        return self.fact.oid

    @property
    def author(self) -> str:
        return self.fact.tagger

    @property
    def registered_at(self) -> datetime:
        return self.fact.at

    @property
    def deregistered(self) -> bool:
        return self.rejected is not None

    @property
    def withdrawn(self) -> bool:
        """Whether it is deregistered by a tag that counts: only then an older one is the newest."""
        return self.deregistered and self.rejection_counts

    @property
    def statement(self) -> ReleaseStatement | None:
        """The release's statement; None if mlgit did not write it or it names another version."""
        from mlgit.core.registry.statement import ReleaseStatement

        statement = self.fact.statement
        if not isinstance(statement, ReleaseStatement):
            return None
        stated = (statement.model, statement.version, statement.commit)
        return statement if stated == (self.model, str(self.version), self.commit) else None


class Refusal(NamedTuple):
    """A tag that does not count, and why. `foreign`: it has no statement or changes nothing, now or ever.

    `repair` is a command, `advice` a sentence that takes its place. `missing`: this clone may lack something.
    `unread`: its change cannot be read whole; at most the same change, to version `stated`, may follow.
    """

    fact: TagFact
    why: str
    foreign: bool = False
    repair: str | None = None
    advice: str | None = None
    missing: bool = False
    unread: bool = False
    stated: str | None = None

    @property
    def hint(self) -> str:
        return f"run `{self.repair}`" if self.repair else self.advice or "see `mlgit doctor`"

    @property
    def sentence(self) -> str:
        return f"The tag `{self.fact.tag}` does not count: {self.why}"

    def with_maker(self) -> str:
        return f"{self.sentence}; {self.fact.tagger} made it" if self.fact.tagger else self.sentence

    def error(self) -> MlgitError:
        """The error of a command that would act on it."""
        return (StateError if self.missing else AnswerNo)(self.with_maker(), hint=self.hint)

    def doubt(self) -> MlgitError:
        """The error of a command that would act on an environment whose newest tag this is."""
        what = f"What `{self.fact.name.environment}` holds of `{self.fact.name.model}` is not known here"
        return StateError(f"{what}: t{self.with_maker()[1:]}", hint=self.hint)


class Change(NamedTuple):
    """One change of one environment: an assignment, an unassignment, or both under one counter.

    `held` is the assignment before the change; None if the environment was empty.
    """

    assigned: TagFact | None
    unassigned: TagFact | None
    held: TagFact | None

    @property
    def before(self) -> str | None:
        """The commit that the environment held before."""
        return None if self.held is None else self.held.commit

    @property
    def fact(self) -> TagFact:
        """The assignment or, without one, the unassignment."""
        fact = self.assigned or self.unassigned
        assert fact is not None  # noqa: S101 (a change is made of at least one tag)
        return fact

    @property
    def action(self) -> EnvironmentAction:
        """The action; an assignment by another tool is a promotion."""
        if self.assigned is None:
            return "unassign"
        return "rollback" if self.fact.parsed_summary.action == "rollback" else "promote"

    @property
    def half(self) -> bool:
        """Whether it states an assignment whose tag is missing."""
        return self.assigned is None and self.fact.parsed_summary.action in {"promote", "rollback"}

    @property
    def reason(self) -> str | None:
        return self.fact.parsed_summary.reason


@record
class EnvironmentState:
    """One environment of one model.

    `holder` is the current assignment; `open_assignments` are all that were never closed, oldest first (more
    than one only in repositories that other tools wrote). `counter` is the highest one in use. `unfinished`
    is one tag of a newer change whose other tag is missing. `doubt` leaves open what it holds (`accept`).
    """

    model: str
    environment: str
    changes: tuple[Change, ...] = ()
    holder: TagFact | None = None
    open_assignments: tuple[TagFact, ...] = ()
    counter: int = 0
    unfinished: TagFact | None = None
    doubt: Refusal | None = None
    registered: Mapping[str, Sequence[RegisteredVersion]] = field(default_factory=dict, repr=False)

    @property
    def commit(self) -> str | None:
        return None if self.holder is None else self.holder.commit

    @property
    def version(self) -> RegisteredVersion | None:
        """The version it holds; None if it is empty or its commit is not a version."""
        return None if self.holder is None else version_of(self.holder, self.registered)

    @property
    def label(self) -> str | None:
        """`v1.2.3` or `unregistered (sha7)`; None if it is empty."""
        return None if self.holder is None else label_of(self.holder, self.registered)

    @property
    def held(self) -> bool:
        """Whether the newest assignment is a rollback, which stops automatic promotion."""
        newest = next((change for change in reversed(self.changes) if change.assigned), None)
        return newest is not None and newest.action == "rollback"

    @property
    def since(self) -> datetime | None:
        return None if self.holder is None else self.holder.at

    @property
    def author(self) -> str | None:
        return None if self.holder is None else self.holder.tagger


@record
class ModelState:
    """One model; `versions` ascend and include deregistered ones. `newest_tag_s` is epoch seconds.

    `refused` are the tags that do not count, if they were looked for; `ignored` are lightweight and
    damaged ones, with the reason.
    """

    name: str
    versions: tuple[RegisteredVersion, ...] = ()
    environments: Mapping[str, EnvironmentState] = field(default_factory=dict)
    deprecated: bool = False
    newest_tag_s: int = 0
    facts: tuple[TagFact, ...] = field(default=(), repr=False)
    refused: tuple[Refusal, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def latest(self) -> RegisteredVersion | None:
        """The highest final version that is not withdrawn; without one, the highest pre-release."""
        usable = {each.version: each for each in self.versions if not each.withdrawn}
        best = latest(usable)
        return None if best is None else usable[best]

    def find(self, version: Version) -> RegisteredVersion | None:
        """The version with that number, even if it is deregistered."""
        return next((each for each in self.versions if each.version == version), None)

    def at_commit(self, commit: str) -> tuple[RegisteredVersion, ...]:
        """The versions of a commit, ascending; `mlgit doctor` reports more than one."""
        return tuple(each for each in self.versions if each.commit == commit)

    def environment(self, name: str) -> EnvironmentState:
        """The environment; empty if no tag mentions it."""
        return self.environments.get(name) or EnvironmentState(model=self.name, environment=name)


def version_of(
    fact: TagFact, registered: Mapping[str, Sequence[RegisteredVersion]]
) -> RegisteredVersion | None:
    """The version that an environment's tag is about: the one that it states, or the highest there."""
    candidates = registered.get(fact.commit, ())
    stated = fact.parsed_summary.version if candidates and fact.name.action == "assign" else None
    if stated is not None:
        candidates = [each for each in candidates if str(each.version) == stated]
    return candidates[-1] if candidates else None


def label_of(fact: TagFact, registered: Mapping[str, Sequence[RegisteredVersion]]) -> str:
    """The version that an environment's tag is about, or `unregistered (sha7)`."""
    version = version_of(fact, registered)
    return f"unregistered ({fact.commit[:7]})" if version is None else str(version.version)
