"""What gates compare, on both sides of a change: every way in which that can be swapped is a finding."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import pytest

from mlgit.core.config.file import FileBaseline, Gate
from mlgit.core.gates.evaluate import Case, vs_key
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.resolved.findings import compare_resolved
from mlgit.core.gates.resolved.resolution import ResolvedGate, resolve_case
from mlgit.core.gates.verdict import Baseline
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.support.verdicts import change, metric_file

COMMITS = {"prod": "1" * 40, "base": "2" * 40, "release": "1" * 40, "main": "2" * 40}
RULES = {
    "prod": "what is in `prod` now",
    "base": "a base",
    "release": "the newest release",
    "main": "a revision",
}
DEPS = {"train": ("data.csv", "train.py"), "evaluate": ("data.csv",)}


class World(NamedTuple):
    """What a gate reads and compares with; `stage` is None for a file made by hand."""

    file: str = "a.json"
    key: str = "test.auc"
    stage: str | None = "train"
    path: str = "model.bin"
    vs: str = "prod"
    there: str | None = "0.9"


WORLDS = [
    World(*values)
    for values in product(
        ("a.json", "b.json"),
        ("test.auc", "train.auc"),
        ("train", "evaluate", None),
        ("model.bin", "other.bin"),
        tuple(COMMITS),
        ("0.9", None),
    )
]


def pipeline(world: World) -> Pipeline:
    """Two stages, of which one makes the metric file; each has its own command."""
    stages = tuple(
        Stage(
            address=name,
            name=name,
            file="dvc.yaml",
            wdir=".",
            cmd=(name,),
            deps=deps,
            outs=(Output(path=world.file, owner=name, metric=True),) if name == world.stage else (),
        )
        for name, deps in DEPS.items()
    )
    return Pipeline(stages=stages)


def resolved(world: World, gate: Gate | None = None) -> ResolvedGate:
    """The gate of a world; both files have both keys, so that only a full name is unambiguous."""
    gate = gate or change("g", f"{world.file}:{world.key}", vs=world.vs)
    files = tuple(
        metric_file(path=path, stage=world.stage, test__auc="0.9", train__auc="0.99")
        for path in ("a.json", "b.json")
    )
    there = {} if world.there is None else {world.key.replace(".", "__"): world.there}
    baseline = Baseline(
        vs=vs_key(gate.vs or ""),
        model="m",
        state="found",
        label=f"{world.vs} there",
        rule=RULES[world.vs],
        commit=COMMITS[world.vs],
    )
    entry = BaselineFiles(baseline, (metric_file(path=world.file, **there),))
    case = Case("m", (gate,), files, {vs_key(gate.vs or ""): entry})
    (found,) = resolve_case(case, pipeline(world), path=world.path)
    return found


def codes(old: World, new: World) -> set[str]:
    return {each.code for each in compare_resolved([resolved(old)], [resolved(new)])}


def stricter(old: World, new: World) -> bool:
    """Whether a stage now makes the number, or it is compared where it was not, and nothing else differs."""
    more = old._replace(
        stage=new.stage if old.stage is None else old.stage,
        there=new.there if old.there is None else old.there,
    )
    return more == new


def test_every_swap_of_file_key_stage_model_and_baseline_is_a_finding_unless_it_is_stricter() -> None:
    known = {world: resolved(world) for world in WORLDS}
    wrong = [
        (old, new)
        for old, new in product(WORLDS, WORLDS)
        if bool(compare_resolved([known[old]], [known[new]])) is stricter(old, new)
    ]
    assert len(WORLDS) == 192
    assert wrong == []


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        ({"file": "b.json"}, {"gate_repointed"}),
        ({"key": "train.auc"}, {"gate_repointed"}),
        ({"stage": "evaluate"}, {"evidence_weakened"}),
        ({"stage": None}, {"evidence_weakened"}),
        ({"stage": None, "file": "b.json"}, {"gate_repointed"}),
        ({"stage": "evaluate", "file": "b.json"}, {"gate_repointed", "evidence_weakened"}),
        ({"path": "other.bin"}, {"gate_repointed"}),
        ({"vs": "release"}, {"gate_repointed"}),
        ({"vs": "main"}, {"gate_repointed"}),
        ({"there": None}, {"gates_loosened"}),
    ],
)
def test_each_swap_has_its_code(swap: dict[str, str], expected: set[str]) -> None:
    assert codes(World(), World()._replace(**swap)) == expected


def test_both_resolutions_are_named_in_words() -> None:
    (found,) = compare_resolved([resolved(World())], [resolved(World(key="train.auc"))])
    assert found.text == "it read `test.auc` of `a.json` (stage train); it now reads `train.auc`"
    (found,) = compare_resolved([resolved(World())], [resolved(World(file="b.json", stage=None))])
    assert found.text == "it read `a.json` (stage train); it now reads `b.json` (made by no stage)"
    (found,) = compare_resolved([resolved(World())], [resolved(World(vs="main"))])
    assert found.text == "it compared with prod there; it now compares with main there"
    assert (found.subjects, found.model) == (("g",), "m")


def test_gates_with_the_same_difference_share_a_finding() -> None:
    old, new = resolved(World()), resolved(World(path="other.bin"))
    (found,) = compare_resolved(
        [old, replace(old, gate="a"), replace(old, gate="gone")],
        [new, replace(new, gate="a"), replace(new, gate="new")],
    )
    assert found.subjects == ("a", "g")


def test_a_stage_with_another_name_and_the_same_command_is_the_same_stage() -> None:
    old = resolved(World())
    assert old.source is not None
    origin = replace(old.source.origin, name="fit")
    renamed = replace(old, source=replace(old.source, origin=origin))
    assert compare_resolved([old], [renamed]) == ()
    (found,) = compare_resolved(
        [old], [replace(old, source=replace(old.source, origin=origin, command=("echo",)))]
    )
    assert (found.code, found.text) == (
        "gate_repointed",
        "`a.json` was made by stage train; it is now made by stage fit",
    )


def test_an_imported_file_that_is_now_made_by_hand_is_a_finding_and_the_reverse_is_not() -> None:
    hand = resolved(World(stage=None))
    assert hand.source is not None
    origin = replace(hand.source.origin, kind="import", name="a.json.dvc")
    imported = replace(hand, source=replace(hand.source, origin=origin))
    assert compare_resolved([hand], [imported]) == ()
    assert [each.code for each in compare_resolved([imported], [hand])] == ["gate_repointed"]
    made = resolved(World())
    assert compare_resolved([imported], [made]) == ()


def test_a_metric_that_is_not_found_is_compared_by_name() -> None:
    old, new = resolved(World()), resolved(World())
    unknown = replace(old, source=None, reason="unknown_metric")
    assert compare_resolved([unknown], [new]) == compare_resolved([new], [unknown]) == ()
    (found,) = compare_resolved([replace(unknown, metric="f1")], [new])
    assert found.text == "the metric was `f1`; it is now `a.json:test.auc`"
    (found,) = compare_resolved([replace(unknown, reason="ambiguous_metric")], [new])
    assert found.text == "`a.json:test.auc` was ambiguous; it is now `test.auc` of `a.json` (stage train)"


def reference(value: str, **there: str) -> ResolvedGate:
    gate = change("g", "a.json:test.auc")
    gate = replace(gate, vs=FileBaseline(path="ref.json"))
    files = (metric_file(path="a.json", test__auc="0.5"),)
    baseline = Baseline(
        vs="file:ref.json",
        model="m",
        state="found",
        label="`ref.json`",
        rule="a file",
        commit=value.zfill(40),
    )
    entry = BaselineFiles(baseline, (metric_file(path="ref.json", **({"test__auc": value} | there)),))
    (found,) = resolve_case(Case("m", (gate,), files, {"file:ref.json": entry}), Pipeline())
    return found


def test_an_edited_number_in_a_reference_file_is_a_finding_and_another_number_is_not() -> None:
    assert compare_resolved([reference("0.9")], [reference("0.9", f1="1")]) == ()
    (found,) = compare_resolved([reference("0.9")], [reference("0.4")])
    assert (found.code, found.text) == ("reference_edited", "`ref.json` had 0.9; it now has 0.4")
    (found,) = compare_resolved([reference("0.9")], [reference("high")])
    assert found.text == "`ref.json` had 0.9; it now has high"


def test_a_baseline_that_is_no_longer_there_is_a_finding() -> None:
    old = resolved(World())
    assert old.reference is not None
    gone = replace(old, reference=replace(old.reference, state="none", commit=None))
    (found,) = compare_resolved([old], [gone])
    assert found.code == "gates_loosened"
    empty = "it compared with prod there; there is nothing to compare with now"
    assert found.text == f"{empty}: the environment `prod` holds nothing of `m`"
    assert compare_resolved([gone], [old]) == ()
    assert gone.reference is not None
    unnamed = replace(gone, reference=replace(gone.reference, model=None))
    assert (
        compare_resolved([old], [unnamed])[0].text == f"{empty}: the environment `prod` holds nothing of it"
    )
    elsewhere = replace(gone, reference=replace(gone.reference, place=None))
    assert compare_resolved([old], [elsewhere])[0].text == empty


def test_a_baseline_that_is_not_known_anymore_is_a_finding() -> None:
    old = resolved(World())
    assert old.reference is not None
    unknown = replace(old, reference=replace(old.reference, state="unknown", commit=None))
    (found,) = compare_resolved([old], [unknown])
    text = "it compared with prod there; what it compares with now is not known"
    assert (found.code, found.text) == ("gate_repointed", text)


def test_an_environment_under_its_name_before_a_rename_is_the_same_baseline() -> None:
    old = resolved(World())
    assert old.reference is not None
    assert old.reference.place == "prod"
    renamed = replace(old.reference, vs="live", rule="what is in `prod`, which `live` replaced")
    assert compare_resolved([old], [replace(old, reference=renamed)]) == ()
    moved = replace(renamed, place="live")
    assert [each.code for each in compare_resolved([old], [replace(old, reference=moved)])] == [
        "gate_repointed"
    ]


def test_another_place_in_the_baseline_is_a_finding() -> None:
    old = resolved(World())
    assert old.reference is not None
    assert old.reference.source is not None
    moved = replace(old.reference, source=replace(old.reference.source, key="train.auc"))
    (found,) = compare_resolved([old], [replace(old, reference=moved)])
    assert found.text.endswith("it now compares with `train.auc` of `a.json` in prod there")


def test_a_gate_without_a_baseline_on_one_side_has_no_baseline_to_compare() -> None:
    old = resolved(World())
    assert compare_resolved([old], [replace(old, reference=None)]) == ()
    assert compare_resolved([replace(old, reference=None)], [old]) == ()


@pytest.mark.parametrize(
    ("problem", "after", "expected"),
    [
        ("unreadable", "0.1", ["reference_edited"]),
        ("none", None, ["reference_edited"]),
        ("ambiguous_metric", "0.1", ["reference_edited"]),
        ("ambiguous_metric", None, ["reference_edited"]),
        ("new_metric", "0.1", []),
        ("new_metric", None, []),
        (None, None, []),
    ],
)
def test_a_reference_file_that_could_not_be_used_is_a_finding_once_it_can(
    problem: str | None, after: str | None, expected: list[str]
) -> None:
    new = reference("0.1")
    assert new.reference is not None
    if after is None:
        new = replace(new, reference=replace(new.reference, source=None, content=None, problem="new_metric"))
    assert new.reference is not None
    old = replace(new, reference=replace(new.reference, source=None, content=None, problem=problem))
    assert [each.code for each in compare_resolved([old], [new])] == expected


def test_a_baseline_that_was_ambiguous_is_a_finding_once_it_is_not() -> None:
    new = resolved(World())
    assert new.reference is not None
    old = replace(new, reference=replace(new.reference, source=None, problem="ambiguous_metric"))
    (found,) = compare_resolved([old], [new])
    assert found.code == "gate_repointed"
    assert (
        found.text == "prod there could not be used for it; now there is `test.auc` of `a.json` in prod there"
    )
