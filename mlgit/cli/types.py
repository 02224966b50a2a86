"""Completion: what the shell offers for models, versions, environments and stages.

Every function swallows every error: a Tab key must never print a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from mlgit.project.open import Project

    Offer = Callable[[click.Context, click.Parameter, str], list[str]]


def _offer(find: Callable[[Project], Iterable[str]]) -> Offer:
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            from mlgit.cli.session import Session

            project = ctx.ensure_object(Session).project()
            try:
                return sorted(name for name in set(find(project)) if name.startswith(incomplete))
            finally:
                project.close()
        except Exception:  # noqa: BLE001 (see the first lines)
            return []

    return complete


def _models(project: Project) -> Iterable[str]:
    from mlgit.project.models import model_names

    return model_names(project)


def _versions(project: Project) -> Iterable[str]:
    from mlgit.project.registry import read_registry

    yield from _models(project)
    for model in read_registry(project).models.values():
        yield f"{model.name}@latest"
        yield from (f"{model.name}@{each.version}" for each in model.versions if not each.deregistered)


def _environments(project: Project) -> Iterable[str]:
    from mlgit.project.registry import read_registry

    yield from project.trunk_config.environments
    for model in read_registry(project).models.values():
        yield from model.environments


def _references(project: Project) -> Iterable[str]:
    from mlgit.project.registry import read_registry

    yield from _versions(project)
    yield from _environments(project)
    for model in read_registry(project).models.values():
        yield from (f"{model.name}#{environment}" for environment in model.environments)
    for ref in project.branches:
        yield ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _stages(project: Project) -> Iterable[str]:
    from mlgit.project.evidence import evidence

    return (stage.address for stage in evidence(project, None).pipeline.stages)


def _gates(project: Project) -> Iterable[str]:
    return project.config(None).gates


models_offer = _offer(_models)
versions_offer = _offer(_versions)
environments_offer = _offer(_environments)
references_offer = _offer(_references)
stages_offer = _offer(_stages)
gates_offer = _offer(_gates)
