"""Two runs that git merges in dvc.lock line by line, by every way that forges and people rewrite branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.merged_lock import MERGED, code, fork, gate, merge, parameter, run_other_code
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def forked(project: Folder) -> Folder:
    return fork(project)


def squash(project: Folder) -> None:
    project.git("switch", "-qc", "both", "a")
    project.git("merge", "-q", "--squash", "b")
    project.commit("Squash b")


def rebase(project: Folder) -> None:
    project.git("switch", "-qc", "both", "b")
    project.git("rebase", "-q", "a")


def rebase_of_two_runs(project: Folder) -> None:
    project.git("switch", "-q", "b")
    code(project)
    project.dvc("repro", "-q")
    project.commit("Run b again")
    rebase(project)


def pick(project: Folder) -> None:
    project.git("switch", "-qc", "both", "a")
    project.git("cherry-pick", "b")


def pick_and_forget(project: Folder) -> None:
    project.git("switch", "-qc", "both", "a")
    project.git("cherry-pick", "-x", "b")
    project.git("tag", "kept", "b")
    project.git("branch", "-q", "-D", "b")


def squash_and_go_on(project: Folder) -> None:
    squash(project)
    project.write("README.md", "More\n")
    project.commit("Go on")


def squash_and_merge(project: Folder) -> None:
    squash(project)
    project.git("switch", "-qc", "docs", "a")
    project.write("README.md", "More\n")
    project.commit("Docs")
    project.git("merge", "-q", "--no-edit", "both")


def rebase_in_place(project: Folder) -> None:
    """Only the remote still has the branch as it was."""
    project.git("push", "-q", "origin", "b")
    project.git("switch", "-q", "b")
    project.git("rebase", "-q", "a")


def squash_twice(project: Folder) -> None:
    """Another branch has the same merged entry."""
    squash(project)
    project.git("branch", "-q", "-m", "both", "too")
    project.git("commit", "-q", "--amend", "-m", "The same in another branch")
    squash(project)


def squash_what_others_have(project: Folder) -> None:
    squash_twice(project)
    project.git("push", "-q", "origin", "too")
    project.git("branch", "-q", "-D", "too")


REWRITES = [squash, rebase, rebase_of_two_runs, pick, pick_and_forget, squash_and_go_on, squash_and_merge]
REWRITES += [rebase_in_place, squash_twice, squash_what_others_have]


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_merge_without_a_second_parent_is_stale_if_the_branch_is_here(
    forked: Folder, rewrite: Callable[[Folder], None]
) -> None:
    rewrite(forked)
    forked.dvc("checkout", "-q")
    assert gate(forked, Exit.BLOCKED) == MERGED
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED
    done = forked.here("run", "--commit")
    assert done.status == Exit.DONE, done.err
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


def test_a_run_after_a_rebase_that_gives_the_same_is_believed_once_a_commit_or_a_push_says_so(
    forked: Folder,
) -> None:
    rebase_in_place(forked)
    forked.dvc("repro", "-q", "--force")
    assert forked.git("status", "--porcelain") == ""
    found = forked.here("check")
    assert found.status == Exit.BLOCKED
    text = " ".join(found.out.split())
    assert "upstream train: its entry of dvc.lock is what git makes of two others, and nothing shows" in text
    assert "hint: run `mlgit run --commit`" in text
    # CI does not know the branch as it was, and nor does the clone after this push
    forked.git("push", "-q", "--force", "origin", "b")
    assert gate(forked, Exit.DONE) == ("pass", None, "allow")


def rename_stage(project: Folder, old: str = "train", new: str = "fit") -> None:
    for file in ("dvc.yaml", "dvc.lock"):
        project.write(file, (project / file).read_text().replace(f"  {old}:\n", f"  {new}:\n"))


def move_pipeline(project: Folder) -> None:
    """Move dvc.yaml and dvc.lock to a folder; the stages work where they did."""
    text = (project / "dvc.yaml").read_text()
    for name in ("dvc.yaml", "dvc.lock"):
        (project / "pipeline").mkdir(exist_ok=True)
        project.git("mv", name, f"pipeline/{name}")
    project.write("pipeline/dvc.yaml", text.replace("    cmd:", "    wdir: ..\n    cmd:"))


def in_b(project: Folder, edit: Callable[[Folder], None]) -> None:
    project.git("switch", "-q", "b")
    project.dvc("checkout", "-q")
    edit(project)
    project.commit("Edit b")


@pytest.mark.parametrize("rewrite", [merge, *REWRITES])
def test_a_merged_entry_of_a_stage_that_one_side_renamed_is_stale(
    forked: Folder, rewrite: Callable[[Folder], None]
) -> None:
    in_b(forked, rename_stage)
    if rewrite in {pick, pick_and_forget}:  # one commit
        forked.git("reset", "-q", "--soft", "main")
        forked.commit("Run b")
    rewrite(forked)
    forked.dvc("checkout", "-q")
    assert "  fit:\n" in (forked / "dvc.lock").read_text()
    assert gate(forked, Exit.BLOCKED) == MERGED
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED


def test_a_merged_entry_is_stale_where_the_pipeline_moved_or_its_stage_is_renamed_later(
    forked: Folder,
) -> None:
    merge(forked)
    rename_stage(forked)
    forked.commit("Another name")
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED
    in_b(forked, move_pipeline)
    forked.git("branch", "-q", "-D", "both")
    merge(forked)
    assert (forked / "pipeline/dvc.lock").exists()
    assert not (forked / "dvc.lock").exists()
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED


def run_after_squash(project: Folder) -> None:
    """Squash `b`, with another result, run the stage and commit that."""
    run_other_code(project, '"slope": slope + 0.001')
    project.git("switch", "-qc", "both", "a")
    assert project.run("git", "merge", "-q", "--squash", "b").status
    project.git("checkout", "--theirs", "--", "dvc.lock", "metrics/test.json")
    project.dvc("repro", "-q")
    project.commit("Squash and run")


def fast_squash(project: Folder) -> None:
    """Squash two runs that started at `a`: the entry is the last one's."""
    project.git("switch", "-qc", "topic", "a")
    for _ in range(2):
        code(project)
        project.dvc("repro", "-q")
        project.commit("Run")
    project.git("switch", "-qc", "both", "a")
    project.git("merge", "-q", "--squash", "topic")
    project.commit("Squash topic")


