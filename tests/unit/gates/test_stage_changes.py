"""A stage before a gate's number that runs another command is named, with both commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.resolved.stage_changes import stage_notes
from mlgit.core.pipeline.origin import HAND, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage


def stage(name: str, cmd: tuple[str, ...], dep: str, out: str, wdir: str = ".") -> Stage:
    output = Output(path=out, owner=name)
    return Stage(address=name, name=name, file="dvc.yaml", wdir=wdir, cmd=cmd, deps=(dep,), outs=(output,))


OLD = Pipeline(
    stages=(
        stage("train", ("python train.py",), "data.csv", "model.bin"),
        stage("evaluate", ("python test.py",), "model.bin", "test.json"),
        stage("plot", ("python plot.py",), "test.json", "plot.png"),
    )
)


def edited(name: str, **facts: Any) -> Pipeline:  # noqa: ANN401 (fields of a stage)
    return Pipeline(
        stages=tuple(replace(each, **facts) if each.name == name else each for each in OLD.stages)
    )


def messages(new: Pipeline, old: Pipeline = OLD) -> list[str]:
    source = Source(file="test.json", key="auc", origin=origin_of("test.json", new))
    gates = [
        ResolvedGate(gate="g", model="m", metric="auc", source=source),
        ResolvedGate(gate="hand", model="m", metric="auc", source=replace(source, origin=HAND)),
        ResolvedGate(gate="none", model="m", metric="auc"),
    ]
    notes = stage_notes(old, new, gates)
    assert {(note.code, note.effect) for note in notes} <= {("stage_changed", "note")}
    return [note.message for note in notes]


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("train", {}, []),
        ("train", {"deps": ("data.csv", "more.csv")}, []),
        ("plot", {"cmd": ("true",)}, []),
        ("train", {"cmd": ("true",)}, ["Stage `train` ran `python train.py`; it now runs `true`"]),
        (
            "evaluate",
            {"cmd": ("python test.py", "cp `a` \n b")},
            ["Stage `evaluate` ran `python test.py`; it now runs `python test.py && cp 'a' b`"],
        ),
        (
            "train",
            {"wdir": "z"},
            ["Stage `train` ran `python train.py` in the root folder; it now runs `python train.py` in `z`"],
        ),
        ("train", {"address": "z/dvc.yaml:train"}, []),
    ],
)
def test_another_command_or_folder_is_named(name: str, facts: dict[str, Any], expected: list[str]) -> None:
    assert messages(edited(name, **facts)) == expected


def test_of_long_commands_the_difference_is_shown() -> None:
    old = edited("train", cmd=("x" * 300 + "OLD" + "y" * 300,))
    (text,) = messages(edited("train", cmd=("x" * 300 + "NEW" + "y" * 300,)), old)
    assert "OLDy" in text
    assert "NEWy" in text
    assert len(text) < 300
    (text,) = messages(edited("train", cmd=("x" * 300,)))
    assert text.endswith("x…`")
    long = edited("train", cmd=("x" * 300,))
    (text,) = messages(edited("train", cmd=("x" * 200,)), long)
    assert text.endswith(f"it now runs `…{'x' * 20}`")


@pytest.mark.parametrize(
    ("count", "last"),
    [(3, None), (4, "1 more stage runs another command"), (6, "3 more stages run another command")],
)
def test_at_most_three_are_named_and_the_rest_is_counted(count: int, last: str | None) -> None:
    def chain(cmd: str) -> Pipeline:
        names = [f"s{number}" for number in range(count)]
        outs = [*names[1:], "test.json"]
        return Pipeline(
            stages=tuple(stage(name, (cmd,), name, out) for name, out in zip(names, outs, strict=True))
        )

    found = messages(chain("new"), chain("old"))
    assert len(found) == min(count, 4)
    if last is not None:
        assert found[-1] == f"{last}; `mlgit diff` lists them"
