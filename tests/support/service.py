"""Service: a project whose released model programs fetch, with a DVC remote that every clone finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support import pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

MODEL = '{"slope": 1.99}'


def build(
    template: Path, place: Path, *, model: str = "line", environments: tuple[str, ...] = ("staging",)
) -> Folder:
    """v1.0.0 of the model is in these environments; the template is that of tests/support/pipeline.py."""
    work = pipeline.copy(template, place)
    work.dvc("remote", "modify", "storage", "url", str(place / "storage"))
    if model != "line":
        for name in ("mlgit.yaml", "dvc.yaml", "src/train.py", "src/evaluate.py"):
            text = (work / name).read_text(encoding="utf-8")
            work.write(name, text.replace("line.json", f"{model}.json").replace("  line:", f"  {model}:"))
        work.dvc("repro", "-q")
        work.dvc("push", "-q")
    work.commit("Name the storage absolutely")
    work.git("push", "-q")
    for argv in (("release", model), *(("promote", model, "--to", each) for each in environments)):
        done = work.here(*argv)
        assert done.status == Exit.DONE, done.err
    return work


def origin(work: Folder) -> str:
    """The URL of the project."""
    return str(work.path.parent / "origin.git")
