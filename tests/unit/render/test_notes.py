"""Very many notes of one kind do not take the others out of the report."""

from __future__ import annotations

import pytest

from mlgit.core.gates.verdict import Effect, Note
from mlgit.render.report.layout import DetailLevel
from mlgit.render.report.summary_lines import notes


def note(code: str, number: int, effect: Effect = "note") -> Note:
    return Note(code=code, message=f"{code} number {number}", effect=effect)


MANY = [note("environment_added", number) for number in range(2_000)]
FEW = [note("stage_changed", 0), note("data_changed", 0)]


@pytest.mark.parametrize("rows", [12, 30, 100])
def test_a_few_notes_of_a_kind_are_before_very_many_of_another(rows: int) -> None:
    shown = notes([*MANY, *FEW], DetailLevel(rows=rows))
    assert len(shown) == rows + 1
    assert [line for line in shown if "changed" in line] == [
        "- stage_changed number 0",
        "- data_changed number 0",
    ]
    assert f"and {2_002 - rows:} more notes" in shown[-1]


def test_the_worst_are_first_and_a_few_of_each_kind_keep_their_order() -> None:
    worst = note("gates_loosened", 0, "warn")
    ordered = [*MANY[:3], FEW[0], *MANY[3:6], worst]
    shown = notes(ordered, DetailLevel())
    assert shown[0].endswith("gates_loosened number 0")
    assert [line[2:] for line in shown[1:]] == [each.message for each in ordered[:-1]]
