"""A stage that no longer comes between a model and its number is named with what it ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.gone import gone_notes
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage

MODEL, NUMBERS = "model", "m.json"


def stage(name: str, deps: str, outs: str, cmd: str = "") -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(cmd or f"run {name}",),
        deps=tuple(deps.split()),
        outs=tuple(Output(path=path, owner=name) for path in outs.split()),
    )


FEATURES = stage("features", "raw.csv", "features.bin")
TRAIN = stage("train", "features.bin", MODEL)
HARD = stage("hard", "raw.csv", "hard.csv", "tail -n 3 raw.csv > hard.csv")
EVALUATE = stage("evaluate", f"hard.csv {MODEL}", NUMBERS)
INLINED = stage("evaluate", f"raw.csv {MODEL}", NUMBERS)
OLD = (FEATURES, TRAIN, HARD, EVALUATE)


def gate(known: Pipeline) -> ResolvedGate:
    origin = origin_of(NUMBERS, known)
    source = Source(file=NUMBERS, key="mae", origin=origin, link=link_of(MODEL, origin, known))
    return ResolvedGate(gate="g", model="m", metric="mae", path=MODEL, source=source)


def messages(new: tuple[Stage, ...], *findings: Finding, old: tuple[Stage, ...] = OLD) -> list[str]:
    sides = Pipeline(stages=old), Pipeline(stages=new)
    found = gone_notes([gate(sides[0])], [gate(sides[1])], sides, findings)
    assert {(each.code, each.effect) for each in found} <= {("stage_changed", "note")}
    return [each.message for each in found]


GONE = "Stage `hard`, which ran `tail -n 3 raw.csv > hard.csv`, no longer comes before a gate's number"


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (OLD, None),
        ((FEATURES, TRAIN, INLINED), GONE),
        # still there, and for the model only
        ((FEATURES, stage("train", "features.bin hard.csv", MODEL), HARD, INLINED), GONE),
        # under another name, with another output, or joined with another stage
        ((FEATURES, TRAIN, stage("tail", "raw.csv", "hard.csv"), EVALUATE), None),
        ((FEATURES, TRAIN, stage("hard", "raw.csv", "x"), stage("evaluate", f"x {MODEL}", NUMBERS)), None),
        ((stage("features", "raw.csv", "features.bin hard.csv"), TRAIN, EVALUATE), None),
        (
            (
                FEATURES,
                TRAIN,
                stage("tail", "raw.csv", "x", HARD.cmd[0]),
                stage("evaluate", f"x {MODEL}", NUMBERS),
            ),
            None,
        ),
        # next to a new one
        (
            (
                FEATURES,
                TRAIN,
                stage("more", "raw.csv", "x"),
                stage("evaluate", f"x raw.csv {MODEL}", NUMBERS),
            ),
            GONE,
        ),
        # a stage that only made the model
        ((stage("train", "raw.csv", MODEL), HARD, EVALUATE), None),
    ],
)
def test_a_stage_that_is_gone_before_a_number_is_named(new: tuple[Stage, ...], text: str | None) -> None:
    assert messages(new) == ([] if text is None else [text])


def test_a_stage_that_is_gone_is_named_where_its_output_is_a_model_of_its_own() -> None:
    sides = Pipeline(stages=OLD), Pipeline(stages=(FEATURES, TRAIN, INLINED))
    gates = [[gate(each), replace(gate(each), model="hard", path="hard.csv")] for each in sides]
    assert [each.message for each in gone_notes(gates[0], gates[1], sides)] == [GONE]


def test_what_a_finding_names_is_not_named_again() -> None:
    finding = Finding(code="evidence_weakened", subjects=("g",), text="dep hard.csv was dropped")
    assert messages((FEATURES, TRAIN, INLINED), finding) == []


def test_a_stage_whose_output_another_one_makes_with_its_folder_is_not_gone() -> None:
    old = (
        FEATURES,
        TRAIN,
        stage("hard", "raw.csv", "sets/hard.csv"),
        stage("evaluate", f"sets {MODEL}", NUMBERS),
    )
    split = stage("split", "raw.csv", "sets")
    assert messages((FEATURES, TRAIN, split, old[-1]), old=old) == []
    assert len(messages((FEATURES, TRAIN, INLINED), old=old)) == 1


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (12, None),
        (13, "One more stage no longer comes before a gate's number"),
        (14, "2 more stages no longer come before a gate's number"),
    ],
)
def test_twelve_stages_are_named_and_the_others_counted(count: int, last: str | None) -> None:
    many = [stage(f"s{number}", "raw.csv", f"{number}.csv") for number in range(count)]
    reads = " ".join(f"{number}.csv" for number in range(count))
    old = (FEATURES, TRAIN, *many, stage("evaluate", f"{reads} {MODEL}", NUMBERS))
    found = messages((FEATURES, TRAIN, INLINED), old=old)
    assert sum(each.startswith("Stage `s") for each in found) == 12
    assert found[12:] == ([] if last is None else [last])


def test_a_gate_without_a_number_has_no_stage_that_is_gone() -> None:
    side = Pipeline(stages=OLD)
    known, none = gate(side), replace(gate(side), source=None)
    assert gone_notes([known], [none], (side, side)) == ()
    assert gone_notes([none], [known], (side, side)) == ()
