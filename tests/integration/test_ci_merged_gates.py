"""What `mlgit ci merged` says of trunk's gates since a push: two green changes may lose one together."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checkouts import github_checkout, github_push
from tests.support.checks import check, notes
from tests.support.registry import origin, tags_of
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: [metrics/test.json]}
gates:
  floor: {metric: r2, min: 0.5}
"""
CURVE = "  curve: {path: params.yaml, metrics: [metrics/test.json]}\n"


def edit(project: Folder, old: str, new: str) -> None:
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    assert old in text
    project.write("mlgit.yaml", text.replace(old, new, 1))


def trunk(project: Folder, more: str = "") -> str:
    project.write("mlgit.yaml", f"{RULES}{more}")
    commit = project.commit("Rules")
    project.git("push", "-q")
    return commit


def push(project: Folder, message: str) -> str:
    commit = project.commit(message)
    project.git("push", "-q", "origin", "HEAD:main")
    return commit


def test_two_green_changes_that_leave_a_model_without_a_gate_are_found_after_the_merge(
    project: Folder, tmp_path: Path
) -> None:
    start = trunk(project)
    project.git("switch", "-qc", "one")
    edit(project, "{metric: r2", "{model: line, metric: r2")
    project.commit("Name the only model")
    assert ("no_gates", "warn") not in notes(check(project, status=Exit.DONE))
    project.git("switch", "-qc", "two", start)
    edit(project, "gates:\n", f"{CURVE}gates:\n")
    project.commit("A curve")
    assert ("no_gates", "warn") not in notes(check(project, status=Exit.DONE))
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "One", "one")
    project.git("push", "-q")
    before = project.git("rev-parse", "HEAD")
    project.git("merge", "-q", "--no-ff", "-m", "Two", "two")
    project.git("push", "-q")
    runner = github_checkout(project, "runner")
    variables = github_push(tmp_path / "job", before=before)
    done = runner.here("ci", "merged", "--dry-run", "--json", env=variables)
    document = done.json()
    assert_valid(document, "ci-merged")
    assert document["since"] == before
    assert [(each["code"], each["model"]) for each in document["findings"]] == [("no_gates", "curve")]
    summary = (tmp_path / "job" / "summary.md").read_text(encoding="utf-8")
    assert f"The gates changed since {before[:7]}:" in summary
    assert "! No gate applies to `curve`, so every change of it passes" in summary


@pytest.mark.parametrize("pushes", [1, 2])
def test_a_looser_gate_is_a_finding_since_the_push_or_the_last_commit(
    project: Folder, tmp_path: Path, pushes: int
) -> None:
    before = trunk(project)
    edit(project, "min: 0.5", "min: 0.1")
    push(project, "Loosen")
    if pushes > 1:
        project.write("notes.md", "words")
        push(project, "Words")
    runner = github_checkout(project, "runner")
    done = runner.here("ci", "merged", "--json", env=github_push(tmp_path / "job", before=before))
    assert done.status == Exit.DONE
    document = done.json()
    assert document["released"] == ["line@v1.0.0"]
    assert [(each["code"], each["effect"]) for each in document["findings"]] == [("gates_loosened", "warn")]
    again = runner.here("ci", "merged", "--json", env=github_push(tmp_path / "again")).json()
    assert bool(again["findings"]) is (pushes == 1)


def test_where_trunk_says_fail_nothing_is_released_unless_a_waiver_agrees(
    project: Folder, tmp_path: Path
) -> None:
    before = trunk(project, "on_loosened: fail\n")
    edit(project, "min: 0.5", "min: 0.1")
    edit(project, "on_loosened: fail\n", "")
    push(project, "Loosen")
    runner = github_checkout(project, "runner")
    variables = github_push(tmp_path / "job", before=before)
    done = runner.here("ci", "merged", env=variables)
    assert done.status == Exit.BLOCKED
    assert "✗ Gate `floor` was loosened: min 0.5 → 0.1" in done.out
    assert "Nothing is released from main at " in done.out
    assert tags_of(origin(project)) == {}
    now = runner.here("ci", "merged", "--json", env=variables).json()["at"]
    day = date.fromisoformat(now[:10]) + timedelta(days=30)
    rows = "".join(
        f"  - {{id: w-{name}, gate: 'gates_loosened:{name}', reason: agreed, approver: carol@example.org,"
        f" expires: '{day}'}}\n"
        for name in ("floor", "on_loosened")
    )
    project.write(".mlgit/waivers.yaml", f"version: 1\nwaivers:\n{rows}")
    project.commit("Agree", date=now)
    project.git("push", "-q")
    runner = github_checkout(project, "agreed")
    done = runner.here("ci", "merged", "--json", env=github_push(tmp_path / "agreed-job", before=before))
    assert done.status == Exit.DONE, done.out + done.err
    assert {each["effect"] for each in done.json()["findings"]} == {"waived"}
    assert done.json()["released"] == ["line@v1.0.0"]


def test_what_trunk_could_not_be_read_as_before_is_not_known(project: Folder, tmp_path: Path) -> None:
    trunk(project)
    edit(project, "min: 0.5", "min: none")
    before = push(project, "Break it")
    edit(project, "min: none", "min: 0.5")
    push(project, "Repair it")
    runner = github_checkout(project, "runner")
    done = runner.here("ci", "merged", "--json", env=github_push(tmp_path / "job", before=before))
    assert done.status == Exit.DONE
    ((code, message),) = [(each["code"], each["message"]) for each in done.json()["findings"]]
    assert code == "target_not_read"
    assert message.startswith(f"What the gates compared at {before[:7]}, before this push, is not known: ")
    shown = runner.here("ci", "merged", env=github_push(tmp_path / "shown", before=before)).out
    assert "The gates changed since" not in shown


def test_what_cannot_be_read_now_is_not_blamed_on_the_commit_before(project: Folder, tmp_path: Path) -> None:
    before = trunk(project)
    project.write("dvc.yaml", "stages: [\n")
    tip = push(project, "Break the pipeline")
    runner = github_checkout(project, "runner")
    done = runner.here("ci", "merged", env=github_push(tmp_path / "job", before=before))
    assert f"What the gates compare at {tip[:7]} is not known: " in done.out
    assert before[:7] not in done.out
    edit(project, "min: 0.5", "min: none")
    push(project, "Break the rules")
    runner = github_checkout(project, "again")
    done = runner.here("ci", "merged", env=github_push(tmp_path / "again-job", before=before))
    assert done.status == Exit.CONFIG
    assert done.out == ""
