"""Notes that are added to a verdict have the same effect as its first notes."""

from __future__ import annotations

from mlgit.core.gates.decision import decide
from mlgit.core.gates.headline import headline
from mlgit.core.gates.verdict import Note, Policy, Verdict, with_notes
from mlgit.render.formats.jsonout import document
from tests.support.verdicts import CANDIDATE, absolute, case, metric_file, rules

STALE = Note(code="stale_stage", message="Stage `train` is stale", effect="block")
KNOWN = Note(code="environments_changed", message="`environments:` differs")


def verdict(*notes: Note, low: str = "0.9") -> Verdict:
    cases = [case(absolute(low=low), files=(metric_file(auc="0.95"),))]
    return decide(cases, rules=rules(), candidate=CANDIDATE, policy=Policy(), notes=notes)


def test_a_blocking_note_changes_the_decision_and_is_counted() -> None:
    found = with_notes(verdict(KNOWN), [STALE])
    assert (verdict(KNOWN).decision, found.decision) == ("allow", "block")
    assert found.summary.blocking == 1
    assert headline(found) == "Stage `train` is stale"


def test_added_notes_give_the_same_verdict_as_first_notes() -> None:
    for low in ("0.9", "0.99"):
        added = with_notes(verdict(KNOWN, low=low), [STALE])
        assert document(added) == document(verdict(STALE, KNOWN, low=low))


def test_no_notes_and_the_same_notes_change_nothing() -> None:
    assert with_notes(verdict(KNOWN), []) == verdict(KNOWN)
    assert with_notes(verdict(KNOWN), [KNOWN]) == verdict(KNOWN)


def test_a_failed_gate_is_still_the_headline() -> None:
    assert "1 of 1 gate failed" in headline(with_notes(verdict(low="0.99"), [STALE]))
