"""Rollback: take an environment back to the version before; no gates, and it is held from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.release.promotion import rollback_target
from mlgit.core.release.tag_plan import ChangeReport, Move, future_note, plan_assignment
from mlgit.project.registry.environments import known_environment
from mlgit.project.registry.models import require_model
from mlgit.project.release.write_tags import fresh_model, write_tags

if TYPE_CHECKING:
    from mlgit.project.open import Project


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
        LostRace: somebody else changed the environment first.
    """
    state = fresh_model(project, model, local=local)
    require_model(project, model)
    here = known_environment(project, state, environment)
    current = here.version
    if to is not None and current is not None and str(current.version) == to:
        return ChangeReport(
            model=model,
            version=to,
            environment=environment,
            action="rollback",
            before=here.label,
            commit=current.commit,
            remote=None if local else project.remote,
            already=True,
            dry_run=dry_run,
            at=project.now,
        )
    version = rollback_target(state, here, to)
    move = Move(action="rollback", now=project.now, reason=reason)
    written = write_tags(project, plan_assignment(state, here, version, move), local=local, dry_run=dry_run)
    held = f"`{environment}` is held now: nothing is promoted there by itself until somebody promotes"
    return ChangeReport(
        model=model,
        version=str(version.version),
        environment=environment,
        action="rollback",
        before=here.label,
        reason=reason,
        tags=written.tags,
        commit=version.commit,
        pushed=written.pushed,
        remote=written.remote,
        dry_run=dry_run,
        at=project.now,
        notes=(held, *future_note(state, project.now), *written.notes),
    )
