"""Former names: models that live in an environment under a name that nothing declares anymore.

A model has another name from the commit on that brought the new name or took the old one away, if both had
the same path or content there: as a change is compared with its target before the merge.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mlgit.adapters.git.refs import is_ancestor
from mlgit.core.pipeline.known_models import KnownModel, former_names, is_same, renamed_by
from mlgit.core.registry.completeness import KNOWN, REMOTE_TAGS, in_ci
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.newest_release import refused_releases
from mlgit.project.registry.completeness import knows_model
from mlgit.project.registry.models import declared_models, known_models
from mlgit.project.registry.read import read_registry
from mlgit.project.registry.renames.declarations import declarations
from mlgit.project.registry.renames.versions import versions_to_read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.gates.verdict import Purpose
    from mlgit.core.pipeline.known_models import Declared
    from mlgit.core.registry.completeness import Known
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project
    from mlgit.project.registry.read import ModelTags

    _Read = Callable[[str], ModelState]
    _Models = Mapping[str, KnownModel]

_T = TypeVar("_T")


@contextmanager
def declaring(project: Project, declared: Declared | None) -> Iterator[None]:
    """Read former names as if trunk declared this; None: as it does."""
    project.declared = declared
    try:
        yield
    finally:
        project.declared = None


def undeclared(project: Project, environment: str, read: _Read) -> Iterator[EnvironmentState]:
    """The environment of each model that was ever there, or may be, and that trunk does not declare.

    `read` returns the state of a model.
    """
    declared = declared_names(project)
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

    Of several former names, one whose tags leave open what the environment holds is meant, otherwise the last
    one by the history of the declarations. Only where that shows none, the one that was changed there last
    (within one second: the one with the later commit): anyone chooses the date of a tag.
    """
    own = read(name).environments.get(environment)
    if own is not None and (own.changes or own.doubt is not None):
        return name
    former = formerly_in_environment(project, name, environment, commit, read)
    if len(former) > 1:
        last = _last_names(project, [each.model for each in former], commit)
        former = [each for each in former if each.doubt is not None or each.model in last]
    return changed_last(project, former).model if former else name


def _last_names(project: Project, names: Sequence[str], commit: str | None) -> Collection[str]:
    """Those of some names that no other of them came after, or all if each came after one."""
    before = {old for each in names for old in names_before(project, each, commit)}
    return {*names} - before or {*names}


