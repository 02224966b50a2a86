"""Partial clones: what a clone left behind, when its remote does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import train
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

HINT = "hint: check the connection, and the address in `git remote -v`; the remote has what is missing"


def partial_clone(project: Folder, place: Path, kind: str) -> Folder:
    """A clone without the contents, or the folders, of older commits; its remote has gone."""
    origin = project.path.parent / "origin.git"
    Folder(origin).git("config", "uploadpack.allowFilter", "true")
    project.git("clone", "-q", f"--filter={kind}", f"file://{origin}", str(place))
    found = Folder(place)
    found.git("remote", "set-url", "origin", "file:///nonexistent.git")
    return found


@pytest.mark.parametrize(
    ("kind", "argv"),
    [("blob:none", ("diff", "HEAD~2", "HEAD~1")), ("tree:0", ("check",)), ("tree:0", ("diff", "HEAD~1"))],
)
def test_the_error_says_that_the_remote_keeps_the_rest(
    project: Folder, tmp_path: Path, kind: str, argv: tuple[str, ...]
) -> None:
    train(project, "1.98")
    train(project, "1.97")
    clone = partial_clone(project, tmp_path / "part", kind)
    done = clone.here(*argv)
    text = " ".join(done.err.split())
    assert done.status == Exit.TOOL
    assert "what this partial clone left behind" in text
    assert HINT in text
    assert "grafts" not in text


def test_status_does_not_say_that_nothing_is_to_do_if_it_could_not_look(
    project: Folder, tmp_path: Path
) -> None:
    train(project, "1.98")
    out = partial_clone(project, tmp_path / "part", "tree:0").here("status").out
    assert HINT in " ".join(out.split())
    assert "next: not known, because of the error above" in out
