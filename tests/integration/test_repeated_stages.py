"""Stages that DVC runs whatever their inputs are: they ran with the recorded ones, so they are not stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.dvc_answers import dvc_json

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest
    from tests.support.shell import Folder

LINT = """\
  lint:
    cmd: wc -l src/train.py > lint.txt
    deps: [src/train.py]
    outs: [lint.txt]
    always_changed: true
"""
GREET = "  greet:\n    cmd: echo hello\n"
NOT_PROVEN = "Not proven: stage `{}` has `always_changed`, so the same inputs may give other results"


def add(project: Folder, name: str) -> None:
    """A side stage, or `always_changed` for a stage that the numbers come from, as recorded by a run."""
    text = (project / "dvc.yaml").read_text()
    for address in name.split():
        if address in {"lint", "greet"}:
            text = text.replace("artifacts:", f"{LINT if address == 'lint' else GREET}artifacts:")
        else:
            text = text.replace(f"  {address}:\n", f"  {address}:\n    always_changed: true\n")
    project.write("dvc.yaml", text)
    project.dvc("repro", "-q")


CASES = [
    ("lint", None),
    ("greet", None),
    ("prepare", NOT_PROVEN.format("prepare")),
    ("train lint", NOT_PROVEN.format("train")),
    ("evaluate", NOT_PROVEN.format("evaluate")),
]


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_a_stage_that_always_runs_is_not_stale_for_any_command(
    project: Folder, name: str, expected: str | None
) -> None:
    add(project, name)
    project.commit("Run it always")
    project.git("push", "-q")
    project.dvc("push", "-q")
    assert "always changed" in dvc_json(project, "status", "--json")[name.rsplit(maxsplit=1)[-1]]
    status = project.here("status", "--json", "--exit-code")
    assert (status.status, status.json()["stages"]) == (Exit.DONE, [])
    for revision in ([], ["--rev", "HEAD"]):
        verdict = check(project, *revision, status=Exit.DONE)
        texts = [each["message"] for each in verdict["notes"] if each["code"] == "not_proven"]
        assert texts == ([] if expected is None else [expected])
    assert project.here("release", "line").status == Exit.DONE


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_a_pull_request_is_proven_by_the_recorded_inputs(
    pull: PullRequest, name: str, expected: str | None
) -> None:
    add(pull.project, name)
    pull.push("Run it always")
    assert pull.ci("pr").status == Exit.DONE
    notes = pull.report()["check"]["verdict"]["notes"]
    found = [each["message"] for each in notes if each["code"] in {"not_proven", "stale_stage"}]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize("name", ["prepare", "train", "evaluate"])
def test_its_inputs_still_count(project: Folder, name: str) -> None:
    add(project, name)
    project.commit("Run it always")
    project.git("push", "-q")
    place = f"src/{name}.py"
    project.write(place, (project / place).read_text() + "\n# new\n")
    project.commit("Change an input")
    for revision in ([], ["--rev", "HEAD"]):
        verdict = check(project, *revision, status=Exit.BLOCKED)
        assert results(verdict)["line/r2-floor"] == ("error", "stale", "block")
    assert f"changed dep {place}" in project.here("status").out


def test_a_repeated_stage_that_never_ran_is_stale(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write("dvc.yaml", text.replace("artifacts:", f"{LINT}artifacts:"))
    pull.push("One more", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes()["lock_missing"] == "Stage `lint` has no recorded result in dvc.lock"


def test_several_are_in_one_note(project: Folder) -> None:
    add(project, "prepare train")
    project.commit("Run them always")
    notes = check(project, "--rev", "HEAD", status=Exit.DONE)["notes"]
    which = "stages `prepare`, `train` have"
    (text,) = (each["message"] for each in notes if each["code"] == "not_proven")
    assert text == f"Not proven: {which} `always_changed`, so the same inputs may give other results"
