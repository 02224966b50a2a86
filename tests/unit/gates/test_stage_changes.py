"""A stage before a gate's number that runs another command is named, with both commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.resolved.stage_changes import input_notes, stage_notes, undeclared_files
from mlgit.core.pipeline.inputs import EMPTY, Places
from mlgit.core.pipeline.origin import HAND, origin_of
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage
from tests.unit.pipeline.test_inputs import origin


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
        stages=tuple(each._replace(**facts) if each.name == name else each for each in OLD.stages)
    )


def gates_of(known: Pipeline, path: str | None = None) -> list[ResolvedGate]:
    source = Source(file="test.json", key="auc", origin=origin_of("test.json", known))
    return [
        ResolvedGate(gate="g", model="m", metric="auc", source=source, path=path),
        ResolvedGate(gate="hand", model="m", metric="auc", source=replace(source, origin=HAND)),
        ResolvedGate(gate="none", model="m", metric="auc"),
    ]


def messages(new: Pipeline, old: Pipeline = OLD) -> list[str]:
    notes = stage_notes(old, new, (gates_of(old), gates_of(new)))
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
            [
                (
                    "Stage `evaluate` ran `python test.py`; "
                    "it now runs `python test.py`, then `cp \u02cba\u02cb ↩ b`"
                )
            ],
        ),
        (
            "train",
            {"wdir": "z"},
            ["Stage `train` ran `python train.py` in the root folder; it now runs `python train.py` in `z`"],
        ),
        ("train", {"wdir": ""}, []),
        ("train", {"address": "z/dvc.yaml:train"}, []),
    ],
)
def test_another_command_or_folder_is_named(name: str, facts: dict[str, Any], expected: list[str]) -> None:
    assert messages(edited(name, **facts)) == expected


def rebuilt(name: str, now: str, **facts: Any) -> Pipeline:  # noqa: ANN401 (fields of a stage)
    """The pipeline with a stage under another name, with these facts; `make` is its output."""
    (old,) = [each for each in OLD.stages if each.name == name]
    was = old.outs[0].path
    made = facts.pop("make", was)
    new = old._replace(address=now, name=now, outs=(Output(path=made, owner=now),), **facts)
    others = [
        each._replace(deps=tuple(made if dep == was else dep for dep in each.deps))
        for each in OLD.stages
        if each.name != name
    ]
    return Pipeline(stages=(new, *others))


FIT = "Stage `train` ran `python train.py`; `fit` in its place runs `python fit.py`"
NEW = "Stage `fit` is new before a gate's number; it runs `python fit.py`"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"deps": ("more.csv",)}, []),
        ({"params": {"params.yaml": None}}, []),
        ({"make": "other.bin"}, []),
        ({"cmd": ("python fit.py",)}, [FIT]),
        ({"cmd": ("python fit.py",), "deps": ("more.csv",)}, [FIT]),
        ({"cmd": ("python fit.py",), "params": {"params.yaml": None}}, [FIT]),
        ({"cmd": ("python fit.py",), "make": "other.bin"}, [NEW]),
        (
            {"wdir": "z"},
            [f"{FIT[:35]} in the root folder; `fit` in its place runs `python train.py` in `z`"],
        ),
    ],
)  # fmt: skip
def test_of_a_renamed_stage_the_command_is_compared(facts: dict[str, Any], expected: list[str]) -> None:
    assert messages(rebuilt("train", "fit", **facts)) == expected


def test_a_stage_whose_pipeline_is_in_another_folder_is_not_new() -> None:
    moved = [
        each._replace(
            address=f"ml/dvc.yaml:{each.name}",
            wdir="ml",
            deps=tuple(f"ml/{dep}" for dep in each.deps),
            outs=tuple(Output(path=f"ml/{out.path}", owner=f"ml/dvc.yaml:{each.name}") for out in each.outs),
        )
        for each in OLD.stages
    ]
    new = Pipeline(stages=tuple(moved))
    source = Source(file="ml/test.json", key="auc", origin=origin_of("ml/test.json", new))
    gates = [replace(each, source=each.source and source) for each in gates_of(OLD)]
    texts = [note.message for note in stage_notes(OLD, new, (gates_of(OLD), gates))]
    assert texts == [
        f"Stage `{name}` ran `python {script}.py` in the root folder; "
        f"`ml/dvc.yaml:{name}` in its place runs `python {script}.py` in `ml`"
        for name, script in (("evaluate", "test"), ("train", "train"))
    ]


def test_a_new_stage_that_only_makes_the_model_is_not_before_a_number() -> None:
    export = stage("export", ("python export.py",), "model.bin", "model.onnx")
    new = Pipeline(stages=(*OLD.stages, export))
    (note,) = stage_notes(OLD, new, (gates_of(OLD, "model.bin"), gates_of(new, "model.onnx")))
    assert note.message == "Stage `export` is new before the model of a gate; it runs `python export.py`"


def test_another_stage_that_makes_an_input_is_named() -> None:
    data = stage("data", ("python data.py",), "raw.csv", "data.csv")
    both = stage("train", ("python train.py",), "raw.csv", "model.bin")
    both = both._replace(outs=(*both.outs, Output(path="data.csv", owner="train")))
    evaluate = OLD.stages[1]._replace(deps=("model.bin", "data.csv"))
    before = Pipeline(stages=(data, OLD.stages[0], evaluate))
    (text,) = messages(Pipeline(stages=(both, evaluate)), before)
    assert text == "`data.csv` was made by stage `data`; it is now made by stage `train`"
    assert messages(before, before) == []
    moved = stage("plot", ("python plot.py",), "test.json", "picture.png")
    other = stage("other", ("python plot.py",), "test.json", "plot.png")
    unused = Pipeline(stages=(*OLD.stages[:2], other, moved))
    assert messages(unused, Pipeline(stages=(*OLD.stages, other._replace(outs=())))) == []


def test_an_output_that_stays_from_earlier_runs_is_named() -> None:
    kept = edited("evaluate", outs=(OLD.stages[1].outs[0]._replace(persist=True),))
    text = "`test.json` now has `persist: true`: if stage `evaluate` does not write it, it stays as it was"
    assert messages(kept) == [text]
    assert messages(kept, kept) == []
    assert messages(edited("plot", outs=(OLD.stages[2].outs[0]._replace(persist=True),))) == []


def test_a_new_stage_is_named_for_a_gate_that_the_target_has() -> None:
    new = rebuilt("train", "fit", cmd=("python fit.py",), make="other.bin")
    assert stage_notes(OLD, new, ([], gates_of(new))) == ()
    more = Pipeline(stages=(*OLD.stages, stage("idle", ("true",), "x.csv", "y.csv")))
    assert messages(more) == []


def test_of_long_commands_the_difference_is_shown() -> None:
    old = edited("train", cmd=("x" * 300 + "OLD" + "y" * 300,))
    (text,) = messages(edited("train", cmd=("x" * 300 + "NEW" + "y" * 300,)), old)
    assert f"`…{'x' * 20}OLD{'y' * 20}…`" in text
    assert f"`…{'x' * 20}NEW{'y' * 20}…`" in text
    (text,) = messages(edited("train", cmd=("x" * 300,)))
    assert text.endswith(f"`{'x' * 300}`")


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (12, None),
        (13, "Other commands run in `s11` as well; `mlgit diff` lists them"),
        (14, "Other commands run in `s11`, `s12` as well; `mlgit diff` lists them"),
    ],
)
def test_the_first_dozen_is_shown_and_all_are_named(count: int, last: str | None) -> None:
    def chain(cmd: str) -> Pipeline:
        names = [f"s{number:02}" for number in range(count)]
        outs = [*names[1:], "test.json"]
        return Pipeline(
            stages=tuple(stage(name, (cmd,), name, out) for name, out in zip(names, outs, strict=True))
        )

    found = messages(chain("new"), chain("old"))
    assert found[0].startswith(f"Stage `s{count - 1:02}` ran ")
    assert len(found) == min(count, 13)
    assert last is None or found[-1] == last


FILES = {
    "test.json",
    "params.yaml",
    "copy.bin",
    "other/made.csv",
    "more/x.csv",
    "model.bin",
    "test.py",
    "data.csv",
    "z/copy.bin",
}


def undeclared(
    new: Pipeline, old: Pipeline = OLD, path: str | None = None
) -> list[tuple[tuple[str, ...], str]]:
    found = list(undeclared_files(old, new, (gates_of(old, path), gates_of(new, path)), FILES))
    assert {(each.code, each.whole) for each in found} <= {("evidence_weakened", True)}
    return [(each.subjects, each.text) for each in found]


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("evaluate", {"cmd": ("python test.py copy.bin",)}, "`copy.bin`, which is"),
        ("evaluate", {"cmd": ("python test.py", "cat ./copy.bin")}, "`copy.bin`, which is"),
        ("evaluate", {"cmd": ("python test.py --model='copy.bin'",)}, "`copy.bin`, which is"),
        ("evaluate", {"cmd": ("run copy.bin more/x.csv",)}, "`copy.bin`, `more/x.csv`, which are"),
        ("evaluate", {"cmd": ("run copy.bin",), "wdir": "z"}, "`z/copy.bin`, which is"),
        ("evaluate", {"cmd": ("run copy.bin",), "deps": ("model.bin", "copy.bin")}, None),
        ("evaluate", {"cmd": ("run more/x.csv",), "deps": ("model.bin", "more")}, None),
        ("evaluate", {"cmd": ("run data.csv",)}, None),
        ("evaluate", {"cmd": ("run other/made.csv",)}, "`other/made.csv`, which is"),
        ("evaluate", {"cmd": ("python test.py other.bin",)}, None),
        ("train", {"cmd": ("run model.bin",)}, None),
        ("train", {"cmd": ("run data.csv",), "deps": ("model.csv",)}, None),
        ("evaluate", {"cmd": ("python test.py > test.json",)}, None),
        ("evaluate", {"cmd": ("run params.yaml",), "params": {"params.yaml": None}}, None),
        ("plot", {"cmd": ("run copy.bin",)}, None),
    ],
)
def test_a_file_that_a_command_names_and_no_dependency_covers_is_a_finding(
    name: str, facts: dict[str, Any], expected: str | None
) -> None:
    found = undeclared(edited(name, **facts))
    text = f"Stage `{name}` now names {expected} not among its dependencies"
    assert found == ([] if expected is None else [((name,), text)])
    assert undeclared(edited(name, **facts), edited(name, **facts)) == []


@pytest.mark.parametrize("word", ["@copy.bin", "copy.bin#part", "--conf=@copy.bin#part", "{copy.bin}"])
def test_a_file_with_a_mark_next_to_it_is_named(word: str) -> None:
    ((_, text),) = undeclared(edited("evaluate", cmd=(f"python test.py {word}",)))
    assert text == "Stage `evaluate` now names `copy.bin`, which is not among its dependencies"


def test_a_new_stage_may_name_what_the_old_ones_named() -> None:
    named = edited("evaluate", cmd=("python test.py copy.bin",))
    renamed = Pipeline(
        stages=tuple(
            each._replace(
                address=f"x/{each.address}",
                outs=tuple(out._replace(owner=f"x/{each.address}") for out in each.outs),
            )
            for each in named.stages
        )
    )
    assert undeclared(renamed, named) == []
    assert undeclared(renamed) == [
        (("x/evaluate",), "Stage `x/evaluate` now names `copy.bin`, which is not among its dependencies")
    ]


def test_a_renamed_stage_may_not_name_what_stages_of_other_numbers_read() -> None:
    other = stage("other", ("run copy.bin",), "more/x.csv", "other.bin")
    old = Pipeline(stages=(*OLD.stages, other))
    for cmd in ("copy.bin", "more/x.csv"):
        changed = rebuilt("evaluate", "score", cmd=("python test.py", f"cat {cmd}"))
        text = f"Stage `score` now names `{cmd}`, which is not among its dependencies"
        assert undeclared(Pipeline(stages=(*changed.stages, other)), old) == [(("score",), text)]


def test_what_another_stage_names_or_reads_does_not_count() -> None:
    found = "`copy.bin`, which is not among its dependencies"
    named = edited("evaluate", cmd=("python test.py copy.bin",))
    others = [edited("train", cmd=("python train.py copy.bin",)), edited("plot", deps=("copy.bin",))]
    for old in others:
        new = Pipeline(stages=(old.stages[0], named.stages[1], old.stages[2]))
        assert undeclared(new, old) == [(("evaluate",), f"Stage `evaluate` now names {found}")]


def test_the_stages_of_the_model_itself_count() -> None:
    export = stage("export", ("run copy.bin",), "model.bin", "out/export.onnx")
    old = Pipeline(stages=(*OLD.stages, export._replace(cmd=("run",))))
    new = Pipeline(stages=(*OLD.stages, export))
    assert undeclared(new, old) == []
    ((subjects, _),) = undeclared(new, old, path="out/")
    assert subjects == ("export",)
    others = edited("plot", cmd=("run copy.bin",))
    assert undeclared(others, path="out/") == []


@pytest.mark.parametrize(
    ("command", "program", "code"),
    [
        ("python test.py", "a", "params_changed"),
        ("python test.py", "b", "input_renamed"),
        ("python test.py --most", "a", "input_renamed"),
        ("python test.py --most=12", "a", "input_renamed"),
    ],
)
@pytest.mark.parametrize(
    ("file", "key"), [("params.yaml", "most"), ("conf.yaml", "limit"), ("params.yaml", "eval.limit")]
)
def test_a_parameter_is_only_renamed_if_something_that_reads_it_changed(
    command: str, program: str, code: str, file: str, key: str
) -> None:
    def gates(file: str, key: str, run: str, program: str, model: str) -> list[ResolvedGate]:
        deps = {"test.py": Pointer(md5=program * 32), "model.bin": Pointer(md5=model * 32)}
        locked = LockedStage(cmd=(run,), deps=deps, params={file: {key: 12}}, outs={})
        evaluate = stage("evaluate", (run,), "test.py", "test.json")._replace(
            locked=locked, deps=(*deps,), params={file: (key,)}
        )
        return gates_of(Pipeline(stages=(OLD.stages[0], evaluate)))

    # A command that has the value may be a template, which dvc.yaml has with another name.
    was = "python test.py" if "=" not in command else command
    old, new = gates("params.yaml", "limit", was, "a", "a"), gates(file, key, command, program, "b")
    (note,) = input_notes(old, new)
    assert (note.code, note.effect) == (code, "note")
    if code == "params_changed":
        assert note.message == (
            f"Stages declared `params.yaml:limit`; they now declare `{file}:{key}`, which has the same "
            "content, but no command and no program that they declare changed, so they may read neither"
        )


def test_a_renamed_input_is_a_note() -> None:
    def gates(dep: str, *, source: bool = True) -> list[ResolvedGate]:
        locked = LockedStage(cmd=("x",), deps={dep: Pointer(md5="a" * 32)}, params={}, outs={})
        pipeline = Pipeline(stages=(stage("train", ("x",), dep, "test.json")._replace(locked=locked),))
        place = Source(file="test.json", key="auc", origin=origin_of("test.json", pipeline))
        return [
            ResolvedGate(gate=name, model="m", metric="auc", source=place if source else None)
            for name in "gh"
        ]

    (note,) = input_notes(gates("a.csv"), gates("b.csv"))
    text = "Stages read `a.csv`; they now read `b.csv`, which has the same content"
    assert (note.code, note.effect, note.message) == ("input_renamed", "note", text)
    assert input_notes(gates("a.csv"), gates("a.csv")) == ()
    assert input_notes(gates("a.csv", source=False), gates("b.csv")) == ()
    assert input_notes(gates("a.csv"), gates("b.csv", source=False)) == ()


def test_a_parameter_that_was_there_before_was_not_renamed() -> None:
    def gates(name: str) -> list[ResolvedGate]:
        place = Source(file="m.json", key="auc", origin=origin({}, {"params.yaml": {name: 0.3}}))
        return [ResolvedGate(gate="g", model="m", metric="auc", source=place)]

    there = Places(param="params.yaml:rate".__eq__)
    assert len(input_notes(gates("lr"), gates("rate"), places=(EMPTY, there))) == 1
    assert input_notes(gates("lr"), gates("rate"), places=(there, EMPTY)) == ()
