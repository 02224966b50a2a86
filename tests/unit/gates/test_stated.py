"""Stated outcomes: which of many commits are compared, where each comparison takes long."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlgit.core.config.file import Gate
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import GateOutcome
from mlgit.project.gates.trunk import outcomes
from mlgit.project.gates.trunk.stated import grouped
from mlgit.project.gates.trunk.steps import releases_until
from mlgit.project.registry import former_names
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import V1, V2, moved, release


@pytest.mark.parametrize(
    ("now", "errors", "expected"),
    [
        (5, [], []),
        (5, [5, 4], ["a", "b"]),
        (5, [5, 4, 1, 9], ["c", "a", "b", "d"]),
        (5, [5, 5, 1, 1, 5], ["cd", "abe"]),
        (5, [2, 1, 2, 5, 1], ["ac", "be", "d"]),
        (1, [9, 8, 1, 0], ["a", "b", "c", "d"]),
        (9, [9, 8, 7, 6, 5, 4, 1], ["g", "d", "e", "f", "a", "b", "c"]),
    ],
    ids=["none", "as good", "a drop", "the same numbers", "two drops", "all are worse", "in small steps"],
)
def test_what_was_followed_by_a_drop_is_compared_first(
    now: int, errors: list[int], expected: list[str]
) -> None:
    keys = {chr(ord("a") + place): error for place, error in enumerate(errors)}

    def fails(new: Any, old: Any) -> bool:  # noqa: ANN401 (a key is anything)
        return bool((now if new is None else new) - old > 2)

    assert ["".join(each) for each in grouped(keys, fails)] == expected


def gate(vs: str, *, name: str = "drop", metric: str = "mae") -> Gate:
    return Gate(id=name, metric=metric, vs=vs)


@pytest.mark.parametrize(
    ("then", "now", "tag", "alike"),
    [
        ("release", "release", "m@v1.0.0", True),
        ("base", "release", "m@v1.0.0", True),
        ("release", "base", "m@v1.0.0", True),
        ("base", "m@latest", "m@v1.0.0", True),
        ("old@latest", "release", "old@v1.0.0", True),
        ("prod", "release", "m@v1.0.0", False),
        ("other@latest", "release", "m@v1.0.0", False),
        ("prod", "prod", "m#prod#2", True),
        ("prod", "live", "m#prod#2", True),
        ("m#prod", "live", "m#prod#2", True),
        ("old#prod", "prod", "old#prod#2", True),
        ("base", "prod", "m#prod#2", False),
        ("staging", "prod", "m#prod#2", False),
    ],
)
def test_what_a_gate_compared_with_then_is_what_one_of_now_does(
    then: str, now: str, tag: str, *, alike: bool
) -> None:
    found = fact(tag, 1)
    place = now if found.name.environment else "release"
    assert outcomes.is_alike(gate(then), gate(now), found, place=place, names=("m",)) is alike


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ([gate("prod")], ["drop"]),
        ([gate("prod"), gate("prod", name="more")], ["drop"]),
        ([gate("staging"), gate("prod", name="more")], ["more"]),
        ([gate("prod", name="more"), gate("prod", name="size", metric="size")], ["more"]),
        ([gate("prod", metric="size")], ["drop"]),
        ([gate("prod", name="unstated")], []),
    ],
    ids=["itself", "next to another", "with another baseline", "under another name", "its id", "not stated"],
)
def test_a_gate_is_found_by_its_id_then_by_its_metric(
    monkeypatch: pytest.MonkeyPatch, then: list[Gate], expected: list[str]
) -> None:
    rules: Any = SimpleNamespace(gates={each.id: each for each in then})
    monkeypatch.setattr(outcomes, "rules_then", lambda *_: rules)
    stated = tuple(GateOutcome(gate=each, outcome="pass") for each in ("drop", "more", "size"))
    tag = moved("m#prod#1", 1, V1, policy="a" * 40, gates=stated)
    project: Any = SimpleNamespace()
    found = outcomes.stated_of(project, tag, gate("prod"), lambda each: each.vs == "prod")
    assert [one.id for one, _ in found] == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (2, ["v2.0.0", "v1.0.0"]),
        (3, ["v3.0.0-rc.1", "v2.0.0", "v2.0.0-rc.1", "v1.0.0"]),
        (4, []),
    ],
    ids=["a final one", "a pre-release", "no release"],
)
def test_pre_releases_are_behind_a_pre_release_only(
    monkeypatch: pytest.MonkeyPatch, at: int, expected: list[str]
) -> None:
    monkeypatch.setattr(former_names, "may_be_released_before", lambda _: ([], []))
    rcs = release("m@v2.0.0-rc.1", 2), release("m@v3.0.0-rc.1", 3)
    state = replay((V1, V2, *rcs)).model("m")
    project: Any = SimpleNamespace()
    found = releases_until(project, state, commit(at), at=None, read=lambda _: state)
    assert [str(each.version) for each in found] == expected
