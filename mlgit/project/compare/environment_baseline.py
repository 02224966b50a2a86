"""Environment baseline: what an environment or the newest release gives a gate to compare with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_after, is_ancestor
from mlgit.core.gates.evaluate import (
    EMPTIED,
    FROZEN,
    HELD,
    IN_ENVIRONMENT,
    OF_CHANGE,
    OFF_TRUNK,
    PASSED_OVER,
    REPLACED,
    UNMERGED,
)
from mlgit.core.registry.moves import held_before, held_last, withdrawn
from mlgit.core.registry.state import label_of, version_of
from mlgit.core.trust.doubt import newest_passed_over
from mlgit.core.wording import listed, word
from mlgit.project.compare.baseline_files import deepening, found_at, none_at, quoted
from mlgit.project.compare.release_before import held_formerly

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.gates.verdict import Baseline, Purpose
    from mlgit.core.registry.state import (
        Change,
        EnvironmentState,
        ModelState,
        Refusal,
        RegisteredVersion,
        TagFact,
    )
    from mlgit.project.open import Project


def in_environment(
    project: Project,
    vs: str,
    model: str | None,
    *,
    place: str,
    state: ModelState | None,
    purpose: Purpose,
    merged: bool,
) -> Baseline:
    """The baseline that an environment is; it may still be in tags as `place`, and a model as in `state`.

    A promotion into an emptied one is compared with what was there last. `merged`: it is so on trunk now, and
    not only after a merge.
    """
    name = None if state is None else state.name
    here = None if state is None else state.environments.get(place)
    replaces = "replaced" if merged else "replaces"
    rule = f"`{vs}` now" if place == vs else f"`{place}`, which `{vs}` {replaces}"
    rule = f"{IN_ENVIRONMENT}{rule}"
    if state is None or here is None or here.holder is None:
        found = none_at(vs, model, f"`{vs}`", rule, f"Nothing of {quoted(name)} is in `{vs}` yet")
        if state is None or here is None:
            return found
        last = held_last(here, state) if purpose == "promote" else None
        return _emptied(found, here) if last is None else _as_it_was(found, here, last[0])
    found = found_at(vs, model, f"{place} ({_held(here, here.holder)})", rule, here.holder.commit)
    newer = newest_passed_over(here, state.refused)
    if newer is None:
        return _explained(project, found, here, state, merged=merged)
    fact = newer.fact
    message = (
        f"it compares with {found.label}, although `{fact.tag}` of {fact.tagger}, "
        f"{fact.at:%Y-%m-%d %H:%M} UTC, is newer: that tag does not count, because {newer.why}"
    )
    return replace(found, reason=PASSED_OVER, message=message, hint=newer.hint)


def _held(here: EnvironmentState, fact: TagFact) -> str:
    version = version_of(fact, here.registered)
    return fact.commit[:7] if version is None else f"{here.model}@{version.version}"


def _as_it_was(found: Baseline, here: EnvironmentState, last: TagFact) -> Baseline:
    """The baseline of an emptied environment: what was there last."""
    emptied = _emptied(found, here)
    label = f"{here.environment} ({_held(here, last)})"
    was = found_at(found.vs, found.model, label, f"what was in `{here.environment}` last", last.commit)
    message = (
        f"{emptied.message}, and `vs: {found.vs}` compares with {_held(here, last)}, which was there last"
    )
    return replace(was, reason=HELD, message=message, hint=emptied.hint)


def _explained(
    project: Project, found: Baseline, here: EnvironmentState, state: ModelState, *, merged: bool
) -> Baseline:
    """The baseline with what to know about it: it was higher before, or trunk renamed its environment."""
    last, version = here.changes[-1], here.version
    if last.action == "rollback" and last.assigned == here.holder:
        message = (
            f"`{here.environment}` is held by a rollback: {last.fact.tagger} put `{here.model}` back to "
            f"{here.label} on {last.fact.at:%Y-%m-%d %H:%M} UTC, and `vs: {found.vs}` compares with that"
        )
        return replace(found, reason=HELD, message=message)
    higher = _higher_before(project, here, state)
    if higher is not None:
        fact, end = higher
        message = (
            f"`{here.environment}` held {label_of(fact, here.registered)} of `{here.model}` until "
            f"{end.fact.at:%Y-%m-%d %H:%M} UTC, when {end.fact.tagger} took it out; it holds {here.label} "
            f"now, and `vs: {found.vs}` compares with that"
        )
        see = f"see `mlgit history {word(here.model)} --env {word(here.environment)}`"
        return replace(found, reason=HELD, message=message, hint=see)
    if here.environment == found.vs:
        return found
    replaces = "replaced on trunk" if merged else "replaces after the merge"
    message = (
        f"`{here.model}` was never in `{found.vs}`, so `vs: {found.vs}` compares with what is in "
        f"`{here.environment}`, which `{found.vs}` {replaces}"
    )
    hint = None
    if merged and version is not None and found.model in {None, version.model}:
        target = f"{version.model}@{version.version}"
        hint = f"to put that into `{found.vs}`, run `mlgit promote {word(target)} --to {word(found.vs)}`"
    return replace(found, reason=REPLACED, message=message, hint=hint)


def _higher_before(
    project: Project, here: EnvironmentState, state: ModelState
) -> tuple[TagFact, Change] | None:
    """The highest version before, or what was of a newer commit, and the change that took it out.

    One that is deregistered is not missed, unless a higher number of an older commit took its place.
    """
    now, holder = here.version, here.holder
    every = [*held_before(here)]
    versions = {fact.oid: version_of(fact, here.registered) for fact, _ in every}
    gone = {fact.oid for fact, _ in every if withdrawn(fact, here, state)}
    before = [each for each in every if each[0].oid not in gone]
    higher = {
        each.version: oid
        for oid, each in versions.items()
        if oid not in gone and each is not None and now is not None and each.version > now.version
    }
    if higher:
        oid = higher[max(higher)]
        return next(each for each in before if each[0].oid == oid)
    lower = [
        each
        for each in every
        if each in before
        or ((was := versions[each[0].oid]) is not None and now is not None and was.version < now.version)
    ]
    commits = [fact.commit for fact, _ in lower]
    later = None if holder is None else first_after(project.git, holder.commit, commits)
    return next((each for each in lower if each[0].commit == later), None)


def _emptied(found: Baseline, here: EnvironmentState) -> Baseline:
    """The baseline of an environment; if it holds nothing any more, with the tag that emptied it."""
    if not here.changes:
        return found
    last = here.changes[-1]
    stated = last.fact.parsed_summary.version or f"what is at {last.fact.commit[:7]}"
    version = stated if last.held is None else label_of(last.held, here.registered)
    when = f"{last.fact.at:%Y-%m-%d %H:%M} UTC"
    message = (
        f"`{here.environment}` is empty: the tag `{last.fact.tag}` of {last.fact.tagger} took {version} of "
        f"`{here.model}` out on {when}"
    )
    hint = f"see `mlgit history {here.model} --env {here.environment}`"
    return replace(found, reason=EMPTIED, message=message, hint=hint)


def replaced(
    project: Project, found: Baseline, *, name: str, candidate: str | None, read: Callable[[str], ModelState]
) -> Baseline:
    """The baseline of an environment that never held a model; if an older one still does, with that.

    Trunk did not put this one in the place of the older one in one change, so nothing is compared with it.
    """
    own = read(name).environments.get(found.vs)
    if found.state == "found" and found.reason is None and own is not None:
        return held_formerly(project, found, own, candidate)
    if found.state != "none" or found.reason is not None:
        return found
    from mlgit.project.registry.former_environments import earlier_holders

    for held in earlier_holders(project, name, found.vs, candidate, read):
        if held.doubt is None and held.commit == candidate:  # putting the same version here loses nothing
            continue
        place = f"`{held.environment}`, which trunk no longer declares,"
        what = f"{place} holds {held.label} of `{held.model}`"
        if held.doubt is not None:
            what = f"{place} may hold it: t{held.doubt.sentence[1:]}"
        if (deepen := deepening(project)) is not None:
            message = f"{what}, and this clone is too shallow to know whether `{found.vs}` replaced it"
            return replace(found, state="too_shallow", message=message, hint=f"run `{deepen}`")
        hint = f"see `mlgit history {word(held.model)} --env {word(held.environment)}`"
        if held.doubt is not None:
            hint = held.doubt.hint
        elif held.version is not None and held.model == name:
            target = f"{held.model}@{held.version.version}"
            hint = f"to compare with that, run `mlgit promote {word(target)} --to {word(found.vs)}`"
        return replace(
            found, reason=EMPTIED, message=f"`{found.vs}` never held `{name}`, but {what}", hint=hint
        )
    return found


def frozen(
    project: Project, found: Baseline, *, name: str, candidate: str | None, read: Callable[[str], ModelState]
) -> Baseline:
    """The baseline of an environment that trunk does not declare; if it did before, nothing enters it now."""
    del name, candidate, read
    if found.state != "found" or found.reason == PASSED_OVER:
        return found
    from mlgit.project.registry.former_environments import taken_over

    now = taken_over(project, found.vs)
    if now is None:
        return found
    message = f"it compares with {found.label}, and nothing enters `{found.vs}` any more: trunk no longer "
    message += f"declares it{f', and has {listed(now)} in its place' if now else ''}"
    hint = f"write `vs: {now[0] if now else 'release'}` in this gate, or declare `{found.vs}` again"
    return replace(found, reason=FROZEN, message=message, hint=hint)


def is_made_again(doubt: Refusal | None, here: EnvironmentState | None, candidate: str | None) -> bool:
    """Whether a promotion makes a change again of which only half is here: what was there is known."""
    if doubt is None or doubt.stated is None or here is None or candidate is None:
        return False
    return any(str(each.version) == doubt.stated for each in here.registered.get(candidate, ()))


def merged(
    project: Project, found: Baseline, version: RegisteredVersion, *, candidate: str | None
) -> Baseline:
    """The baseline, if it is on trunk: elsewhere, the author of a change may have made it.

    Only a pre-release can be elsewhere and count, or what is on this clone's own branch.
    """
    if found.commit is None:
        return found
    from mlgit.project.trust.accept import elsewhere_than_trunk, own_branch_counts

    own = own_branch_counts(project)
    if version.version.final:
        return _on_own_branch(project, found, found.commit) if own and found.reason is None else found
    elsewhere = elsewhere_than_trunk(project, (found.commit,), local=own)
    if found.commit not in elsewhere:
        return found
    name = f"`{version.model}@{version.version}`"
    why = f"{name} is not on trunk: {elsewhere[found.commit]}"
    if found.commit == candidate:
        why = f"{name} is the commit that is checked, which is not on trunk"
    hint = f"run `mlgit release {version.model}` on trunk"
    if (deepen := deepening(project)) is not None:
        why, hint = elsewhere[found.commit], f"run `{deepen}`"
    elif found.vs != "release":
        command = f"mlgit rollback {word(version.model)} --env {word(found.vs)} -m REASON"
        hint = f"compare with `release` or another environment in this gate, or run `{command}`"
    message = f"Nothing can be compared with {found.rule}: {why}"
    return replace(
        found, state="unknown", reason=None, commit=None, label=f"`{found.vs}`", message=message, hint=hint
    )


def _on_own_branch(project: Project, found: Baseline, commit: str) -> Baseline:
    """The baseline, with a note if only this clone's own branch with trunk's name has it."""
    trunk = project.trunk
    own = None if trunk is None else project.branches.get(f"refs/heads/{trunk.short.partition('/')[2]}")
    if trunk is None or own in {None, trunk.commit} or is_ancestor(project.git, commit, trunk.commit):
        return found
    message = (
        f"`vs: {found.vs}` compares with {found.label}, which is not on `{trunk.short}`, but on this clone's "
        f"`{trunk.short.partition('/')[2]}`; CI does not compare with it"
    )
    return replace(found, reason=UNMERGED, message=message)


def off_trunk(project: Project, found: Baseline, *, candidate: str | None) -> Baseline:
    """The baseline that a revision names, with a note if it is not on trunk."""
    trunk, commit = project.trunk, found.commit
    if trunk is None or commit is None or is_ancestor(project.git, commit, trunk.commit):
        return found
    text = f"`vs: {found.vs}` compares with {commit[:7]}, which is not on `{trunk.short}`"
    if candidate is None or not is_ancestor(project.git, commit, candidate):
        return replace(found, reason=OFF_TRUNK, message=f"{text}: anyone who may push it chooses it")
    hint = "compare with `base`, an environment or a version in this gate"
    return replace(found, reason=OF_CHANGE, message=f"{text}, but is a part of this change", hint=hint)
