"""Former names: models that live in an environment under a name that nothing declares anymore.

A model has another name from the commit on that brought the new name or took the old one away, if both had
the same path or content there: as a change is compared with its target before the merge.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.pipeline.known_models import KnownModel, former_names, is_same
from mlgit.core.registry.tags import parse_tag
from mlgit.project.registry.models import declared_models, known_models
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]
    _Models = Mapping[str, KnownModel]

_MOST_VERSIONS = 20
_MOST_COMMITS = 1000
_MOST_WITH_DVC = 100
_MODELS = re.compile(rb"(?ms)^[\"']?models[\"']?[ \t]*:.*?(?=^[^\s#]|\Z)")


def undeclared(project: Project, environment: str, read: _Read) -> Iterator[EnvironmentState]:
    """The environment of each model that was ever there, or may be, and that trunk does not declare.

    `read` returns the state of a model.
    """
    declared = _declared_on_trunk(project)
    registry = read_registry(project)
    names = {name for name, raw in registry.models.items() if environment in raw.environments}
    for tag in registry.ignored:
        parsed = parse_tag(tag)
        if parsed is not None and parsed.environment == environment:
            names.add(parsed.model)
    for name in sorted(names - {*declared}):  # asking which of its tags count takes longer
        found = read(name).environments.get(environment)
        if found is not None and (found.changes or found.doubt is not None):
            yield found


def name_in_environment(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> str:
    """The name under which a model is in an environment: its own, or one that it had before.

    Of several former names, one whose tags leave open what the environment holds is meant, otherwise the one
    that was changed there last.
    """
    own = read(name).environments.get(environment)
    if own is not None and (own.changes or own.doubt is not None):
        return name
    there = {held.model: held for held in undeclared(project, environment, read)}
    if not there:
        return name
    steps = _steps(project, commit)
    names = _with_former(project, name, steps)
    last = known_models(project, commit)
    appeared = [last[name]] if name in last else []
    appeared += [after[each] for before, after in steps for each in names if each in {*after} - {*before}]
    former = [
        held
        for held in there.values()
        if held.model in names or _was_one_of(project, appeared, held, read(held.model))
    ]
    return max(former, key=_order).model if former else name


def _order(held: EnvironmentState) -> tuple[bool, int, str]:
    last_s = held.changes[-1].fact.tagged_at_s if held.changes else 0
    return held.doubt is not None, last_s, held.model


def _declared_on_trunk(project: Project) -> Mapping[str, str | None]:
    return declared_models(project, None if project.trunk is None else project.trunk.commit)


def _with_former(project: Project, name: str, steps: list[tuple[_Models, _Models]]) -> set[str]:
    """A name and all that it was before."""
    declared = _declared_on_trunk(project)
    names = {name}
    size = 0
    while size < len(names):
        size = len(names)
        for before, after in steps:
            names |= former_names(names, before, after, declared)
    return names


def _was_one_of(
    project: Project, models: list[KnownModel], held: EnvironmentState, state: ModelState
) -> bool:
    """Whether a version of a model had the path of one of these, or the held one has its content."""
    for version in state.versions[-_MOST_VERSIONS:]:
        found = known_models(project, version.commit).get(state.name)
        if found is None:
            continue
        if version.commit != held.commit:
            found = replace(found, digest=lambda: None)
        if any(is_same(found, each) for each in models):
            return True
    return False


def _steps(project: Project, commit: str | None) -> list[tuple[_Models, _Models]]:
    """The models before and after each commit that changed them, of a commit's history and trunk's."""
    from mlgit.adapters.git.refs import parents

    tips = [commit or project.head.commit, None if project.trunk is None else project.trunk.commit]
    here = [tip for tip in dict.fromkeys(tips) if tip is not None]
    if not here:
        return []
    files, most = [":(literal)mlgit.yaml"], _MOST_COMMITS
    models = project.config(commit).models
    if not models or any(model.path is None for model in models.values()):
        files, most = [*files, ":(glob)**/dvc.yaml"], _MOST_WITH_DVC
    commits: dict[str, None] = {}
    for option in (
        "--first-parent",
        "--topo-order",
    ):  # a merge that only trunk sees as a change is in the first
        listed = project.git.run_text("rev-list", option, f"--max-count={most}", *here, "--", *files)
        commits |= dict.fromkeys(listed.split())
    pairs = [(parent, each) for each in commits for parent in parents(project.objects, each)]
    specs = {each: f"{each}:mlgit.yaml" for pair in pairs for each in pair}
    found = project.objects.get_many(specs.values())
    texts = {each: b"" if (one := found[spec]) is None else one.content for each, spec in specs.items()}
    if len(files) == 1:
        pairs = [pair for pair in pairs if _declarations(texts[pair[0]]) != _declarations(texts[pair[1]])]
    return [(known_models(project, parent), known_models(project, each)) for parent, each in pairs]


def _declarations(text: bytes) -> object:
    """The part of mlgit.yaml with the models; all of it if that is not written as usual."""
    return _MODELS.findall(text) or text
