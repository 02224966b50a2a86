"""Accept: which tags of a model count as evidence, and why the others do not.

A tag counts if it was made for its own name, its statement is about it, its release is there and counts, and
its commit is on trunk. A tag without a statement is foreign: it counts only where trunk allows that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.state import (
    EnvironmentState,
    ModelState,
    Refusal,
    RegisteredVersion,
    TagFact,
)
from mlgit.core.registry.statement import (
    EnvironmentStatement,
    RejectionStatement,
    ReleaseStatement,
)
from mlgit.core.registry.tags import deletion
from mlgit.core.trust.kept import without
from mlgit.core.trust.marks import (
    MERGE,
    NO_STATEMENT,
    as_another,
    no_statement,
    other_commit,
    other_name,
    rejected_as_another,
    second_registration,
    unless_needed,
    versions_where_rejected,
)
from mlgit.core.trust.moved import other_release, rewritten
from mlgit.core.trust.proof import claims_problem, gates_problem, parse_statement, release_problem
from mlgit.core.trust.rules import broken_rule, record_of_rules
from mlgit.core.trust.taken_out import idle_unassignments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.trust.rules import Facts


def accepted_state(raw: ModelState, facts: Facts) -> ModelState:
    """The model without the tags that do not count; counters and times are those of all tags, within reason.

    No later tag may use a name again that a refused tag has.
    """
    refused = _refusals(raw, facts)
    state = without(raw, refused, facts)
    for name in sorted(raw.environments):
        late = _against_its_rules(state.environment(name), state, facts)
        if late is not None:
            refused[late.fact.tag] = late
    _add_other_halves(raw, refused)
    refused |= rewritten(raw, refused, facts)
    return without(raw, refused, facts)


def _refusals(raw: ModelState, facts: Facts) -> dict[str, Refusal]:
    refused = {fact.tag: each for fact in raw.facts if (each := _own_refusal(fact, facts)) is not None}
    for version in raw.versions:
        if version.fact.tag not in refused and (at := _release_refusal(version, facts)) is not None:
            refused[version.fact.tag] = at
    for fact in raw.facts:
        why = second_registration(fact, raw)
        if why is not None and fact.tag not in refused:
            refused[fact.tag] = _deletable(fact, why, facts)
    _add_rejections(raw, refused, facts)
    for fact in raw.facts:
        if fact.name.environment is not None and fact.tag not in refused:
            found = _environment_refusal(fact, raw, refused, facts)
            if found is not None:
                refused[fact.tag] = found
    _add_idle(raw, refused, facts)
    _add_other_halves(raw, refused)
    return refused


def _add_rejections(raw: ModelState, refused: dict[str, Refusal], facts: Facts) -> None:
    """Refuse rejections that do not fit, and other releases of commits that the others rejected."""
    for fact in raw.facts:
        if fact.name.action == "deregister" and fact.tag not in refused:
            why = _rejection_problem(fact, raw)
            if why is not None:
                refused[fact.tag] = Refusal(fact, why)
    where = versions_where_rejected(raw)
    moves = [each for each in raw.facts if where and each.name.action == "assign" and each.tag not in refused]
    for versions in where.values():
        for fact in [each.fact for each in versions if each.fact.tag not in refused]:
            other = rejected_as_another(fact, versions, lambda each: refused.get(each.tag), moves)
            if other is not None:
                refused[fact.tag] = _rejected_as(other, fact, raw, facts)


def _rejected_as(other: RegisteredVersion, fact: TagFact, raw: ModelState, facts: Facts) -> Refusal:
    """The refusal of a release whose commit was rejected as another version, with both ways out."""
    why = as_another(other)
    tags = [other.tag] if other.rejected is None else [other.tag, other.rejected.tag]
    everyone = "" if facts.remote is None else " for everyone"
    back = f"if `{other.tag}` is the mistake, `{deletion(tags, facts.remote)}` deletes it{everyone}"
    last = unless_needed([fact.tag], facts.remote, why=why)
    if any(each.release == fact.oid for each in raw.facts):
        last = f"otherwise promote another version of `{raw.name}`"
    return Refusal(fact, why, advice=f"{back}; {last}")


def _add_idle(raw: ModelState, refused: dict[str, Refusal], facts: Facts) -> None:
    """Refuse what takes nothing out of its environment, so that it hides no doubt about the tag before."""
    for name in raw.environments:
        here = [each for each in raw.facts if each.name.environment == name]
        idle = idle_unassignments(here, lambda fact: refused.get(fact.tag))
        for fact in here:
            if fact.tag in idle and fact.tag not in refused:
                why = idle[fact.tag]
                advice = unless_needed([fact.tag], facts.remote, why=why)
                refused[fact.tag] = Refusal(fact, why, foreign=True, advice=advice)


def _release_refusal(version: RegisteredVersion, facts: Facts) -> Refusal | None:
    """Why a release does not count, by its commit."""
    fact, why = version.fact, facts.elsewhere.get(version.commit)
    # The branch of a pre-release may be gone after its merge.
    if why is not None and version.version.final:
        return _off_trunk(fact, why, facts)
    if _is_undeclared(fact, facts):
        return _never_declared(fact, facts)
    if not version.version.final or not isinstance(fact.statement, ReleaseStatement):
        return None
    shown = _not_shown(version.commit, facts)
    return None if shown is None else _never_trunks(fact, facts, *shown)


def _not_shown(commit: str, facts: Facts) -> tuple[str, str] | None:
    """What git does not show about a commit on trunk, and how that is named where history is cut off."""
    sha = commit[:7]
    if not facts.had_gates_of(commit):
        why = f"it was released by the gates of {sha}, and nothing in Git shows that trunk had them"
        return why, f"whether trunk ever had the gates of {sha}"
    brought = facts.brought(commit)
    merge = "a merge" if brought is None else f"the merge {brought.merge[:7]}"
    if not facts.was_tip(commit):
        why = f"{merge} brought its commit {sha}, and nothing in Git shows that trunk's tip was there"
        return why, f"whether trunk's tip ever was {sha}"
    why = f"{merge} brought its commit {sha}, and did not take the model from there"
    return None if facts.had_model_of(commit) else (why, f"whether trunk ever had the model of {sha}")


def _never_trunks(fact: TagFact, facts: Facts, why: str, unknown: str) -> Refusal:
    if facts.deepen is not None:
        unknown += " is not known: this history is cut off"
        return Refusal(fact, unknown, repair=facts.deepen, missing=True)
    brought = facts.brought(fact.commit)
    advice = None if brought is None else brought.advice
    return Refusal(fact, why, advice=advice) if advice is not None else _deletable(fact, why, facts)


def _is_undeclared(fact: TagFact, facts: Facts) -> bool:
    """Whether a release is of something that was never declared; other tools need no declaration."""
    return not facts.foreign and not facts.declared(fact.commit)


def _never_declared(fact: TagFact, facts: Facts) -> Refusal:
    why = f"neither its commit nor trunk declares the model `{fact.name.model}`"
    if facts.deepen is not None:
        return Refusal(fact, why, repair=facts.deepen, missing=True)
    return Refusal(fact, why, advice=unless_needed([fact.tag], facts.remote, why=why))


def _own_refusal(fact: TagFact, facts: Facts) -> Refusal | None:
    """Why a tag does not count, by its own object alone."""
    made_for = facts.names.get(fact.oid)
    if made_for != fact.tag:
        why = other_name(made_for)
        advice = unless_needed([fact.tag], facts.remote, why=why)
        return Refusal(fact, why, foreign=True, advice=advice)
    statement, problem = parse_statement(fact.message())
    if statement is None and problem is None:
        if facts.foreign or fact.name.action == "deprecate":  # nothing depends on that
            return None
        return no_statement(fact, facts.remote)
    if problem is None and statement is not None:
        problem = claims_problem(fact, statement)
    if problem is not None and fact.name.version is not None and fact.name.counter is not None:
        return _deletable(fact, problem, facts)
    if problem is None and isinstance(statement, ReleaseStatement):
        demanded = facts.release_gates.get(fact.commit, {})
        problem = gates_problem(statement, demanded, what="a release")
    return None if problem is None else Refusal(fact, problem)


def _deletable(fact: TagFact, why: str, facts: Facts) -> Refusal:
    return Refusal(fact, why, advice=unless_needed([fact.tag], facts.remote, why=why))


def _rejection_problem(fact: TagFact, raw: ModelState) -> str | None:
    """How a rejection and the version that it rejects differ; None if they agree."""
    statement = parse_statement(fact.message()).statement
    if isinstance(statement, RejectionStatement):
        return release_problem(fact, statement, raw)
    return other_commit(fact, raw)


def _environment_refusal(
    fact: TagFact, raw: ModelState, refused: Mapping[str, Refusal], facts: Facts
) -> Refusal | None:
    """Why a tag of an environment does not count, by its release and its commit."""
    statement = parse_statement(fact.message()).statement
    if isinstance(statement, EnvironmentStatement):
        if statement.action == "unassign":
            return None  # taking a version out needs no evidence, but it must be there: `_add_idle`
        found = _named_release(fact, statement, raw, refused, facts)
        if found is not None:
            return found
    if fact.name.action != "assign":
        return None
    here = raw.at_commit(fact.commit)
    counting = [each for each in here if each.tag not in refused]
    if here and not counting:
        return _by_its_release(fact, refused[here[-1].tag], facts)
    why_elsewhere = facts.elsewhere.get(fact.commit)
    if why_elsewhere is None or any(not each.version.final for each in counting):
        return None
    return _off_trunk(fact, why_elsewhere, facts)


def _off_trunk(fact: TagFact, why: str, facts: Facts) -> Refusal:
    if facts.deepen is not None:
        return Refusal(fact, why, repair=facts.deepen, missing=True)
    return Refusal(fact, why, advice=MERGE)


def _named_release(
    fact: TagFact,
    statement: EnvironmentStatement,
    raw: ModelState,
    refused: Mapping[str, Refusal],
    facts: Facts,
) -> Refusal | None:
    named = statement.release
    if named is None:
        whole = str(fact.name._replace(action="assign"))  # without it, no command could follow this half
        follows = fact.tag != whole and any(each.tag == whole for each in raw.facts)
        return None if follows else Refusal(fact, "it does not name a release")
    problem = release_problem(fact, statement, raw)
    if problem is not None:
        return other_release(fact, named, problem, raw, refused, facts)
    release = refused.get(named.tag)
    if release is not None:
        return _by_its_release(fact, release, facts)
    return None


def _by_its_release(fact: TagFact, release: Refusal, facts: Facts) -> Refusal:
    why = f"its release `{release.fact.tag}` does not count: {release.why}"
    if release.foreign or release == _deletable(
        release.fact, release.why, facts
    ):  # not to be deleted: this tag names it
        advice = f"promote another version of `{fact.name.model}`"
        if release.why == NO_STATEMENT:
            advice += ", or write `foreign_tags: allow` into `mlgit.yaml` on trunk"
        return Refusal(fact, why, advice=advice)
    return Refusal(fact, why, repair=release.repair, advice=release.advice, missing=release.missing)


def _against_its_rules(here: EnvironmentState, state: ModelState, facts: Facts) -> Refusal | None:
    """Why the current assignment does not count by the rules of its moment."""
    fact = here.holder
    if fact is None:
        return None
    broken = broken_rule(fact, here, state, facts)
    if broken is None or broken.by is None:
        return None if broken is None else Refusal(fact, broken.why, advice=record_of_rules(fact, facts))
    by = broken.by
    change = by.name.environment, by.name.counter
    tags = [each.tag for each in state.facts if (each.name.environment, each.name.counter) == change]
    deletes = deletion(tags if by.name.environment is not None else [by.tag], facts.remote)
    everyone = "" if facts.remote is None else " for everyone"
    advice = (
        f"if {fact.tagger} wrote `{fact.tag}` before `{by.tag}` was there, `{deletes}` deletes that{everyone}"
        "; otherwise promote or roll back again"
    )
    return Refusal(fact, broken.why, advice=advice)


def _add_other_halves(raw: ModelState, refused: dict[str, Refusal]) -> None:
    """Refuse the tag that made room for a refused assignment: it would empty the environment."""
    halves = {
        (each.fact.name.environment, each.fact.name.counter): each
        for each in refused.values()
        if each.fact.name.action == "assign" and not each.foreign
    }
    for fact in raw.facts:
        pair = halves.get((fact.name.environment, fact.name.counter))
        if pair is not None and fact.tag not in refused:
            refused[fact.tag] = Refusal(fact, f"`{pair.fact.tag}`, written with it, does not count")
