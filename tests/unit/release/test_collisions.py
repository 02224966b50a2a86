"""Collisions: what two changes at the same moment leave behind, and whoever was second is told."""

from __future__ import annotations

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.release.collisions import collisions
from tests.support.tags import fact, stated

RELEASED = [fact("m@v1.0.0", 1), fact("m#prod#1", 1, message=stated("promote"))]


def test_two_versions_on_one_commit_are_told_to_whoever_wrote_one_of_them() -> None:
    state = replay([*RELEASED, fact("m@v2.0.0", 1)]).model("m")
    (note,) = collisions(state, {"m@v2.0.0"})
    assert note.startswith("`Ada` released this commit as `m@v1.0.0` at the same moment")
    assert collisions(state, {"m#prod#1"}) == ()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("m@v1.0.0!", "it is live in `prod`"),
        ("m#prod#1", "rejected `m@v1.0.0` at the same moment (`m@v1.0.0!`)"),
    ],
)
def test_a_rejected_version_that_is_live_is_told_to_whoever_rejected_or_promoted_it(
    written: str, told: str
) -> None:
    state = replay([*RELEASED, fact("m@v1.0.0!", 1)]).model("m")
    (note,) = collisions(state, {written})
    assert told in note
    assert "mlgit rollback m --env prod" in note
    assert collisions(state, {"m#dev#1"}) == ()


def test_what_was_rejected_and_is_not_live_any_more_is_nobodys_concern() -> None:
    tags = [*RELEASED, fact("m#prod!#2", 1, message=stated("unassign")), fact("m@v1.0.0!", 1)]
    assert collisions(replay(tags).model("m"), {"m@v1.0.0!", "m#prod#1"}) == ()
