"""Collisions: warnings about concurrent changes that both succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.release.collisions import collisions, ways_apart
from tests.support.tags import fact, stated
from tests.unit.trust.test_accept import ask, moved, rejection, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

RELEASED = [fact("m@v1.0.0", 1), fact("m#prod#1", 1, message=stated("promote"))]


def test_both_authors_are_warned_of_two_versions_on_one_commit() -> None:
    state = replay([*RELEASED, fact("m@v2.0.0", 1)]).model("m")
    (note,) = collisions(state, {"m@v2.0.0"})
    assert note.startswith("Ada released this commit as `m@v1.0.0` at the same time")
    assert collisions(state, {"m#prod#1"}) == ()


@pytest.mark.parametrize(
    ("written", "warnings"),
    [
        ("m@v1.0.0!", "it is live in `prod`"),
        ("m#prod#1", "rejected `m@v1.0.0` at the same time (`m@v1.0.0!`)"),
    ],
)
def test_both_users_are_warned_of_a_live_rejected_version(written: str, warnings: str) -> None:
    state = replay([*RELEASED, fact("m@v1.0.0!", 1)]).model("m")
    (note,) = collisions(state, {written})
    assert warnings in note
    assert "mlgit rollback m --env prod" in note
    assert collisions(state, {"m#dev#1"}) == ()


def test_a_rejected_version_causes_no_warning_once_it_is_taken_out() -> None:
    tags = [*RELEASED, fact("m#prod!#2", 1, message=stated("unassign")), fact("m@v1.0.0!", 1)]
    assert collisions(replay(tags).model("m"), {"m@v1.0.0!", "m#prod#1"}) == ()


LOW, HIGH, LATER = release("m@v0.9.9", 1), release("m@v1.0.0", 1), release("m@v0.9.9", 1, seconds=9)
ASIDE = release("m@v2.0.0", 2)


def held(tag: str, version: TagFact, **how: str) -> TagFact:
    """A tag of an environment as it is read from git, with the release that it names."""
    return moved(tag, 1, version, **how)._replace(release=version.oid)  # type: ignore[arg-type]


def no(version: TagFact) -> TagFact:
    return rejection(version)._replace(release=version.oid)


@pytest.mark.parametrize(
    ("low", "tags", "repair"),
    [
        # What an environment held stays, whether it is live, and whether the other one is rejected.
        (LOW, [held("m#prod#1", HIGH)], "{low}"),
        (LOW, [held("m#prod#1", LOW)], "{high}"),
        (LOW, [held("m#prod#1", HIGH), moved("m#prod#2", 2, ASIDE)], "{low}"),
        (
            LOW,
            [held("m#prod#1", HIGH), no(LOW)],
            "if `m@v0.9.9` is the mistake, `{low} 'm@v0.9.9!'` deletes it; ",
        ),
        # Where both were there, or neither, either one may be the mistake; the later one is named first.
        (
            LATER,
            [],
            "if `m@v0.9.9` is the mistake, `{low}` deletes it; if `m@v1.0.0` is the mistake, `{high}` ",
        ),
        (
            LOW,
            [],
            "if `m@v1.0.0` is the mistake, `{high}` deletes it; if `m@v0.9.9` is the mistake, `{low}` ",
        ),
        (LOW, [held("m#prod#1", HIGH), held("m#dev#1", LOW)], "if `m@v1.0.0` is the mistake, `{high}` "),
        # A promotion that does not count needs no release.
        (LOW, [held("m#prod#1", HIGH), held("m#dev#1", LOW, oid="0" * 40)], "{low}"),
    ],
)
def test_of_two_versions_of_a_commit_the_one_that_was_held_stays(
    low: TagFact, tags: list[TagFact], repair: str
) -> None:
    facts = [low, HIGH, ASIDE, *tags]
    raw = replay(facts).model("m")
    found = ways_apart([each for each in raw.versions if each.commit == HIGH.commit], raw, ask(*facts), None)
    expected = repair.format(low="git tag -d m@v0.9.9", high="git tag -d m@v1.0.0")
    assert found.startswith(expected)
    assert ("if " in found) is ("if " in expected)
