"""Relied promotions: the gates of the release and of earlier promotions that an assignment needs to count."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.registry.moves import departure
from mlgit.core.registry.state import version_of
from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
from mlgit.core.registry.tags import plain_baseline
from mlgit.core.release.soundness import Soundness
from mlgit.core.trust.relied_on import brought_by, relied_on
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.gates.judge import Question, judge
from mlgit.project.gates.trunk.outcomes import covers
from mlgit.project.gates.trunk.stated import NOT_PASSED
from mlgit.project.trust.accept import setting_aside_release
from mlgit.project.trust.as_of import as_of
from mlgit.project.trust.lifted import day_of, lift, waivers_since

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.registry.state import ModelState, RegisteredVersion, TagFact
    from mlgit.project.open import Project


def release_verdict(project: Project, fact: TagFact, raw: ModelState) -> Verdict:
    """What the gates of a release's commit say of it now, compared with what was there before it.

    Raises:
        MlgitError: they cannot be evaluated.
    """
    question = Question(
        purpose="release",
        models=(fact.name.model,),
        candidate=fact.commit,
        pre=not _final(fact),
        written=True,
    )
    with setting_aside_release(project, fact, raw):
        return judge(project, question)


def lifted_release_verdict(
    project: Project, fact: TagFact, raw: ModelState
) -> tuple[Verdict, tuple[str, ...]]:
    """`release_verdict` without what a waiver of trunk let through then or later, and those gates."""
    verdict = release_verdict(project, fact, raw)
    if verdict.decision != "block":
        return verdict, ()
    return lift(verdict, partial(covers, waivers_since(project, fact.commit), fact))


def release_problem(
    project: Project, version: RegisteredVersion, raw: ModelState, *, certain: bool = False
) -> Result | None:
    """The first gate that blocks a release by the rules of its commit, whatever it states, also by an error.

    Not asked are gates that a waiver of trunk let through then or later, and releases that state nothing;
    with `certain`, errors are left out.
    """
    if not isinstance(version.fact.statement, ReleaseStatement):
        return None
    verdict, _ = lifted_release_verdict(project, version.fact, raw)
    blocking = (each for each in verdict.results if each.effect == "block")
    found = next((each for each in blocking if not certain or each.outcome != "error"), None)
    return found or _unsound_baseline(verdict)


def _unsound_baseline(verdict: Verdict) -> Result | None:
    """The result of a gate that compared with a release which its own gates block, with that."""
    notes = [note for note in verdict.notes if note.code == NOT_PASSED and note.effect == "block"]
    results = [each for note in notes for each in verdict.results if each.gate == note.gate]
    if not results:
        return None
    message = notes[0].message.partition(": ")[2]
    return replace(
        results[0], outcome="fail", effect="block", reason=None, message=message, hint=notes[0].hint
    )


def relied_problem(
    project: Project,
    fact: TagFact,
    raw: ModelState,
    state: ModelState,
    *,
    current: bool,
    certain: bool = False,
) -> str | None:
    """The promotion that gates block: an assignment itself, or one that it relies on.

    Each is judged by the rules that it states. Asked are limits of its own numbers and those against its own
    environment, whose tags before it are known; what else was there at its moment is not. What is current is
    itself judged by the rules of now. `state` has only tags that count. With `certain`, gates that cannot be
    evaluated block nothing.
    """
    releases: dict[str, str | None] = {}
    own = promotion_problem(project, fact, raw, state, releases, current=current, certain=certain)
    if own is not None:
        return own
    needed: TagFact | None = fact
    while needed is not None:
        promotions = relied_on(needed, _source(project, needed), state) or ()
        problems = {
            each: promotion_problem(project, each, raw, state, releases, certain=certain)
            for each in promotions[:_MOST]
        }
        needed = next((each for each, problem in problems.items() if problem is None), None)
        if needed is None and problems:
            first, problem = next(iter(problems.items()))
            return f"it relies on `{first.tag}`, which its gates block: {problem}"
    return None


def source_problem(
    project: Project,
    source: str,
    version: RegisteredVersion,
    raw: ModelState,
    state: ModelState,
    *,
    certain: bool = False,
) -> tuple[TagFact, str] | None:
    """The newest promotion that brought a version to an environment, if gates block each of them.

    With `certain`, gates that cannot be evaluated block nothing.
    """
    changes = reversed(state.environment(source).changes)
    there = [each.assigned for each in changes if each.assigned and each.assigned.commit == version.commit]
    found: tuple[TagFact, str] | None = None
    for fact in there[:_MOST]:
        problem = relied_problem(project, fact, raw, state, current=False, certain=certain)
        if problem is None:
            return None
        found = found or (fact, problem)
    return found


def soundness(project: Project, raw: ModelState, state: ModelState, environment: str) -> Soundness:
    """Answers whether gates let a version pass that a rollback may go to, as far as they can be evaluated."""

    def problem(version: RegisteredVersion) -> tuple[TagFact, str] | None:
        try:
            return source_problem(project, environment, version, raw, state, certain=True)
        except MlgitError:
            return None

    return Soundness(environment, problem)


def _final(fact: TagFact) -> bool:
    return fact.name.version is None or fact.name.version.final


def promotion_problem(
    project: Project,
    fact: TagFact,
    raw: ModelState,
    state: ModelState,
    releases: dict[str, str | None],
    *,
    current: bool = False,
    certain: bool = False,
) -> str | None:
    """The first limit that a promotion broke at its moment, unless it is current, or its release.

    `releases` keeps the answers about releases, by tag.
    """
    statement = fact.statement
    if isinstance(statement, EnvironmentStatement) and statement.action != "promote":
        return None
    version = version_of(fact, {fact.commit: state.at_commit(fact.commit)})
    own = None if current else _broken_limit(project, fact, raw, certain=certain)
    own = own or _brought_problem(project, fact, raw, state, certain=certain)
    if own is not None or version is None:
        return own
    if version.tag not in releases:
        found = release_problem(project, version, raw, certain=certain)
        releases[version.tag] = None if found is None else f"{found.gate}: {found.message}"
    problem = releases[version.tag]
    return None if problem is None else f"those of `{version.tag}` block it: {problem}"


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


def _brought_problem(
    project: Project, fact: TagFact, raw: ModelState, state: ModelState, *, certain: bool
) -> str | None:
    """The limit that a promotion of what was there already breaks: it is not compared with itself.

    None if it breaks none of what was there before that, or if what brought it there breaks none.
    """

    def problem(each: TagFact) -> str | None:
        found = brought_by(each, state)
        before = None if found is None else found.first
        return _broken_limit(project, each, raw, before=before, certain=certain)

    found = brought_by(fact, state)
    own = None if found is None else problem(fact)
    if found is None or own is None:
        return None
    return None if any(problem(each) is None for each in found.promotions[:_MOST]) else own


def _broken_limit(
    project: Project, fact: TagFact, raw: ModelState, *, before: TagFact | None = None, certain: bool
) -> str | None:
    """The first limit that a promotion broke at its moment, or breaks by what was there `before` another."""
    statement = fact.statement
    if not isinstance(statement, EnvironmentStatement) or statement.action != "promote":
        return None
    environment = statement.environment
    question = Question(
        purpose="promote",
        models=(statement.model,),
        environment=environment,
        candidate=fact.commit,
        date=day_of(project, fact, statement.policy),
        written=True,
    )
    with as_of(project, before or fact, raw, statement.policy):
        try:
            verdict = judge(project, question)
        except MlgitError as error:
            return None if certain else f"its gates cannot be evaluated: {error.message}"
    broken = [
        each
        for each in verdict.results
        if each.effect == "block"
        and each.outcome != "error"
        and (each.vs is None or plain_baseline(each.vs, statement.model) == environment)
    ]
    found = broken[0] if broken else _unsound_baseline(verdict)
    return None if found is None else f"{found.gate}: {found.message}"
