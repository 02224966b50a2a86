"""Environment baseline: what an environment or the newest release gives a gate to compare with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
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
from mlgit.core.registry.moves import emptied, held_last, how_it_left
from mlgit.core.registry.state import version_of
from mlgit.core.trust.doubt import newest_passed_over
from mlgit.core.wording import listed, word
from mlgit.project.compare.baseline_files import deepening, found_at, none_at, quoted
from mlgit.project.compare.release_before import more_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.gates.verdict import Baseline, Purpose
    from mlgit.core.registry.state import (
        EnvironmentState,
        ModelState,
        Refusal,
        RegisteredVersion,
        TagFact,
    )
    from mlgit.core.trust.earlier import Earlier
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
        return _emptied(found, here, state) if last is None else _as_it_was(found, here, state, last[0])
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


def _as_it_was(found: Baseline, here: EnvironmentState, state: ModelState, last: TagFact) -> Baseline:
    """The baseline of an emptied environment: what was there last, apart from what is deregistered."""
    empty = _emptied(found, here, state)
    label = f"{here.environment} ({_held(here, last)})"
    was = found_at(found.vs, found.model, label, f"what was in `{here.environment}` last", last.commit)
    left = here.changes[-1].held
    when = "last" if left is None or left.oid == last.oid else "before"
    message = (
        f"{empty.message}, and `vs: {found.vs}` compares with {_held(here, last)}, which was there {when}"
    )
    return replace(was, reason=HELD, message=message, hint=empty.hint)


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
    more = more_before(project, here, state)
    if more is not None:
        there, each = more
        message = f"{_was(project, there, each, here)}, and `vs: {found.vs}` compares with that"
        see = f"see `mlgit history {word(there.model)} --env {word(there.environment)}`"
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


def _was(project: Project, there: EnvironmentState, each: Earlier, here: EnvironmentState) -> str:
    """What an environment holds, or held before, there or under the names before, and what it holds now."""
    from mlgit.project.registry.former_environments import environments_before

    where = f"`{there.environment}`"
    if there.environment in environments_before(project, here.environment):
        where = f"{where}, whose place `{here.environment}` took on trunk,"
    elif there.environment != here.environment:
        where = f"{where}, which trunk no longer declares,"
    what = f"{each.label} of `{there.model}`"
    if there.model != here.model:
        what = f"{what}, as the model was named before,"
    text = f"{where} {'held' if there.doubt else 'holds'} {what}"
    if each.together:
        with_it = f"together with one that put {what.rstrip(',')} into {where.rstrip(',')}"
        text = f"the tag `{each.uncounted}` was written {with_it}, which is gone or does not count"
    elif each.uncounted is not None:
        text = f"by the tag `{each.uncounted}`, which does not count, {where} held {what}"
    elif each.ended is not None:
        end, left = each.ended.fact, how_it_left(each.ended)
        text = f"{where} held {what} until {end.at:%Y-%m-%d %H:%M} UTC, when {end.tagger} {left}"
    elif there.doubt is not None:
        text = f"{text}, and what it holds now is not known: `{there.doubt.fact.tag}` does not count"
    if each.rejected is not None:
        on = f"{each.rejected.at:%Y-%m-%d %H:%M} UTC"
        text = f"{text.rstrip(',')}, and {each.rejected.tagger} deregistered it on {on}"
    if there is here:
        return f"{text}; it holds {here.label} now"
    now = here.label if there.model == here.model else f"{here.label} of `{here.model}`"
    return f"{text.rstrip(',')}; `{here.environment}` holds {now}"


def _emptied(found: Baseline, here: EnvironmentState, state: ModelState) -> Baseline:
    """The baseline of an environment; if it holds nothing any more, with the tag that emptied it."""
    why = emptied(here, state)
    if why is None:
        return found
    hint = f"see `mlgit history {here.model} --env {here.environment}`"
    return replace(found, reason=EMPTIED, message=f"`{here.environment}` is empty: {why}", hint=hint)


def replaced(
    project: Project, found: Baseline, *, name: str, candidate: str | None, read: Callable[[str], ModelState]
) -> Baseline:
    """The baseline of an environment that never held a model; if an older one still does, with that.

    Trunk did not put this one in the place of the older one in one change, so nothing is compared with it.
    """
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
    from mlgit.project.compare.renames.never_there import never_there

    return never_there(project, found, name=name, candidate=candidate, read=read)


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
    message = f"it compares with {found.label}, and nothing enters `{found.vs}` any more: trunk does "
    message += f"not declare it{f', and has {listed(now)} in its place' if now else ''}"
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
    """The baseline, if trunk's tip was there: elsewhere, the author of a change may have made it.

    Only a pre-release can be elsewhere and count, or what is on this clone's own branch.
    """
    if found.commit is None:
        return found
    from mlgit.project.trust.accept import elsewhere_than_trunk, was_tip
    from mlgit.project.trust.default_branch import own_branch_counts

    own = own_branch_counts(project)
    if version.version.final:
        return _on_own_branch(project, found, found.commit) if own and found.reason is None else found
    elsewhere = elsewhere_than_trunk(project, (found.commit,), local=own)
    if found.commit not in elsewhere and was_tip(project, found.commit):
        return found
    name, brought = f"`{version.model}@{version.version}`", f"a merge brought its commit {found.commit[:7]}"
    where = elsewhere.get(found.commit, f"{brought}, and nothing in Git shows that trunk's tip was there")
    why = f"{name} is not on trunk: {where}"
    if found.commit not in elsewhere:
        why = f"{name} is of a branch: {where}"
    elif found.commit == candidate:
        why = f"{name} is the commit that is checked, which is not on trunk"
    hint = f"run `mlgit release {version.model}` on trunk"
    if (deepen := deepening(project)) is not None:
        why, hint = where, f"run `{deepen}`"
    elif found.vs != "release":
        command = f"mlgit rollback {word(version.model)} --env {word(found.vs)} -m REASON"
        hint = f"compare with `release` or another environment in this gate, or run `{command}`"
    message = f"Nothing can be compared with {found.rule}: {why}"
    return replace(
        found, state="unknown", reason=None, commit=None, label=f"`{found.vs}`", message=message, hint=hint
    )


def _on_own_branch(project: Project, found: Baseline, commit: str) -> Baseline:
    """The baseline, with a note if only this clone's own branch with trunk's name has it."""
    from mlgit.project.trust.default_branch import own_trunk

    trunk, own = project.trunk, own_trunk(project)
    if trunk is None or own is None or own.commit == trunk.commit:
        return found
    if is_ancestor(project.git, commit, trunk.commit):
        return found
    message = (
        f"`vs: {found.vs}` compares with {found.label}, which is not on `{trunk.short}`, but on this clone's "
        f"`{own.short}`; CI does not compare with it"
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
