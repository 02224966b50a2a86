"""Two runs that git merges in dvc.lock line by line: stale until a run confirms the entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.merged_lock import MERGED, code, fork, gate, merge, run_other_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.support.shell import Folder


@pytest.fixture
def forked(project: Folder) -> Folder:
    return fork(project)


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
    done = forked.here("run", "--commit")
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


def test_a_run_that_commits_no_confirmation_says_so_and_every_hint_leads_to_one(forked: Folder) -> None:
    merge(forked)
    forked.git("push", "-q", "origin", "both")
    confirm = "next: mlgit run --commit\n"
    assert forked.here("status").out.endswith(confirm)
    done = forked.here("run")
    assert (done.status, forked.git("status", "--porcelain")) == (Exit.DONE, "")
    out = " ".join(done.out.split())
    assert "Git merged the entry of stage `train` in dvc.lock; this run gave the same, but no commit" in out
    assert "hint: run `mlgit run --commit`; `mlgit check` blocks until then" in out
    assert " 1 warning: line, git merged the entry of stage" in out
    assert forked.here("check").out.count(confirm) == forked.here("status").out.count(confirm) == 1
    release = forked.here("release", "line", "--pre", "rc").err
    assert "hint: run `mlgit run --commit`, then `mlgit push`, then release" in " ".join(release.split())
    done = forked.here("run", "--commit")
    assert (done.status, "no commit confirms" in done.out) == (Exit.DONE, False)
    assert forked.here("push").status == Exit.DONE
    assert forked.here("release", "line", "--pre", "rc").status == Exit.DONE


def test_a_confirmation_that_cannot_be_signed_is_not_committed(forked: Folder) -> None:
    merge(forked)
    for name, value in (
        ("commit.gpgSign", "true"),
        ("gpg.format", "ssh"),
        ("user.signingKey", "/no/such/key.pub"),
    ):
        forked.git("config", name, value)
    head = forked.git("rev-parse", "HEAD")
    done = forked.here("run", "--commit")
    assert done.status == Exit.TOOL
    assert "nothing was committed or pushed" in done.err
    assert (forked.git("rev-parse", "HEAD"), forked.git("status", "--porcelain")) == (head, "")
    forked.git("config", "commit.gpgSign", "false")
    assert forked.here("run", "--commit").status == Exit.DONE
    assert "Mlgit-Confirmed: train=" in forked.git("log", "-1", "--format=%B")


def confirmations(verdict: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [each for each in verdict["notes"] if each["code"] == "merge_confirmed"]


def by_hand(project: Folder) -> None:
    """Write the trailer of a run, without one, and with another author's name."""
    project.here("run", "--commit")
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
            "Git merged the entry of stage `train` in dvc.lock; that a run gave the same is only known "
            f"from the message of {commit} by `bot@example.org`"
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
    done = forked.here("run", "--commit")
    assert (done.status, "by `" in done.out + done.err) == (Exit.DONE, False)
    assert len(confirmations(check(forked, status=Exit.DONE))) == 1
    code(forked)
    forked.dvc("repro", "-q")
    forked.commit("Run it again, with other code")
    assert confirmations(check(forked, status=Exit.DONE)) == []


def test_a_run_that_gives_something_else_needs_no_confirmation(forked: Folder) -> None:
    run_other_code(forked, '"slope": slope if slope < 1.995 else 1.996')
    merge(forked)
    assert gate(forked, Exit.BLOCKED) == MERGED
    done = forked.here("run")
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
    assert "what git makes of two others" in forked.here("status").out.replace("\n", " ")
    trace = forked / "../trace"
    forked.here("status", env={"GIT_TRACE": str(trace.resolve())})
    assert "--min-parents" not in trace.read_text()


@pytest.mark.parametrize("brought", [False, True], ids=["trailer only", "with the entry, taken back"])
def test_a_confirmation_from_before_the_merge_does_not_count(forked: Folder, *, brought: bool) -> None:
    merge(forked)
    lock = (forked / "dvc.lock").read_bytes()
    assert forked.here("run", "--commit").status == Exit.DONE
    trailer = forked.git("log", "-1", "--format=%(trailers:key=Mlgit-Confirmed)")
    forked.git("reset", "-q", "--hard", "HEAD^")
    forked.git("switch", "-q", "main")
    if brought:
        (forked / "dvc.lock").write_bytes(lock)
        forked.git("commit", "-qam", f"Say more\n\n{trailer}")
        forked.git("revert", "--no-edit", "HEAD")
    else:
        forked.git("commit", "-q", "--allow-empty", "-m", f"Say more\n\n{trailer}")
    forked.git("push", "-q")
    forked.git("switch", "-q", "both")
    forked.git("merge", "-q", "--no-edit", "main")
    forked.dvc("checkout", "-q")
    assert gate(forked, Exit.BLOCKED, "--rev", "HEAD") == MERGED
    assert forked.here("run", "--commit").status == Exit.DONE
    assert gate(forked, Exit.DONE, "--rev", "HEAD") == ("pass", None, "allow")


def move(project: Folder) -> None:
    """Move the pipeline into a folder."""
    (project / "pipeline").mkdir()
    project.git("mv", "dvc.yaml", "dvc.lock", "pipeline")
    text = (project / "pipeline/dvc.yaml").read_text()
    project.write("pipeline/dvc.yaml", text.replace("    cmd:", "    wdir: ..\n    cmd:"))
    project.commit("Move the pipeline")


def link(project: Folder) -> None:
    """Keep the lock file somewhere else, with a link in its place."""
    (project / "locks").mkdir()
    project.git("mv", "dvc.lock", "locks/pipeline.lock")
    (project / "dvc.lock").symlink_to("locks/pipeline.lock")
    project.commit("Keep locks in one folder")


def unlink(project: Folder) -> None:
    """Put the lock file back where its link was."""
    (project / "dvc.lock").unlink()
    project.git("mv", "-f", "locks/pipeline.lock", "dvc.lock")
    project.git("add", "dvc.lock")
    project.commit("Keep the lock file here")


def unlink_linked(project: Folder) -> None:
    """Put the lock file back, which two links led to."""
    (project / "more").mkdir()
    project.git("mv", "locks/pipeline.lock", "more/pipeline.lock")
    (project / "locks").mkdir(exist_ok=True)
    (project / "locks/pipeline.lock").symlink_to("../more/pipeline.lock")
    project.commit("Move it again")
    (project / "dvc.lock").unlink()
    project.git("rm", "-q", "locks/pipeline.lock")
    project.git("mv", "-f", "more/pipeline.lock", "dvc.lock")
    project.git("add", "dvc.lock")
    project.commit("Keep the lock file here")


def nothing(_: Folder) -> None:
    """Leave the pipeline as it is."""


@pytest.mark.parametrize("rewrite", [False, True], ids=["merged", "rebased"])
@pytest.mark.parametrize(
    ("before", "after"), [(nothing, move), (link, nothing), (link, unlink), (link, unlink_linked)]
)
def test_an_entry_that_git_merged_is_found_wherever_its_lock_file_is_now(
    project: Folder,
    before: Callable[[Folder], None],
    after: Callable[[Folder], None],
    *,
    rewrite: bool,
) -> None:
    before(project)
    forked = fork(project)
    if rewrite:
        forked.git("switch", "-qc", "both", "b")
        forked.git("rebase", "-q", "a")
        forked.dvc("checkout", "-q")
    else:
        merge(forked)
    after(forked)
    for rev in ([], ["--rev", "HEAD"]):
        assert gate(forked, Exit.BLOCKED, *rev) == MERGED
