"""Marks: what commands that only show say about the tags of a model that do not count."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import Trust, deciding_tag
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.kept import counting_last, with_rejections
from mlgit.core.trust.marks import NO_STATEMENT, Marks
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


def marks(project: Project, state: ModelState) -> Marks:
    """The marks of one model's tags, without asking git."""
    return Marks(state, foreign=foreign_tags_allowed(project))


def as_counted(project: Project, state: ModelState) -> ModelState:
    """One model as it is shown: a tag that does not count hides no version that does."""
    why = marks(project, state).why

    def counts(fact: TagFact) -> bool:
        return why(fact) is None

    return counting_last(with_rejections(state, counts), counts)


def trusts(project: Project, states: Sequence[ModelState]) -> Sequence[Trust]:
    """`trust_in` for each model of one screen; which of them this run verifies is chosen from all."""
    from mlgit.project.trust.verified import verified

    unsure = [each for each in states if not _may_differ(each, marks(project, each).why)]
    verified(project).choose(unsure)
    return [trust_in(project, each) for each in states]


def trust_in(project: Project, state: ModelState, *, whole: bool = False) -> Trust:
    """What counts of one model, also in environments whose newest change does not.

    With `whole`, every rule is asked that commands obey which act. Otherwise that is not done for a model
    that was verified before, nor for many models in one run, unless something that costs nothing shows that
    a tag does not count.
    """
    from mlgit.project.trust.verified import verified

    why = marks(project, state).why
    unsure = not _may_differ(state, why)
    if not whole and unsure:
        known = verified(project).knows(state)
        if known or not verified(project).has_turn(state):
            return Trust(why=why, verified=known)
    from mlgit.project.trust.accept import accept

    try:
        accepted = accept(project, state)
    except MlgitError:
        return Trust(why=why)  # the commands that act say so themselves
    refused = {each.fact.tag: each.why for each in accepted.refused}
    marked = {fact.tag for fact in state.facts if why(fact) is not None}
    if unsure:
        verified(project).note(state, counts=refused.keys() == marked)
    return Trust(
        why=lambda fact: None if fact is None else refused.get(fact.tag),
        instead=accepted.environments,
    )


def _may_differ(state: ModelState, why: Callable[[TagFact | None], str | None]) -> bool:
    """Whether commands that act may see an environment in another way than all of its tags say."""
    for here in state.environments.values():
        newest = here.changes[-1].fact if here.changes else None
        if here.unfinished is not None or why(deciding_tag(here)) is not None or why(newest) is not None:
            return True
    names = map(parse_tag, state.ignored)
    return any(name is not None and name.environment is not None for name in names)


def foreign_tags_allowed(project: Project) -> bool:
    """Whether tags without a statement count by trunk's rules, as far as these can be read."""
    try:
        config = project.trunk_config
    except ConfigError:
        return True  # the command says so itself
    return not config.declared or config.foreign_tags == "allow"


def of_other_tools(project: Project, registry: Registry | None = None) -> Callable[[str], bool]:
    """Whether a name in tags is not a model's: of another package of a monorepo, such as `ui@v1.2.0`.

    It is not declared, and mlgit wrote no tag of it. Without `models:` on trunk any name may be a model's.
    """
    from mlgit.project.registry.models import names_at

    try:
        declared = {*project.trunk_config.models, *names_at(project, None).models}
        unsure = not project.trunk_config.models or foreign_tags_allowed(project)
    except MlgitError:  # the command says so itself
        return lambda _: False
    if unsure:
        return lambda _: False
    states = (registry or read_registry(project)).models
    named = cache(lambda: _declared(project, states))

    def of_others(name: str) -> bool:
        state = None if name in declared else states.get(name)
        mine = name in declared if state is None else any(each.flaw != NO_STATEMENT for each in state.facts)
        return not mine and name not in named()

    return of_others


def _declared(project: Project, names: Collection[str]) -> Collection[str]:
    """The names of what is declared, with artifacts of these names."""
    from mlgit.project.registry.models import declared_models

    try:
        return declared_models(project, tagged=names)
    except MlgitError:
        return ()
