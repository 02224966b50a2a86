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


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
@pytest.mark.parametrize("argv", [("check",), ("check", "--json"), ("diff",), ("report",)])
def test_an_unanswered_question_ends_in_an_error_and_not_in_a_traceback(
    project: Folder, tmp_path: Path, kind: str, argv: tuple[str, ...]
) -> None:
    train(project, "1.98")
    done = partial_clone(project, tmp_path / "part", kind).here(*argv)
    assert done.status == Exit.TOOL, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("trunk", ["is checked out", "is newer, and its rules are not here"])
@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_status_says_no_more_than_is_here_where_objects_are_missing(
    project: Folder, tmp_path: Path, kind: str, trunk: str
) -> None:
    train(project, "1.98")
    rules = "version: 1\nenvironments: {prod: {}}\n"
    for text in ("Declare prod", "Say why"):
        project.write("mlgit.yaml", f"{rules}# {text}\n")
        project.commit(text)
    project.git("push", "-q", "origin", "HEAD:main")
    assert project.here("release", "line").status == Exit.DONE
    assert project.here("promote", "line", "--to", "prod").status == Exit.DONE
    clone = partial_clone(project, tmp_path / "part", kind)
    if trunk != "is checked out":
        clone.git("remote", "set-url", "origin", f"file://{project.path.parent / 'origin.git'}")
        project.write("mlgit.yaml", f"{rules}# Later\n")
        project.commit("Change the rules")
        project.git("push", "-q", "origin", "HEAD:main")
        clone.git("fetch", "-q")
        clone.git("remote", "set-url", "origin", "file:///nonexistent.git")
    done = clone.here("status")
    assert done.status == Exit.DONE, done.err
    assert not done.err
    live = "prod  v1.0.0" if trunk == "is checked out" else "unknown: see the error below"
    assert live in done.out, done.out
    assert "not yet in mlgit.yaml" not in done.out
