"""`mlgit experiments` in partial clones and with broken files: one bad commit does not break the rest."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.leaderboards import METRICS, commit_metrics, leaderboard, names
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {
    METRICS: ("{broken", f"`{METRICS}` is not valid JSON"),
    "dvc.yaml": ("stages: [1\n", "dvc.yaml"),
    "params.yaml": ("a: [1\n", "`params.yaml` is not valid YAML: the `[` is not closed"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_commit_with_a_broken_file_keeps_its_row_and_has_a_problem(project: Folder, path: str) -> None:
    content, problem = BROKEN[path]
    good = (project / path).read_text()
    project.write(path, content)
    commit = project.commit("Broken")
    project.write(path, good)
    project.commit("Fixed")
    done = project.here("experiments", "-n", "3")
    assert done.status == Exit.DONE, done.err
    assert re.search(rf"^Broken !? *{commit[:7]}", done.out, flags=re.MULTILINE)
    assert f"! {commit[:7]}: " in done.out
    assert problem in done.out
    rows = leaderboard(project, "-n", "3")["rows"]
    assert [bool(row["problems"]) for row in rows] == [False, True, False]


def test_a_broken_working_tree_affects_only_its_own_row(project: Folder) -> None:
    project.write("dvc.yaml", "stages: [1\n")
    project.write("mlgit.yaml", "nonsense: true\n")
    document = leaderboard(project)
    assert [bool(row["problems"]) for row in document["rows"]] == [True, False]
    assert "the better direction is only guessed" in document["notes"][0]


def test_repositories_without_commits_or_metrics_give_a_hint(empty_repository: Folder) -> None:
    done = empty_repository.here("experiments")
    assert (done.status, done.out.splitlines()[0]) == (Exit.DONE, "No revisions yet")
    assert leaderboard(empty_repository)["rows"] == []
    done = empty_repository.here("experiments", "-n", "3")
    assert (done.status, "no commit yet" in done.err) == (Exit.STATE, True)
    empty_repository.write("code.py", "")
    empty_repository.commit("Code")
    done = empty_repository.here("experiments")
    assert (done.status, done.out.splitlines()[0]) == (Exit.DONE, "No metrics or parameters in any revision")
    done = empty_repository.here("experiments", "--sort", "auc")
    assert (done.status, "there are no metrics at all" in done.err) == (Exit.USAGE, True)


def test_a_shallow_clone_shows_the_commits_that_it_has(project: Folder, tmp_path: Path) -> None:
    commit_metrics(project, "Second", r2=0.9)
    project.git("push", "-q", "origin", "main")
    Folder(tmp_path).git(
        "clone", "-q", "--depth", "1", (project.path.parent / "origin.git").as_uri(), "shallow"
    )
    document = leaderboard(Folder(tmp_path / "shallow"), "-n", "9")
    assert len(document["rows"]) == 1
    assert document["notes"] == ["this clone is shallow: older commits are not in it"]


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_all_missing_objects_at_once(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filtered: str
) -> None:
    for number in range(12):
        project.write("params.yaml", f"train: {{slope: {number}}}\n")
        commit_metrics(project, f"Number {number}", r2=number / 100)
    project.git("push", "-q", "origin", "main")
    origin = project.path.parent / "origin.git"
    project.git("-C", str(origin), "config", "uploadpack.allowFilter", "true")
    Folder(tmp_path).git("clone", "-q", "--no-checkout", f"--filter={filtered}", origin.as_uri(), "partial")
    clone = Folder(tmp_path / "partial")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    rows = leaderboard(clone, "-n", "20")["rows"]
    monkeypatch.delenv("GIT_TRACE")
    assert [row["metrics"] for row in rows] == [
        row["metrics"] for row in leaderboard(project, "-n", "20")["rows"]
    ]
    # One fetch each for trees, DVC files, metric files and `mlgit.yaml`: not one per commit.
    assert trace.read_text().count("built-in: git fetch") <= 5


def test_a_partial_clone_without_a_network_is_an_error(project: Folder, tmp_path: Path) -> None:
    commit_metrics(project, "Second", r2=0.9)
    project.git("push", "-q", "origin", "main")
    origin = project.path.parent / "origin.git"
    project.git("-C", str(origin), "config", "uploadpack.allowFilter", "true")
    Folder(tmp_path).git("clone", "-q", "--filter=blob:none", origin.as_uri(), "offline")
    offline = Folder(tmp_path / "offline")
    offline.git("config", "remote.origin.url", (tmp_path / "nowhere").as_uri())
    done = offline.here("experiments", "-n", "20")
    assert done.status == Exit.TOOL
    assert "that this partial clone left behind" in done.err
    assert "check the network and the credentials of the remote `origin`" in done.err


def test_an_unreadable_file_does_not_give_the_working_tree_its_own_row(project: Folder) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [bad.json]\n")
    project.write("bad.json", "{")
    project.commit("Break it")
    (row, *_) = leaderboard(project)["rows"]
    assert names(row) == ["main", "working tree"]


@pytest.mark.parametrize("harm", ["nothing", "broken", "read-only"])
def test_the_cache_of_values_does_not_change_the_result(project: Folder, harm: str) -> None:
    for number in range(3):
        for file in range(30):
            project.write(f"more/m{file}.json", json.dumps({"auc": 100 * number + file / 7}))
        project.write(
            "dvc.yaml",
            (project / "dvc.yaml").read_text().partition("metrics: [more]")[0] + "metrics: [more]\n",
        )
        project.commit(f"Number {number}")
    first = leaderboard(project, "-n", "3")
    cache = project / ".git/mlgit/numbers"
    assert cache.exists()
    if harm == "broken":
        cache.write_text(cache.read_text()[:-40])
    if harm == "read-only":
        cache.unlink()
        (project / ".git/mlgit").chmod(0o500)
    second = leaderboard(project, "-n", "3")
    (project / ".git/mlgit").chmod(0o700)
    assert second["rows"] == first["rows"]
    assert [name for name in os.listdir(project / ".git/mlgit") if name.endswith(".half")] == []


def test_the_number_of_git_processes_does_not_grow_with_commits(project: Folder, tmp_path: Path) -> None:
    def started(number: int) -> int:
        log = tmp_path / f"trace-{number}"
        done = project.here("experiments", "-n", str(number), env={"GIT_TRACE2_EVENT": str(log)})
        assert done.status == Exit.DONE, done.err
        return sum('"event":"start"' in line for line in log.read_text().splitlines())

    for number in range(12):
        commit_metrics(project, f"Number {number}", r2=number / 100)
    assert len(leaderboard(project, "-n", "12")["rows"]) == 12
    assert started(12) == started(2) <= 8


def test_a_content_that_is_not_in_the_clone_affects_only_its_own_value(project: Folder) -> None:
    commit_metrics(project, "Lost", r2=0.123456)
    oid = project.git("rev-parse", f"HEAD:{METRICS}")
    (project / f".git/objects/{oid[:2]}/{oid[2:]}").unlink()
    (row, other) = leaderboard(project, "-n", "2")["rows"]
    assert row["unread"] == {METRICS: "unreadable"}
    assert row["problems"] == [f"`{METRICS}` is in the commit, but its content is not in this clone"]
    assert row["params"] == other["params"]
    assert other["problems"] == []


def test_very_deep_folders_do_not_break_the_leaderboard(project: Folder) -> None:
    deep = "a/" * 1500
    stream = (
        f"commit refs/heads/deep\ncommitter A <a@example.org> 0 +0000\ndata 0\nfrom refs/heads/main\n"
        f"M 100644 inline {deep}m.json\ndata 2\n{{}}\n"
    )
    project.run("git", "fast-import", "--quiet", stdin=stream)
    rows = leaderboard(project, "deep", "main")["rows"]
    assert rows[0]["metrics"] == rows[1]["metrics"]
