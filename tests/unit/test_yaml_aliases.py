"""Aliases may repeat values, but a small document must not become a large one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.errors import ConfigError
from mlgit.yaml12 import TOO_MANY, anchors, compose, load, plain
from mlgit.yaml12.anchors import MAX_REPEATED

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = 30
TEXT = "x" * 10_000


def doubled(level: str, *, first: str = "{x: 1}") -> str:
    """Thirty levels; each repeats the one above it, written as `%`, twice."""
    return "".join(
        f"a{number}: &a{number} {level.replace('%', f'*a{number - 1}')}\n" if number else f"a0: &a0 {first}\n"
        for number in range(LEVELS)
    )


BOMBS = {
    "mappings": doubled("{l: %, r: %}"),
    "lists": doubled("[%, %]", first="[1]"),
    "texts": doubled("[%, %]", first=TEXT),
    "merge keys": doubled("{<<: %, l: %, r: %}"),
    "a list of merge keys": doubled("{<<: [%, %], l: [%, %]}"),
    "block style": "".join(
        f"a{number}: &a{number}\n  l: *a{number - 1}\n  r: *a{number - 1}\n" if number else "a0: &a0 {x: 1}\n"
        for number in range(LEVELS)
    ),
    "a long text": f"a: &a {TEXT}\nb: [{'*a, ' * 1000}]\n",
    "a long key": f"a: &a {{{TEXT[:1000]}: 1}}\nb: [{'*a, ' * 3000}]\n",
    "one list, often": f"a: &a [{'1, ' * 2000}]\nb: [{'*a, ' * 100}]\n",
    "inside its stage": "stages:\n  s:\n    cmd: x\n    deps: &a0 [x]\n    meta:\n"
    + "".join(f"      m{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, LEVELS)),
}


@pytest.mark.parametrize("read", [load, compose])
@pytest.mark.parametrize("case", BOMBS)
def test_aliases_that_repeat_too_much_are_refused_at_once(case: str, read: Callable[..., object]) -> None:
    started = time.monotonic()
    with pytest.raises(ConfigError, match="repeat more than") as caught:
        read(BOMBS[case], name="f.yaml", strict=False)
    assert time.monotonic() - started < 1
    error = caught.value
    assert error.code == TOO_MANY
    assert error.location is not None
    line = error.location.line or 0
    assert "*a" in BOMBS[case].splitlines()[line - 1]
    assert "write the values of `&a" in (error.hint or "")


@pytest.mark.parametrize("read", [load, compose])
@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "a: &a {b: {c: *a}}\n",
        "a: &a\n  <<: *a\n",
        "&a [&b [*b]]\n",
        "a: &a [*a, *a]\nb: &a [*a]\n",
    ],
)
def test_a_value_that_repeats_itself_is_refused(text: str, read: Callable[..., object]) -> None:
    with pytest.raises(ConfigError, match="inside the value that it repeats") as caught:
        read(text, name="f.yaml", strict=False)
    assert caught.value.location is not None
    assert caught.value.location.line


def test_the_limit_counts_what_aliases_repeat_not_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_REPEATED == 100_000
    monkeypatch.setattr(anchors, "MAX_REPEATED", 1_000)
    written = ", ".join(["1"] * 1_005)
    assert len(load(f"[{written}]", name="x", strict=False)) == 1_005  # type: ignore[arg-type]
    exact = f"- &a [{', '.join(['1'] * 99)}]\n"
    assert load(exact + "- *a\n" * 10, name="x", strict=False)
    with pytest.raises(ConfigError, match="repeat more than"):
        load(exact + "- *a\n" * 10 + "- &b 1\n- *b\n", name="x", strict=False)


def test_an_anchor_that_is_set_again_means_its_latest_value() -> None:
    assert load("a: &x 1\nb: *x\nc: &x [2]\nd: *x\n&k k: *k\n", name="x", strict=False) == {
        "a": 1, "b": 1, "c": [2], "d": [2], "k": "k",
    }  # fmt: skip


def nodes(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + nodes(item) for item in value.values())
    return 1 + sum(map(nodes, value)) if isinstance(value, list) else 1


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=14))
def test_what_is_accepted_stays_small(levels: list[list[int]]) -> None:
    """Each level repeats some of the levels above it; an oracle counts the values."""
    lines, value, too_many = [], list[object](), False
    repeated = 0
    for number, level in enumerate(levels):
        used = [each for each in level if each < number]
        lines.append(f"- &a{number} [{', '.join([f'*a{each}' for each in used] + ['0'])}]\n")
        repeated += sum(nodes(value[each]) for each in used)
        too_many = too_many or repeated > MAX_REPEATED
        value.append([*(value[each] for each in used), 0])
    if too_many:
        with pytest.raises(ConfigError, match="repeat more than"):
            load("".join(lines), name="x", strict=False)
        return
    assert load("".join(lines), name="x", strict=False) == value
    root = compose("".join(lines), name="x", strict=False)
    assert root is not None
    assert plain(root) == value
