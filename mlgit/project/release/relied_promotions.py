"""Relied promotions: the gates of earlier promotions that an assignment needs to count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.moves import departure
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.trust.relied_on import relied_on
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.gates.judge import Question, judge
from mlgit.project.trust.as_of import as_of

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


def relied_problem(
    project: Project, fact: TagFact, raw: ModelState, state: ModelState, *, current: bool
) -> str | None:
    """The promotion among those that an assignment relies on that its gates block, or itself.

    Each is judged by the rules that it states. Asked are limits of its own numbers and those against its own
    environment, whose tags before it are known; what else was there at its moment is not. What is current is
    itself judged by the rules of now. `state` has only tags that count.
    """
    own = None if current else _broken_limit(project, fact, raw)
    if own is not None:
        return own
    needed: TagFact | None = fact
    while needed is not None:
        promotions = relied_on(needed, _source(project, needed), state) or ()
        problems = {each: _broken_limit(project, each, raw) for each in promotions[:_MOST]}
        needed = next((each for each, problem in problems.items() if problem is None), None)
        if needed is None and problems:
            first, problem = next(iter(problems.items()))
            return f"it relies on `{first.tag}`, which its gates block: {problem}"
    return None


_MOST = 5
"""Promotions of one version to one environment that are tried."""


def _source(project: Project, fact: TagFact) -> str | None:
    """The environment in `from`, by the rules that a promotion states."""
    statement = fact.statement
    if not isinstance(statement, EnvironmentStatement):
        return None
    try:
        config = project.trunk_config if statement.policy is None else project.config(statement.policy)
    except ConfigError:
        return None
    declared = config.environments.get(statement.environment)
    return None if declared is None else declared.source


def departed_problem(project: Project, fact: TagFact, state: ModelState) -> str | None:
    """Why a promotion may have come after its version left the environment in `from`."""
    source = _source(project, fact)
    if source is None or fact.parsed_summary.action == "rollback":
        return None
    left = departure(fact.commit, state.environment(source))
    if left is None:
        return None
    return (
        f"its version left `{source}` by `{left.fact.tag}`, and only the date of this tag says that it was "
        f"promoted before that; if it may stay, promote it to `{source}` again"
    )


def _broken_limit(project: Project, fact: TagFact, raw: ModelState) -> str | None:
    """The first limit that a promotion broke at its moment."""
    statement = fact.statement
    if not isinstance(statement, EnvironmentStatement) or statement.action != "promote":
        return None
    environment = statement.environment
    question = Question(
        purpose="promote",
        models=(statement.model,),
        environment=environment,
        candidate=fact.commit,
        date=fact.at.date(),
    )
    with as_of(project, fact, raw, statement.policy):
        try:
            verdict = judge(project, question)
        except MlgitError as error:
            return f"its gates cannot be evaluated: {error.message}"
    broken = [
        each
        for each in verdict.results
        if each.effect == "block" and each.outcome != "error" and each.vs in {None, environment}
    ]
    return f"{broken[0].gate}: {broken[0].message}" if broken else None
