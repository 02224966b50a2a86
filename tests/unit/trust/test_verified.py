"""Which models a run verifies: each has its turn, whatever the tags of the others are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from mlgit.core.registry.replay import replay
from mlgit.project.trust.verified import Verified, chosen
from tests.support.tags import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mlgit.project.open import Project


@pytest.mark.parametrize(
    ("waiting", "asked", "expected"),
    [
        ([], {}, []),
        ([("a", "1")], {}, ["a"]),
        ([("a", "1"), ("b", "1"), ("c", "1")], {}, ["a", "b"]),
        # those that were never asked come first, then those that were asked longest ago
        ([("a", "1"), ("b", "1"), ("c", "1")], {"a": "1", "b": "1"}, ["c", "a"]),
        ([("a", "1"), ("b", "1"), ("c", "1")], {"b": "1", "c": "1", "a": "1"}, ["b", "c"]),
        # with other tags it was not asked
        ([("a", "1"), ("b", "2"), ("c", "1")], {"a": "1", "c": "1", "b": "1"}, ["b", "a"]),
    ],
)
def test_who_has_a_turn(
    waiting: Sequence[tuple[str, str]], asked: Mapping[str, str], expected: Sequence[str]
) -> None:
    assert chosen(waiting, asked, 2) == expected


def run(folder: Path, refused: Iterable[str] = (), *, more: Iterable[str] = ()) -> list[str]:
    """The models that one run verifies; those that are `refused` have a tag that does not count."""
    project = cast("Project", SimpleNamespace(cache_dir=str(folder), trunk=None))
    tags = [fact(f"{name}@v1.0.0", 1) for name in "abc"]
    states = [replay([*tags, *(fact(each, 2) for each in more)]).model(name) for name in "abcd"]
    known = Verified(project)
    known.choose(states)
    turns = [each for each in states if not known.knows(each) and known.has_turn(each)]
    for each in turns:
        known.note(each, counts=each.name not in refused)
    return [each.name for each in turns]


def test_models_that_never_all_count_leave_turns_to_the_others(tmp_path: Path) -> None:
    found = [run(tmp_path, "ab") for _ in range(3)]
    assert found == [["a", "b"], ["a", "c"], ["a", "b"]]  # `c` counts, and needs no turn any more


def test_of_many_that_never_all_count_each_has_its_turn(tmp_path: Path) -> None:
    found = [run(tmp_path, "abc") for _ in range(4)]
    assert found == [["a", "b"], ["a", "c"], ["a", "b"], ["a", "c"]]


def test_what_counted_is_asked_again_with_a_new_tag(tmp_path: Path) -> None:
    assert [run(tmp_path), run(tmp_path), run(tmp_path)] == [["a", "b"], ["c"], []]
    assert run(tmp_path, more=["b@v2.0.0"]) == ["b"]
