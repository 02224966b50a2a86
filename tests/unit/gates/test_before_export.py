"""Numbers of what a model is exported from: what measures them is named, and what trains is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.code import code_notes
from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.measured.spelling import spelling_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.unmeasured.exports import export_notes
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Pipeline, Stage
from tests.support.measured_data import Hashes, places, stage

MODEL = "m.onnx"
FILES = dict.fromkeys(("train.py", "test.py", "split.py", "export.py", "p.yaml", "t.yaml", "e.yaml"), "a")
EXPORT = f"No gate reads a number that is measured on `{MODEL}`, and what makes it changed: "


def ran(known: Stage, file: str, value: int) -> Stage:
    """The stage with a parameter, and a run with this value of it."""
    assert known.locked is not None
    locked = known.locked._replace(params={file: {"n": value}})
    return known._replace(params={file: ("n",)}, locked=locked)


def pipeline(
    *,
    rows: int = 1,
    steps: int = 1,
    weights: str = "w",
    test: str = "t",
    link: bool = True,
    bits: int = 8,
    calib: str = "c",
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
            ran(
                stage("export", {"export.py": "p", from_: weights, "calib.csv": calib}, {MODEL: "m"}),
                "e.yaml",
                bits,
            ),
        )
    )


def resolved(file: str, known: Pipeline) -> ResolvedGate:
    origin = origin_of(file, known)
    source = Source(file=file, key="mae", origin=origin, link=link_of(MODEL, origin, known))
    return ResolvedGate(gate=file, model="m", metric="mae", path=MODEL, source=source)


def messages(old: Pipeline, new: Pipeline, files: tuple[Hashes, Hashes] = (FILES, FILES)) -> list[str]:
    gates = [[resolved("m.json", known)] for known in (old, new)]
    sides = places(files[0]), places(files[1])
    changed = {path for path in files[0] if files[0][path] != files[1][path]}
    return [
        note.message
        for note in (
            *code_notes(gates[0], gates[1], (old, new), places=sides, changed=lambda: changed),
            *compare_data(gates[0], gates[1], (old, new), places=sides, changed=lambda: changed).notes,
            *parameter_notes(gates[0], gates[1], (old, new)),
            *spelling_notes(gates[0], gates[1], new, places=sides),
            *export_notes(gates[0], gates[1], (old, new), places=sides, changed=lambda: changed),
        )
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("test.py", "The numbers are made with other code: `test.py` changed (stage test)"),
        ("split.py", "The numbers are made with other code: `split.py` changed (stage split)"),
        ("train.py", None),
        ("export.py", f"{EXPORT}`export.py` changed (stage export)"),
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


def test_what_makes_the_model_after_its_numbers_is_named() -> None:
    assert messages(pipeline(), pipeline(bits=4, calib="d")) == [
        f"{EXPORT}`e.yaml:n` 8 -> 4 (stage export)",
        f"{EXPORT}`calib.csv` changed (stage export)",
    ]


def test_an_export_that_only_declares_all_parameters_has_no_note_of_those_of_the_training() -> None:
    wide = [with_all(pipeline(steps=steps), steps) for steps in (1, 2)]
    assert messages(wide[0], wide[1]) == []


def with_all(known: Pipeline, steps: int) -> Pipeline:
    """The pipeline whose export declares the whole file of the training's parameter."""
    *others, export = known.stages
    return Pipeline(stages=(*others, ran(export, "p.yaml", steps)._replace(params={"p.yaml": None})))


def test_a_model_of_which_a_gate_reads_a_number_has_no_such_note() -> None:
    known = pipeline()
    measures = stage("measure", {MODEL: "m"}, {"onnx.json": "o"})
    both = [Pipeline(stages=(*each.stages, measures)) for each in (known, pipeline(bits=4))]
    gates = [[resolved(file, each) for file in ("m.json", "onnx.json")] for each in both]
    assert [*export_notes(gates[0], gates[1], (both[0], both[1]))] == []
    (note,) = export_notes(gates[0], gates[1][:1], (both[0], both[1]))
    assert note.code == "params_changed"
    added = replace(gates[1][1], metric="r2")
    # a gate that the change brings hides nothing
    (other,) = export_notes(gates[0][:1], [gates[1][0], added], (both[0], both[1]))
    assert other.message.startswith(f"Only new gates read a number that is measured on `{MODEL}`, and what ")
    unread = [gates[1][0], replace(added, source=None)]
    assert [*export_notes(unread, unread, (both[0], both[1]))] == []
    (other,) = export_notes(gates[0][:1], unread, (both[0], both[1]))
    assert other.message.startswith("Only new gates read")


OF_THE_MODEL = {
    "size_bytes": True,
    "bench.latency_p99": True,
    "size.onnx": True,
    "rows": True,
    "throughput": True,
    "n_params": True,
    "mae": False,
    "samples.f1": False,
    "error_count": False,
    "same_as_before": False,
}


@pytest.mark.parametrize("key", OF_THE_MODEL)
def test_a_time_size_or_count_of_the_model_says_nothing_of_how_good_it_is(key: str) -> None:
    measures = stage("bench", {MODEL: "m"}, {"b.json": "o"})
    both = [Pipeline(stages=(*each.stages, measures)) for each in (pipeline(), pipeline(bits=4))]
    bench = resolved("b.json", both[1])
    assert bench.source is not None
    bench = replace(bench, metric=key, source=replace(bench.source, key=key))
    gates = [resolved("m.json", both[1]), bench]
    found = [each.message for each in export_notes(gates, gates, (both[0], both[1]))]
    start = (
        f"Of what is measured on `{MODEL}`, gates read only `{key}`, which looks like a time, size or count, "
    )
    text = f"{start}and what makes that model changed: `e.yaml:n` 8 -> 4 (stage export)"
    assert found == ([text] if OF_THE_MODEL[key] else [])


def test_a_number_of_a_stage_that_does_not_know_the_model_hides_nothing() -> None:
    drift = stage("drift", {"raw.csv": "r"}, {"d.json": "o"})
    both = [Pipeline(stages=(*each.stages, drift)) for each in (pipeline(), pipeline(bits=4))]
    gates = [resolved(file, both[1]) for file in ("m.json", "d.json")]
    assert [each.message for each in export_notes(gates, gates, (both[0], both[1]))] == [
        f"{EXPORT}`e.yaml:n` 8 -> 4 (stage export)"
    ]
    assert [*export_notes(gates[1:], gates[1:], (both[0], both[1]))] == []


@pytest.mark.parametrize(("file", "named"), [("t.yaml", True), ("p.yaml", False)])
def test_a_value_with_two_meanings_is_named_where_it_measures(file: str, *, named: bool) -> None:
    found = messages(pipeline(), pipeline(), (FILES, FILES | {file: "n: 010"}))
    assert bool(found) is named


def test_where_nothing_is_shared_any_stage_may_be_training() -> None:
    files = FILES, FILES | {"test.py": "b"}
    assert messages(pipeline(link=False), pipeline(rows=2, link=False), files) == []
