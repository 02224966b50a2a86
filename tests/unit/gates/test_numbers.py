"""Numbers of gates: a stage makes them that reads or makes the model, or the change says that none does."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.numbers import measure
from mlgit.core.gates.resolved.findings import Finding, message_of
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import HAND, link_of, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage

Parts = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


def pipeline(parts: Parts, tracked: tuple[str, ...] = ()) -> Pipeline:
    """Stages by name: what each reads and makes; JSON files are metrics, images are plots."""
    stages = tuple(
        Stage(
            address=name,
            name=name,
            file="dvc.yaml",
            wdir=".",
            cmd=(name,),
            deps=deps,
            outs=tuple(
                Output(path=out, owner=name, metric=out.endswith(".json"), plot=out.endswith(".png"))
                for out in outs
            ),
        )
        for name, (deps, outs) in parts.items()
    )
    return Pipeline(stages=stages, tracked=tuple(Output(path=each, owner=f"{each}.dvc") for each in tracked))


def gate(known: Pipeline, file: str, path: str | None, name: str = "g", model: str = "b") -> ResolvedGate:
    origin = origin_of(file, known)
    source = Source(file=file, key="auc", origin=origin, link=link_of(path, origin, known))
    return ResolvedGate(gate=name, model=model, metric="auc", path=path, source=source)


A: Parts = {
    "prepare": (("raw.csv",), ("clean.csv", "data.json")),
    "train-a": (("clean.csv",), ("a.bin", "fit-a.json")),
    "test-a": (("a.bin",), ("a.json",)),
}
ONE = pipeline(A)
BOTH = pipeline(
    {
        **A,
        "train-b": (("clean.csv",), ("b.bin", "fit-b.json")),
        "test-b": (("b.bin",), ("b.json",)),
        "plot-b": (("b.json",), ("late-b.json",)),
    },
    ("c.bin",),
)
FOLDER: Parts = {"train": (("raw.csv",), ("m/w.bin",)), "test": (("m/w.bin",), ("m.json",))}
SENTENCE = (
    "its number is made by stage {}, and neither that nor a stage before it reads or makes the model {}"
)
BEFORE = "its number is made by stage prepare before the model `b.bin` (stage train-b) is"
BEFORE += ", so it says nothing about the model"


def found(old: list[ResolvedGate], new: list[ResolvedGate], was: Pipeline, now: Pipeline) -> dict[str, str]:
    """Message -> whether it is a finding, a note about what is new, or one about what the target has."""
    measured = measure(old, new, (was, now))
    assert {each.code for each in measured.findings} <= {"number_of_another_model"}
    return {
        **{message_of(each): "finding" for each in measured.findings},
        **{note.message: note.code for note in measured.notes if note.effect == "note"},
    }


@pytest.mark.parametrize(
    ("file", "path", "expected"),
    [
        ("b.json", "b.bin", None),
        ("fit-b.json", "b.bin", None),
        ("late-b.json", "b.bin", None),
        ("a.json", "b.bin", SENTENCE.format("test-a", "`b.bin` (stage train-b)")),
        ("fit-a.json", "b.bin", SENTENCE.format("train-a", "`b.bin` (stage train-b)")),
        ("a.json", "c.bin", SENTENCE.format("test-a", "`c.bin` (c.bin.dvc)")),
        ("a.json", "in-git.bin", SENTENCE.format("test-a", "`in-git.bin`")),
        (
            "data.json",
            "b.bin",
            BEFORE,
        ),
        ("a.json", None, None),
        ("by-hand.json", "b.bin", None),
    ],
)
def test_a_new_gate_has_a_number_of_its_model(file: str, path: str | None, expected: str | None) -> None:
    measured = found([], [gate(BOTH, file, path)], ONE, BOTH)
    assert measured == ({} if expected is None else {f"`g` of `b`: {expected}": "finding"})


def test_gates_with_the_same_number_share_a_finding() -> None:
    new = [gate(BOTH, "a.json", "b.bin", name) for name in ("x", "y")]
    (text,) = found([], new, ONE, BOTH)
    assert text.startswith("`x`, `y` of `b`: their numbers are made by stage test-a, and neither")


def test_a_gate_on_the_data_is_a_note_next_to_one_on_the_model() -> None:
    new = [gate(BOTH, "data.json", "b.bin", "rows"), gate(BOTH, "b.json", "b.bin")]
    assert [*found([], new, ONE, BOTH).values()] == ["number_of_another_model"]
    assert found([new[0]], new, BOTH, BOTH) == {}


def test_what_the_target_has_is_a_note() -> None:
    known = [gate(BOTH, "a.json", "b.bin")]
    text = f"Not proven: `g` of `b`: {SENTENCE.format('test-a', '`b.bin` (stage train-b)')}"
    assert found(known, known, BOTH, BOTH) == {text: "not_proven"}


@pytest.mark.parametrize("file", ["b.json", "data.json", "by-hand.json"])
def test_a_number_that_knew_more_before_is_a_finding(file: str) -> None:
    old, new = [gate(BOTH, file, "b.bin")], [gate(BOTH, "a.json", "b.bin")]
    assert [*found(old, new, BOTH, BOTH).values()] == ["finding"]


def test_one_cause_is_reported_once() -> None:
    old, new = [gate(BOTH, "b.json", "b.bin")], [gate(BOTH, "a.json", "b.bin")]
    other = Finding(code="evidence_weakened", subjects=("g",), text="its number proves less", model="b")
    assert measure(old, new, (BOTH, BOTH), [other]).findings == ()


def test_a_target_whose_numbers_are_not_here_may_have_had_the_same() -> None:
    known = gate(BOTH, "a.json", "b.bin")
    assert known.source is not None
    unread = ResolvedGate(gate="g", model="b", metric="auc", path="b.bin", unread=(known.source,))
    assert [*found([unread], [known], BOTH, BOTH).values()] == ["not_proven"]


@pytest.mark.parametrize(
    ("more", "tracked", "words"),
    [
        ({"other": (("raw.csv",), ("m/x.bin",))}, (), "part `m/x.bin` (stage other)"),
        ({"other": (("m/w.bin",), ("m/x.bin",))}, (), "part `m/x.bin` (stage other)"),
        ({}, ("m/t.bin",), "part `m/t.bin` (m/t.bin.dvc)"),
        (
            {"x": ((), ("m/x.bin",)), "y": ((), ("m/y.bin",))},
            (),
            "parts `m/x.bin` (stage x), `m/y.bin` (stage y)",
        ),
        ({"other": (("raw.csv",), ("m/speed.json",))}, (), None),
        ({"other": (("raw.csv",), ("m/speed.png",))}, (), None),
        ({"test": (("m/w.bin", "m/t.bin"), ("m.json",))}, ("m/t.bin",), None),
        ({"other": (("raw.csv",), ("n/x.bin",))}, (), None),
        ({"train": (("raw.csv",), ("m/w.bin", "m/x.bin")), "test": (("m",), ("m.json",))}, (), None),
        ({"other": ((), ("m/x.bin",)), "test": (("m",), ("m.json",))}, (), None),
    ],
)
def test_each_part_of_a_model_is_known_to_a_number(
    more: Parts, tracked: tuple[str, ...], words: str | None
) -> None:
    old, new = pipeline(FOLDER), pipeline({**FOLDER, **more}, tracked)
    gates = [[gate(each, "m.json", "m")] for each in (old, new)]
    text = f"No number of the gates of `b` comes from a stage that reads or makes its {words}"
    assert found(gates[0], gates[1], old, new) == ({} if words is None else {text: "finding"})
    again = {} if words is None else {f"Not proven: n{text[1:]}": "not_proven"}
    assert found(gates[1], gates[1], new, new) == again


def test_a_part_that_makes_the_model_another_one_is_reported_once() -> None:
    old, new = pipeline(FOLDER), pipeline({**FOLDER, "other": ((), ("m/x.bin",))})
    gates = [[gate(each, "m.json", "m")] for each in (old, new)]
    other = Finding(code="evidence_weakened", subjects=("b",), text="it is made otherwise", kind="model")
    assert measure(gates[0], gates[1], (old, new), [other]).findings == ()


def test_hand_numbers_are_not_of_a_stage() -> None:
    assert gate(BOTH, "by-hand.json", "b.bin").source == Source(file="by-hand.json", key="auc", origin=HAND)


READ: Parts = {"train": (("raw.csv",), ("m/w.bin", "m/c.bin")), "test": (("m/w.bin", "m/c.bin"), ("m.json",))}
ALL: Parts = {"train": (("raw.csv",), ("m/w.bin", "m/c.bin")), "test": (("m",), ("m.json",))}
MORE: Parts = {
    **READ,
    "train": (("raw.csv",), ("m/w.bin", "m/c.bin", "m/x.bin", "m/other.json", "m/other.png")),
}
WHOLE: Parts = {**READ, "train": (("raw.csv",), ("m",))}
IN_GIT: Parts = {"test": (("m/w.bin",), ("m.json",))}
NEW = "Model `b` now has `m/x.bin`, which no stage before its numbers reads"


@pytest.mark.parametrize(
    ("old", "new", "files", "text"),
    [
        (READ, READ, ((), ()), None),
        (READ, MORE, ((), ()), NEW),
        (MORE, MORE, ((), ()), None),
        (READ, {**MORE, "test": (("m",), ("m.json",))}, ((), ()), None),
        (READ, {**MORE, "test": (("m/w.bin", "m/c.bin", "m/x.bin"), ("m.json",))}, ((), ()), None),
        (ALL, MORE, ((), ()), NEW),
        (READ, WHOLE, ((), ()), "Model `b` is no longer read as a whole: stages read only a part of `m`"),
        (WHOLE, WHOLE, ((), ()), None),
        (ALL, {**ALL, "train": (("raw.csv",), ("m",))}, ((), ()), None),
        (
            {"train": (("raw.csv",), ("m/w.bin", "m.json"))},
            {"train": (("raw.csv",), ("m", "m.json"))},
            ((), ()),
            None,
        ),
        (IN_GIT, IN_GIT, (("m/w.bin",), ("m/w.bin", "m/x.bin", "n/y.bin")), NEW),
        (IN_GIT, IN_GIT, (("m/w.bin", "m/x.bin"), ("m/w.bin", "m/x.bin")), None),
        (
            {"test": (("m",), ("m.json",))},
            {"test": (("m",), ("m.json",))},
            (("m/w.bin",), ("m/x.bin",)),
            None,
        ),
        (READ, READ, ((), ("m/x.bin",)), None),
    ],
    ids=[
        "same", "another output", "known before", "read as a folder", "read as well",
        "read as a folder before", "now a folder", "a folder before", "a folder that is read",
        "not read before", "in Git",
        "in Git before", "in Git and read as a folder", "in Git next to outputs",
    ],
)  # fmt: skip
def test_what_a_model_has_and_no_stage_before_its_numbers_reads_is_a_finding(
    old: Parts, new: Parts, files: tuple[tuple[str, ...], tuple[str, ...]], text: str | None
) -> None:
    sides = pipeline(old), pipeline(new)
    gates = [[gate(side, "m.json", "m")] for side in sides]
    found = measure(gates[0], gates[1], sides, files=files).findings
    assert [each.code for each in found] == ([] if text is None else ["evidence_weakened"])
    assert [message_of(each) for each in found] == ([] if text is None else [text])


def test_of_a_renamed_folder_the_parts_are_compared_by_their_names_in_it() -> None:
    sides = pipeline(MORE), pipeline({name: _moved(each) for name, each in MORE.items()})
    gates = [[gate(side, "m.json", path)] for side, path in zip(sides, ("m", "n"), strict=True)]
    assert measure(gates[0], gates[1], sides).findings == ()


def _moved(parts: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    deps, outs = (tuple(each.replace("m/", "n/") for each in side) for side in parts)
    return deps, outs


READS_BOTH: Parts = {
    "train": (("clean.csv",), ("a.bin", "b.bin")),
    "test": (("a.bin", "b.bin"), ("a.json",)),
    "test-b": (("b.bin",), ("b.json",)),
}


@pytest.mark.parametrize(
    ("before", "file", "expected"),
    [
        (
            "a",
            "a.json",
            {"`g` of `b`: it reads `auc` of `a.json` (stage test), as `a` does": "finding"},
        ),
        ("a", "b.json", {}),
        (
            "b",
            "a.json",
            {"`g` of `a`: it reads `auc` of `a.json` (stage test), as `b` does": "finding"},
        ),
        (None, "a.json", {}),
    ],
)
def test_a_new_model_with_the_number_of_another_is_named(
    before: str | None, file: str, expected: dict[str, str]
) -> None:
    both = pipeline(READS_BOTH)
    old = [] if before is None else [gate(both, "a.json", f"{before}.bin", model=before)]
    new = [gate(both, "a.json", "a.bin", model="a"), gate(both, file, "b.bin")]
    assert found(old, new, both, both) == expected
