"""The rules that the merge of a branch will have."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Config, Model
from mlgit.core.gates.gate_changes import compare_gates, strictness
from mlgit.core.gates.resolved.merged import (
    fitted,
    in_new_names,
    merge_rules,
    older_note,
    with_models_of_both,
)
from tests.support.verdicts import absolute

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate

LOW, MIDDLE, HIGH = (
    absolute("g", low=text, line=line) for text, line in (("0.7", 1), ("0.8", 2), ("0.9", 3))
)
ODD = absolute("g", low="0.95", severity="warn", line=5)
SIDES: tuple[Gate | None, ...] = (None, LOW, MIDDLE, HIGH, ODD)


def config(gate: Gate | None = None, **more: object) -> Config:
    return replace(Config(gates={} if gate is None else {gate.id: gate}), **more)  # type: ignore[arg-type]


def expected(base: Gate | None, target: Gate | None, own: Gate | None) -> list[Gate | None]:
    """What only one side changed counts; of what both changed, the stricter, or both."""
    if own == base:
        return [target]
    if target in (base, own):
        return [own]
    if target is None or own is None:
        return [target or own]
    order = strictness(target, own)
    if order == "looser":
        return [target]
    return [own] if order == "stricter" else [target, own]


@pytest.mark.parametrize(("base", "target", "own"), list(product(SIDES, SIDES, SIDES)))
def test_the_merge_has_the_gates_of_the_side_that_changed_them(
    base: Gate | None, target: Gate | None, own: Gate | None
) -> None:
    merged = merge_rules(config(base), config(target), config(own))
    found = [replace(gate, id="g") for _, gate in sorted(merged.strict.gates.items())]
    assert found == [gate for gate in expected(base, target, own) if gate is not None]
    assert all(name == gate.id for name, gate in merged.strict.gates.items())
    newer = tightened(base, target, own)
    assert merged.older == (("g",) if newer or (own == base and target != own) else ())
    assert not newer or merged.config.gates == merged.strict.gates


def tightened(base: Gate | None, target: Gate | None, own: Gate | None) -> bool:
    """Whether both sides made the gate stricter, the target more so."""
    if base is None or target is None or own is None:
        return False
    return strictness(base, own) == "stricter" == strictness(own, target)


def test_a_gate_of_the_target_has_no_line_of_this_branch() -> None:
    merged = merge_rules(config(LOW), config(HIGH), config(LOW))
    assert [gate.line for gate in merged.config.gates.values()] == [None]
    kept = merge_rules(config(LOW), config(LOW), config(HIGH))
    assert [gate.line for gate in kept.config.gates.values()] == [HIGH.line]


def test_both_gates_apply_under_their_own_ids_if_neither_is_stricter() -> None:
    taken = replace(LOW, id="g-of-this-branch")
    own = Config(gates={"g": ODD, taken.id: taken})
    merged = merge_rules(
        Config(gates={"g": LOW, taken.id: taken}), replace(own, gates={"g": HIGH, taken.id: taken}), own
    )
    assert merged.strict.gates["g"] == HIGH
    assert merged.strict.gates["g-of-this-branch-2"] == replace(ODD, id="g-of-this-branch-2")
    assert merged.config.gates["g"] == ODD


def test_models_and_settings_merge_and_models_that_only_the_target_has_are_left_out() -> None:
    old, new = Model(name="m", path="a"), Model(name="m", path="b")
    base = config(models={"m": old}, numbers="committed")
    target = config(models={"m": new, "n": new}, numbers="pipeline", on_loosened="fail", foreign_tags="allow")
    merged = merge_rules(base, target, base).config
    assert merged.models == {"m": new}
    assert (merged.numbers, merged.on_loosened, merged.foreign_tags) == ("pipeline", "fail", "allow")
    own = config(models={"m": old}, numbers=None, on_loosened="warn", foreign_tags="refuse")
    merged = merge_rules(base, target, own).config
    assert (merged.numbers, merged.on_loosened, merged.foreign_tags) == (None, "warn", "refuse")


@pytest.mark.parametrize(
    ("target", "own", "text"),
    [
        ("ab", "", "`a`, `b` of `main` are newer than this branch; the"),
        ("a", "", "`a` of `main` is newer than this branch; the"),
        ("", "a", "`a` is not in `main` any more; the"),
        ("a", "bc", "`a` of `main` is newer than this branch and `b`, `c` are not in `main` any more; the"),
    ],
)
def test_the_note_names_the_gates_and_the_command_that_brings_them(target: str, own: str, text: str) -> None:
    sides = [Config(gates={name: absolute(name, low="1") for name in names}) for names in (target, own)]
    note = older_note(merge_rules(sides[1], *sides), ("main", "main"))
    assert note.message.startswith(text)
    assert (note.code, note.effect) == ("older_gates", "note")
    assert note.hint == "run `git merge main` to have its gates here"


PAIRS: list[tuple[str, dict[str, str], str, dict[str, str], tuple[str, ...]]] = [
    ("0.85", {}, "0.90", {}, ()),
    ("0.90", {}, "0.85", {}, ()),
    ("0.85", {}, "0.80", {"high": "0.99"}, ()),
    ("0.75", {}, "0.90", {}, ("g",)),
    ("0.90", {}, "0.75", {}, ()),
]


@pytest.mark.parametrize(("own", "of_own", "target", "of_target", "looser"), PAIRS)
def test_a_gate_that_both_sides_tightened_is_not_loosened(
    own: str, of_own: dict[str, str], target: str, of_target: dict[str, str], looser: tuple[str, ...]
) -> None:
    base = absolute("g", low="0.8")
    theirs = config(absolute("g", low=target, **of_target))
    merged = merge_rules(config(base), theirs, config(absolute("g", low=own, **of_own)))
    changes = compare_gates(theirs.gates, merged.config.gates)
    assert tuple(each.gate for each in changes if each.kind == "loosened") == looser


def test_the_form_of_this_branch_is_not_a_gate_that_it_does_not_know() -> None:
    base = config(absolute("g", low="0.5", high="1"))
    target, own = config(absolute("g", low="0.6", high="1")), config(absolute("g", low="0.5", high="0.9"))
    merged = merge_rules(base, target, own)
    assert sorted(merged.config.gates) == ["g", "g-of-this-branch"]
    assert merged.older == ("g",)


@pytest.mark.parametrize(("target", "own"), list(product([False, True], [False, True])))
def test_the_merge_has_rules_if_one_side_has(*, target: bool, own: bool) -> None:
    merged = merge_rules(config(), config(declared=target), config(declared=own))
    assert merged.config.declared is (target or own)


def models(**paths: str) -> dict[str, Model]:
    return {name: Model(name=name, path=path) for name, path in paths.items()}


def test_a_model_that_the_target_renamed_has_its_gates_in_the_merge() -> None:
    gate = replace(LOW, models=("old", "kept"))
    base = config(gate, models=models(old="a", kept="k"))
    own = replace(base, gates={"g": replace(HIGH, models=gate.models), "h": replace(LOW, id="h")})
    target = config(replace(LOW, models=("new", "kept")), models=models(new="b", kept="k", added="c"))
    names = {"new": "old"}
    base, own = in_new_names(base, own, names), in_new_names(own, own, names)
    merged = merge_rules(base, target, own)
    assert merged.config.models == models(new="b", kept="k")
    assert merged.config.gates["g"] == replace(HIGH, models=("new", "kept"))
    assert merged.config.gates["h"].models is None
    assert with_models_of_both(base, target, own).models == models(new="b", kept="k")


@pytest.mark.parametrize(
    ("target", "own", "merged", "compared"),
    [
        (models(new="b", kept="k"), models(old="a", kept="k"), {"old", "kept"}, {"old", "kept"}),
        (models(new="b", more="c", kept="k"), models(old="x", kept="k"), {"old", "kept"}, {"old", "kept"}),
        (models(kept="k"), models(old="a", kept="k"), {"kept"}, {"kept"}),
        (models(new="b", kept="k"), models(kept="k"), {"kept"}, {"kept"}),
        (models(new="b"), models(old="a", kept="k"), {"old", "kept"}, {"old", "kept"}),
    ],
)
def test_a_model_that_the_target_may_have_renamed_is_still_judged(
    target: dict[str, Model], own: dict[str, Model], merged: set[str], compared: set[str]
) -> None:
    sides = [config(models=each) for each in (models(old="a", kept="k"), target, own)]
    found = merge_rules(*sides)
    assert {*found.config.models} == merged
    assert {*found.replaced} == merged - {*target}
    assert {*with_models_of_both(*sides).models} == compared


def test_a_new_name_that_the_branch_gives_to_another_model_is_not_taken() -> None:
    own = config(models=models(old="a", new="b"))
    assert in_new_names(own, own, {"new": "old"}) == own


THERE = {"a/m.bin", "a/x.json"}
FITS: list[tuple[Model, Model, Model]] = [
    (Model(name="m", path="b"), Model(name="m", path="a"), Model(name="m", path="a")),
    (Model(name="m", path="a/m.bin"), Model(name="m", path="a"), Model(name="m", path="a/m.bin")),
    (Model(name="m", path="b"), Model(name="m", path="c"), Model(name="m", path="b")),
    (Model(name="m", path="b"), Model(name="m"), Model(name="m", path="b")),
    (Model(name="m"), Model(name="m", path="a"), Model(name="m")),
    (Model(name="m", metrics=("b/*",)), Model(name="m", metrics=("a/*",)), Model(name="m", metrics=("a/*",))),
    (Model(name="m", metrics=("b/*",)), Model(name="m"), Model(name="m")),
    (Model(name="m", metrics=("b/*",)), Model(name="m", metrics=("c/*",)), Model(name="m", metrics=("b/*",))),
    (Model(name="m", metrics=("a/*", "b/*")), Model(name="m"), Model(name="m", metrics=("a/*", "b/*"))),
    (Model(name="m"), Model(name="m", metrics=("a/*",)), Model(name="m")),
]


@pytest.mark.parametrize(("rule", "older", "fit"), FITS)
def test_what_a_tree_does_not_have_yet_is_where_its_own_rules_say(
    rule: Model, older: Model, fit: Model
) -> None:
    other = models(n="b")
    found = fitted(config(models={"m": rule, **other}), config(models={"m": older}), THERE)
    assert found.models == {"m": fit, **other}


def test_what_git_makes_of_both_sides_is_the_merge_and_what_it_loses_is_judged() -> None:
    sides = config(LOW), config(HIGH, models=models(m="a", n="b")), config(LOW, models=models(m="a"))
    by_git = config(MIDDLE, models=models(m="a"), numbers="committed")
    found = merge_rules(*sides, by_git)
    assert found.config == by_git
    assert found.strict.gates == {"g": HIGH}
    assert found.config.gates["g"].line is None
    assert with_models_of_both(*sides).models == models(m="a")
    assert with_models_of_both(*sides, by_git).models == models(m="a", n="b")
