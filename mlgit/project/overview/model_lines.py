"""Model lines: each model's latest version and environments, and how far they are behind HEAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.status import EnvironmentLine, ModelLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.registry.state import ModelState, Registry
    from mlgit.project.open import Project


def model_lines(
    project: Project, registry: Registry, *, declared: Iterable[str], environments: Sequence[str]
) -> tuple[ModelLine, ...]:
    """One line for every model that is declared or has tags.

    Args:
        project: the repository.
        registry: the models in its tags.
        declared: the names of the declared models.
        environments: the names of the declared environments, in their order.
    """
    counted: dict[str, int] = {}
    return tuple(
        _model_line(project, name, registry.models.get(name), environments=environments, counted=counted)
        for name in sorted({*declared, *registry.models})
    )


def _model_line(
    project: Project,
    name: str,
    state: ModelState | None,
    *,
    environments: Sequence[str],
    counted: dict[str, int],
) -> ModelLine:
    if state is None:
        nothing = tuple(
            EnvironmentLine(environment=each, version=None, commit=None, held=False, behind=None)
            for each in environments
        )
        return ModelLine(model=name, latest=None, latest_commit=None, behind=None, environments=nothing)
    lines = []
    for each in (*environments, *sorted(set(state.environments) - set(environments))):
        held = state.environment(each)
        lines.append(
            EnvironmentLine(
                environment=each,
                version=held.label,
                commit=held.commit,
                held=held.commit is not None and held.held,
                behind=_behind(project, held.commit, counted),
            )
        )
    latest = state.latest
    return ModelLine(
        model=name,
        latest=None if latest is None else str(latest.version),
        latest_commit=None if latest is None else latest.commit,
        behind=None if latest is None else _behind(project, latest.commit, counted),
        environments=tuple(lines),
    )


def _behind(project: Project, commit: str | None, counted: dict[str, int]) -> int | None:
    """The number of commits that HEAD has and the version lacks; each version is counted once."""
    head = project.head.commit
    if commit is None or head is None:
        return None
    if commit == head:
        return 0
    if commit not in counted:
        from mlgit.adapters.git.refs import count_commits

        counted[commit] = count_commits(project.git, commit, head)
    return counted[commit]
