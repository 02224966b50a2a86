"""A number from the DVC cache counts only if the object is what its hash says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mlgit.core.wording import word
from mlgit.errors import Exit
from tests.support.checks import DATE, check, results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder

STAGE = """\
stages:
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py]
    params: [mae]
    metrics: [{metrics}]
"""
SCRIPT = """\
import os
mae = open("params.yaml").read().split()[1]
os.makedirs("metrics", exist_ok=True)
open("metrics/test.json", "w").write('{"mae": %s}' % mae)
"""
GATES = """\
version: 1
gates:
  ceiling: {metric: mae, max: 1}
  drop: {metric: mae, vs: base, max_rise: 0.1}
"""


def build(place: Folder, *, metrics: str) -> Folder:
    """Two runs whose metrics only DVC keeps: 0.1 on main, 0.5 on the branch."""
    place.dvc("init", "-q")
    place.write("evaluate.py", SCRIPT)
    place.write("dvc.yaml", STAGE.replace("{metrics}", metrics))
    place.write("mlgit.yaml", GATES)
    for branch, mae in (("main", "0.1"), ("worse", "0.5")):
        place.git("checkout", "-qB", branch)
        place.write("params.yaml", f"mae: {mae}\n")
        place.dvc("repro", "-q")
        place.commit(f"mae {mae}")
    return place


def damage(place: Folder, chosen: Callable[[bytes], bool], new: Callable[[bytes], bytes]) -> Path:
    """Change the one object of the cache with this content."""
    found = [each for each in (place / ".dvc/cache/files/md5").rglob("*") if each.is_file()]
    (path,) = [each for each in found if chosen(each.read_bytes())]
    content = new(path.read_bytes())
    os.chmod(path, 0o644)
    path.unlink()  # the file of the working tree may be the same one
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("metrics", ["metrics/test.json", "metrics"])
def test_a_damaged_baseline_is_an_error_and_not_a_number(empty_repository: Folder, metrics: str) -> None:
    project = build(empty_repository, metrics=metrics)
    options = ("--base", "main", "--rev", "HEAD", *DATE)
    assert results(check(project, *options, status=Exit.BLOCKED))["drop"][:2] == ("fail", "max_rise_broken")
    path = damage(project, lambda content: b"0.1" in content, lambda content: content.replace(b"0.1", b"0.5"))
    verdict = check(project, *options, status=Exit.BLOCKED)
    assert results(verdict)["drop"] == ("error", "baseline_unreadable", "block")
    assert results(verdict)["ceiling"][0] == "pass"
    (found,) = (each for each in verdict["results"] if each["id"] == "drop")
    assert "is not what its hash says" in found["message"]
    assert f"rm -f {word(str(path))}`" in found["hint"]


@pytest.mark.parametrize("metrics", ["metrics/test.json", "metrics"])
@pytest.mark.parametrize("options", [("--rev", "HEAD"), ()])
def test_a_damaged_candidate_is_an_error_and_not_a_number(
    empty_repository: Folder, metrics: str, options: tuple[str, ...]
) -> None:
    project = build(empty_repository, metrics=metrics)
    damage(project, lambda content: b"0.5" in content, lambda content: content.replace(b"0.5", b"0.1"))
    (project / "metrics/test.json").unlink()
    verdict = check(project, "--base", "main", *options, *DATE, status=Exit.BLOCKED)
    assert results(verdict)["drop"][0] == "error"
    assert results(verdict)["ceiling"] == ("error", "unreadable", "block")


def test_a_damaged_listing_of_a_folder_gives_no_numbers(empty_repository: Folder) -> None:
    project = build(empty_repository, metrics="metrics")
    lock = project.git("show", "main:dvc.lock")
    found = (project / ".dvc/cache/files/md5").rglob("*.dir")
    (path,) = [each for each in found if each.parent.name + each.name in lock]
    os.chmod(path, 0o644)
    path.write_text(path.read_text().replace('"md5": "', '"md5": "0')[:-40])
    verdict = check(project, "--base", "main", "--rev", "HEAD", *DATE, status=Exit.BLOCKED)
    assert results(verdict)["drop"][:2] == ("error", "baseline_unreadable")


def test_a_damaged_reference_file_and_a_leaderboard_give_no_numbers(empty_repository: Folder) -> None:
    project = build(empty_repository, metrics="metrics/test.json")
    project.write("mlgit.yaml", GATES.replace("vs: base", "vs: {file: metrics/test.json}"))
    project.commit("Compare with the file")
    damage(project, lambda content: b"0.5" in content, lambda content: content.replace(b"0.5", b"0.4"))
    verdict = check(project, "--rev", "HEAD", *DATE, status=Exit.BLOCKED)
    assert results(verdict)["drop"][0] == "error"
    done = project.here("experiments", "--json", "-n", "1")
    assert "0.4" not in done.out
    assert "is not what its hash says" in done.out + done.err
