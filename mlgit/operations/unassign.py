"""Unassign: empty an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.release.tag_plan import ChangeReport, Move, future_note, plan_unassignment
from mlgit.project.registry.environments import known_environment
from mlgit.project.registry.models import require_model
from mlgit.project.release.write_tags import fresh_model, write_tags

if TYPE_CHECKING:
    from mlgit.project.open import Project


def unassign(
    project: Project,
    model: str,
    *,
    environment: str,
    reason: str | None = None,
    local: bool = False,
    dry_run: bool = False,
) -> ChangeReport:
    """Take whatever an environment holds out of it.

    Raises:
        UnknownReference: no such model or environment.
        LostRace: somebody else changed the environment first.
    """
    state = fresh_model(project, model, local=local)
    require_model(project, model)
    here = known_environment(project, state, environment)
    version = here.version
    move = Move(action="unassign", now=project.now, reason=reason)
    plan = plan_unassignment(state, here, move)
    written = write_tags(project, plan, local=local, dry_run=dry_run) if plan else None
    notes = (f"DVC itself goes on answering `{here.label}` for `{environment}`: it knows no empty stage",)
    return ChangeReport(
        model=model,
        version=None if version is None else str(version.version),
        environment=environment,
        action="unassign",
        before=here.label,
        reason=reason,
        tags=() if written is None else written.tags,
        commit=here.commit,
        pushed=written is not None and written.pushed,
        remote=None if local else project.remote,
        already=written is None,
        dry_run=dry_run,
        at=project.now,
        notes=() if written is None else (*notes, *future_note(state, project.now), *written.notes),
    )
