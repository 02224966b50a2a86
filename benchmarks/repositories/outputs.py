"""Repositories with much DVC-tracked data: many `.dvc` files, or one folder of many files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.repositories.place import Place

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.repositories.place import Stored

_A_FOLDER_HOLDS = 100
_A_PART_HOLDS = 1_000


def pointer_files(folder: Path, count: int) -> None:
    """`count` `.dvc` files over folders of a hundred, each tracking one file."""
    place = Place(folder)
    add_pointer_files(place, count)
    place.commit("Track the data")
    place.push()


def add_pointer_files(place: Place, count: int) -> None:
    """`.dvc` files, not committed yet."""
    for first in range(0, count, _A_FOLDER_HOLDS):
        inside = f"data/{first // _A_FOLDER_HOLDS:03}"
        names = [f"{number:06}.csv" for number in range(first, min(first + _A_FOLDER_HOLDS, count))]
        for name in names:
            stored = place.store(f"{inside}/{name}", f"row,{name}\n" * 20)
            place.write(f"{inside}/{name}.dvc", pointer(stored, name))
        place.write(f"{inside}/.gitignore", "".join(f"/{name}\n" for name in names))


def tracked_folder(folder: Path, count: int) -> None:
    """One `.dvc` file tracking a folder of `count` small files, a thousand in each subfolder."""
    place = Place(folder)
    texts = {
        f"{number // _A_PART_HOLDS:03}/{number:06}.csv": f"row,{number}\n" * 10 for number in range(count)
    }
    place.write("data.dvc", pointer(place.store_folder("data", texts), "data"))
    place.write(".gitignore", "/data\n")
    place.commit("Track the data")
    place.push()


def pointer(stored: Stored, path: str) -> str:
    """A `.dvc` file."""
    lines = "".join(
        f"  {key}: {json.dumps(said)}\n" for key, said in stored.entry(path).items() if key != "path"
    )
    return f"outs:\n-{lines[1:]}  path: {path}\n"
