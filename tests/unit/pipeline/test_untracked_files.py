"""Untracked files: those that git names, and those in folders that are all new."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from mlgit.project.pipeline.git_files import untracked_files

if TYPE_CHECKING:
    from mlgit.project.open import Project

PATHS = ("notes.txt", "notes.txt.md", "new/a.json", "new/b/c.json", "newer.py")


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ((), set()),
        (("notes.txt",), {"notes.txt"}),  # not what only begins like it
        (("new/", "newer.py"), {"new/a.json", "new/b/c.json", "newer.py"}),
        (("new/b/",), {"new/b/c.json"}),
    ],
)
def test_only_what_git_names_is_untracked(named: tuple[str, ...], found: set[str]) -> None:
    head, worktree = SimpleNamespace(untracked=named), SimpleNamespace(paths=lambda: PATHS)
    project = cast("Project", SimpleNamespace(head=head, worktree=worktree))
    assert untracked_files(project) == found
