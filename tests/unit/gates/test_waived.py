"""Which waiver lets a result through, why another does not, and whose waiver it is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import evaluate
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.verdict import Note, Policy
from mlgit.core.gates.waivers import usable
from tests.support.verdicts import CANDIDATE, TODAY, absolute, case, metric_file, rules, waiver

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Verdict
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.pipeline.evidence import MetricFile

ADA = "ada@example.org"
GATE = absolute(low="0.95")
LOW, OTHER, NOT_A_NUMBER = (metric_file(auc=text) for text in ("0.9", "0.99", "NaN"))
FOR_ADA = {"by_author": ADA}


def decided(*waivers: Waiver, file: MetricFile = LOW, findings: tuple[Finding, ...] = ()) -> Verdict:
    return decide(
        [case(GATE, files=(file,), model="m")],
        rules=rules(waivers=waivers),
        candidate=CANDIDATE,
        policy=Policy(),
        findings=findings,
    )


@pytest.mark.parametrize(
    ("waivers", "expected"),
    [
        ([waiver(floor="0.9")], "w1"),
        ([waiver(floor="0.91", id="a"), waiver(floor="0.9", id="b")], "b"),
        ([waiver(floor="0.9", id="a"), waiver(floor="0.91", id="b")], "a"),
        ([waiver(floor="0.8", id="a"), waiver(floor="0.8", id="b")], "a"),
        ([waiver("other", "0.1", id="a"), waiver("m/floor", id="b")], "b"),
        ([waiver(floor=None)], "w1"),
        ([waiver(floor="0.91")], "0.9 is below the floor 0.91 of waiver `w1`"),
        ([waiver(floor="0.90000000001")], "0.9 is below the floor 0.90000000001 of waiver `w1`"),
        (
            [waiver(floor="0.92", id="a"), waiver(floor="0.91", id="b")],
            "0.9 is below the floor 0.91 of waiver `b`",
        ),
        ([waiver("other", "0.1")], None),
        ([waiver("gates_loosened:floor", None)], None),
        ([], None),
    ],
)
def test_the_first_waiver_that_covers_a_failure_counts(waivers: list[Waiver], expected: str | None) -> None:
    result = evaluate(GATE, case(GATE, files=(LOW,), model="m"), rules(waivers=tuple(waivers)))
    counts = result.effect == "waived"
    assert (result.effect, result.waiver) == (("waived", expected) if counts else ("block", None))
    reason = "" if counts or expected is None else f"; {expected}"
    assert result.message == f"auc 0.9 is below the minimum 0.95{reason}"


def test_a_number_above_the_floor_of_a_maximum_is_called_that() -> None:
    gate = absolute(high="0.5")
    result = evaluate(gate, case(gate, files=(LOW,)), rules(waivers=(waiver(floor="0.8"),)))
    assert result.message.endswith("; 0.9 is above the floor 0.8 of waiver `w1`")


def test_a_waiver_that_does_not_cover_errors_says_so_and_its_floor_is_for_failures() -> None:
    where = case(GATE, files=(metric_file("stale", auc="0.1"),))
    refused = evaluate(GATE, where, rules(waivers=(waiver(),)))
    assert (refused.effect, refused.message) == (
        "block",
        "`metrics/test.json` is stale; waiver `w1` does not cover errors",
    )
    covered = evaluate(GATE, where, rules(waivers=(waiver(covers=("error",)),)))
    assert (covered.effect, covered.waiver) == ("waived", "w1")


def test_valid_waivers_and_the_notes_of_others_are_in_the_order_of_their_ids() -> None:
    given = [
        waiver(id="d", expires=date(2020, 1, 1), gate="m/floor"),
        *(waiver(id=name) for name in ("b", "a")),
        waiver(id="c", slice="vip"),
    ]
    good, notes = usable(given, evaluated_on=TODAY, authors=(), known={"floor", "m/floor"})
    assert [each.id for each in good] == ["a", "b"]
    assert [(note.code, note.gate, note.waiver, note.effect) for note in notes] == [
        ("waiver_unknown", "floor", "c", "warn"),
        ("waiver_expired", "m/floor", "d", "warn"),
    ]


def test_the_note_of_a_waiver_that_ends_too_late_has_its_last_possible_day() -> None:
    for since, last in (
        (date(2026, 1, 1), "2026-04-01"),
        (None, "2026-05-30"),
        (date(2027, 1, 1), "2026-05-30"),
    ):
        late = waiver(since=since, expires=date(2026, 12, 31))
        _, (note,) = usable([late], evaluated_on=TODAY, authors=(), known={"floor"})
        assert note.message.endswith(f"is ignored: it may last 90 days at most, here until {last}")


@pytest.mark.parametrize(
    ("brought_by", "expected"),
    [
        ((), None),
        (("eve@example.org",), None),
        ((ADA,), ADA),
        (("eve@example.org", "Ada+x@Example.org", ADA), "Ada+x@Example.org"),
    ],
)
def test_who_brought_a_waiver_is_compared_with_the_authors(
    brought_by: tuple[str, ...], expected: str | None
) -> None:
    (good,), notes = usable(
        [waiver(brought_by=brought_by)], evaluated_on=TODAY, authors={ADA}, known={"floor"}
    )
    assert (good.by_author, notes) == (expected, ())


MOVED = Finding(code="gate_repointed", subjects=("floor",), text="it moved")
LOOSER = "gates_loosened:floor"


@pytest.mark.parametrize(
    ("waivers", "file", "findings", "named"),
    [
        ((waiver(**FOR_ADA),), LOW, (), ["w1"]),
        ((waiver(),), LOW, (), []),  # someone else
        ((waiver(**FOR_ADA),), OTHER, (), []),  # not needed
        ((waiver(floor="0.94", **FOR_ADA),), LOW, (), []),  # did not help
        ((waiver(**FOR_ADA),), NOT_A_NUMBER, (), []),
        ((waiver(LOOSER, None, **FOR_ADA),), OTHER, (MOVED,), ["w1"]),
        ((waiver(LOOSER, None, **FOR_ADA),), OTHER, (), []),
        ((waiver(LOOSER, None),), OTHER, (MOVED,), []),
        ((waiver(id="a", **FOR_ADA), waiver(LOOSER, None, id="b", **FOR_ADA)), LOW, (MOVED,), ["a", "b"]),
        ((waiver(id="a", **FOR_ADA), waiver(id="b", **FOR_ADA)), LOW, (), ["a"]),
    ],
)
def test_a_used_waiver_by_an_author_of_the_change_is_a_warning(
    waivers: tuple[Waiver, ...],
    file: MetricFile,
    findings: tuple[Finding, ...],
    named: list[str],
) -> None:
    verdict = decided(*waivers, file=file, findings=findings)
    found = [note for note in verdict.notes if note.code == "waiver_by_author"]
    assert [note.waiver for note in found] == named
    assert {note.effect for note in found} <= {"warn"}


@pytest.mark.parametrize(
    ("waivers", "file", "unused"),
    [
        ((waiver(),), OTHER, ["w1"]),
        ((waiver(id="a"), waiver("m/floor", id="b")), OTHER, ["a", "b"]),
        ((waiver(),), LOW, []),
        ((waiver(floor="0.94"),), LOW, []),  # it did not help, but the gate fails
        ((waiver(id="a"), waiver(id="b")), LOW, []),
    ],
)
def test_only_a_waiver_of_a_gate_that_passes_is_not_needed(
    waivers: tuple[Waiver, ...], file: MetricFile, unused: list[str]
) -> None:
    found = [note for note in decided(*waivers, file=file).notes if note.code == "waiver_unused"]
    assert [note.waiver for note in found] == unused


def test_a_waiver_that_one_of_two_models_needs_is_needed() -> None:
    cases = [case(GATE, files=(file,), model=model) for model, file in (("m", LOW), ("n", OTHER))]
    verdict = decide(cases, rules=rules(waivers=(waiver(),)), candidate=CANDIDATE, policy=Policy())
    assert [result.effect for result in verdict.results] == ["waived", "allow"]
    assert [note.code for note in verdict.notes] == ["waiver_used"]


@pytest.mark.parametrize(("commit", "origin"), [("c" * 40, "from ccccccc"), (None, "not committed yet")])
def test_the_warning_names_the_author_the_gate_and_the_commit(commit: str | None, origin: str) -> None:
    notes = decided(waiver(commit=commit, **FOR_ADA)).notes
    (note,) = (each for each in notes if each.code != "waiver_used")
    assert note == Note(
        code="waiver_by_author",
        message=f"Waiver `w1` ({origin}) is by `{ADA}`, who wrote or committed part of this change",
        effect="warn",
        gate="floor",
        waiver="w1",
        hint=None if commit is None else f"ask someone else to review it: `git show {commit}`",
    )
