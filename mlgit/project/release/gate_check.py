"""Gate check: the verdict that a release or promotion needs before it writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.headline import headline
from mlgit.core.record import record
from mlgit.core.registry.statement import GateOutcome
from mlgit.core.release.tag_plan import VerdictSummary
from mlgit.errors import AnswerNo
from mlgit.project.gates.judge import Question, judge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from mlgit.core.gates.verdict import Verdict
    from mlgit.project.open import Project


@record
class GateCheck:
    """The summary of a verdict that does not block, with the gates as a statement has them."""

    verdict: VerdictSummary
    gates: tuple[GateOutcome, ...]
    notes: tuple[str, ...]


def require_gates(
    project: Project,
    *,
    purpose: Literal["release", "promote"],
    model: str,
    commit: str,
    environment: str | None = None,
    ci: Mapping[str, str] | None = None,
) -> GateCheck:
    """Evaluate the gates for a commit.

    Raises:
        AnswerNo: they block; its details are the gates and notes that block.
    """
    question = Question(purpose=purpose, models=(model,), environment=environment, candidate=commit, ci=ci)
    verdict = judge(project, question)
    if verdict.decision == "block":
        raise _blocked(verdict, model, purpose, environment)
    return GateCheck(
        verdict=VerdictSummary(
            decision=verdict.decision, headline=headline(verdict), summary=verdict.summary
        ),
        gates=tuple(GateOutcome(gate=result.gate, outcome=result.outcome) for result in verdict.results),
        notes=tuple(note.message for note in verdict.notes if note.effect in {"warn", "waived"}),
    )


def _blocked(verdict: Verdict, model: str, purpose: str, environment: str | None) -> AnswerNo:
    bad = [result for result in verdict.results if result.effect == "block"]
    stopping = [note for note in verdict.notes if note.effect == "block"]
    details = [f"{result.gate}: {result.outcome}: {result.message}" for result in bad]
    details += [note.message for note in stopping]
    what = "the release" if environment is None else f"the promotion to `{environment}`"
    hints = [result.hint for result in bad if result.hint] + [note.hint for note in stopping if note.hint]
    return AnswerNo(
        f"The gates block {what} of `{model}`; nothing was written",
        details=tuple(details),
        hint=hints[0] if hints else f"run `mlgit check` to see every gate (purpose {purpose})",
    )
