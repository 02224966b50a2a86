"""Metric history: earlier values of gated metrics, from commits or releases, without errors."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

METRICS = "metrics/test.json"


def commit_metrics(project: Folder, r2: str, *, push: bool = True) -> str:
    """A commit on main with this metric, which no pipeline made."""
    project.write(METRICS, json.dumps({"mae": 0.1, "r2": float(r2), "rows": 10}))
    commit = project.commit(f"r2 is {r2}")
    if push:
        project.git("push", "-q", "origin", "HEAD:main")
    return commit


def tag(project: Folder, name: str) -> None:
    """An annotated tag, as GTO makes it."""
    project.git("tag", "-a", "-m", name, name)


def on_branch(project: Folder) -> None:
    """A branch with a change of its own."""
    project.git("switch", "-q", "-c", "topic")
    project.write("notes.txt", "look")
    project.commit("Change something")


def history(project: Folder, *argv: str, env: dict[str, str] | None = None) -> dict[str, list[str]]:
    """Metric -> values, oldest first."""
    document = project.here("report", "--format", "json", *argv, env=env).json()
    return {each["key"]: [point["value"] for point in each["points"]] for each in document["history"]}


def labels(project: Folder) -> list[str]:
    document = project.here("report", "--format", "json").json()
    return [point["label"] for point in document["history"][0]["points"]]


def test_values_of_gated_metrics_end_at_the_base_oldest_first(project: Folder) -> None:
    for r2 in ("0.91", "0.93", "0.92"):
        last = commit_metrics(project, r2)
    on_branch(project)
    found = history(project)
    assert found["r2"][1:] == ["0.91", "0.93", "0.92"]
    assert set(found) == {"mae", "r2"}  # `rows` has no gate
    assert labels(project)[-1] == last[:7]


def test_only_the_last_commits_that_change_the_metrics_are_read(
    project: Folder,
) -> None:
    for number in range(14):
        project.write("notes.txt", str(number))
        project.commit("Only notes")
        commit_metrics(project, f"0.{10 + number}5", push=False)
    project.git("push", "-q", "origin", "HEAD:main")
    on_branch(project)
    assert history(project)["r2"] == [f"0.{10 + number}5" for number in range(2, 14)]


def test_commits_of_a_merged_branch_are_not_in_the_history(project: Folder) -> None:
    project.git("switch", "-q", "-c", "tries")
    commit_metrics(project, "0.11", push=False)
    commit_metrics(project, "0.22", push=False)
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge tries", "tries")
    project.git("push", "-q")
    on_branch(project)
    values = history(project)["r2"]
    assert "0.11" not in values
    assert values[-1] == "0.22"


def test_three_releases_are_the_history_without_rejected_ones(project: Folder) -> None:
    for number, r2 in enumerate(("0.91", "0.92", "0.93", "0.94")):
        commit_metrics(project, r2)
        tag(project, f"line@v1.{number}.0")
    tag(project, "line@v1.1.0!")
    commit_metrics(project, "0.95")
    on_branch(project)
    assert labels(project) == ["v1.0.0", "v1.2.0", "v1.3.0"]
    assert history(project)["r2"] == ["0.91", "0.93", "0.94"]


def test_metrics_that_only_dvc_tracks_are_read_from_its_cache(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text().replace("metrics/test.json: {cache: false}", METRICS)
    project.write("dvc.yaml", text)
    project.git("rm", "-q", "--cached", METRICS)
    expected = []
    for slope in ("1.5", "1.8", "1.9"):
        project.write("params.yaml", f"train:\n  slope: {slope}\n")
        project.ok(sys.executable, "-m", "dvc", "repro", "-q")
        expected.append(str(json.loads((project / METRICS).read_text())["r2"]))
        project.commit(f"Slope {slope}")
    project.git("push", "-q")
    on_branch(project)
    assert history(project)["r2"][-3:] == expected


def test_a_commit_that_cannot_be_read_leaves_a_gap_and_no_error(project: Folder) -> None:
    commit_metrics(project, "0.91")
    project.write(METRICS, "{broken")
    project.write("dvc.yaml", "stages: [\n")
    project.commit("Break everything")
    project.git("checkout", "-q", "HEAD^", "--", "dvc.yaml")
    commit_metrics(project, "0.93")
    on_branch(project)
    assert history(project)["r2"][1:] == ["0.91", "0.93"]


def test_a_clone_without_history_still_gets_its_report(project: Folder, tmp_path: Path) -> None:
    commit_metrics(project, "0.91")
    commit_metrics(project, "0.92")
    on_branch(project)
    project.git("push", "-q", "-u", "origin", "topic")
    origin = project.git("remote", "get-url", "origin")
    project.git("clone", "-q", "--depth", "1", "--branch", "topic", f"file://{origin}", str(tmp_path / "cut"))
    cut = type(project)(tmp_path / "cut")
    done = cut.here("report", "--format", "markdown")
    assert done.status in {Exit.DONE, Exit.BLOCKED}
    assert done.out.startswith("### ")


def test_the_number_of_git_processes_does_not_grow_with_history(project: Folder, tmp_path: Path) -> None:
    def processes(name: str) -> int:
        trace = tmp_path / name
        history(project, env={"GIT_TRACE2_EVENT": str(trace)})
        return sum('"event":"version"' in line for line in trace.read_text().splitlines())

    commit_metrics(project, "0.91")
    on_branch(project)
    few = processes("few")
    project.git("switch", "-q", "main")
    for number in range(11):
        commit_metrics(project, f"0.{10 + number}5", push=False)
    project.git("push", "-q")
    project.git("branch", "-q", "-D", "topic")
    on_branch(project)
    assert processes("many") == few


def test_without_gates_there_is_no_history(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\nmodels:\n  line: {path: models/line.json}\n")
    project.commit("No gates")
    assert history(project) == {}


def test_a_check_has_no_history(project: Folder) -> None:
    document = project.here("check", "--json").json()
    assert (document["history"], document["params"], document["stages"]) == ([], [], [])


def test_the_report_has_params_stages_and_history(project: Folder) -> None:
    commit_metrics(project, "0.9")
    project.git("switch", "-q", "-c", "topic")
    project.write("params.yaml", "train:\n  slope: 1.5\n")
    project.ok(sys.executable, "-m", "dvc", "repro", "-q")
    project.commit("Another slope")
    document = project.here("report", "--format", "json").json()
    assert_valid(document, "verdict")
    assert document["params"] == [{"file": "params.yaml", "key": "train.slope", "old": "1.99", "new": "1.5"}]
    states = {each["stage"]: (each["state"], each["reasons"]) for each in document["stages"]}
    assert states["prepare"] == ("cached", [])
    assert states["train"] == ("rerun", ["param train.slope"])


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("openmetrics", 'mlgit_metric{model="line",file="metrics/test.json",key="r2"} '),
        ("codequality", "[]\n"),
    ],
)
def test_the_report_has_the_formats_that_gitlab_reads(project: Folder, form: str, words: str) -> None:
    assert words in project.here("report", "--format", form).out
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    done = project.here("report", "--format", form)
    assert done.status == Exit.CONFIG
    assert {"openmetrics": "mlgit_verdict_formed 0\n", "codequality": '"No verdict"'}[form] in done.out
