"""Bump: which number of the version to raise, by what changed in the inputs of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import joined
from mlgit.errors import ConfigError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.models import declared_models
from mlgit.project.release.provenance import upstream_stages
from mlgit.project.trust.accept import was_tip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Pipeline, Stage
    from mlgit.core.registry.semver import Bump
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


def next_step(
    project: Project, state: ModelState, commit: str, path: str | None, *, pre: bool
) -> tuple[Bump, str]:
    """`minor` if an input of the model's pipeline changed since the last version, or `patch`; and why.

    A final release follows a pre-release only if trunk's tip was there. `pre`: this is a pre-release.
    """
    last = _last(project, state, pre=pre)
    if last is None:
        return "minor", "it is the first version"
    here, there = (evidence(project, each, staleness=False).pipeline for each in (commit, last.commit))
    before = _path_then(project, last, path)
    mine, theirs = _read(here, path), _read(there, before)
    if before != path:
        # Other stages are then around the model. What any stage of the other side reads, too, is not new.
        mine, theirs = _read(here, None, only=theirs) | mine, _read(there, None, only=mine) | theirs
    changed = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
    if not mine and not theirs:
        return "patch", f"no stage makes it, so no inputs are compared with those of {last.version}"
    if not changed:
        return "patch", f"nothing that its pipeline reads changed since {last.version}"
    return "minor", f"{joined(changed, 1)} changed since {last.version}"


def _last(project: Project, state: ModelState, *, pre: bool) -> RegisteredVersion | None:
    def fits(each: RegisteredVersion) -> bool:
        return pre or each.version.final or was_tip(project, each.commit)

    return next(filter(fits, reversed(state.versions)), None)


def _path_then(project: Project, version: RegisteredVersion, path: str | None) -> str | None:
    """The path of the model at a version; `path`, that of now, if its commit does not declare the model."""
    try:
        return declared_models(project, version.commit).get(version.model) or path
    except ConfigError:
        return path


def _read(pipeline: Pipeline, path: str | None, *, only: Mapping[str, str] | None = None) -> dict[str, str]:
    """Inputs of the stages around a model, or of all stages: name -> digest or value; `only` those names."""
    found: dict[str, str] = {}
    for stage in upstream_stages(pipeline, path):
        found.update(_inputs(stage))
    return found if only is None else {name: found[name] for name in only if name in found}


def _inputs(stage: Stage) -> dict[str, str]:
    found = {f"the command of stage {stage.address}": "\n".join(stage.cmd)}
    if stage.locked is None:
        return found
    for dep, pointer in stage.locked.deps.items():
        found[dep] = "" if pointer is None else pointer.md5
    for file, values in stage.locked.params.items():
        found.update({f"{file}:{key}": str(value) for key, value in values.items()})
    return found
