"""Stated outcomes: which of many commits are compared, where each comparison takes long."""

from __future__ import annotations

from typing import Any

import pytest

from mlgit.project.gates.trunk.stated import grouped


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
