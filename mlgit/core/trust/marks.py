"""Marks: which tags readers that only show must mark as not counting, from facts that cost nothing.

Commands that act ask `accept`, which also reads every statement and the rules of its moment.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.registry.semver import Version
from mlgit.core.registry.state import Refusal
from mlgit.core.registry.tags import TagName, deletion
from mlgit.core.trust.taken_out import idle_unassignments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.core.registry.state import ModelState, RegisteredVersion, TagFact

NO_STATEMENT = "it has no statement, so mlgit did not write it"
MERGE = (
    "merge its commit to trunk, or release what is on trunk now; if versions are released on another branch, "
    "run `git config mlgit.trunk BRANCH` in each clone"
)


def other_name(made_for: str | None) -> str:
    """The flaw of a tag whose name is not the one that its object was made for."""
    return f"its object was made for `{made_for}`"


def other_commit(fact: TagFact, state: ModelState) -> str | None:
    """How a rejection without a statement and the version that it rejects differ; None if they agree."""
    version = None if fact.name.version is None else state.find(fact.name.version)
    if version is None or version.commit == fact.commit:
        return None
    return f"it is at {fact.commit[:7]}, and `{version.tag}` at {version.commit[:7]}"


def second_registration(fact: TagFact, state: ModelState) -> str | None:
    """Why a registration with a counter does not count: another tag registers its version already."""
    name = fact.name
    if name.action != "register" or name.counter is None or name.version is None:
        return None
    first = str(name._replace(counter=None))
    if first not in state.ignored:
        version = state.find(name.version)
        first = fact.tag if version is None else version.tag
    return None if first == fact.tag else f"`{first}` registers that version already"


def versions_where_rejected(state: ModelState) -> Mapping[str, Sequence[RegisteredVersion]]:
    """Commit -> its versions, for the commits of which a version was deregistered."""
    commits = {each.commit for each in state.versions if each.rejected is not None}
    found: dict[str, list[RegisteredVersion]] = {}
    for each in state.versions if commits else ():
        if each.commit in commits:
            found.setdefault(each.commit, []).append(each)
    return found


def rejected_as_another(
    fact: TagFact,
    here: Sequence[RegisteredVersion],
    refusal: Callable[[TagFact], Refusal | None],
    assignments: Iterable[TagFact],
) -> RegisteredVersion | None:
    """The other version of a release's commit as which that was rejected, so that this one does not count.

    `here` are the versions of its commit. `refusal` says why another tag does not count. What an environment
    held before that rejection stays: anyone may push another number of its commit, and reject that.
    """
    gone = [each for each in here if each.rejected is not None and refusal(each.rejected) is None]
    if any(each.fact.tag == fact.tag for each in gone):
        return None
    other = next((each for each in gone if refusal(each.fact) is None), None)
    return None if other is None or _was_held_before(fact, other, assignments) else other


def _was_held_before(fact: TagFact, other: RegisteredVersion, assignments: Iterable[TagFact]) -> bool:
    """Whether only this release of its commit was in an environment, before the other one was rejected."""
    named = [each for each in assignments if each.release in {fact.oid, other.oid}]
    if other.rejected is None or any(each.release == other.oid for each in named):
        return False
    return any(each.at <= other.rejected.at for each in named)


def as_another(other: RegisteredVersion) -> str:
    """Why a release does not count whose commit was rejected as another version."""
    who = "which was deregistered"
    if other.rejected is not None and other.rejected.tagger:
        who = f"which {other.rejected.tagger} deregistered"
    return f"its commit is `{other.tag}`, {who}"


def unless_needed(tags: Sequence[str], remote: str | None, *, why: str) -> str:
    """What to do about tags that mlgit did not write and that do not count, all for one reason."""
    them = "it" if len(tags) == 1 else "them"
    advice = f"if no one needs {them}, `{deletion(tags, remote)}` deletes {them}"
    if remote is not None:
        advice += " for everyone"
    if why != NO_STATEMENT:
        return advice
    return (
        f"if another tool makes tags here, write `foreign_tags: allow` into `mlgit.yaml` on trunk; {advice}"
    )


def no_statement(fact: TagFact, remote: str | None = None) -> Refusal:
    """The refusal of a tag that mlgit did not write; early versions wrote rejections without a statement."""
    advice = unless_needed([fact.tag], remote, why=NO_STATEMENT)
    if fact.name.action == "deregister":
        version = f"{fact.name.model}@{fact.name.version}"
        advice = f"if that was intended, delete that tag and run `mlgit deregister {version} -m REASON` again"
    return Refusal(fact, NO_STATEMENT, foreign=True, advice=advice)


class Marks:
    """Answers for the tags of one model.

    `foreign`: tags without a statement count. Which commits are on trunk is not asked.
    """

    def __init__(self, state: ModelState, *, foreign: bool) -> None:
        self._state = state
        self._foreign = foreign

    def why(self, fact: TagFact | None) -> str | None:
        """Why a tag does not count, in one clause; None if nothing here says so."""
        found = None if fact is None else self.refusal(fact)
        return None if found is None else found.why

    def refusal(self, fact: TagFact) -> Refusal | None:
        own = self._own(fact)
        if own is not None:
            return own
        if fact.name.action == "deregister":
            why = self._named_release(fact) if fact.flaw is None else other_commit(fact, self._state)
            return None if why is None else Refusal(fact, why)
        if fact.name.version is not None:
            why = second_registration(fact, self._state)
            if why is None and fact.name.action == "register" and fact.commit in self._rejected:
                here = self._rejected[fact.commit]
                other = rejected_as_another(fact, here, self.refusal, self._assignments)
                why = None if other is None else as_another(other)
            return None if why is None else Refusal(fact, why)
        return self._move(fact)

    def _own(self, fact: TagFact) -> Refusal | None:
        if fact.flaw is None:
            return None
        if fact.flaw != NO_STATEMENT:
            return Refusal(fact, fact.flaw)
        if self._foreign or fact.name.action == "deprecate":
            return None
        return no_statement(fact)

    def _move(self, fact: TagFact) -> Refusal | None:
        taken_out = fact.name.action == "unassign"
        if fact.flaw is None and fact.parsed_summary.action != "unassign":
            why = self._named_release(fact)
            if why is not None:
                return Refusal(fact, why)
        if taken_out:
            why = self._idle.get(fact.tag)
            return None if why is None else Refusal(fact, why, foreign=True)
        here = self._state.environment(fact.name.environment or "").registered.get(fact.commit, ())
        refused = [each for version in here if (each := self.refusal(version.fact)) is not None]
        if here and len(refused) == len(here):
            last = refused[-1]
            return Refusal(
                fact, f"its release `{last.fact.tag}` does not count: {last.why}", advice=last.advice
            )
        return None

    def _named_release(self, fact: TagFact) -> str | None:
        """What is wrong with the release that a statement names."""
        if not fact.release:
            return "it does not name a release" if fact.name.action == "assign" else None
        named = self._releases.get(fact.release)
        if named is None:
            return self._lost_release(fact)
        if fact.name.action != "unassign" and named.commit != fact.commit:
            return f"it is at {fact.commit[:7]}, and its release `{named.tag}` at {named.commit[:7]}"
        if fact.name.action == "deregister":
            return None
        if str(named.name.version) != fact.parsed_summary.version:
            return f"it states {fact.parsed_summary.version}, and its release is `{named.tag}`"
        found = self.refusal(named)
        return None if found is None else f"its release `{named.tag}` does not count: {found.why}"

    def _lost_release(self, fact: TagFact) -> str:
        """Why the release that a statement names is not among the annotated tags."""
        tag = str(TagName(fact.name.model, "register", Version.parse(fact.parsed_summary.version or "")))
        if tag in self._state.ignored:
            return f"its release `{tag}` does not count: {self._state.ignored[tag]}"
        return "the release that it names is missing or was replaced"

    @cached_property
    def _assignments(self) -> Sequence[TagFact]:
        """The assignments in which nothing is wrong but, perhaps, the release that they name."""
        facts = (each for each in self._state.facts if each.name.action == "assign")
        return [each for each in facts if self._own(each) is None]

    @cached_property
    def _rejected(self) -> Mapping[str, Sequence[RegisteredVersion]]:
        return versions_where_rejected(self._state)

    @cached_property
    def _idle(self) -> Mapping[str, str]:
        """The unassignments that change nothing."""
        found: dict[str, str] = {}
        for name in self._state.environments:
            here = [each for each in self._state.facts if each.name.environment == name]
            found |= idle_unassignments(here, self._unless_idle)
        return found

    def _unless_idle(self, fact: TagFact) -> Refusal | None:
        """Why a tag does not count apart from that; an unassignment is only asked about its own object."""
        return self._own(fact) if fact.name.action == "unassign" else self.refusal(fact)

    @cached_property
    def _releases(self) -> Mapping[str, TagFact]:
        return {fact.oid: fact for fact in self._state.facts if fact.name.action == "register"}
