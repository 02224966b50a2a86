"""Deregister: reject a version, so that it can no longer be promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.entries import rejection_notes
from mlgit.core.release.going_back import way_out
from mlgit.core.release.promotion import require_version, split_target
from mlgit.core.release.tag_plan import ChangeReport, plan_deregistration
from mlgit.core.trust.doubt import most_that_is_there, ways_out
from mlgit.core.wording import listed
from mlgit.errors import StateError, UsageError
from mlgit.project.registry.completeness import was_fetched
from mlgit.project.registry.tag_settings import tag_repair
from mlgit.project.release.change import if_known, make_change, model_to_change
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


def deregister(
    project: Project, target: str, *, reason: str | None = None, local: bool = False, dry_run: bool = False
) -> ChangeReport:
    """Reject `target` (`tumor@v1.2.0`); its number is never used again.

    Raises:
        StateError: an environment holds it.
        UnknownReference: no such model or version.
        LostRace: someone else deregistered it first.
    """
    name, wanted = split_target(target)
    if wanted is None:
        raise UsageError(
            f"`{target}` does not name a version", expected="`MODEL@VERSION`, such as `tumor@v1.2.0`"
        )
    state = model_to_change(project, name, local=local)
    with if_known(project, name, f"`{target}`"):
        version = require_version(state, wanted)
    accepted = accept(project, state, local=local)
    if not version.deregistered:
        _refuse_live(project, state, accepted, version)
    plan = (
        () if version.deregistered else plan_deregistration(accepted, version, now=project.now, reason=reason)
    )
    return make_change(
        project,
        accepted,
        plan,
        action="deregister",
        version=version.version,
        commit=version.commit,
        reason=reason,
        notes=rejection_notes(version),
        local=local,
        dry_run=dry_run,
    )


def _refuse_live(
    project: Project, state: ModelState, accepted: ModelState, version: RegisteredVersion
) -> None:
    fetch = None if was_fetched(project, state.name) else tag_repair(project)
    there = {name: most_that_is_there(name, state, accepted) for name in state.environments}
    for name, each in there.items():
        half = each.unfinished
        if half is not None and half.parsed_summary.version == str(version.version):
            raise StateError(
                f"`{state.name}@{version.version}` may be live in `{name}`: the tag "
                f"`{half.name._replace(action='assign')}`, written with `{half.tag}`, is not here",
                hint=ways_out(half, fetch=fetch, remote=project.remote),
            )
    # Compared by number: one commit may have two versions.
    live = [
        name
        for name, each in there.items()
        if each.version is not None and each.version.version == version.version
    ]
    if live:
        places = ", ".join(f"`{name}`" for name in live)
        ways = [way_out(state, there[name], version) for name in live]
        raise StateError(
            f"`{state.name}@{version.version}` is live in {places}",
            hint=f"first run {listed(ways)}",
        )
