"""Collisions: warnings about concurrent changes that both succeeded."""

from __future__ import annotations

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.release.collisions import collisions
from tests.support.tags import fact, stated

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
