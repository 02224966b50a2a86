"""What a gate reads and compares with, before a change and after it: each difference is named once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mlgit.core.gates.resolved.comparisons import compared_with, made_otherwise, written_again
from mlgit.core.gates.resolved.findings import Finding, compare_resolved, note_of, reported_losses
from mlgit.core.gates.resolved.resolution import Reference, ResolvedGate, Source
from mlgit.core.pipeline.chain.readers import Reader
from mlgit.core.pipeline.inputs import EMPTY, Places, Recorded
from mlgit.core.pipeline.origin import HAND, NumbersOrigin
from tests.support.verdicts import waiver

ORIGIN = NumbersOrigin(kind="stage", name="evaluate", deps=("data.csv",))
SOURCE = Source(file="m.json", key="auc", origin=ORIGIN, link="reads")
GATE = ResolvedGate(gate="g", model="m", metric="auc", path="m.bin", source=SOURCE)
EMPTY_PROD = Reference(vs="prod", state="none", rule="environment", label="prod (empty)", place="prod")
UNKNOWN = Reference(vs="release", state="unknown", rule="release", label="the newest release")
RELEASE = replace(UNKNOWN, state="found", label="m@v1", commit="c1")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (EMPTY_PROD, EMPTY_PROD, []),
        # nothing was there, and something else is compared with now
        (EMPTY_PROD, RELEASE, ["it compared with prod (empty); it now compares with m@v1"]),
        (EMPTY_PROD, UNKNOWN, ["it compared with prod (empty); it now compares with the newest release"]),
        # the same, as far as it is known
        (RELEASE, UNKNOWN, ["it compared with m@v1; what it compares with now is not known"]),
        (UNKNOWN, UNKNOWN, []),
    ],
)
def test_what_a_gate_is_compared_with(before: Reference, after: Reference, found: list[str]) -> None:
    texts = [text for _, text in compared_with(GATE, GATE, before, after)]
    assert texts == found


def written(file: str, owners: dict[str, str], *, kind: str = "stage") -> Source:
    origin = NumbersOrigin(kind=kind, name="evaluate", owners=owners)  # type: ignore[arg-type]
    return Source(file=file, key="auc", origin=origin)


@pytest.mark.parametrize(
    ("owners", "kind", "same"),
    [
        ({"out": "evaluate"}, "stage", True),
        ({"out": "evaluate"}, "import", False),
        # of another stage, or the file itself
        ({"out": "other"}, "stage", False),
        ({"out/may.json": "evaluate", "out/june.json": "evaluate"}, "stage", False),
        ({"model": "evaluate"}, "stage", False),
        ({"ou": "evaluate"}, "stage", False),
    ],
)
def test_a_file_is_written_again_into_the_folder_of_its_stage(
    owners: dict[str, str], kind: str, *, same: bool
) -> None:
    may, june = (written(f"out/{name}.json", owners, kind=kind) for name in ("may", "june"))
    assert written_again(may, june, EMPTY) is same


def ran(name: str, script: str) -> Source:
    reader = Reader(address=name, run=(".", f"python {script}"), deps=(script,))
    origin = NumbersOrigin(
        kind="stage",
        name=name,
        deps=(script,),
        readers=(reader,),
        recorded=Recorded(hashes={script: "a"}),
        stages=frozenset({name}),
    )
    return Source(file="m.json", key="auc", origin=origin, command=reader.run)


@pytest.mark.parametrize(
    ("new", "other"),
    [
        (ran("test", "a.py"), False),
        (ran("score", "b.py"), False),
        (replace(ran("score", "b.py"), command=(".", "echo")), False),
        (replace(ran("score", "b.py"), origin=replace(ran("score", "b.py").origin, readers=())), True),
    ],
)
def test_a_renamed_stage_with_a_renamed_script_is_the_same_stage(new: Source, *, other: bool) -> None:
    assert made_otherwise(ran("test", "a.py"), new, (EMPTY, EMPTY)) is other


def test_a_result_with_a_later_date_in_its_name_is_in_the_same_place() -> None:
    may, june = (
        replace(GATE, source=replace(SOURCE, file=f"out/results_2026-0{month}-01T10-00-00.json"))
        for month in (5, 6)
    )
    assert compare_resolved([may], [june]) == ()
    assert [each.code for each in compare_resolved([june], [may])] == ["gate_repointed"]


def test_only_dropped_inputs_are_followed_by_the_new_ones() -> None:
    frozen = replace(ORIGIN, deps=("data.csv", "more.csv"), frozen=("train",))
    (finding,) = compare_resolved([GATE], [replace(GATE, source=replace(SOURCE, origin=frozen))])
    assert finding.text == "its number proves less: stage train is frozen now"
    dropped = replace(ORIGIN, deps=("more.csv",))
    (finding,) = compare_resolved([GATE], [replace(GATE, source=replace(SOURCE, origin=dropped))])
    assert finding.text == "its number proves less: dep data.csv was dropped; it now reads `more.csv`"
    (finding,) = compare_resolved(
        [GATE], [replace(GATE, source=replace(SOURCE, origin=replace(ORIGIN, deps=())))]
    )
    assert finding.text == "its number proves less: dep data.csv was dropped"


def only(file: str) -> Places:
    return Places(
        file=lambda path: path == file,
        paths=lambda: frozenset({file}),
        read=lambda paths: {path: b"1\n2\n3\n4\n5\n6\n" for path in paths if path == file},
    )


def test_an_input_that_moved_is_known_by_what_both_sides_have() -> None:
    new = replace(GATE, source=replace(SOURCE, origin=replace(ORIGIN, deps=("moved.csv",))))
    was, now = only("data.csv"), only("moved.csv")
    assert compare_resolved([GATE], [new], places=(was, now)) == ()
    assert len(compare_resolved([GATE], [new], places=(now, now))) == 1


@pytest.mark.parametrize(
    "old", [replace(GATE, source=None), replace(GATE, source=None, unread=(SOURCE, SOURCE))]
)
def test_without_a_number_on_one_side_nothing_is_lost(old: ResolvedGate) -> None:
    less = replace(GATE, source=replace(SOURCE, origin=replace(ORIGIN, deps=())))
    assert reported_losses([old], [less]) == frozenset()
    assert reported_losses([GATE], [replace(GATE, source=None)]) == frozenset()
    assert compare_resolved([old], [replace(GATE, source=None)]) == ()


def test_a_number_that_is_made_by_hand_now_is_one_finding() -> None:
    (finding,) = compare_resolved([GATE], [replace(GATE, source=replace(SOURCE, origin=HAND, link="none"))])
    assert finding.text == "its number proves less: stage evaluate made it, and now it is made by no stage"


def test_a_waiver_is_proposed_for_thirty_days_where_one_is_missing() -> None:
    finding = Finding(code="gate_repointed", subjects=("a", "b"), text="it moved")
    agreed = waiver("gates_loosened:a", None, id="w")
    note = note_of(finding, [agreed], "fail", day=date(2026, 11, 30))
    assert note.hint is not None
    assert 'gate: "gates_loosened:b"' in note.hint
    assert 'gate: "gates_loosened:a"' not in note.hint
    assert 'expires: "2026-12-30"' in note.hint
