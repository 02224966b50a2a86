"""Two runs that git merges in dvc.lock line by line, by every way that forges and people merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

MERGED = ("error", "stale", "block")


def code(project: Folder) -> None:
    """Change the code of a stage, with the same result."""
    text = (project / "src/train.py").read_text()
    project.write("src/train.py", f"{text}\n# A remark that changes nothing\n")


def parameter(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.995\n")


@pytest.fixture
def forked(project: Folder) -> Folder:
    """Branches `a` and `b`, each run and committed: one has another parameter, the other has other code."""
    project.write(
        "dvc.yaml",
        (project / "dvc.yaml").read_text().replace("[data/clean.csv, src/train.py]", "[src/train.py]"),
    )
    project.dvc("repro", "-q")
    project.commit("Depend on the code only")
    project.git("push", "-q")
    for name, edit in (("a", parameter), ("b", code)):
        project.git("switch", "-qc", name, "main")
        edit(project)
        project.dvc("repro", "-q")
        project.commit(f"Run {name}")
    project.dvc("push", "-q", "--all-commits")
    return project


def merge(project: Folder, *options: str) -> None:
    project.git("switch", "-qc", "both", "a")
    project.git("merge", "-q", "--no-edit", *options, "b")
    project.dvc("checkout", "-q")


def gate(project: Folder, status: int, *argv: str) -> tuple[str, str | None, str]:
    return results(check(project, *argv, status=status))["line/r2-floor"]


def test_an_entry_that_git_merged_is_stale_until_a_run_confirms_it(forked: Folder) -> None:
    for name in ("a", "b"):
        forked.git("switch", "-q", name)
        forked.dvc("checkout", "-q")
        assert gate(forked, Exit.DONE) == ("pass", None, "allow")
    merge(forked)
    assert gate(forked, Exit.BLOCKED) == MERGED
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED
    forked.write("README.md", "More\n")
    forked.commit("Go on")
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED
    lock = (forked / "dvc.lock").read_bytes()
    done = forked.mlgit("run", "--commit")
    assert done.status == Exit.DONE, done.err
    assert (forked / "dvc.lock").read_bytes() == lock
    assert "Mlgit-Confirmed: train=" in forked.git("log", "-1", "--format=%B")
    assert forked.git("diff", "--stat", "HEAD^", "HEAD") == ""
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")
    forked.write("README.md", "Even more\n")
    forked.commit("Go on")
    assert gate(forked, Exit.DONE) == ("pass", None, "allow")
    forked.git("switch", "-q", "main")
    forked.git("merge", "-q", "--no-ff", "--no-edit", "both")
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


def run_other_code(forked: Folder, slope: str) -> None:
    """Change and run the code of branch `b`."""
    forked.git("switch", "-q", "b")
    text = (forked / "src/train.py").read_text()
    forked.write("src/train.py", text.replace('"slope": slope', slope))
    forked.dvc("repro", "-q")
    forked.commit("Other code")


def test_a_run_that_gives_something_else_needs_no_confirmation(forked: Folder) -> None:
    run_other_code(forked, '"slope": slope if slope < 1.995 else 1.996')
    merge(forked)
    assert gate(forked, Exit.BLOCKED) == MERGED
    done = forked.mlgit("run")
    assert done.status == Exit.DONE, done.err
    assert "1.996" in (forked / "models/line.json").read_text()
    forked.commit("Run")
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


def test_a_merge_that_was_run_before_its_commit_is_proven(forked: Folder) -> None:
    run_other_code(forked, '"slope": slope + 0.001')
    forked.git("switch", "-qc", "both", "a")
    assert forked.run("git", "merge", "-q", "--no-commit", "b").status
    forked.git("checkout", "--theirs", "--", "dvc.lock", "metrics/test.json")
    forked.dvc("repro", "-q")
    forked.commit("Merge and run")
    assert forked.git("rev-list", "--min-parents=2", "-1", "HEAD") == forked.git("rev-parse", "HEAD")
    assert gate(forked, Exit.DONE, "--rev", "HEAD")[0] == "pass"


def test_status_asks_git_about_merges_once_per_commit(forked: Folder) -> None:
    merge(forked)
    assert "git merged" in forked.here("status").out
    trace = forked / "../trace"
    forked.here("status", env={"GIT_TRACE": str(trace.resolve())})
    assert "rev-list --min-parents" not in trace.read_text()
