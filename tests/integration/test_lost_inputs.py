"""Test data that a number is no longer made from is a finding, also if another stage reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

TESTSET = """\
  testset:
    cmd: cp data/clean.csv data/test.csv
    deps: [data/clean.csv]
    outs: [data/test.csv]
  train:
"""


def edit(project: Folder, old: str, new: str, file: str = "dvc.yaml") -> None:
    text = (project / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new))


def raw_data(project: Folder) -> None:
    """The stage that measures reads the same data as the first one."""
    edit(project, "[data/clean.csv, models/line.json,", "[data/raw.csv, models/line.json,")
    edit(project, "data/clean.csv", "data/raw.csv", "src/evaluate.py")


def made_by_stage(project: Folder) -> None:
    """A stage makes the test data."""
    edit(project, "[data/clean.csv, models/line.json,", "[data/test.csv, models/line.json,")
    edit(project, "data/clean.csv", "data/test.csv", "src/evaluate.py")
    edit(project, "  train:\n", TESTSET)


def rows_in_code(project: Folder) -> None:
    edit(project, "[data/raw.csv, models/line.json,", "[models/line.json,")
    edit(project, 'open("data/raw.csv").read().splitlines()[1:]', '["1,1.93"]', "src/evaluate.py")


def by_hand(project: Folder) -> None:
    edit(project, TESTSET, "  train:\n")
    (project / "data/test.csv").unlink()
    edit(project, "/test.csv\n", "", "data/.gitignore")
    project.write("data/test.csv", "x,y\n1,1.93\n")


def from_nothing(project: Folder) -> None:
    edit(
        project,
        TESTSET,
        TESTSET.replace("testset", "tests").replace("cp data/clean.csv", "head -2 data/raw.csv >"),
    )
    edit(
        project,
        "deps: [data/clean.csv]\n    outs: [data/test",
        "deps: [src/evaluate.py]\n    outs: [data/test",
    )


@pytest.mark.parametrize(
    ("prepare", "edits", "finding"),
    [
        (raw_data, rows_in_code, "dep data/raw.csv was dropped from stage evaluate"),
        (made_by_stage, by_hand, "data/test.csv was made by stage testset; it is now made by no stage"),
        (made_by_stage, from_nothing, "dep data/clean.csv was dropped from stage tests"),
    ],
)
def test_test_data_that_the_number_is_no_longer_made_from_is_a_finding(
    project: Folder, prepare: Callable[[Folder], None], edits: Callable[[Folder], None], finding: str
) -> None:
    prepare(project)
    project.dvc("repro", "-q")
    project.commit("Measure otherwise")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    edits(project)
    project.write("params.yaml", "train:\n  slope: 1.93\n")
    project.dvc("repro", "-q")
    project.commit("Edit")
    verdict = check(project, status=Exit.DONE)
    found = [each for each in verdict["notes"] if each["effect"] == "warn"]
    assert [each["code"] for each in found] == ["evidence_weakened"]
    assert found[0]["message"].endswith(f" less: {finding}")


@pytest.mark.parametrize("kept", ["Git", "DVC"])
def test_files_of_a_model_that_no_stage_measures_are_a_finding(project: Folder, kept: str) -> None:
    edit(project, "models/line.json", "models/net/line.json")
    edit(project, "models/line.json", "models/net", "mlgit.yaml")
    for file in ("src/train.py", "src/evaluate.py"):
        edit(project, "models/line.json", "models/net/line.json", file)
    (project / "models/net").mkdir()
    project.dvc("repro", "-q")
    project.commit("Make a folder the model")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    cached = "" if kept == "DVC" else ": {cache: false}"
    edit(
        project,
        "outs: [models/net/line.json]",
        f"outs: [models/net/line.json, {{models/net/more.json{cached}}}]",
    )
    if kept == "DVC":
        edit(project, "{models/net/more.json}", "models/net/more.json")
    project.write(
        "src/train.py", (project / "src/train.py").read_text() + "open('models/net/more.json', 'w')\n"
    )
    project.write("params.yaml", "train:\n  slope: 1.991\n")
    project.dvc("repro", "-q")
    project.commit("Edit")
    found = [each for each in check(project, status=Exit.DONE)["notes"] if each["effect"] == "warn"]
    assert [each["message"] for each in found] == [
        "Model `line` now has `models/net/more.json`, which no stage before its numbers reads"
    ]


def test_data_of_a_stage_that_trunk_has_elsewhere_is_a_finding(project: Folder) -> None:
    command = "(head -1 data/clean.csv; echo 1,1.93) > data/sample.csv"
    stage = f"  sample:\n    cmd: {command}\n    deps: [data/clean.csv]\n    outs: [data/sample.csv]\n"
    edit(project, "  train:\n", f"{stage}  train:\n")
    project.dvc("repro", "-q")
    project.commit("Make a sample")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    edit(project, "[data/clean.csv, models/line.json,", "[data/sample.csv, models/line.json,")
    edit(project, "data/clean.csv", "data/sample.csv", "src/evaluate.py")
    project.write("params.yaml", "train:\n  slope: 1.93\n")
    project.dvc("repro", "-q")
    project.commit("Edit")
    notes = {each["code"]: each["message"] for each in check(project, status=Exit.DONE)["notes"]}
    text = "dep data/clean.csv was dropped from stage evaluate, which now has it only through stage sample"
    assert notes["evidence_weakened"].endswith(f" less: {text}")
    named = f"Stage `sample` now comes before a gate's number; it runs `{command}`"
    assert notes["stage_changed"] == named
