"""Repositories with much DVC-tracked data: many `.dvc` files, or one folder of many files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.repositories.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.repositories.repository import Stored

_FILES_PER_FOLDER = 100
_FILES_PER_SUBFOLDER = 1_000


def pointer_files(folder: Path, count: int) -> None:
    """Make `count` `.dvc` files, a hundred per folder; each tracks one file."""
    repository = Repository(folder)
    add_pointer_files(repository, count)
    repository.commit("Track the data")
    repository.push()


def add_pointer_files(repository: Repository, count: int) -> None:
    """Add `.dvc` files without committing them."""
    for first in range(0, count, _FILES_PER_FOLDER):
        inside = f"data/{first // _FILES_PER_FOLDER:03}"
        names = [f"{number:06}.csv" for number in range(first, min(first + _FILES_PER_FOLDER, count))]
        for name in names:
            stored = repository.store(f"{inside}/{name}", f"row,{name}\n" * 20)
            repository.write(f"{inside}/{name}.dvc", pointer(stored, name))
        repository.write(f"{inside}/.gitignore", "".join(f"/{name}\n" for name in names))


def tracked_folder(folder: Path, count: int) -> None:
    """Make one `.dvc` file that tracks a folder of `count` small files, a thousand per subfolder."""
    repository = Repository(folder)
    texts = {
        f"{number // _FILES_PER_SUBFOLDER:03}/{number:06}.csv": f"row,{number}\n" * 10
        for number in range(count)
    }
    repository.write("data.dvc", pointer(repository.store_folder("data", texts), "data"))
    repository.write(".gitignore", "/data\n")
    repository.commit("Track the data")
    repository.push()


def pointer(stored: Stored, path: str) -> str:
    """The text of a `.dvc` file."""
    lines = "".join(
        f"  {key}: {json.dumps(value)}\n" for key, value in stored.entry(path).items() if key != "path"
    )
    return f"outs:\n-{lines[1:]}  path: {path}\n"
