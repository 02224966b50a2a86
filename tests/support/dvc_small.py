"""A small DVC project: one stage and one tracked file, run and committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIPELINE = "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n"


def build(place: Path) -> None:
    work = Folder(place)
    work.write("in", "1")
    work.write("raw", "x")
    work.write("dvc.yaml", PIPELINE)
    work.git("init", "-q", "-b", "main")
    work.dvc("init", "-q")
    work.dvc("add", "-q", "raw")
    work.dvc("repro", "-q")
    work.commit("Small")


def change(path: str, edit: Callable[[str], str]) -> Callable[[Folder], object]:
    """A function that edits the text of a file."""
    return lambda folder: folder.write(path, edit((folder / path).read_text(encoding="utf-8")))
