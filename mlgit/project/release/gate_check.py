"""Gate check: the verdict that a release or promotion needs before it writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.gates.evaluate import HELD, TAKEN_OUT, UNPROMOTED
from mlgit.core.gates.headline import headline
from mlgit.core.record import record
from mlgit.core.registry.statement import GateOutcome
from mlgit.core.release.tag_plan import VerdictSummary
from mlgit.core.wording import listed, words
from mlgit.errors import AnswerNo, ConfigError
from mlgit.project.gates.judge import Question, judge
from mlgit.project.pipeline.proof import fetch_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from mlgit.core.gates.verdict import Note, Result, Verdict
    from mlgit.project.open import Project

_SAYS = {"fail": "failed", "error": "cannot be evaluated", "inconclusive": "is inconclusive"}
UNFIT = ("unknown_metric", "ambiguous_metric", "not_a_number", "not_from_pipeline")
"""Reasons of errors that an old version cannot repair, because trunk's gates fit other files."""


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
    pre: bool = False,
    keeps: str | None = None,
) -> GateCheck:
    """Evaluate the gates for a commit; `pre`: for a pre-release. `keeps` is what the environment holds.

    Parameter files and listings of folders are fetched, if it is not known without them whether the numbers
    are up to date.

    Raises:
        AnswerNo: they block; its details are the gates and notes that block.
    """
    question = Question(
        purpose=purpose, models=(model,), environment=environment, candidate=commit, ci=ci, pre=pre
    )
    fetch_inputs(project, commit)
    verdict = judge(project, question)
    if verdict.decision == "block":
        error = _blocked(verdict, model, environment, commit, own=_own_metrics(project, commit))
        error.message += "" if keeps is None else f"; `{environment}` keeps {keeps}"
        raise error
    return GateCheck(
        verdict=VerdictSummary(
            decision=verdict.decision, headline=headline(verdict), summary=verdict.summary
        ),
        gates=tuple(GateOutcome(gate=result.gate, outcome=result.outcome) for result in verdict.results),
        notes=tuple(
            note.message
            for note in verdict.notes
            if note.effect in {"warn", "waived"} or _is_shown(note, environment)
        ),
    )


def _is_shown(note: Note, environment: str | None) -> bool:
    """Whether a note is about what a promotion is compared with; an emptied place has a note of its own."""
    empty = note.code == HELD and note.message.startswith(f"`{environment}` is empty: ")
    return note.code in {TAKEN_OUT, UNPROMOTED, HELD} and not empty


def _own_metrics(project: Project, commit: str) -> Mapping[str, str]:
    """Gate -> the metric that it reads by the rules of the version's own commit."""
    try:
        gates = project.config(commit).gates
    except ConfigError:
        return {}
    return {name: gate.metric for name, gate in gates.items()}


def _blocked(
    verdict: Verdict, model: str, environment: str | None, commit: str, *, own: Mapping[str, str]
) -> AnswerNo:
    bad = [result for result in verdict.results if result.effect == "block"]
    stopping = [note for note in verdict.notes if note.effect == "block"]
    details = [
        f"{each.gate} {_SAYS.get(each.outcome, each.outcome)}: {each.message}{_otherwise(each, own)}"
        for each in bad
    ]
    details += [note.message for note in stopping]
    what = "the release" if environment is None else f"the promotion to `{environment}`"
    purpose = ("--purpose", "release") if environment is None else ("--promote-to", environment)
    shows = words(("mlgit", "check", *purpose, "--rev", commit[:12]))
    hints = [result.hint for result in bad if result.hint] + [note.hint for note in stopping if note.hint]
    unfit = [result.gate for result in bad if result.reason in UNFIT]
    if environment is not None and unfit:
        hints.insert(0, way_on(unfit))
    return AnswerNo(
        f"The gates block {what} of `{model}`; nothing was written",
        details=tuple(details),
        hint=hints[0] if hints else f"run `{shows}` to see every gate",
    )


def way_on(gates: Sequence[str]) -> str:
    """The hint about gates that do not fit a version of an earlier time."""
    waiver = f"a waiver for {listed(gates, None)} with `covers: [error]` to {WAIVERS_FILE} on trunk"
    return f"no one can change this version: release again from trunk, or add {waiver}"


def _otherwise(result: Result, own: Mapping[str, str]) -> str:
    """What the version's own rules read for a gate whose metric it does not have."""
    metric = own.get(result.gate, result.metric)
    if result.reason not in UNFIT or metric == result.metric:
        return ""
    return f"; its own {CONFIG_FILE} reads `{metric}` for this gate"
