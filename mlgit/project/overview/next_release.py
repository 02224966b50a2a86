"""Next release: the release or promotion to suggest when nothing else is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.status import ModelLine, NextStep
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.config.file import Environment
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.registry.state import Registry
    from mlgit.project.open import Project


def next_release(
    project: Project,
    lines: Sequence[ModelLine],
    *,
    registry: Registry | None,
    state: Evidence | None,
    paths: Mapping[str, str | None],
    environments: Mapping[str, Environment],
) -> NextStep | None:
    """The first release of new content on trunk or, without one, the first promotion of a released version.

    `registry` and `state`, the pipeline in the working tree, are None if they cannot be read. `paths` has the
    path of each declared model; `environments` are those that trunk declares, in their order.
    """
    trunk, head = project.trunk, project.head.commit
    on_trunk = trunk is not None and trunk.commit == head
    for line in lines:
        # A commit is at most one version of a model, even if that version is deregistered.
        model = None if registry is None else registry.models.get(line.model)
        released = model is not None and bool(model.at_commit(head or ""))
        path = paths.get(line.model)
        if on_trunk and not released and path and _is_new(project, line, state, path):
            since = f"since {line.latest}" if line.latest else "and has no version yet"
            return NextStep(command=f"mlgit release {line.model}", reason=f"`{line.model}` is new {since}")
        step = _promotion(line, environments)
        if step is not None:
            return step
    return None


def _is_new(project: Project, line: ModelLine, state: Evidence | None, path: str) -> bool:
    """Whether the model's content differs from its latest version."""
    now = _content(state, path)
    if now is None or line.latest_commit is None:
        return now is not None
    if line.latest_commit == project.head.commit:
        return False
    return _content(evidence(project, line.latest_commit, staleness=False), path) != now


def _content(state: Evidence | None, path: str) -> str | None:
    outputs = () if state is None else state.pipeline.outputs
    return next((out.pointer.md5 for out in outputs if out.path == path and out.pointer), None)


def _promotion(line: ModelLine, environments: Mapping[str, Environment]) -> NextStep | None:
    """The first declared environment that could take a newer version."""
    held = {each.environment: each for each in line.environments}
    for name, environment in environments.items():
        source = environment.source
        offered = line.latest if source is None else held[source].version if source in held else None
        if offered is None or name not in held or held[name].held or held[name].version == offered:
            continue
        where = "is released" if source is None else f"is in `{source}`"
        return NextStep(
            command=f"mlgit promote {line.model} --to {name}", reason=f"`{line.model}` {offered} {where}"
        )
    return None
