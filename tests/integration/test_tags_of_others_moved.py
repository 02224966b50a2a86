"""Tags of others: one that belongs to no model, moved or replaced at the remote, does not stop a fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

MOVED = (("tag", "-f", "nightly"), ("push", "-q", "-f", "origin", "nightly"))
NESTED = (
    ("push", "-q", "origin", ":nightly"),
    ("tag", "-d", "nightly"),
    ("tag", "nightly/1"),
    ("push", "-q", "origin", "nightly/1"),
)


@pytest.mark.parametrize("commands", [MOVED, NESTED], ids=["moved", "nested"])
@pytest.mark.parametrize("read", [("models", "--fetch"), ("history", "--fetch"), ("show", "line", "--fetch")])
def test_what_the_remote_has_is_fetched_all_the_same(
    staged: Folder, commands: tuple[tuple[str, ...], ...], read: tuple[str, ...]
) -> None:
    staged.git("tag", "nightly")
    staged.git("push", "-q", "origin", "nightly")
    bob = clone(staged, "bob")
    before = bob.git("rev-parse", "nightly")
    train(staged, "1.995")
    change(staged, "release", "line")
    for argv in commands:
        staged.git(*argv)
    done = bob.here(*read)
    assert done.status == Exit.DONE, done.err
    assert "v1.0.1" in done.out
    assert "nightly" not in done.out + done.err
    assert bob.git("rev-parse", "nightly") == before


def test_a_tag_of_a_model_that_was_moved_is_still_an_error(staged: Folder) -> None:
    bob = clone(staged, "bob")
    staged.git("tag", "-f", "-a", "-m", "Moved", "line@v1.0.0", "HEAD")
    staged.git("push", "-q", "-f", "origin", "line@v1.0.0")
    done = bob.here("models", "--fetch")
    assert done.status == Exit.STATE
    assert "The tag `line@v1.0.0` was moved on `origin`" in done.err
