"""A stage that measures a model and adds a part to it still measures, whatever training newly reads."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.code import code_notes
from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import places, stage

FOLDER = "models/m"
PART = f"{FOLDER}/line.json"
TEST = "data/test.csv"


def pipeline(*train: str, name: str = "evaluate", limit: int = 10) -> Pipeline:
    """`evaluate` also writes a threshold into the model's folder; training reads `train` as well."""
    trained = stage("train", {"data/clean.csv": "c", **dict.fromkeys(train, "t")}, {PART: "m"})
    measures = stage(
        name, {TEST: "t", PART: "m", "src/ev.py": "e"}, {"m.json": "n", f"{FOLDER}/threshold.json": "h"}
    )
    assert measures.locked is not None
    ran = measures.locked._replace(params={"params.yaml": {"eval.limit": limit}})
    return Pipeline(stages=(trained, measures._replace(params={"params.yaml": ("eval.limit",)}, locked=ran)))


def gate(known: Pipeline) -> ResolvedGate:
    origin = origin_of("m.json", known)
    source = Source(file="m.json", key="mae", origin=origin, link=link_of(FOLDER, origin, known))
    return ResolvedGate(gate="g", model="line", metric="mae", path=FOLDER, source=source)


@pytest.mark.parametrize("name", ["evaluate", "renamed"])
def test_a_parameter_that_measures_is_named(name: str) -> None:
    sides = pipeline(), pipeline(TEST, name=name, limit=1)
    (note,) = parameter_notes([gate(sides[0])], [gate(sides[1])], sides)
    assert f"`params.yaml:eval.limit` 10 -> 1 (stage {name})" in note.message


@pytest.mark.parametrize("name", ["evaluate", "renamed"])
def test_a_program_that_measures_is_named(name: str) -> None:
    sides = pipeline(), pipeline(TEST, name=name)
    there = places({"src/ev.py": "a"}), places({"src/ev.py": "b"})
    (note,) = code_notes(
        [gate(sides[0])], [gate(sides[1])], sides, places=there, changed=lambda: ["src/ev.py"]
    )
    assert f"`src/ev.py` changed (stage {name})" in note.message


def test_test_data_of_which_a_model_is_newly_made_is_named() -> None:
    sides = pipeline(), pipeline(TEST)
    there = places({TEST: "a"}), places({TEST: "a"})
    found = compare_data([gate(sides[0])], [gate(sides[1])], sides, places=there).notes
    assert [each.message for each in found] == [
        f"`{FOLDER}` is now made from `{TEST}`, which it is measured on"
    ]


def test_a_stage_that_always_trained_on_all_that_it_reads_measures_with_nothing_of_its_own() -> None:
    sides = pipeline(TEST), pipeline(TEST, limit=1)
    assert parameter_notes([gate(sides[0])], [gate(sides[1])], sides) == ()
