"""Former environments: what a new environment of trunk replaced, while nothing was ever put into it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from mlgit.core.config.renames import replaced_by
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.doubt import environments_of
from mlgit.errors import ConfigError
from mlgit.project.registry.former_names import (
    changed_last,
    declared_names,
    formerly_in_environment,
    name_in_environment,
)
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]

# Commits never change, so that all baselines of a run share what was found in a history, whole or cut off.
_HISTORY: WeakKeyDictionary[Project, dict[tuple[str, bool], list[Mapping[str, Environment]]]]
_HISTORY = WeakKeyDictionary()
_LONG: WeakSet[Project] = WeakSet()
_MOST_COMMITS = 1000


def place_of(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> tuple[str, str]:
    """The environment and the model's name there, in tags: both may be those before a rename.

    Only an environment that no tag of the model ever mentioned has that of another one.
    """
    level = [environment]
    seen: set[str] = set()
    while level:
        found = [state for each in level if (state := _at(project, name, each, commit, read)) is not None]
        if found:
            here = changed_last(project, found)
            return here.environment, here.model
        seen |= {*level}
        level = [old for each in level for old in _replaced(project, each) if old not in seen]
    return environment, name


def environments_before(project: Project, environment: str) -> tuple[str, ...]:
    """The names that an environment had before on trunk, the last one first."""
    found: list[str] = []
    level = _replaced(project, environment)
    while level:
        found += level
        level = [old for each in level for old in _replaced(project, each) if old not in found]
    return tuple(found)


def replaced_in_steps(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> EnvironmentState | None:
    """What a model had where this environment may have taken the place in several commits; None if nothing.

    That is in the last environments before it that are not declared now and that tags of the model mention,
    while it has none of its own.
    """
    history = _history(project)
    came = _came(environment, history)
    if came is None or _at(project, name, environment, commit, read) is not None:
        return None
    now = {*_declared_on_trunk(project)}
    tried: set[str] = set()
    for declared in history[came + 1 :]:
        ended = sorted({*declared} - now - tried)
        found = [state for each in ended if (state := _at(project, name, each, commit, read)) is not None]
        if found:
            return changed_last(project, found)
        tried |= {*ended}
    return None


def taken_over(project: Project, environment: str) -> tuple[str, ...] | None:
    """The environments that replaced one which trunk declared before and not now; None if it never did.

    Where not all of the history is read or here, it may have declared any that tags mention.
    """
    if not any(environment in declared for declared in _history(project)):
        cut = project.shallow or project in _LONG
        return () if cut and environment in _mentioned(project) else None
    now = sorted(_declared_on_trunk(project))
    return tuple(each for each in now if environment in environments_before(project, each))


def earlier_holders(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> list[EnvironmentState]:
    """What a model has, or may have, in environments that trunk declared before this one and not now.

    If not all of the history was read, any environment that trunk does not declare may be one of these.
    """
    found = (_at(project, name, each, commit, read) for each in environments_earlier(project, environment))
    return [each for each in found if each is not None and (each.holder or each.doubt) is not None]


def replaced_holders(project: Project, name: str, environment: str, read: _Read) -> list[EnvironmentState]:
    """What a model still has, or may have, in the environments that this one replaced on trunk."""
    found = (_at(project, name, each, None, read) for each in _replaced(project, environment))
    return [each for each in found if each is not None and (each.holder or each.doubt) is not None]


def places_before(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> list[EnvironmentState]:
    """What a model has or had under former names: of its own, of the environment, or of both.

    Also what it still has in one that trunk declared earlier: that may have been replaced in steps.
    """
    found: list[EnvironmentState] = []
    before = (environment, *environments_before(project, environment))
    for each in dict.fromkeys((*before, *environments_earlier(project, environment))):
        own = None if each == environment else read(name).environments.get(each)
        there = [] if own is None else [own]
        there += formerly_in_environment(project, name, each, commit, read)
        found += [one for one in there if each in before or (one.holder or one.doubt) is not None]
    return found


def undeclared_environments(project: Project) -> list[str]:
    """The environments that tags mention and that trunk does not declare."""
    return sorted(_mentioned(project) - {*_declared_on_trunk(project)})


def under_former_names(project: Project) -> Iterator[tuple[ModelState, EnvironmentState]]:
    """The environments in tags, also in those that do not count, which trunk does not declare for a model."""
    registry = read_registry(project)
    models, environments = declared_names(project), _declared_on_trunk(project)
    ignored = {parsed.model for parsed in map(parse_tag, registry.ignored) if parsed is not None}
    for name in sorted({*registry.models, *ignored}):
        state = registry.model(name)
        for each in environments_of(state):
            if name not in models or each not in environments:
                yield state, state.environment(each)


def _at(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> EnvironmentState | None:
    """A model's environment, under the model's name there; None if no tag mentions it."""
    there = name_in_environment(project, name, environment, commit, read)
    found = read(there).environments.get(environment)
    return found if found is not None and (found.changes or found.doubt is not None) else None


def _replaced(project: Project, environment: str) -> list[str]:
    """The environments that the commit which declared this one took away, and that are not declared now."""
    history = _history(project)
    came = _came(environment, history)
    if came is None:
        return []
    found = replaced_by(environment, history[came + 1], history[came])
    return [each for each in found if each not in _declared_on_trunk(project)]


def environments_earlier(project: Project, environment: str) -> list[str]:
    """Every environment that was declared before this one and is not declared now."""
    history = _history(project)
    came = _came(environment, history)
    before = set() if came is None else {each for one in history[came + 1 :] for each in one}
    if project.shallow or (came is None and project in _LONG):
        before = _mentioned(project)
    return sorted(before - {*_declared_on_trunk(project)})


def _came(environment: str, history: list[Mapping[str, Environment]]) -> int | None:
    """Where in a history, newest first, an environment was declared last; None if it always was."""
    return next(
        (
            place
            for place, (after, before) in enumerate(pairwise(history))
            if environment in after and environment not in before
        ),
        None,
    )


def _history(project: Project) -> list[Mapping[str, Environment]]:
    """Trunk's environments after each change of `mlgit.yaml`, newest first; where there are none, left out.

    It is read only if tags mention an environment that trunk does not declare.
    """
    trunk = project.trunk
    if trunk is None or not _mentioned(project) - {*_declared_on_trunk(project)}:
        return []
    known = _HISTORY.setdefault(project, {})
    key = trunk.commit, project.shallow
    if key not in known:
        options = ("--first-parent", f"--max-count={_MOST_COMMITS}")
        listed = project.git.run_text("rev-list", *options, trunk.commit, "--", ":(literal)mlgit.yaml")
        commits = listed.split()
        known[key] = [each for commit in commits if (each := _declared(project, commit))]
        if len(commits) >= _MOST_COMMITS:
            _LONG.add(project)
    if project.declared is None:
        return known[key]
    return [project.declared.environments, *known[key]]


def _declared_on_trunk(project: Project) -> Mapping[str, Environment]:
    return project.trunk_config.environments if project.declared is None else project.declared.environments


def _declared(project: Project, commit: str) -> Mapping[str, Environment]:
    try:
        return project.config(commit).environments
    except ConfigError:
        return {}


def _mentioned(project: Project) -> set[str]:
    """The environments that any tag mentions."""
    registry = read_registry(project)
    ignored = (parse_tag(tag) for tag in registry.ignored)
    found = {name.environment for name in ignored if name is not None and name.environment is not None}
    return found.union(*(state.environments for state in registry.models.values()))