def formerly_in_environment(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> list[EnvironmentState]:
    """What is, or was, in an environment under the names that a model had before."""
    there = {held.model: held for held in undeclared(project, environment, read) if held.model != name}
    contents = {each: held.commit for each, held in there.items()}
    return [there[each] for each in _former(project, name, commit, contents, read)]


def name_of_releases(project: Project, name: str, commit: str | None, read: _Read) -> str:
    """The name under which a model has releases: its own, or the last one before that has a release.

    Its own pre-releases count less than final releases under a name before.
    """
    own = read(name)
    if any(each.version.final for each in own.versions) or refused_releases(own):
        return name
    ignored = _ignored_releases(project)
    if name in ignored:
        return name
    names = {each for each, raw in read_registry(project).models.items() if raw.versions} | ignored
    states = {each: read(each) for each in names - {*declared_names(project)}}
    contents = {each: None if one.latest is None else one.latest.commit for each, one in states.items()}
    former = _former(project, name, commit, contents, read)
    if own.versions:  # anyone can make a pre-release of a branch
        former = [each for each in former if any(one.version.final for one in states[each].versions)]
    if not former:
        return name
    if len(former) > 1:
        former = sorted(_last_names(project, former, commit))
    newest_s = {
        each: max((one.fact.tagged_at_s for one in states[each].versions), default=0) for each in former
    }
    last = [each for each in former if newest_s[each] == max(newest_s.values())]
    return _latest(project, [(each, contents[each]) for each in last])


def releases_before(project: Project, name: str, commit: str | None, read: _Read) -> list[ModelState]:
    """What a model was released as under the names that it had before."""
    registry = read_registry(project)
    names = {each for each, raw in registry.models.items() if raw.versions}
    names = {*names, *_ignored_releases(project)} - {*declared_names(project)}
    states = {each: read(each) for each in sorted(names - {name})}
    contents = {each: None if one.latest is None else one.latest.commit for each, one in states.items()}
    return [states[each] for each in _former(project, name, commit, contents, read)]


def may_be_released_before(project: Project) -> tuple[list[str], list[str]]:
    """The commits of releases of models that trunk does not declare, and those with lightweight ones."""
    declared = declared_names(project)
    models = [raw for name, raw in read_registry(project).models.items() if name not in declared]
    commits = [version.commit for raw in models for version in raw.versions]
    return commits, sorted(_ignored_releases(project) - {*declared})


def _ignored_releases(project: Project) -> set[str]:
    parsed = map(parse_tag, read_registry(project).ignored)
    return {one.model for one in parsed if one is not None and one.version is not None}


def names_before(project: Project, name: str, commit: str | None) -> frozenset[str]:
    """The names that a model had before, as far as the history of the declarations shows them."""
    return frozenset(_with_former(project, name, _steps(project, commit)) - {name})


def knows_former_names(
    project: Project,
    name: str,
    commit: str | None,
    *,
    purpose: Purpose,
    ci: Mapping[str, str],
    read: Callable[[str | None], ModelTags],
) -> Known:
    """Whether the tags of a model's former names are here, where that is known for each name by itself."""
    if purpose == "check" and not (in_ci(ci) or ci.get(REMOTE_TAGS)):
        return KNOWN
    if project.shallow:  # what is cut off may have had the model under any name
        return knows_model(project, None, here=read(None).here, absent=True, ci=ci)
    for each in sorted(names_before(project, name, commit)):
        known = knows_model(project, each, here=read(each).here, absent=True, ci=ci)
        if known.known == "no":
            return known
    return KNOWN


def declared_names(project: Project) -> Collection[str]:
    """The models that trunk declares."""
    if project.declared is not None:
        return project.declared.models
    return declared_models(project, None if project.trunk is None else project.trunk.commit)


def _former(
    project: Project, name: str, commit: str | None, contents: Mapping[str, str | None], read: _Read
) -> list[str]:
    """Those of some names that a model had before; each with the commit whose content it has there."""
    if not contents:
        return []
    steps = _steps(project, commit)
    names = _with_former(project, name, steps)
    last = known_models(project, commit)
    appeared = [last[name]] if name in last else []
    appeared += [after[each] for before, after in steps for each in names if each in {*after} - {*before}]
    return [
        each
        for each, held in contents.items()
        if each in names or _was_one_of(project, appeared, held, read(each), names)
    ]


def changed_last(project: Project, every: Sequence[EnvironmentState]) -> EnvironmentState:
    """The one that may be meant: an environment in doubt, otherwise the one changed last."""
    last = max(map(_last_changed, every))
    return _latest(project, [(each, each.commit) for each in every if _last_changed(each) == last])


def _last_changed(held: EnvironmentState) -> tuple[bool, int]:
    return held.doubt is not None, held.changes[-1].fact.tagged_at_s if held.changes else 0


def _latest(project: Project, every: Sequence[tuple[_T, str | None]]) -> _T:
    """The last one whose commit is not an ancestor of another one's."""
    latest, commit = every[0]
    for each, other in every[1:]:
        if commit is None or other is None or not is_ancestor(project.git, other, commit):
            latest, commit = each, other
    return latest


def _with_former(project: Project, name: str, steps: list[tuple[_Models, _Models]]) -> set[str]:
    """A name and all that it was before."""
    declared = declared_names(project)
    renamed = {old for step in steps for old in renamed_by(*step)}
    names = {name}
    size = 0
    while size < len(names):
        size = len(names)
        for before, after in steps:
            names |= former_names(names, before, after, declared, renamed=renamed)
    return names


def _was_one_of(
    project: Project, models: list[KnownModel], held: str | None, state: ModelState, names: Collection[str]
) -> bool:
    """Whether a version of a model had the path of one of these, or that at the commit has its content.

    If one of the `names` was there next to it, the same content proves nothing.
    """
    for version in versions_to_read(project, state, held).read:
        there = known_models(project, version.commit)
        found = there.get(state.name)
        if found is None:
            continue
        if version.commit != held or any(name in there for name in names):
            found = replace(found, digest=lambda: None)
        if any(is_same(found, each) for each in models):
            return True
    return False


def all_was_read(project: Project, commit: str | None, state: ModelState) -> bool:
    """Whether no limit was reached in looking for another name of a model that trunk does not declare."""
    tips = _tips(project, commit)
    return (not tips or declarations(project, tips).whole) and versions_to_read(project, state).whole


def _steps(project: Project, commit: str | None) -> list[tuple[_Models, _Models]]:
    """The models before and after each change of them, in a commit's history and trunk's."""
    tips = _tips(project, commit)
    if not tips:
        return []
    found = declarations(project, tips).steps
    if project.declared is None:
        return [*found]
    return [(known_models(project, tips[-1]), project.declared.models), *found]


def _tips(project: Project, commit: str | None) -> list[str]:
    tips = [commit or project.head.commit, None if project.trunk is None else project.trunk.commit]
    return [tip for tip in dict.fromkeys(tips) if tip is not None]