def pick_the_first_run(project: Folder) -> None:
    """Take only the first of two runs: it was made on the branch."""
    project.git("switch", "-qc", "topic", "main")
    for edit in (code, parameter):
        edit(project)
        project.dvc("repro", "-q")
        project.commit("Run")
    project.git("switch", "-qc", "both", "main")
    project.git("cherry-pick", "topic~")


def run_without_merging(project: Folder) -> None:
    """Only go on with a branch while others have run, too."""
    project.git("switch", "-qc", "both", "a")
    project.write("params.yaml", "train:\n  slope: 1.99\n")
    project.dvc("repro", "-q")
    project.commit("Another parameter")


def run_both_next_to_a_pushed_branch(project: Folder) -> None:
    """Run both changes one after the other, while the remote has a branch with the second one alone."""
    project.git("push", "-q", "origin", "b")
    project.git("switch", "-qc", "both", "a")
    project.git("branch", "-q", "-D", "b")
    code(project)
    project.dvc("repro", "-q")
    project.commit("Run the other code")


WORK = [run_after_squash, fast_squash, pick_the_first_run, run_without_merging]
WORK += [run_both_next_to_a_pushed_branch]


@pytest.mark.parametrize("work", WORK)
def test_an_entry_that_a_run_made_is_proven_next_to_other_branches(
    forked: Folder, work: Callable[[Folder], None]
) -> None:
    work(forked)
    forked.dvc("checkout", "-q")
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


@pytest.mark.parametrize("confirmed", [False, True])
def test_ci_knows_a_squashed_branch_by_the_head_that_the_forge_names(
    forked: Folder, tmp_path: Path, *, confirmed: bool
) -> None:
    """The clone of a merge train has neither the branch nor its commit."""
    if confirmed:
        merge(forked)
        assert forked.here("run", "--commit").status == Exit.DONE
        forked.git("branch", "-q", "-m", "both", "confirmed")
    squash(forked)
    head = forked.git("rev-parse", "confirmed" if confirmed else "b")
    forked.git("push", "-q", "origin", "both", f"{head}:refs/merge-requests/7/head")
    forked.git(
        "clone", "-q", "--no-local", forked.git("remote", "get-url", "origin"), str(tmp_path / "clone")
    )
    clone = Folder(tmp_path / "clone")
    clone.git("checkout", "-q", "--detach", "origin/both")
    assert clone.run("git", "cat-file", "-e", head).status
    assert gate(clone, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")
    variables = {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_DEFAULT_BRANCH": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_COMMIT_SHA": clone.git("rev-parse", "HEAD"),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head,
    }
    done = clone.here("ci", "pr", env=variables)
    assert done.status == Exit.BLOCKED, done.out + done.err  # its data was not pushed
    assert ("its entry of dvc.lock is what git makes" in done.out) is not confirmed
