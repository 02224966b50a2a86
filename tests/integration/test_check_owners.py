"""A metric file that two stages or .dvc files claim proves nothing, whichever is easier."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check, results, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = GATES + "gates:\n  floor: {metric: r2, min: 0.5}\nnumbers: NUMBERS\n"
GOOD = '{"mae": 0.01, "r2": 0.99, "rows": 10}'
MD5 = hashlib.md5(GOOD.encode()).hexdigest()  # noqa: S324 (DVC's hash)


def tracked(project: Folder, path: str = "metrics/test.json") -> None:
    project.write(
        f"{path}.dvc", f"outs:\n- md5: {MD5}\n  size: {len(GOOD)}\n  hash: md5\n  path: test.json\n"
    )


def other_stage(project: Folder, place: str = "dvc.yaml", out: str = "metrics/test.json") -> None:
    text = (project / place).read_text() if (project / place).exists() else "stages:\n"
    stage = f"  zz:\n    cmd: echo\n    metrics:\n      - {out}: {{cache: false}}\n"
    project.write(place, text.replace("stages:\n", f"stages:\n{stage}"))


@pytest.mark.parametrize("numbers", ["pipeline", "committed"])
@pytest.mark.parametrize("second", ["a .dvc file", "a stage", "a stage elsewhere", "a folder"])
def test_a_metric_file_with_two_owners_is_an_error(project: Folder, second: str, numbers: str) -> None:
    project.write("mlgit.yaml", RULES.replace("NUMBERS", numbers))
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    train(project, "0.5")
    project.commit("Worse")
    assert results(check(project, status=Exit.BLOCKED))["line/floor"][1] != "not_from_pipeline"
    project.write("metrics/test.json", GOOD)
    match second:
        case "a .dvc file":
            tracked(project)
        case "a stage":
            other_stage(project)
        case "a stage elsewhere":
            other_stage(project, "z/dvc.yaml", "../metrics/test.json")
        case _:
            other_stage(project, out="metrics")
    for _ in ("in the working tree", "committed"):
        verdict = check(project, status=Exit.BLOCKED)
        (result,) = verdict["results"]
        assert (result["outcome"], result["reason"]) == ("error", "not_from_pipeline")
        assert "and only one of them can make it" in result["message"]
        project.commit("Two")


@pytest.mark.parametrize("second", ["a .dvc file", "a stage", "a folder"])
def test_an_input_of_the_numbers_with_two_owners_is_an_error(project: Folder, second: str) -> None:
    """Otherwise the record of either could be the one that the numbers are compared with."""
    project.write("mlgit.yaml", RULES.replace("NUMBERS", "pipeline"))
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    check(project, status=Exit.DONE)
    match second:
        case "a .dvc file":
            md5 = hashlib.md5((project / "data/clean.csv").read_bytes()).hexdigest()  # noqa: S324
            project.write("data/clean.csv.dvc", f"outs:\n- md5: {md5}\n  hash: md5\n  path: clean.csv\n")
        case "a stage":
            other_stage(project, "z/dvc.yaml", "../data/clean.csv")
        case _:
            other_stage(project, out="data/clean.csv/deep")
    for _ in ("in the working tree", "committed"):
        verdict = check(project, status=Exit.BLOCKED)
        (result,) = verdict["results"]
        assert (result["outcome"], result["reason"]) == ("error", "stale")
        assert "and only one of them can make it" in result["message"]
        assert result["hint"].startswith("declare it in one place only")
        project.git("add", "-Af")
        project.commit("Two")


def test_a_second_file_with_the_key_is_an_error(project: Folder) -> None:
    project.write("mlgit.yaml", RULES.replace("NUMBERS", "committed"))
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    project.write("dvclive/metrics.json", '{"r2": 0.99}')
    (result,) = check(project, status=Exit.BLOCKED)["results"]
    assert result["reason"] == "ambiguous_metric"
