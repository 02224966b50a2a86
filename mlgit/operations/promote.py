"""Promote: put a version into an environment, if policy and gates allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.release.promotion import check_promotion, choose_version, split_target
from mlgit.core.release.tag_plan import ChangeReport, Move, future_note, plan_assignment
from mlgit.errors import LostRace
from mlgit.project.registry.environments import gto_note, require_environment, require_sound_name
from mlgit.project.registry.models import require_model
from mlgit.project.release.gate_check import require_gates
from mlgit.project.release.write_tags import fresh_model, write_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.project.open import Project


def promote(  # noqa: PLR0913 (one parameter an option)
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

    With `counter` only while that is still the environment's highest one: whoever decided by a state that is
    past must look again.

    Raises:
        AnswerNo: the version does not qualify, or the gates block.
        UnknownReference: no such model, version or environment.
        LostRace: somebody else changed the environment first.
    """
    name, wanted = split_target(target)
    state = fresh_model(project, name, local=local)
    require_model(project, name)
    declared = require_environment(project, environment)
    require_sound_name(project, environment)
    version = choose_version(state, declared, wanted)
    here = state.environment(environment)
    if counter is not None and here.counter != counter:
        raise LostRace(
            f"Somebody else changed `{environment}` of `{name}` just now",
            hint=f"look with `mlgit history {name} --env {environment}`, then run again",
        )
    # By its number: somebody may have given one commit two.
    if here.version is not None and here.version.version == version.version and not here.held:
        return ChangeReport(
            model=name,
            version=str(version.version),
            environment=environment,
            action="promote",
            before=here.label,
            commit=version.commit,
            remote=None if local else project.remote,
            already=True,
            dry_run=dry_run,
            at=project.now,
        )
    check_promotion(state, declared, version, downgrade=downgrade)
    checked = require_gates(
        project, purpose="promote", model=name, commit=version.commit, environment=environment, ci=ci
    )
    move = Move(action="promote", now=project.now, reason=reason, gates=checked.gates)
    plan = plan_assignment(state, here, version, move)
    written = write_tags(project, plan, local=local, dry_run=dry_run)
    ended = (f"`{environment}` was held by a rollback; this promotion ends that",) if here.held else ()
    return ChangeReport(
        model=name,
        version=str(version.version),
        environment=environment,
        action="promote",
        before=here.label,
        reason=reason,
        tags=written.tags,
        commit=version.commit,
        pushed=written.pushed,
        remote=written.remote,
        dry_run=dry_run,
        at=project.now,
        verdict=checked.verdict,
        notes=(
            *ended,
            *checked.notes,
            *future_note(state, project.now),
            *gto_note(project, environment),
            *written.notes,
        ),
    )
