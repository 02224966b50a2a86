"""Deregister: reject a version, so that it can no longer be promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.release.promotion import require_version, split_target
from mlgit.core.release.tag_plan import ChangeReport, future_note, plan_deregistration
from mlgit.errors import StateError, UsageError
from mlgit.project.registry.models import require_model
from mlgit.project.release.write_tags import fresh_model, write_tags

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


def deregister(
    project: Project, target: str, *, reason: str | None = None, local: bool = False, dry_run: bool = False
) -> ChangeReport:
    """Reject `target` (`tumor@v1.2.0`); its number is never given again.

    Raises:
        StateError: it is live somewhere.
        UnknownReference: no such model or version.
        LostRace: somebody else deregistered it first.
    """
    name, wanted = split_target(target)
    if wanted is None:
        raise UsageError(f"`{target}` names no version", expected="`MODEL@VERSION`, such as `tumor@v1.2.0`")
    state = fresh_model(project, name, local=local)
    require_model(project, name)
    version = require_version(state, wanted)
    if not version.deregistered:
        _refuse_live(state, version)
    plan = () if version.deregistered else plan_deregistration(state, version, now=project.now, reason=reason)
    written = write_tags(project, plan, local=local, dry_run=dry_run) if plan else None
    return ChangeReport(
        model=name,
        version=str(version.version),
        environment=None,
        action="deregister",
        reason=reason,
        tags=() if written is None else written.tags,
        commit=version.commit,
        pushed=written is not None and written.pushed,
        remote=None if local else project.remote,
        already=written is None,
        dry_run=dry_run,
        at=project.now,
        notes=() if written is None else (*future_note(state, project.now), *written.notes),
    )


def _refuse_live(state: ModelState, version: RegisteredVersion) -> None:
    # By its number: somebody may have given one commit two.
    live = [
        name
        for name, each in state.environments.items()
        if each.version is not None and each.version.version == version.version
    ]
    if live:
        places = ", ".join(f"`{name}`" for name in live)
        raise StateError(
            f"`{state.name}@{version.version}` is live in {places}",
            hint=f"run `mlgit rollback {state.name} --env {live[0]} -m REASON` first, "
            "or `mlgit unassign` where nothing stood before",
        )
