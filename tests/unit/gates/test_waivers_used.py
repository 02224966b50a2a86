"""A verdict says of each waiver that it used who approved what, down to what, until when, and why."""

from __future__ import annotations

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.verdict import Check, Note, Policy
from mlgit.render.report.report import markdown
from tests.support.verdicts import CANDIDATE, absolute, case, metric_file, rules, waiver


def noted(*, auc: str = "0.92", **more: object) -> list[Note]:
    gate = absolute("floor", low="0.94")
    used = waiver("floor", **{"floor": "0.9", "reason": "Labels follow in May", **more})  # type: ignore[arg-type]
    verdict = decide(
        [case(gate, files=(metric_file(auc=auc),))],
        rules=rules(waivers=(used,)),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    notes = [note for note in verdict.notes if note.code == "waiver_used"]
    text = markdown(Check(verdict=verdict))
    assert all("its approver is" in text for _ in notes)
    return notes


def test_a_used_waiver_is_described() -> None:
    (note,) = noted(id="auc-dip", approver="carol@example.org")
    assert "`auc-dip`" in note.message
    assert "lets `floor` fail if its number is at least as good as 0.9, until " in note.message
    assert note.message.endswith("its approver is `carol@example.org`, its reason: Labels follow in May")
    assert note.effect == "note"


def test_a_waiver_that_is_not_needed_is_not_described() -> None:
    assert noted(auc="0.95") == []
    assert noted(auc="0.89") == []


@pytest.mark.parametrize("reason", ["two\nlines", "  two  lines "])
def test_a_reason_of_several_lines_is_one(reason: str) -> None:
    (note,) = noted(reason=reason)
    assert note.message.endswith("its reason: two lines")


def test_a_long_reason_is_cut_with_a_mark() -> None:
    (note,) = noted(reason="why " * 200)
    assert note.message.endswith("…")
