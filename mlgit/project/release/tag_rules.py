"""Tag rules: whether a tag counts, and whether `promote` would have written it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.headline import headline
from mlgit.core.registry.state import version_of
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.release.promotion import check_promotion
from mlgit.core.trust.proof import Proof
from mlgit.errors import AnswerNo, ConfigError, MlgitError, StateError
from mlgit.project.gates.judge import Question, judge
from mlgit.project.registry.readiness import require_usable_version
from mlgit.project.trust.accept import accept, setting_aside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import ModelState, Refusal, TagFact
    from mlgit.project.open import Project


def prove_rules(
    project: Project, fact: TagFact, raw: ModelState, refusal: Refusal | None, *, current: bool
) -> Iterator[Proof]:
    """Check what commands that act on the tag check and, for a current assignment, what `promote` checks.

    `refusal` says why the tag does not count; None if it does.
    """
    if refusal is not None:
        advice = "" if refusal.advice is None else f"; {refusal.advice}"
        yield _proof(fact, "counts", f"{refusal.why}{advice}")
        return
    yield _proof(fact, "counts", None)
    if current and fact.name.action == "assign":
        with setting_aside(project, fact, raw):
            before = accept(project, raw, local=False)
            yield _proof(fact, "rules", _rules_problem(project, fact, before))
            yield _proof(fact, "gates", _gates_problem(project, fact))


def _rules_problem(project: Project, fact: TagFact, before: ModelState) -> str | None:
    """The broken rule of a promotion; a stated promotion was checked against those of its own moment."""
    version = version_of(fact, {fact.commit: before.at_commit(fact.commit)})
    if version is None:
        return None
    if version.withdrawn:
        return f"`{version.tag}` is deregistered"
    environment = project.trunk_config.environments.get(fact.name.environment or "")
    try:
        require_usable_version(project, version)
        if fact.statement is None and environment is not None:
            check_promotion(before, environment, version, downgrade=True)
    except (AnswerNo, StateError, ConfigError) as error:
        return error.message
    return None


def _gates_problem(project: Project, fact: TagFact) -> str | None:
    """Why the gates of trunk block a promotion, whatever outcomes it states; a rollback needs none."""
    name, statement = fact.name, fact.statement
    if isinstance(statement, EnvironmentStatement) and statement.action != "promote":
        return None
    question = Question(
        purpose="promote", models=(name.model,), environment=name.environment, candidate=fact.commit
    )
    try:
        verdict = judge(project, question)
    except MlgitError as error:
        return f"the gates cannot be evaluated: {error.message}"
    return headline(verdict) if verdict.decision == "block" else None


_PASSED = {
    "counts": "it counts",
    "rules": "the rules of trunk allow it",
    "gates": "the gates of its environment do not block it",
}


def _proof(fact: TagFact, check: str, problem: str | None) -> Proof:
    return Proof(
        tag=fact.tag,
        check=check,
        state="pass" if problem is None else "fail",
        message=problem or _PASSED[check],
    )
