"""Steps: what took the place of what in a model's tags, also in those under its names before a rename."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import dropwhile
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import committed_s, is_ancestor
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.trust.relied_on import Commits, first_step, promotion_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact
    from mlgit.core.trust.relied_on import Step
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]


def releases_until(
    project: Project, state: ModelState, commit: str, *, at: str | None, read: _Read
) -> list[RegisteredVersion]:
    """The releases from that of a commit on back, the newest first, then those under former names.

    Pre-releases are there only if that is one. `at` is the commit that is asked about.
    """
    pre = not any(each.version.final for each in state.at_commit(commit))
    fitting = [each for each in reversed(state.versions) if pre or each.version.final]
    own = [*dropwhile(lambda each: each.commit != commit, fitting)]
    return [*own, *_formerly_released(project, state.name, own[-1].commit, at, read)] if own else []


def commits_of(project: Project) -> Commits:
    """What git knows of the commits of releases; it is asked only where something needs it."""

    def was_tip(commit: str) -> bool:
        from mlgit.project.trust.accept import was_tip

        return was_tip(project, commit)

    git = project.git
    return Commits(partial(is_ancestor, git), partial(committed_s, git), was_tip)


def _formerly_released(
    project: Project, name: str, first: str, at: str | None, read: _Read
) -> Iterator[RegisteredVersion]:
    """The releases under names that the first release of a model found there, the last name first."""
    from mlgit.project.registry.former_names import may_be_released_before, names_before, releases_before

    if not may_be_released_before(project)[0]:
        return
    found = [each for each in releases_before(project, name, at, read) if not _declares(project, first, each)]
    found.sort(key=lambda each: -len(names_before(project, each.name, at)))
    for each in found:
        yield from reversed(each.versions)


def steps_of_promotions(
    project: Project, state: ModelState, place: str, *, at: str | None, read: _Read
) -> list[Step]:
    """The promotions into an environment, the newest first, then those where it had another name.

    So it is with the names that its model had. Whatever the dates of the tags are, the first promotion took
    the place of what is, or was last, under the name before.
    """
    found: list[Step] = []
    seen: set[tuple[str, str]] = set()
    while (state.name, place) not in seen:
        seen.add((state.name, place))
        here = state.environment(place)
        found += promotion_steps(here, state)
        there = _formerly(project, state, place, at, read)
        if there is None or (there.model, there.environment) in seen:
            break
        held = _held(there)
        step = None if held is None else first_step(here, there, held)
        found += [] if step is None else [step]
        state, place = read(there.model), there.environment
    return found


def _formerly(
    project: Project, state: ModelState, place: str, at: str | None, read: _Read
) -> EnvironmentState | None:
    """The environment that an environment took the place of, or its own under the model's former name."""
    here = state.environment(place)
    assigned = next((change.assigned for change in here.changes if change.assigned is not None), None)
    from mlgit.project.registry.former_environments import place_of, under_former_names

    if assigned is None or not any(True for _ in under_former_names(project)):
        return None

    def without_it(name: str) -> ModelState:
        found = read(name)
        return _without(found, place) if name == state.name else found

    environment, model = place_of(project, state.name, place, at, without_it)
    if (environment, model) == (place, state.name):
        return None
    from mlgit.project.registry.former_names import names_before

    if model != state.name and model not in names_before(project, state.name, at):
        return None  # a later name
    statement = assigned.statement
    rules = statement.policy if isinstance(statement, EnvironmentStatement) else None
    there = read(model)
    if model != state.name and _declares(project, rules or assigned.commit, there):
        return None
    return there.environment(environment)


def _without(state: ModelState, place: str) -> ModelState:
    left = {name: each for name, each in state.environments.items() if name != place}
    return replace(state, environments=left)


def _held(there: EnvironmentState) -> TagFact | None:
    """What an environment holds or held last."""
    if there.holder is not None:
        return there.holder
    assigned = (change.assigned for change in reversed(there.changes))
    return next((each for each in assigned if each is not None), None)


def _declares(project: Project, commit: str, state: ModelState) -> bool:
    """Whether both names were declared: then they were two models."""
    from mlgit.project.registry.models import declared_models

    return state.name in declared_models(project, commit)
