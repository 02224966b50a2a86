"""Repositories with many runs: each commit has different numbers in many metric files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.repositories.repository import DVC_IGNORES, START_S, Repository
from benchmarks.repositories.stages import metrics_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STAGE = """\
  evaluate-{0:02}:
    cmd: python src/evaluate.py metrics/{0:02}.json
    params:
    - rate
    metrics:
    - metrics/{0:02}.json:
        cache: false
"""


def runs(folder: Path, *, commits: int, files: int, listed: bool = False) -> None:
    """Make `commits` commits; each changes a parameter and ten numbers in each of `files` files.

    Each file is declared by a stage, or `listed` under `metrics:`. No commit has a dvc.lock: neither tool
    reads numbers there, and with one DVC takes half as long again.
    """
    repository = Repository(folder, dvc=False)
    names = [f"metrics/{number:02}.json" for number in range(files)]
    if listed:
        declared = "metrics:\n" + "".join(f"- {name}\n" for name in names)
    else:
        declared = "stages:\n" + "".join(map(_STAGE.format, range(files)))
    settled = {"dvc.yaml": declared, ".dvc/config": "", ".dvc/.gitignore": DVC_IGNORES, ".dvcignore": ""}
    repository.git("fast-import", "--quiet", stdin="".join(_commits(settled, names, commits)))
    repository.git("read-tree", "main")
    repository.git("checkout-index", "-a", "-f")
    repository.push()


def _commits(settled: dict[str, str], names: list[str], count: int) -> Iterator[str]:
    """Input of fast-import: the settled files in the first commit, different numbers in every commit."""
    for turn in range(count):
        committer = f"committer Bench <bench@example.org> {START_S + turn} +0000"
        yield f"commit refs/heads/main\n{committer}\ndata 3\nrun\n"
        numbers = {name: metrics_text(number, turn) for number, name in enumerate(names)}
        numbers["params.yaml"] = f"rate: {turn + 1}.5\n"
        for name, text in (numbers if turn else settled | numbers).items():
            yield f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"
