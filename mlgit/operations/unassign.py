"""Unassign: empty an environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.release.tag_plan import ChangeReport, Move, plan_unassignment
from mlgit.core.trust.doubt import most_that_is_there
from mlgit.project.ci.after_change import with_target
from mlgit.project.registry.environments import known_environment
from mlgit.project.release.change import make_change, model_to_change, require_known
from mlgit.project.trust.accept import accept, policy_commit

if TYPE_CHECKING:
    from mlgit.core.registry.state import EnvironmentState, ModelState
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
    """Remove the version that an environment holds.

    Raises:
        UnknownReference: no such model or environment.
        StateError: it is not known what is there.
        LostRace: someone else changed the environment first.
    """
    state = model_to_change(project, model, local=local)
    known_environment(project, state, environment)
    accepted = accept(project, state, local=local, fetch=True)
    here = _there(project, environment, state, accepted)
    move = Move(action="unassign", now=project.now, reason=reason, policy=policy_commit(project))
    plan = plan_unassignment(accepted, here, move)
    note = f"`dvc artifacts get --stage {environment}` still returns {here.label}: DVC knows no empty stage"
    report = make_change(
        project,
        accepted,
        plan,
        action="unassign",
        version=None if here.version is None else here.version.version,
        commit=here.commit,
        environment=here,
        reason=reason,
        notes=(note,) if plan else (),
        local=local,
        dry_run=dry_run,
    )
    return with_target(project, report)


def _there(project: Project, name: str, state: ModelState, accepted: ModelState) -> EnvironmentState:
    """What is taken out. Raises a StateError if it is not known what is there."""
    here, known = most_that_is_there(name, state, accepted), accepted.environment(name)
    if known.doubt is not None and (known.doubt.unread or here.holder is None):
        raise known.doubt.doubt()
    if here.holder is None:
        require_known(project, state.name, f"What `{name}` holds of `{state.name}`")
    return replace(here, counter=known.counter)
