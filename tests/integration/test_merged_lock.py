"""Two runs that git merges in dvc.lock line by line, by every way that forges and people merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


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


def test_the_numbers_after_a_merged_entry_have_the_hint_that_confirms_it(forked: Folder) -> None:
    merge(forked)
    found = check(forked, "--rev", "HEAD", status=Exit.BLOCKED)["results"]
    assert {each["hint"] for each in found} == {"run `mlgit run --commit`"}


def test_a_confirmation_that_cannot_be_signed_is_not_committed(forked: Folder) -> None:
    merge(forked)
    for name, value in (
        ("commit.gpgSign", "true"),
        ("gpg.format", "ssh"),
        ("user.signingKey", "/no/such/key.pub"),
    ):
        forked.git("config", name, value)
    head = forked.git("rev-parse", "HEAD")
    done = forked.mlgit("run", "--commit")
    assert done.status == Exit.TOOL
    assert "nothing was committed or pushed" in done.err
    assert (forked.git("rev-parse", "HEAD"), forked.git("status", "--porcelain")) == (head, "")
    forked.git("config", "commit.gpgSign", "false")
    assert forked.mlgit("run", "--commit").status == Exit.DONE
    assert "Mlgit-Confirmed: train=" in forked.git("log", "-1", "--format=%B")


def confirmations(verdict: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [each for each in verdict["notes"] if each["code"] == "merge_confirmed"]


def by_hand(project: Folder) -> None:
    """Write the trailer of a run, without one, and with another author's name."""
    project.mlgit("run", "--commit")
    trailer = project.git("log", "-1", "--format=%(trailers:key=Mlgit-Confirmed)")
    project.git("reset", "-q", "--hard", "HEAD^")
    author = "--author=A Bot <bot@example.org>"
    project.git("commit", "-q", "--allow-empty", author, "-m", f"Looks good\n\n{trailer}")


def test_a_confirmation_in_the_change_is_named_with_its_author_until_it_is_on_trunk(forked: Folder) -> None:
    merge(forked)
    by_hand(forked)
    commit = forked.git("rev-parse", "--short=7", "HEAD")
    for argv in ((), ("--rev", "HEAD"), ("--rev", "HEAD")):
        verdict = check(forked, *argv, status=Exit.DONE)
        (note,) = confirmations(verdict)
        assert note["message"] == (
            "Git merged the entry of stage `train` in dvc.lock; that a run gives the same is known only from "
            f"the message of {commit} by `bot@example.org`"
        )
        assert (note["effect"], verdict["decision"]) == ("note", "allow")
    assert f"message of {commit}" in forked.here("check").out.partition("r2-floor")[0].replace("\n", " ")
    forked.git("switch", "-q", "main")
    forked.git("merge", "-q", "--no-ff", "--no-edit", "both")
    forked.git("push", "-q")
    forked.git("switch", "-qc", "later")
    forked.write("README.md", "More\n")
    forked.commit("Go on")
    assert confirmations(check(forked, "--rev", "HEAD", status=Exit.DONE)) == []


def test_a_run_that_confirms_an_entry_itself_has_no_remark(forked: Folder) -> None:
    merge(forked)
    done = forked.mlgit("run", "--commit")
    assert (done.status, "by `" in done.out + done.err) == (Exit.DONE, False)
    assert len(confirmations(check(forked, status=Exit.DONE))) == 1
    code(forked)
    forked.dvc("repro", "-q")
    forked.commit("Run it again, with other code")
    assert confirmations(check(forked, status=Exit.DONE)) == []


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
    done = forked.mlgit("run", "--commit")
    assert done.status == Exit.DONE, done.err
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


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
        assert forked.mlgit("run", "--commit").status == Exit.DONE
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
    done = clone.mlgit("ci", "pr", env=variables)
    assert done.status == Exit.BLOCKED, done.out + done.err  # its data was not pushed
    assert ("git merged its entry of dvc.lock" in done.out) is not confirmed
