"""Tracked data: a project with a large tracked directory and a tracked file, and what status reads."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from mlgit.adapters.dvc.data import bulk, hashes
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

# Files untouched for this long are settled; two seconds would make slow tests.
TICK_S = 0.02
FILES = 250


def build(place: Path) -> None:
    """Make the project at `work` below a folder."""
    work = Folder(place / "work")
    work.path.mkdir(parents=True)
    work.git("init", "-q")
    work.dvc("init", "-q")
    for number in range(FILES):
        work.write(f"data/many/{number % 7}/{number}.csv", f"row {number}\n")
    work.write("data/one.csv", "one\n")
    work.dvc("add", "-q", "data/many", "data/one.csv")
    work.commit("Track data")


class Work:
    """The work of a status: the names of hashed files and of opened pointer files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashed: list[str] = []
        self.opened: list[str] = []
        hash_file, read = hashes.file_md5, WorkingTree.read

        def hashing(path: str, **options: Any) -> str:  # noqa: ANN401 (whatever it takes)
            self.hashed.append(os.path.basename(path))
            return hash_file(path, **options)

        def reading(tree: WorkingTree, path: str, **options: Any) -> bytes | None:  # noqa: ANN401
            if path.endswith((".dvc", "dvc.lock")):
                self.opened.append(path)
            return read(tree, path, **options)

        monkeypatch.setattr(bulk, "file_md5", hashing)
        monkeypatch.setattr(WorkingTree, "read", reading)


def settle() -> None:
    """Wait until the files are settled."""
    time.sleep(2 * TICK_S)


def states(folder: Folder) -> dict[str, str]:
    """The data that status reports: path -> state."""
    done = folder.here("status", "--json")
    assert done.status == Exit.DONE, done.err
    found = done.json()
    assert found["failures"] == []
    return {each["path"]: each["workspace"] for each in found["data"]}


def place_of_index(folder: Folder) -> Path:
    return folder / ".git/mlgit/status/index"


def put_back(path: Path, change: Callable[[], object]) -> None:
    """Change a file and restore its modification time."""
    before = path.stat()
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
