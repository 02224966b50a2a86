"""A value that DVC and a script may read differently is named when it comes to a measuring stage's file."""

from __future__ import annotations

import pytest
import yaml

from mlgit.core.gates.measured.spelling import spelling_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from mlgit.yaml12 import load


def stage(name: str, deps: tuple[str, ...], out: str, file: str) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=deps,
        params={file: ("x",)},
        outs=(Output(path=out, owner=name),),
    )


PIPELINE = Pipeline(
    stages=(
        stage("train", ("raw",), "model", "train.yaml"),
        stage("evaluate", ("model",), "m.json", "test.yaml"),
    )
)


def messages(old: str, new: str, file: str = "test.yaml") -> list[str]:
    origin = origin_of("m.json", PIPELINE)
    source = Source(file="m.json", key="mae", origin=origin, link=link_of("model", origin, PIPELINE))
    gates = [ResolvedGate(gate="g", model="m", metric="mae", path="model", source=source)]

    def side(text: str) -> Places:
        return Places(read=lambda paths: {path: text.encode() for path in paths if path == file})

    before, after = side(old), side(new)
    found = spelling_notes(gates, gates, PIPELINE, places=(before, after))
    assert {(each.code, each.effect) for each in found} <= {("params_changed", "note")}
    return [each.message for each in found]


@pytest.mark.parametrize(
    "value", ["010", "0o12", "1:30", "yes", "off", "Off", "[010]", "{a: 010}", "010  # ten"]
)
def test_a_value_with_two_meanings_is_named(value: str) -> None:
    text = f"eval:\n  limit: {value}\n"
    end = "which DVC and scripts that use YAML 1.1 read as different values"
    assert messages("eval:\n  limit: 10\n", text) == [f"`test.yaml` now has `limit: {value}`, {end}"]
    assert load(text.encode(), name="x") != yaml.safe_load(text)
    assert messages(text, text) == []
    assert messages("", text, "train.yaml") == []


@pytest.mark.parametrize(
    "value",
    ["10", "1_0", "0", "0.5", "1e-3", "true", "data/010", "a_1", "'010'", "10:x", "no rows", "2026-01-02"],
)
def test_other_values_are_not(value: str) -> None:
    assert messages("", f"limit: {value}\n") == []
