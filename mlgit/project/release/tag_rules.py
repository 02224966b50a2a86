"""Tag rules: whether a tag counts, and whether `promote` would have written it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.headline import headline
from mlgit.core.registry.state import version_of
from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
from mlgit.core.release.promotion import check_promotion, require_not_rejected
from mlgit.core.trust.proof import Proof
from mlgit.core.wording import listed
from mlgit.errors import AnswerNo, ConfigError, MlgitError, StateError
from mlgit.project.gates.judge import Question, judge
from mlgit.project.gates.trunk.outcomes import lift_promotion
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.readiness import require_usable_version
from mlgit.project.release.provenance import model_files, stated_otherwise
from mlgit.project.release.relied_promotions import departed_problem, lifted_release_verdict, relied_problem
from mlgit.project.trust.accept import accept, setting_aside
from mlgit.project.trust.tag_proof import wrong_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mlgit.core.gates.verdict import Verdict
    from mlgit.core.registry.state import ModelState, Refusal, RegisteredVersion, TagFact
    from mlgit.project.open import Project


class BlockedReleaseError(AnswerNo):
    """A release is here on which nothing may be built: gates block it, or it states other files."""


def require_unblocked(project: Project, version: RegisteredVersion, raw: ModelState) -> None:
    """Refuse a release that the gates of its commit block, whatever it states, or that states other files.

    Raises:
        BlockedReleaseError: they block it, or the files differ.
    """
    if version.deregistered or not version.version.final:
        return
    rejects = f"`mlgit deregister {version.model}@{version.version} -m REASON` rejects it"
    wrong = wrong_files(project, version.fact)
    if wrong is not None:
        raise BlockedReleaseError(
            f"`{version.tag}`, which {version.author} made, is already here, and does not state the files of "
            f"its commit: {wrong}",
            hint=rejects,
        )
    verdict, _ = lifted_release_verdict(project, version.fact, raw)
    if verdict.decision != "block" or _lacks_only_numbers(verdict):
        return
    blocking = [each for each in verdict.results if each.effect == "block"]
    unknown = blocking and all(each.outcome == "error" and each.hint for each in blocking)
    raise BlockedReleaseError(
        f"`{version.tag}`, which {version.author} made, is already here, and the gates block it: "
        f"{headline(verdict)}",
        hint=blocking[0].hint if unknown else rejects,
    )


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
    if current and fact.name.action == "register":
        wrong = _stated_problem(project, fact)
        if wrong is not None:
            yield _proof(fact, "files", wrong)
        rejected = _rejected_as_another(fact, accept(project, raw, local=False))
        if rejected is not None:
            yield _proof(fact, "rules", rejected)
        yield _gates_of_release(project, fact, raw)
    if fact.name.action == "assign":
        yield from _prove_assignment(project, fact, raw, current=current)


def _prove_assignment(project: Project, fact: TagFact, raw: ModelState, *, current: bool) -> Iterator[Proof]:
    state = accept(project, raw, local=False)
    relied = relied_problem(project, fact, raw, state, current=current)
    if not current:
        if relied is not None:
            yield _proof(fact, "gates", relied)
        return
    known = departed_problem(project, fact, state) or _rejected_as_another(fact, state)
    with setting_aside(project, fact, raw):
        before = accept(project, raw, local=False)
        yield _proof(fact, "rules", known or _rules_problem(project, fact, before))
        problem, lifted = _gates_of_promotion(project, fact)
        yield _gates_proof(fact, problem or relied, lifted, "had when it was promoted")


def _rejected_as_another(fact: TagFact, state: ModelState) -> str | None:
    """Why no one may build on a version that counts only by its date; `state` has only tags that count."""
    here = state.at_commit(fact.commit)
    version = next((each for each in here if each.tag == fact.tag), version_of(fact, {fact.commit: here}))
    try:
        if version is not None:
            require_not_rejected(state, version)
    except AnswerNo as error:
        return f"{error.message}; {error.hint}"
    return None


def _rules_problem(project: Project, fact: TagFact, before: ModelState) -> str | None:
    """The rule of trunk as it is that a promotion breaks; a rollback needs none but that it was there."""
    version = version_of(fact, {fact.commit: before.at_commit(fact.commit)})
    if version is None:
        return None
    if version.withdrawn:
        return f"`{version.tag}` is deregistered"
    environment = project.trunk_config.environments.get(fact.name.environment or "")
    try:
        require_usable_version(project, version)
        if fact.parsed_summary.action != "rollback" and environment is not None:
            # A rejection that does not count takes nothing from what mlgit promoted.
            asked = version if fact.statement is None else version._replace(rejected=None)
            check_promotion(before, environment, asked, downgrade=True)
    except (AnswerNo, StateError, ConfigError) as error:
        return error.message
    return None


def _lacks_only_numbers(verdict: Verdict) -> bool:
    """Whether a verdict blocks only because this clone lacks numbers that DVC keeps elsewhere."""
    blocking = [each.reason for each in verdict.results if each.effect == "block"]
    return bool(blocking) and set(blocking) == {"not_fetched"}


def _gates_of_release(project: Project, fact: TagFact, raw: ModelState) -> Proof:
    try:
        verdict, lifted = lifted_release_verdict(project, fact, raw)
    except MlgitError as error:
        return _proof(fact, "gates", f"the gates cannot be evaluated: {error.message}")
    if _lacks_only_numbers(verdict):
        message = f"not known here: {headline(verdict)}"
        return Proof(tag=fact.tag, check="gates", state="skip", message=message)
    problem = headline(verdict) if verdict.decision == "block" else None
    return _gates_proof(fact, problem, lifted, "had at its release or later")


def _gates_proof(fact: TagFact, problem: str | None, lifted: Collection[str], when: str) -> Proof:
    """The proof that gates do not block a tag; `lifted` are those that only a waiver of then lets through."""
    if problem is not None or not lifted:
        return _proof(fact, "gates", problem)
    message = f"{_PASSED['gates']}: a waiver that trunk {when} lets {listed(lifted)} through"
    return Proof(tag=fact.tag, check="gates", state="pass", message=message)


def _stated_problem(project: Project, fact: TagFact) -> str | None:
    """How a release conceals the model that its commit has, or states other numbers than that."""
    statement = fact.statement
    if not isinstance(statement, ReleaseStatement):
        return None
    try:
        path = declared_models(project, fact.commit).get(fact.name.model)
        pipeline = evidence(project, fact.commit, staleness=False).pipeline
        otherwise = stated_otherwise(project, statement, fact.commit, path=path)
    except ConfigError:
        return None  # the check of the files reports it
    there = model_files(project, fact.commit, path, pipeline)
    if not there or {each.path for each in there} & {each.path for each in statement.files}:
        return otherwise
    return f"it states no file of its model, and its commit has `{there[0].path}`"


def blocking_gates(project: Project, fact: TagFact) -> str | None:
    """Why the gates of trunk block a promotion, whatever outcomes it states; a rollback needs none.

    What a waiver of its moment let through does not block it once that waiver is over.
    """
    return _gates_of_promotion(project, fact)[0]


def _gates_of_promotion(project: Project, fact: TagFact) -> tuple[str | None, Collection[str]]:
    """`blocking_gates`, and the gates that only a waiver of then lets through."""
    name, statement = fact.name, fact.statement
    if isinstance(statement, EnvironmentStatement) and statement.action != "promote":
        return None, ()
    question = Question(
        purpose="promote",
        models=(name.model,),
        environment=name.environment,
        candidate=fact.commit,
        written=True,
    )
    try:
        verdict, lifted = lift_promotion(project, fact, judge(project, question))
    except MlgitError as error:
        return f"the gates cannot be evaluated: {error.message}", ()
    return headline(verdict) if verdict.decision == "block" else None, lifted


_PASSED = {
    "counts": "it counts",
    "rules": "the rules of trunk allow it",
    "gates": "the gates do not block it",
}


def _proof(fact: TagFact, check: str, problem: str | None) -> Proof:
    return Proof(
        tag=fact.tag,
        check=check,
        state="pass" if problem is None else "fail",
        message=problem or _PASSED[check],
    )
