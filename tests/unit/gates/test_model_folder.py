"""A stage that only writes about a model into its folder measures; data made with a model is data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.measuring import Measuring, pairs
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import START, places, stage

if TYPE_CHECKING:
    from mlgit.core.pipeline.stages import Stage

MODEL, NUMBERS = "out", "m.json"
Names = dict[str, str]


def made(name: str, deps: str, outs: str, changes: Names) -> Stage:
    """A stage with a parameter of its own; `changes` are the contents that differ from `a`, by path or stage.

    `*` after an output is a metric.
    """
    paths = [path.removesuffix("*") for path in outs.split()]
    found = stage(
        name,
        {path: changes.get(path, "a") for path in deps.split()},
        {path: changes.get(path, "a") for path in paths},
    )
    assert found.locked is not None
    return found._replace(
        params={"params.yaml": (name,)},
        outs=tuple(out._replace(metric=f"{out.path}*" in outs) for out in found.outs),
        locked=found.locked._replace(params={"params.yaml": {name: changes.get(name, "a")}}),
    )


TRAIN = "train: train.csv -> out/m.bin"
LAYOUTS = {
    "a metric": (TRAIN, "evaluate: out/m.bin test.csv -> out/m.json*"),
    "a metric, of the whole folder": (TRAIN, "evaluate: out test.csv -> m.json*"),
    "a card": (TRAIN, "evaluate: out/m.bin test.csv -> out/card.md m.json*"),
    "a threshold": (TRAIN, "evaluate: out/m.bin test.csv test.py -> out/threshold.txt m.json*"),
    "predictions": (TRAIN, "evaluate: out/m.bin test.csv -> out/pred.csv", "score: out/pred.csv -> m.json*"),
    "predictions, of the whole folder": (
        TRAIN,
        "evaluate: out/m.bin test.csv -> out/pred.csv",
        "score: out -> m.json*",
    ),
    # parts of a model of which one is made from another
    "a scaler": (
        "scale: train.csv -> out/scaler.pkl",
        "train: out/scaler.pkl train.csv -> out/m.bin",
        "evaluate: out test.csv -> m.json*",
    ),
    "a format": (
        TRAIN,
        "scale: out/m.bin -> out/m.onnx",
        "evaluate: out/m.onnx test.csv -> m.json*",
    ),
    "a table": ("train: train.csv -> out/rules.csv", "evaluate: out test.csv -> m.json*"),
}


def pipeline(layout: tuple[str, ...], **changes: str) -> Pipeline:
    """The stages of a layout, each `name: deps -> outs`."""
    known = {name.replace("__", "/").replace("_", "."): content for name, content in changes.items()}
    stages = []
    for text in layout:
        name, _, rest = text.partition(": ")
        deps, _, outs = rest.partition(" -> ")
        stages.append(made(name, deps, outs, known))
    return Pipeline(stages=tuple(stages))


def gate(known: Pipeline, path: str) -> ResolvedGate:
    numbers = next(out.path for each in known.stages for out in each.outs if out.metric)
    origin = origin_of(numbers, known)
    source = Source(file=numbers, key="auc", origin=origin, link=link_of(path, origin, known))
    return ResolvedGate(gate="g", model="tumor", metric="auc", path=path, source=source)


def notes(old: Pipeline, new: Pipeline, path: str = MODEL) -> tuple[str, str]:
    """What is named of data and of parameters."""
    gates = [gate(old, path)], [gate(new, path)]
    changed = {dep for each in new.stages for dep in each.deps}
    data = compare_data(*gates, (old, new), places=(places({}), places({})), changed=lambda: changed).notes
    params = parameter_notes(*gates, (old, new))
    start = "The numbers were computed with different parameters: "
    return (
        " ".join(each.message.removeprefix(START) for each in data),
        " ".join(each.message.removeprefix(start) for each in params),
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_stage_that_only_writes_about_a_model_into_its_folder_measures(name: str) -> None:
    old = pipeline(LAYOUTS[name])
    assert notes(old, pipeline(LAYOUTS[name], train="b", scale="b", train_csv="b", out__m_bin="b")) == (
        "",
        "",
    )
    assert notes(old, pipeline(LAYOUTS[name], test_csv="b")) == ("`test.csv` changed", "")
    assert notes(old, pipeline(LAYOUTS[name], evaluate="b")) == (
        "",
        "`params.yaml:evaluate` a -> b (stage evaluate)",
    )


@pytest.mark.parametrize(
    "layout",
    [
        ("train: train.csv -> out/m.bin m.json*",),
        ("scale: train.csv -> out/scaler.pkl", "train: out/scaler.pkl train.csv -> out/m.bin m.json*"),
        ("scale: train.csv -> out/scaler.pkl", "train: out/scaler.pkl train.csv x.py -> out/m.bin m.json*"),
    ],
)
def test_a_stage_that_trains_and_measures_has_no_parameter_that_only_measures(
    layout: tuple[str, ...],
) -> None:
    assert notes(pipeline(layout), pipeline(layout, train="b", scale="b")) == ("", "")


SPLIT = ("train: raw.csv -> m.bin data/test.csv", "evaluate: m.bin {} -> m.json*")


@pytest.mark.parametrize(
    ("layout", "changes", "text"),
    [
        (SPLIT, {"data__test_csv": "b"}, "`data/test.csv` changed"),
        (SPLIT, {"m_bin": "b"}, ""),
        # the data of a stage in between
        (
            (SPLIT[0], "more: data/test.csv -> data/more.csv", SPLIT[1].format("data/more.csv")),
            {"data__test_csv": "b", "data__more_csv": "b"},
            "`data/test.csv` changed",
        ),
        # what a stage predicts next to the model is how the number knows the model
        (
            ("train: raw.csv -> m.bin data/test.csv", "evaluate: data/test.csv -> m.json*"),
            {"data__test_csv": "b"},
            "",
        ),
    ],
)
@pytest.mark.parametrize("dep", ["data/test.csv", "data"])
def test_data_that_is_made_with_the_model_is_named_if_it_differs(
    layout: tuple[str, ...], changes: Names, text: str, dep: str
) -> None:
    stages = tuple(each.format(dep) for each in layout)
    assert notes(pipeline(stages), pipeline(stages, train="b", **changes), "m.bin") == (text, "")


@pytest.mark.parametrize("dep", ["out", "out/m.bin out/test.npy"])
def test_data_that_is_made_next_to_the_model_is_named_if_it_differs(dep: str) -> None:
    layout = ("train: raw.csv -> out/m.bin out/test.npy", f"evaluate: {dep} -> m.json*")
    old, new = pipeline(layout), pipeline(layout, out__m_bin="b", out__test_npy="b", out="b")
    assert notes(old, new, "out/m.bin") == ("`out/test.npy` changed", "")


@pytest.mark.parametrize("dep", ["out", "out/m.bin {0}"])
def test_data_that_is_made_next_to_the_model_is_named_if_it_has_another_name_and_content(dep: str) -> None:
    old, new = (
        (f"train: raw.csv -> out/m.bin {name}", f"evaluate: {dep.format(name)} -> m.json*")
        for name in ("out/test.npy", "out/t2.npy")
    )
    found = notes(pipeline(old), pipeline(new, out__m_bin="b", out__t2_npy="b", out="b"), "out/m.bin")
    assert found == ("`out/test.npy` is now `out/t2.npy`, with other content", "")


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ((TRAIN, "evaluate: out/m.bin out/test.csv -> m.json*"), "`out/test.csv` changed"),
        # what Git has of a model that no stage makes is the model
        (("evaluate: out/m.bin out/test.csv raw.csv -> m.json*",), ""),
        ((TRAIN, "evaluate: out -> m.json*"), ""),
    ],
)
def test_data_in_the_folder_of_a_model_that_a_stage_makes(layout: tuple[str, ...], text: str) -> None:
    assert notes(pipeline(layout), pipeline(layout, train="b", out__test_csv="b", out="b")) == (text, "")


@pytest.mark.parametrize(
    ("layout", "path", "changes", "text"),
    [
        # the data of a stage that makes a part without reading another one is its training
        (
            ("train: train.csv -> out/m.bin split.csv", "fit: split.csv test.csv -> out/b.bin m.json*"),
            MODEL,
            {"fit": "b"},
            "",
        ),
        # so is that of a stage whose part another one reads
        (
            (
                TRAIN,
                "calibrate: out/m.bin test.csv -> out/cal.bin m.json*",
                "export: out/cal.bin -> out/m.onnx",
            ),
            MODEL,
            {"calibrate": "b"},
            "",
        ),
        # a stage that makes the model and the data of the number, by itself or in one folder
        (tuple(each.format("data") for each in SPLIT), "m.bin", {"raw.csv": "b"}, "`raw.csv` changed"),
        (
            ("train: raw.csv -> out", "evaluate: out/m.bin out/test.csv -> m.json*"),
            "out/m.bin",
            {"raw.csv": "b"},
            "`raw.csv` changed",
        ),
        # the folder of the model is the model
        (
            ("train: raw.csv -> out/m.bin", "evaluate: out test.csv -> m.json*"),
            "out/m.bin",
            {"raw.csv": "b"},
            "",
        ),
        # predictions that differ although all inputs are the same
        (
            ("train: raw.csv -> m.bin data/test.csv", "evaluate: data/test.csv -> m.json*"),
            "m.bin",
            {"data/test.csv": "b"},
            "",
        ),
    ],
)
def test_which_stages_make_the_model_and_which_measure_it(
    layout: tuple[str, ...], path: str, changes: Names, text: str
) -> None:
    known = {name.replace("/", "__").replace(".", "_"): content for name, content in changes.items()}
    assert notes(pipeline(layout), pipeline(layout, **known), path) == (text, "")


def test_a_part_that_is_newly_exported_is_not_what_the_model_is_measured_on() -> None:
    layout = (TRAIN, "evaluate: out/m.bin test.csv -> m.json*")
    assert notes(pipeline(layout), pipeline((*layout, "export: out/m.bin -> out/m.onnx"))) == ("", "")


def test_each_stage_comes_once_however_many_ways_lead_to_it() -> None:
    many = [f"s{number}: {number}.csv -> a{number}.csv b{number}.csv" for number in range(40)]
    joins = [f"j{number}: a{number}.csv b{number}.csv -> {number + 1}.csv" for number in range(40)]
    known = pipeline((TRAIN, *many, *joins, "evaluate: out/m.bin 40.csv -> m.json*"))
    one = gate(known, MODEL)
    assert len(Measuring(known).stages(one)) == 81
    assert list(pairs([one], [one, one])) == [(one, one)]
