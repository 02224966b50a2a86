"""Renamed inputs: the same content under another name is not a dropped input."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import NumbersOrigin, joined_origin, origin_of, renamed_inputs, weaker
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage

A, B = "a" * 32, "b" * 32


def _never(_: str) -> bool:
    return False


def origin(
    deps: dict[str, str | None],
    params: dict[str, dict[str, Any]] | None = None,
    *,
    whole: tuple[str, ...] = (),
) -> NumbersOrigin:
    """The origin of numbers whose stage has these recorded inputs; `whole` parameter files have no keys."""
    params = params or {}
    locked = LockedStage(
        cmd=("run",),
        deps={dep: None if md5 is None else Pointer(md5=md5) for dep, md5 in deps.items()},
        params=params,
        outs={},
    )
    stage = Stage(
        address="train",
        name="train",
        file="dvc.yaml",
        wdir=".",
        cmd=("run",),
        deps=tuple(deps),
        params={file: None if file in whole else tuple(keys) for file, keys in params.items()},
        outs=(Output(path="m.json", owner="train"),),
        locked=locked,
    )
    return origin_of("m.json", Pipeline(stages=(stage,)))


@pytest.mark.parametrize(
    ("old", "new", "dropped", "renamed"),
    [
        ({"a": A}, {"b": A}, [], {"a": "b"}),
        ({"a": A}, {"b": B}, ["dep a was dropped"], {}),
        ({"a": None}, {"b": None}, ["dep a was dropped"], {}),
        ({"a": A, "b": A}, {"c": A}, ["dep b was dropped"], {"a": "c"}),
        ({"a": A, "b": A}, {"b": A}, ["dep a was dropped"], {}),
        ({"a": A, "b": A}, {"c": A, "d": A}, [], {"a": "c", "b": "d"}),
        ({"src/a": A}, {"src": B}, [], {}),
    ],
)
def test_a_dependency_with_the_same_content_is_renamed_once(
    old: dict[str, str | None], new: dict[str, str | None], dropped: list[str], renamed: dict[str, str]
) -> None:
    assert list(weaker(origin(old), origin(new))) == dropped
    assert renamed_inputs(origin(old), origin(new)) == renamed


P = "params.yaml"


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        ({P: {"lr": 0.3}}, {P: {"rate": 0.3}}, {f"{P}:lr": f"{P}:rate"}),
        ({P: {"t.lr": 0.3}}, {P: {"t.rate": 0.3}}, {f"{P}:t.lr": f"{P}:t.rate"}),
        ({P: {"t": {"lr": 1}}}, {P: {"u": {"lr": 1}}}, {f"{P}:t": f"{P}:u.lr"}),
        ({P: {"lr": 0.3}}, {P: {"t": {"rate": 0.3}}}, None),
        ({P: {"lr": 0.3}}, {"conf.yaml": {"rate": 0.3}}, None),
        ({P: {"lr": 0.3}}, {P: {"rate": 0.3, "drop": 0.3}}, None),
        ({P: {"lr": 0.3}}, {P: {"rate": 0.3, "t": {"lr": 0.3}}}, {f"{P}:lr": f"{P}:t.lr"}),
        ({P: {"lr": True}}, {P: {"rate": True}}, None),
        ({P: {"lr": 1}}, {P: {"rate": 1}}, None),
        ({P: {"lr": 1}}, {P: {"rate": 2}}, None),
        ({P: {"lr": 1}}, {P: {"rate": "1"}}, None),
        ({P: {"lr": 1}}, {P: {"train": {"n": 1, "lr": 1}}}, {f"{P}:lr": f"{P}:train.lr"}),
        ({P: {"lr": 1}}, {"conf.yaml": {"lr": 1}}, {f"{P}:lr": "conf.yaml:lr"}),
        ({P: {"t": {"a": 1, "b": [2]}}}, {"q": {"a": 1, "b": [2]}}, {f"{P}:t": "q:a, q:b"}),
        ({P: {"t": {"a": 1, "b": [2]}}}, {"q": {"a": 1}}, None),
        ({P: {"t": {"a": 1, "b": 1}}}, {"q": {"b": 1, "a": 1}}, {f"{P}:t": "q:a, q:b"}),
        ({P: {"lr": 0.3}}, {"q": {"lr": 0.3}, "r": {"lr": 0.3}}, {f"{P}:lr": "q:lr"}),
        ({P: {"lr": 0.3}}, {P: {"t": {"rate": 0.3}, "rate": 0.4}}, None),
        ({P: {"lr": {1: [date(2026, 5, 3)]}}}, {"q": {"lr": {1: [date(2026, 5, 3)]}}}, {f"{P}:lr": "q:lr.1"}),
        ({P: {"lr": 1, "n": 1}}, {P: {"n": 1}}, None),
        ({P: {"t": {}}}, {"q": {"a": 1}}, None),
        ({P: {"t": {}}}, {"q": {"t": {}}}, {f"{P}:t": "q:t"}),
        ({P: {"t": {}}}, {P: {"u": {}}}, None),
        ({P: {"t": {"a": {}}}}, {P: {"u": {"b": {}}}}, None),
    ],
)
def test_a_parameter_with_the_same_values_is_renamed_once(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], renamed: dict[str, str] | None
) -> None:
    before, after = origin({}, old), origin({}, new)
    assert renamed_inputs(before, after) == (renamed or {})
    name = next(iter(old[P]))
    assert list(weaker(before, after)) == ([] if renamed else [f"param {P}:{name} was dropped"])


def test_a_whole_parameter_file_is_renamed_with_all_its_values() -> None:
    before = origin({}, {P: {"lr": 1, "n": 2}}, whole=(P,))
    assert renamed_inputs(before, origin({}, {"q": {"lr": 1, "n": 2}}, whole=("q",))) == {
        f"{P}:": "q:lr, q:n"
    }
    assert weaker(before, origin({}, {"q": {"lr": 1}}, whole=("q",))) == (f"param {P}: was dropped",)


@pytest.mark.parametrize("value", [1, 0.3, True, "adam"])
def test_a_value_that_two_lost_parameters_have_says_nothing(value: object) -> None:
    before = origin({}, {P: {"a": value, "b": value}})
    dropped = (f"param {P}:a was dropped", f"param {P}:b was dropped")
    assert weaker(before, origin({}, {P: {"c": value}})) == dropped
    assert weaker(before, origin({}, {P: {"c": value, "d": value}})) == dropped


def test_what_is_still_there_was_not_renamed() -> None:
    """The stage may read it as before, and later changes of it would make nothing stale."""
    old = origin({"a": A}, {P: {"lr": 0.3, "t": {"x": 2, "y": 3}}})
    new = origin({"b": A}, {P: {"rate": 0.3, "u": {"x": 2, "y": 3}}})
    names = [f"param {P}:lr was dropped", f"param {P}:t was dropped"]
    assert renamed_inputs(old, new).keys() == {"a", f"{P}:lr", f"{P}:t"}
    for there in ("a", f"{P}:lr", f"{P}:t"):
        now = Places(file="a".__eq__ if there == "a" else _never, param=there.__eq__)
        (text,) = weaker(old, new, now=now)
        assert text == ("dep a was dropped" if there == "a" else f"param {there} was dropped")
        assert there not in renamed_inputs(old, new, now=now)
    both = Places(file="a".__eq__, param=lambda _: True)
    assert list(weaker(old, new, now=both)) == ["dep a was dropped", *names]


def test_a_single_value_that_was_there_before_is_another_parameter() -> None:
    old, new = origin({}, {P: {"lr": 0.3}}), origin({}, {P: {"rate": 0.3}})
    assert weaker(old, new) == ()
    before = Places(param=f"{P}:rate".__eq__)
    assert weaker(old, new, before=before) == (f"param {P}:lr was dropped",)


def test_each_added_parameter_is_the_new_name_of_one() -> None:
    before = origin({}, {P: {"a.lr": 0.3, "b.lr": 0.3}})
    assert renamed_inputs(before, origin({}, {"q": {"lr": 0.3}})) == {f"{P}:a.lr": "q:lr"}
    kept = origin({}, {P: {"a.lr": 0.3, "lr": 0.3}})
    assert renamed_inputs(kept, origin({}, {P: {"lr": 0.3}})) == {}


def test_a_list_whose_keys_are_in_another_order_is_the_same_value() -> None:
    one, other = {"x": 1, "y": 2}, {"y": 2, "x": 1}
    before, after = origin({}, {P: {"grid": [one]}}), origin({}, {"q": {"grid": [other]}})
    assert renamed_inputs(before, after) == {f"{P}:grid": "q:grid"}


def test_only_stages_have_inputs_that_can_be_renamed() -> None:
    hand = NumbersOrigin(kind="hand")
    assert renamed_inputs(hand, origin({})) == renamed_inputs(origin({}), hand) == {}
    assert joined_origin([hand]) is None


def test_origins_of_several_stages_have_all_their_inputs() -> None:
    found = joined_origin([origin({"a": A}, {P: {"x": 1}}), NumbersOrigin(kind="hand"), origin({"b": B})])
    assert found is not None
    assert (found.deps, found.params) == (("a", "b"), (f"{P}:x",))
    assert found.recorded.hashes == {"a": A, "b": B}
    assert found.recorded.values == {f"{P}:x": "1"}
