"""A stage that comes before a number is new there, wherever else it was; one that took a place is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.resolved.stage_changes import input_notes, stage_notes, undeclared_files
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import origin_of
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage
from tests.unit.gates.test_stage_changes import OLD, gates_of, messages, stage, undeclared

TRAIN, EVALUATE, _PLOT = OLD.stages
MORE = stage("more", ("python more.py",), "x.csv", "y.csv")
ELSEWHERE = Pipeline(stages=(*OLD.stages, MORE))
READS = EVALUATE._replace(deps=("model.bin", "y.csv"))
BEFORE = "Stage `more` now comes before a gate's number"


def after(more: Stage, last: Stage = READS) -> Pipeline:
    """The pipeline whose number also comes from a stage."""
    return Pipeline(stages=(TRAIN, last, more))


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (MORE, f"{BEFORE}; it runs `python more.py`"),
        (MORE._replace(cmd=("echo",)), f"{BEFORE}; it ran `python more.py`; it now runs `echo`"),
        (
            MORE._replace(wdir="z"),
            f"{BEFORE}; it ran `python more.py` in the root folder; it now runs `python more.py` in `z`",
        ),
        # one that is like one which is there, or was elsewhere, is new
        (
            stage("copy", TRAIN.cmd, "data.csv", "y.csv"),
            "Stage `copy` is new before a gate's number; it runs `python train.py`",
        ),
        (
            stage("fit", MORE.cmd, "x.csv", "y.csv"),
            "Stage `fit` is new before a gate's number; it runs `python more.py`",
        ),
    ],
)
def test_a_stage_that_newly_comes_before_a_number_is_named(more: Stage, text: str) -> None:
    assert messages(after(more), ELSEWHERE) == [text]
    assert messages(after(more), after(more)) == []


def test_of_a_gate_that_had_no_number_only_new_stages_are_named() -> None:
    none = [replace(each, source=None) for each in gates_of(ELSEWHERE)]
    new = Pipeline(stages=(*after(MORE).stages, stage("last", ("echo",), "a.csv", "z.csv")))
    assert stage_notes(ELSEWHERE, new, (none, gates_of(new))) == ()
    found = stage_notes(OLD, after(MORE), (none, gates_of(after(MORE))))
    assert [each.message for each in found] == [
        "Stage `more` is new before a gate's number; it runs `python more.py`"
    ]


def test_each_gate_is_compared_with_its_own_number() -> None:
    second = stage("second", ("echo",), "model.bin", "second.json")

    def gates(known: Pipeline) -> list[ResolvedGate]:
        place = Source(file="second.json", key="auc", origin=origin_of("second.json", known))
        other = ResolvedGate(gate="h", model="m", metric="auc", source=place)
        return [*gates_of(known), other]

    old = Pipeline(stages=(*ELSEWHERE.stages, second))
    new = Pipeline(stages=(*ELSEWHERE.stages, second._replace(deps=("model.bin", "y.csv"))))
    found = stage_notes(old, new, (gates(old), gates(new)))
    assert [each.message for each in found] == [f"{BEFORE}; it runs `python more.py`"]


DATA = stage("data", ("python data.py",), "raw.csv", "data.csv")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        # a new stage that makes what another one made, which makes something else now
        (
            (
                DATA._replace(outs=(Output(path="x.csv", owner="data"),)),
                stage("make", ("m",), "raw.csv", "data.csv"),
            ),
            ["Stage `make` is new before a gate's number; it runs `m`"],
        ),
        # one that was elsewhere
        (
            (
                DATA._replace(outs=(Output(path="x.csv", owner="data"),)),
                stage("more", ("python more.py",), "x.csv", "data.csv"),
            ),
            [
                f"{BEFORE}; it runs `python more.py`",
                "`data.csv` was made by stage `data`; it is now made by stage `more`",
            ],
        ),
    ],
)
def test_an_output_has_another_maker_if_that_was_there(new: tuple[Stage, ...], expected: list[str]) -> None:
    old = Pipeline(stages=(*ELSEWHERE.stages, DATA))
    assert messages(Pipeline(stages=(TRAIN, EVALUATE, *new)), old) == expected


def test_an_output_that_no_number_comes_from_any_more_has_any_maker() -> None:
    both = DATA._replace(outs=(*DATA.outs, Output(path="rows.csv", owner="data")))
    last = EVALUATE._replace(deps=("model.bin", "rows.csv"))
    old = Pipeline(stages=(TRAIN, last, both, MORE))
    more = MORE._replace(outs=(*MORE.outs, Output(path="rows.csv", owner="more")))
    assert messages(Pipeline(stages=(TRAIN, EVALUATE, DATA, more)), old) == []


@pytest.mark.parametrize(("cmd", "expected"), [("copy.bin", []), ("other/made.csv", ["other/made.csv"])])
def test_a_new_stage_may_name_what_stages_before_the_number_named(cmd: str, expected: list[str]) -> None:
    named = EVALUATE._replace(cmd=("python test.py copy.bin",))
    elsewhere = stage("elsewhere", ("run other/made.csv",), "x.csv", "far.csv")
    old = Pipeline(stages=(TRAIN, named, elsewhere))
    new = after(stage("more", (f"run {cmd}",), "x.csv", "y.csv"))
    new = Pipeline(stages=(*new.stages, elsewhere))
    text = "Stage `more` now names `{}`, which is not among its dependencies"
    assert undeclared(new, old) == [(("more",), text.format(each)) for each in expected]


def only(path: str, content: bytes) -> Places:
    return Places(
        file=path.__eq__,
        paths=lambda: frozenset({path}),
        read=lambda paths: {each: content for each in paths if each == path},
    )


def test_a_new_stage_may_name_a_renamed_file_of_a_stage_before_the_number() -> None:
    old = Pipeline(stages=(TRAIN, EVALUATE._replace(cmd=("python old.py",))))
    new = after(stage("more", ("python new.py",), "x.csv", "y.csv"))
    places = only("old.py", b"same"), only("new.py", b"same")
    gates = gates_of(old), gates_of(new)
    assert list(undeclared_files(old, new, gates, {"new.py"}, places=places)) == []
    elsewhere = stage("elsewhere", ("python old.py",), "x.csv", "far.csv")
    old = Pipeline(stages=(*OLD.stages, elsewhere))
    assert len(list(undeclared_files(old, new, gates, {"new.py"}, places=places))) == 1


def reading(dep: str, md5: str) -> list[ResolvedGate]:
    locked = LockedStage(cmd=("x",), deps={dep: Pointer(md5=md5 * 32)}, params={}, outs={})
    known = Pipeline(stages=(stage("train", ("x",), dep, "test.json")._replace(locked=locked),))
    place = Source(file="test.json", key="auc", origin=origin_of("test.json", known))
    return [ResolvedGate(gate="g", model="m", metric="auc", source=place)]


@pytest.mark.parametrize(("md5", "content"), [("a", "the same content"), ("b", "most of its content")])
def test_a_renamed_input_has_the_same_content_or_most_of_it(md5: str, content: str) -> None:
    lines = b"".join(b"%d\n" % each for each in range(20))
    places = only("a.csv", lines), only("b.csv", lines if md5 == "a" else lines + b"x\n")
    old, new = reading("a.csv", "a"), reading("b.csv", md5)
    (note,) = input_notes(old, new, places=places)
    assert note.message == f"Stages read `a.csv`; they now read `b.csv`, which has {content}"
    assert input_notes(old, new, places=places, reported={"a.csv"}) == ()
    assert input_notes(old, new, places=places, reported={"b.csv"}) == (note,)
