"""By model: the part of a check that belongs to one model, and checks without events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.by_model import models_of, of_model, uneventful
from mlgit.core.gates.verdict import Check, GateChange, Note
from mlgit.core.pipeline.report_context import ParamChange, StageRun
from tests.support import reports
from tests.support.plotted import LOSS, SAME, plotted
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
    own = of_model(record, "tumor")
    assert {each.model for each in own.metrics} | {each.model for each in own.references} == {"tumor"}
    assert own.verdict.summary.gates == 5


def test_the_parts_of_a_check_add_up_to_the_whole() -> None:
    record = reports.several()
    parts = [of_model(record, model) for model in models_of(record)]
    assert sum(part.verdict.summary.gates for part in parts) == record.verdict.summary.gates
    assert sum(len(part.metrics) for part in parts) == len(record.metrics)


def test_a_first_model_next_to_others_is_marked_as_first() -> None:
    record = together(one("new", BASE, None), one("old", BASE, BASE))
    assert of_model(record, "new").verdict.first_model
    assert not of_model(record, "old").verdict.first_model
    assert not record.verdict.first_model


def unchanged() -> Check:
    return same(together(one("tumor", BASE, BASE)))


def test_a_change_that_touches_no_model_is_uneventful() -> None:
    assert uneventful(unchanged())
    assert uneventful(plotted(unchanged(), (SAME,)))


@pytest.mark.parametrize(
    "record",
    [
        together(one("tumor", BETTER, BASE)),
        together(one("tumor", WORSE, BASE)),
        together(one("tumor", BASE, None)),
        replace(unchanged(), changes={**unchanged().changes, "data": "`raw.csv` changed"}),
        replace(unchanged(), changes={"data": "unchanged", "model": "unchanged"}),
        replace(unchanged(), params=(ParamChange(file="p", key="k", old="1", new="2"),)),
        replace(unchanged(), stages=(StageRun(stage="train", state="rerun"),)),
        plotted(unchanged(), (LOSS,)),
        replace(
            unchanged(),
            verdict=replace(unchanged().verdict, notes=(Note(code="waivers_changed", message="Look"),)),
        ),
        replace(
            unchanged(),
            verdict=replace(
                unchanged().verdict, gates_changed=(GateChange(gate="a", kind="added", message="New"),)
            ),
        ),
    ],
    ids=["better", "worse", "first", "data", "unread", "params", "stages", "plots", "note", "gates"],
)
def test_every_difference_is_an_event(record: Check) -> None:
    assert not uneventful(record)
