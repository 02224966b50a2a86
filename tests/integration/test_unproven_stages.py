"""Results that DVC calls up to date, and that no run made from these inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def freeze(project: Folder, stage: str) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace(f"  {stage}:\n", f"  {stage}:\n    frozen: true\n"))


@pytest.mark.parametrize("frozen", ["prepare", "train", "evaluate"])
@pytest.mark.parametrize("edited", ["src/prepare.py", "src/train.py", "src/evaluate.py", "params.yaml"])
def test_numbers_past_a_frozen_stage_are_stale_if_an_input_changed(
    project: Folder, frozen: str, edited: str
) -> None:
    freeze(project, frozen)
    project.commit("Freeze")
    project.git("push", "-q")
    assert check(project, "--rev", "HEAD", status=Exit.DONE)
    text = (project / edited).read_text()
    project.write(edited, text.replace("1.99", "1.5") if edited == "params.yaml" else f"{text}\n# new\n")
    found = [check(project, status=Exit.BLOCKED)]
    project.commit("Change an input")
    found.append(check(project, "--rev", "HEAD", status=Exit.BLOCKED))
    for verdict in found:
        assert results(verdict)["line/r2-floor"] == ("error", "stale", "block")
    assert check(project, "--allow-stale", status=Exit.DONE)
    project.git("push", "-q")
    refused = project.here("release", "line", "--force")
    assert refused.status == Exit.STATE
    assert "stale" in refused.err


def test_a_frozen_stage_says_how_to_run_it(project: Folder) -> None:
    freeze(project, "train")
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.commit("Freeze and change")
    assert "train: changed param train.slope (the stage is frozen)" in project.here("status").out
    project.git("push", "-q")
    error = project.here("release", "line", "--force").err
    assert "dvc unfreeze train" in error
    project.dvc("unfreeze", "train")
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    project.commit("Run")
    assert check(project, "--rev", "HEAD", "--base", "HEAD", status=Exit.DONE)


def test_a_dependency_that_only_another_machine_knows_is_an_error(project: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "given.csv"
    outside.write_text("1", encoding="utf-8")
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("deps: [data/raw.csv", f"deps: [{outside}, data/raw.csv"))
    project.dvc("repro", "-q")
    project.commit("Read a file of this machine")
    assert check(project, status=Exit.DONE)
    assert check(project, "--rev", "HEAD", status=Exit.DONE)
    outside.unlink()
    for argv in ((), ("--rev", "HEAD"), ("--rev", "HEAD", "--purpose", "release")):
        found = results(check(project, *argv, status=Exit.BLOCKED))
        assert found["line/r2-floor"] == ("error", "unknown_here", "block")
