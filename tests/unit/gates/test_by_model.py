"""One model's share of a check, and when a check has nothing to tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.by_model import models_of, of_model, uneventful
from mlgit.core.gates.verdict import Check, GateChange, Note
from mlgit.core.pipeline.report_context import ParamChange, StageRun
from tests.support import reports
from tests.support.reports import BASE, BETTER, WORSE, one, same, together


def test_each_model_has_its_own_verdict() -> None:
    record = reports.several()
    decisions = {model: of_model(record, model).verdict.decision for model in models_of(record)}
    assert decisions == {
        "dose": "allow",
        "segmentation": "allow_with_warnings",
        "triage": "allow",
        "tumor": "block",
    }
    mine = of_model(record, "tumor")
    assert {each.model for each in mine.metrics} | {each.model for each in mine.references} == {"tumor"}
    assert mine.verdict.summary.gates == 5


def test_the_parts_of_a_check_make_up_the_whole() -> None:
    record = reports.several()
    parts = [of_model(record, model) for model in models_of(record)]
    assert sum(part.verdict.summary.gates for part in parts) == record.verdict.summary.gates
    assert sum(len(part.metrics) for part in parts) == len(record.metrics)


def test_a_first_model_beside_others_is_told_as_such() -> None:
    record = together(one("new", BASE, None), one("old", BASE, BASE))
    assert of_model(record, "new").verdict.first_model
    assert not of_model(record, "old").verdict.first_model
    assert not record.verdict.first_model


def rest() -> Check:
    return same(together(one("tumor", BASE, BASE)))


def test_a_change_that_touches_no_model_is_quiet() -> None:
    assert uneventful(rest())


@pytest.mark.parametrize(
    "record",
    [
        together(one("tumor", BETTER, BASE)),
        together(one("tumor", WORSE, BASE)),
        together(one("tumor", BASE, None)),
        replace(rest(), changes={"data": "`raw.csv` changed"}),
        replace(rest(), params=(ParamChange(file="p", key="k", old="1", new="2"),)),
        replace(rest(), stages=(StageRun(stage="train", state="rerun"),)),
        replace(
            rest(), verdict=replace(rest().verdict, notes=(Note(code="waivers_changed", message="Look"),))
        ),
        replace(
            rest(),
            verdict=replace(
                rest().verdict, gates_changed=(GateChange(gate="a", kind="added", message="New"),)
            ),
        ),
    ],
    ids=["better", "worse", "first", "data", "params", "stages", "note", "gates"],
)
def test_anything_else_is_not(record: Check) -> None:
    assert not uneventful(record)
