"""Data in a folder that a stage reads is named, however it comes there and whatever else changed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(1, 11))
FEW = "x,y\n1,2\n"
PROGRAM = "tests/measure.py"
STAGES = DVC_YAML.replace("[data/clean.csv, models/line.json, src/evaluate.py]", "[tests, models/line.json]")
MADE = "    outs: [data/clean.csv"


def link(place: str, target: str) -> Callable[[Folder], None]:
    def make(project: Folder) -> None:
        project.write("pool/rows.csv", ROWS)
        (project / place).symlink_to(target)

    return make


def submodule(project: Folder) -> None:
    inner = project.__class__(project.path.parent / "inner")
    project.git("init", "-q", str(inner.path))
    inner.write("rows.csv", ROWS)
    inner.commit("Rows")
    project.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "tests/sub")


def to_what_dvc_has(project: Folder) -> None:
    project.write("pool/rows.csv", ROWS)
    project.dvc("add", "-q", "pool/rows.csv")
    (project / "tests/rows.csv").symlink_to("../tests/other.csv")
    (project / "tests/other.csv").symlink_to("../pool/rows.csv")


def fewer_rows(project: Folder) -> None:
    project.write("pool/rows.csv", FEW)


def fewer_rows_of_dvc(project: Folder) -> None:
    (project / "pool/rows.csv").unlink()
    project.write("pool/rows.csv", FEW)
    project.dvc("add", "-q", "pool/rows.csv")


def another_commit(project: Folder) -> None:
    inner = project.__class__(project / "tests/sub")
    inner.write("rows.csv", FEW)
    inner.commit("Fewer rows")


def another_end_of_line(project: Folder) -> None:
    project.write(".gitattributes", "tests/a.csv text eol=crlf\n*.txt text\n")
    (project / "tests/a.csv").unlink()
    project.git("checkout", "tests/a.csv")


def nothing(_: Folder) -> None:
    """No other data."""


CASES: dict[str, tuple[Callable[[Folder], None], Callable[[Folder], None], str]] = {
    "only the program": (nothing, nothing, ""),
    "a link to a file": (
        link("tests/rows.csv", "../pool/rows.csv"),
        fewer_rows,
        "what the link `tests/rows.csv` leads to changed",
    ),
    "a link to a folder": (
        link("tests/rows", "../pool"),
        fewer_rows,
        "what the link `tests/rows` leads to changed",
    ),
    "links to what DVC tracks": (
        to_what_dvc_has,
        fewer_rows_of_dvc,
        "what the link `tests/other.csv` leads to changed, what the link `tests/rows.csv` leads to changed",
    ),
    "a submodule": (submodule, another_commit, "the submodule `tests/sub` is at another commit"),
    "an attribute": (nothing, another_end_of_line, "Git checks out `tests/a.csv` differently"),
}


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_other_data_is_named_next_to_an_edited_program(project: Folder, name: str, *, made: bool) -> None:
    prepare, edit, text = CASES[name]
    stages = STAGES.replace("src/evaluate.py", PROGRAM)
    if made:  # a part of the folder
        stages = stages.replace(
            "cmd: python src/prepare.py", "cmd: python src/prepare.py && cp data/clean.csv tests/made"
        )
        stages = stages.replace(MADE, f"{MADE}, tests/made")
    project.write("dvc.yaml", stages)
    project.write(PROGRAM, EVALUATE)
    project.write("tests/a.csv", ROWS)
    prepare(project)
    project.dvc("repro", "-q")
    project.commit("Read a folder")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    edit(project)
    project.write(PROGRAM, f"# The mean error\n{EVALUATE}")
    project.dvc("repro", "-q")
    project.commit("Edit")
    for argv in ((), ("--rev", "HEAD")):
        found = check(project, *argv, status=Exit.DONE)["notes"]
        messages = [each["message"] for each in found if each["code"] == "data_changed"]
        assert messages == ([f"The numbers were computed on different data: {text}"] if text else [])
