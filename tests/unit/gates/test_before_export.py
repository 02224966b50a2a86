"""Numbers of what a model is exported from: what measures them is named, and what trains is not."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.code import code_notes
from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.measured.spelling import spelling_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Pipeline, Stage
from tests.support.measured_data import Hashes, places, stage

MODEL = "m.onnx"
FILES = dict.fromkeys(("train.py", "test.py", "split.py", "export.py", "p.yaml", "t.yaml"), "a")


def ran(known: Stage, file: str, value: int) -> Stage:
    """The stage with a parameter, and a run with this value of it."""
    assert known.locked is not None
    locked = known.locked._replace(params={file: {"n": value}})
    return known._replace(params={file: ("n",)}, locked=locked)


def pipeline(
    *, rows: int = 1, steps: int = 1, weights: str = "w", test: str = "t", link: bool = True
) -> Pipeline:
    """Weights are trained, measured with split data, and exported; without `link`, others are exported."""
    from_ = "w.bin" if link else "other.bin"
    return Pipeline(
        stages=(
            ran(stage("train", {"train.py": "p", "raw.csv": "r"}, {"w.bin": weights}), "p.yaml", steps),
            stage("split", {"split.py": "p"}, {"test.csv": test}),
            ran(
                stage("test", {"test.py": "p", "w.bin": weights, "test.csv": test}, {"m.json": "n"}),
                "t.yaml",
                rows,
            ),
            stage("export", {"export.py": "p", from_: weights}, {MODEL: "m"}),
        )
    )


def messages(old: Pipeline, new: Pipeline, files: tuple[Hashes, Hashes] = (FILES, FILES)) -> list[str]:
    gates = []
    for known in (old, new):
        origin = origin_of("m.json", known)
        source = Source(file="m.json", key="mae", origin=origin, link=link_of(MODEL, origin, known))
        gates.append([ResolvedGate(gate="g", model="m", metric="mae", path=MODEL, source=source)])
    sides = places(files[0]), places(files[1])
    changed = {path for path in files[0] if files[0][path] != files[1][path]}
    return [
        note.message
        for note in (
            *code_notes(gates[0], gates[1], (old, new), places=sides, changed=lambda: changed),
            *compare_data(gates[0], gates[1], (old, new), places=sides, changed=lambda: changed).notes,
            *parameter_notes(gates[0], gates[1], (old, new)),
            *spelling_notes(gates[0], gates[1], new, places=sides),
        )
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("test.py", "The numbers are made with other code: `test.py` changed (stage test)"),
        ("split.py", "The numbers are made with other code: `split.py` changed (stage split)"),
        ("train.py", None),
        ("export.py", None),
    ],
)
def test_the_code_that_measures_is_named(path: str, text: str | None) -> None:
    found = messages(pipeline(), pipeline(), (FILES, FILES | {path: "b"}))
    assert found == ([] if text is None else [text])


def test_the_parameters_that_measure_are_named() -> None:
    text = "The numbers were made with different parameters: `t.yaml:n` 1 -> 2 (stage test)"
    assert messages(pipeline(), pipeline(rows=2)) == [text]
    assert messages(pipeline(), pipeline(steps=2, weights="v")) == []


def test_other_data_that_a_stage_makes_is_named() -> None:
    assert messages(pipeline(), pipeline(test="u", rows=2)) == [
        "The numbers were computed on different data: `test.csv` changed",
        "The numbers were made with different parameters: `t.yaml:n` 1 -> 2 (stage test)",
    ]


@pytest.mark.parametrize(("file", "named"), [("t.yaml", True), ("p.yaml", False)])
def test_a_value_with_two_meanings_is_named_where_it_measures(file: str, *, named: bool) -> None:
    found = messages(pipeline(), pipeline(), (FILES, FILES | {file: "n: 010"}))
    assert bool(found) is named


def test_where_nothing_is_shared_any_stage_may_be_training() -> None:
    files = FILES, FILES | {"test.py": "b"}
    assert messages(pipeline(link=False), pipeline(rows=2, link=False), files) == []
