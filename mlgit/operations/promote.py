"""Promote: put a version into an environment, if policy and gates allow it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.release.promotion import check_promotion, choose_version, split_target
from mlgit.core.release.tag_plan import ChangeReport, Move, plan_assignment
from mlgit.errors import LostRace
from mlgit.project.registry.environments import require_environment
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.readiness import require_released_model, require_usable_name
from mlgit.project.release.change import make_change, model_to_change
from mlgit.project.release.gate_check import require_gates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import EnvironmentState
    from mlgit.project.open import Project


def promote(  # noqa: PLR0913 (one parameter per option)
    project: Project,
    target: str,
    *,
    environment: str,
    reason: str | None = None,
    downgrade: bool = False,
    local: bool = False,
    dry_run: bool = False,
    ci: Mapping[str, str] | None = None,
    counter: int | None = None,
) -> ChangeReport:
    """Put `target` (`tumor` or `tumor@v1.2.0`) into an environment.

    With `counter`, only while it is still the environment's highest: the caller decided by that state.

    Raises:
        AnswerNo: the version does not qualify, or the gates block.
        UnknownReference: no such model, version or environment.
        LostRace: someone else changed the environment first.
    """
    name, wanted = split_target(target)
    state = model_to_change(project, name, local=local)
    declared = _environment(project, environment)
    version = choose_version(state, declared, wanted)
    here = state.environment(environment)
    _require_unchanged(here, counter)
    change = partial(make_change, project, state, action="promote", version=version.version)
    change = partial(change, commit=version.commit, environment=here, local=local, dry_run=dry_run)
    if here.version is not None and here.version.version == version.version and not here.held:
        return change(())  # compared by number, because one commit may have two versions
    check_promotion(state, declared, version, downgrade=downgrade)
    require_released_model(project, name, version, declared_models(project, version.commit).get(name))
    gates = require_gates(
        project, purpose="promote", model=name, commit=version.commit, environment=environment, ci=ci
    )
    move = Move(action="promote", now=project.now, reason=reason, gates=gates.gates)
    plan = plan_assignment(state, here, version, move)
    ended = (f"`{environment}` was held by a rollback; this promotion ends that",) if here.held else ()
    return change(plan, reason=reason, verdict=gates.verdict, notes=(*ended, *gates.notes))


def _environment(project: Project, name: str) -> Environment:
    declared = require_environment(project, name)
    require_usable_name(project, None if project.trunk is None else project.trunk.commit, name)
    return declared


def _require_unchanged(here: EnvironmentState, counter: int | None) -> None:
    if counter is not None and here.counter != counter:
        raise LostRace(
            f"Somebody else changed `{here.environment}` of `{here.model}` just now",
            hint=f"look with `mlgit history {here.model} --env {here.environment}`, then run again",
        )
