"""Data in a model's folder is named if it differs; what is known for a part of the model is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.measured.in_model import data_in_model
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.stages import Output, Pipeline
from tests.support.measured_data import pointer
from tests.unit.gates.test_model_folder import MODEL, gate, pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "` may be measured on other data: "
Files = dict[str, str]


def named(
    old: Pipeline, new: Pipeline, listings: tuple[Files, Files] | None = None, path: str = MODEL
) -> str:
    was, now = listings or ({}, {})
    places = Places(listing=lambda _: was), Places(listing=lambda _: now)
    gates = [gate(old, path)], [gate(new, path)]
    found = data_in_model(*gates, (old, new), places=places)
    assert {(note.code, note.effect) for note in found} <= {("data_changed", "note")}
    return " ".join(note.message.removeprefix(f"`{path}{START}") for note in found)


SPLIT = "split: raw.csv -> out/{}"
TRAIN = "train: train.csv -> out/{}"
BOTH = "train: train.csv -> out/{} out/{}"


@pytest.mark.parametrize(
    ("part", "other", "text"),
    [
        *(
            ("m.bin", name, f"`out/{name}` changed")
            for name in ("test.npy", "rows.npz", "held.tgz", "holdout.pkl", "xTest.joblib", "t.csv")
        ),
        ("model.pkl", "test.pkl", "`out/test.pkl` changed"),
        ("m.onnx", "rest.pkl", "`out/rest.pkl` changed"),
        # the other one is the model
        ("m.bin", "rest.pkl", "`out/rest.pkl` changed"),
        # one of the two is
        ("a.pkl", "b.pkl", "`out/a.pkl` changed, `out/b.pkl` changed"),
        ("a.pkl", "scaler.pkl", ""),
        *(
            ("m.bin", name, "")
            for name in ("scaler.pkl", "labelEncoder.joblib", "vocab.npy", "m.onnx", "card.md")
        ),
    ],
)
@pytest.mark.parametrize("stages", ["of one stage", "of two stages"])
@pytest.mark.parametrize("dep", ["each", "folder"])
def test_a_file_in_the_folder_of_the_model_may_be_data(
    part: str, other: str, text: str, stages: str, dep: str
) -> None:
    made = (
        [BOTH.format(part, other)] if stages == "of one stage" else [TRAIN.format(part), SPLIT.format(other)]
    )
    read = f"out/{part} out/{other}" if dep == "each" else "out"
    layout = (*made, f"evaluate: {read} -> m.json*")
    changes = {f"out__{name.replace('.', '_')}": "b" for name in (part, other)}
    assert named(pipeline(layout), pipeline(layout)) == ""
    assert named(pipeline(layout), pipeline(layout, train="b", **changes)) == text


def folder(content: str) -> Pipeline:
    return pipeline(("train: train.csv -> out", "evaluate: out -> m.json*"), out=content)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({}, ""),
        ({"m.bin": "b", "config.json": "b", "rest.pkl": "b", "saved/variables.data-00000-of-00001": "b"}, ""),
        ({"test.npy": "b", "m.bin": "b"}, "`out/test.npy` changed"),
        ({"more/t.npz": "a"}, "`out/more/t.npz` is new"),
        ({"test/part-0": "a"}, "`out/test/part-0` is new"),
        ({"test.npy": ""}, "`out/test.npy` is gone"),
    ],
)
@pytest.mark.parametrize("owner", ["stage", "tracked"])
def test_of_a_folder_that_is_read_as_a_whole_what_has_a_name_of_data_counts(
    files: Mapping[str, str], text: str, owner: str
) -> None:
    was = {"m.bin": "a", "config.json": "a", "rest.pkl": "a", "saved/variables.data-00000-of-00001": "a"}
    was |= {"test.npy": "a"}
    now = {name: md5 for name, md5 in {**was, **files}.items() if md5}
    old, new = folder("a/"), folder("b/")
    if owner == "tracked":
        old, new = (
            Pipeline(
                stages=each.stages[1:],
                tracked=(Output(path="out", owner="out.dvc", pointer=pointer(content)),),
            )
            for each, content in ((old, "a/"), (new, "b/"))
        )
    assert named(old, new, (was, now)) == text


@pytest.mark.parametrize(
    ("name", "text"), [("test.npy", "`out/test.npy` changed"), ("test.bin", ""), ("a.pkl", "")]
)
def test_what_is_next_to_a_model_in_an_output_that_is_read_as_a_whole_counts(name: str, text: str) -> None:
    was = {"test.bin": "a", "test.npy": "a", "a.pkl": "a"}
    assert named(folder("a/"), folder("b/"), (was, was | {name: "b"}), "out/test.bin") == text


def test_what_a_measuring_stage_writes_there_is_no_part_of_it() -> None:
    layout = (
        "train: train.csv -> out/m.bin",
        "evaluate: out/m.bin test.csv -> out/pred.csv",
        "score: out -> m.json*",
    )
    assert named(pipeline(layout), pipeline(layout, out__m_bin="b", out__pred_csv="b")) == ""


@pytest.mark.parametrize(
    ("outs", "text"),
    [
        ("out/a.npy out/test.npy", "`out/test.npy` changed"),
        ("out/weights.npy out/bias.npy", ""),
        ("out/a.npy out/b.npy", "`out/a.npy` changed, `out/b.npy` changed"),
        ("out/a.npy", ""),
        ("out/test.npy", "`out/test.npy` changed"),
    ],
)
def test_a_folder_of_arrays_alone_has_the_model_in_it(outs: str, text: str) -> None:
    layout = (f"train: train.csv -> {outs}", "evaluate: out -> m.json*")
    changes = {name.replace("/", "__").replace(".", "_"): "b" for name in outs.split()}
    assert named(pipeline(layout), pipeline(layout, **changes)) == text
