"""Numbers in records that DVC itself no longer reads do not count: no run can confirm them."""

from __future__ import annotations

import re
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

GOOD = '{"mae": 0.05, "r2": 0.95, "rows": 10}'


def hashed(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def old_lock(project: Folder) -> None:
    """dvc.lock as DVC 1 wrote it, with the hash of numbers by hand."""
    numbers = (project / "metrics/test.json").read_text()
    lock = (project / "dvc.lock").read_text().replace(hashed(numbers), hashed(GOOD)).split("stages:\n")[1]
    project.write("dvc.lock", re.sub("(?m)^  ", "", lock))


def old_stage(project: Folder) -> None:
    """A stage in a .dvc file, as before DVC 1."""
    text = (project / "dvc.yaml").read_text()
    start, end = text.index("  evaluate:"), text.index("artifacts:")
    project.write("dvc.yaml", text[:start] + text[end:])
    files = ("data/clean.csv", "models/line.json", "src/evaluate.py")
    deps = "".join(
        f"- {{path: {path}, hash: md5, md5: {hashed((project / path).read_text())}}}\n" for path in files
    )
    out = f"- {{path: metrics/test.json, hash: md5, md5: {hashed(GOOD)}, cache: false, metric: true}}\n"
    project.write("evaluate.dvc", f"cmd: python src/evaluate.py\ndeps:\n{deps}outs:\n{out}")


@pytest.mark.parametrize(
    ("edit", "hint"),
    [
        (old_lock, "remove the `dvc.lock` that DVC does not read, then run `mlgit run`"),
        (old_stage, "declare the stage in `dvc.yaml`, remove the `.dvc` file, then run `mlgit run`"),
    ],
)
def test_a_number_whose_record_dvc_does_not_read_is_an_error(
    project: Folder, edit: Callable[[Folder], None], hint: str
) -> None:
    project.git("checkout", "-qb", "topic")
    project.write("params.yaml", "train:\n  slope: 1.93\n")
    project.dvc("repro", "-q")
    edit(project)
    project.write("metrics/test.json", GOOD)
    project.commit("Write numbers")
    verdict = check(project, status=Exit.BLOCKED)
    assert {(each["outcome"], each["reason"], each["hint"]) for each in verdict["results"]} == {
        ("error", "stale", hint)
    }
