"""Bump: which number of the version to raise, by what changed in the inputs of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import joined
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.release.provenance import upstream_stages

if TYPE_CHECKING:
    from mlgit.core.pipeline.stages import Stage
    from mlgit.core.registry.semver import Bump
    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project


def next_step(project: Project, state: ModelState, commit: str, path: str | None) -> tuple[Bump, str]:
    """`minor` if an input of the model's pipeline changed since the last version, or `patch`; and why."""
    last = state.versions[-1] if state.versions else None
    if last is None:
        return "minor", "it is the first version"
    mine = _read(project, commit, path)
    theirs = _read(project, last.commit, path)
    changed = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
    if not changed:
        return "patch", f"nothing that its pipeline reads changed since {last.version}"
    return "minor", f"{joined(changed, 1)} changed since {last.version}"


def _read(project: Project, commit: str, path: str | None) -> dict[str, str]:
    """Inputs of the stages: name -> digest or value."""
    found: dict[str, str] = {}
    for stage in upstream_stages(evidence(project, commit, staleness=False).pipeline, path):
        found.update(_inputs(stage))
    return found


def _inputs(stage: Stage) -> dict[str, str]:
    found = {f"the command of stage {stage.address}": "\n".join(stage.cmd)}
    if stage.locked is None:
        return found
    for dep, pointer in stage.locked.deps.items():
        found[dep] = "" if pointer is None else pointer.md5
    for file, values in stage.locked.params.items():
        found.update({f"{file}:{key}": str(value) for key, value in values.items()})
    return found
