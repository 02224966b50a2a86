"""Rollback: take an environment back to the version before; no gates, and it is held from then on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.release.promotion import passed_over, require_changeable, rollback_target
from mlgit.core.release.tag_plan import ChangeReport, Move, plan_assignment
from mlgit.core.trust.rules import was_promoted
from mlgit.project.registry.environments import known_environment
from mlgit.project.release.change import make_change, model_to_change
from mlgit.project.trust.accept import accept_with_facts, policy_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.core.trust.rules import Facts
    from mlgit.project.open import Project

_HELD = "`{}` is held now: nothing is promoted there by itself until somebody promotes"


def rollback(
    project: Project,
    model: str,
    *,
    environment: str,
    reason: str,
    to: str | None = None,
    local: bool = False,
    dry_run: bool = False,
) -> ChangeReport:
    """Take an environment back to the promotion before, or to the named earlier one.

    Raises:
        StateError: there is no earlier one.
        UnknownReference: no such model, version or environment.
        LostRace: someone else changed the environment first.
    """
    raw = model_to_change(project, model, local=local)
    state, facts = accept_with_facts(project, raw, local=local, fetch=True)
    counting = known_environment(project, state, environment)
    here = _environment(raw, counting, to)
    version, skipped, already = _target(state, counting, to, facts)
    require_changeable(here, str(version.version))
    policy = policy_commit(project, version.commit if local else None)
    move = Move(action="rollback", now=project.now, reason=reason, policy=policy)
    return make_change(
        project,
        state,
        () if already else plan_assignment(state, here, version, move),
        action="rollback",
        version=version.version,
        commit=version.commit,
        environment=here,
        reason=None if already else reason,
        notes=() if already else _notes(state, here, version, to, skipped),
        local=local,
        dry_run=dry_run,
    )


def _target(
    state: ModelState, here: EnvironmentState, to: str | None, facts: Facts | None
) -> tuple[RegisteredVersion, tuple[RegisteredVersion, ...], bool]:
    """The version to go back to, those that are passed over on the way, and whether it is there already."""
    held = here.version if here.doubt is None else None
    if held is not None and str(held.version) == to:
        return held, (), True
    skipped: list[RegisteredVersion] = []

    def counts(version: RegisteredVersion) -> bool:
        if facts is None or was_promoted(version.commit, here, state, facts):
            return True
        skipped.append(version)
        return False

    version = rollback_target(state, here, to, counts=counts)
    return version, tuple(skipped), False


def _environment(raw: ModelState, here: EnvironmentState, to: str | None) -> EnvironmentState:
    """The environment to go back in; raises StateError if it is not known what is there."""
    doubt = here.doubt
    if doubt is None:
        return here
    require_changeable(here, to)
    # Going back must work from a tag that does not count, too, but only to a version that counts.
    return here if doubt.unread else replace(raw.environment(here.environment), registered=here.registered)


def _notes(
    state: ModelState,
    here: EnvironmentState,
    version: RegisteredVersion,
    to: str | None,
    skipped: Sequence[RegisteredVersion],
) -> tuple[str, ...]:
    passed = passed_over(state, here, version) if to is None else ()
    forged = [
        f"`{each.tag}` is passed over: no promotion that counts put it into `{here.environment}`"
        for each in skipped
    ]
    return (*passed, *forged, _HELD.format(here.environment))
