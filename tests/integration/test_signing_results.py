"""Commits of results are signed as git's settings say, and a failed signing leaves nothing half done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.pull_request import PullRequest
    from tests.support.shell import Done, Folder

RUN = ("run", "--commit")
WAYS_TO_FAIL = {
    "no such key": ("user.signingKey", "/no/such/key.pub"),
    "a program that fails": ("gpg.ssh.program", "false"),
    "no such program": ("gpg.ssh.program", "/no/such/program"),
}


def sign(folder: Folder, place: Path) -> None:
    """Let git sign commits of this repository with a new SSH key, which it trusts."""
    place.mkdir()
    key = place / "key"
    folder.ok("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    (place / "signers").write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", f"{key}.pub"),
        ("gpg.ssh.allowedSignersFile", str(place / "signers")),
        ("commit.gpgSign", "true"),
    ):
        folder.git("config", name, value)


def is_signed(folder: Folder, revision: str) -> bool:
    text = folder.git("cat-file", "-p", revision)
    return "gpgsig -----BEGIN SSH" in text and folder.run("git", "verify-commit", revision).status == 0


def assert_refused(done: Done) -> None:
    assert done.status == Exit.TOOL
    assert "nothing was committed or pushed" in done.err
    assert "git config commit.gpgSign false" in done.err


@pytest.fixture
def untrained(project: Folder, tmp_path: Path) -> Folder:
    """A project with a parameter that was committed and not run; git signs its commits."""
    project.write("params.yaml", "train:\n  slope: 1.995\n")
    project.commit("Not run")
    sign(project, tmp_path / "keys")
    return project


@pytest.fixture
def stale(pull: PullRequest, tmp_path: Path) -> PullRequest:
    """The same as a pull request, checked out as GitHub does."""
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    pull.check_out_merge()
    sign(pull.project, tmp_path / "keys")
    return pull


def test_the_commit_of_a_run_is_signed(untrained: Folder) -> None:
    done = untrained.here(*RUN)
    assert done.status == Exit.DONE, done.err
    assert untrained.git("log", "-1", "--format=%s") == "Run the pipeline"
    assert is_signed(untrained, "HEAD")


@pytest.mark.parametrize("way", WAYS_TO_FAIL)
def test_a_run_whose_commit_cannot_be_signed_keeps_its_results_uncommitted(
    untrained: Folder, way: str
) -> None:
    untrained.git("config", *WAYS_TO_FAIL[way])
    before = untrained.git("rev-parse", "HEAD"), untrained.git("for-each-ref")
    done = untrained.here(*RUN)
    assert_refused(done)
    assert (untrained.git("rev-parse", "HEAD"), untrained.git("for-each-ref")) == before
    assert untrained.git("diff", "--cached", "--name-only") == ""
    assert untrained.git("diff", "--name-only").splitlines() == ["dvc.lock", "metrics/test.json"]
    # The hint, as it is pasted.
    command = done.err.partition("commit it with `")[2].partition("`")[0].replace("\n", " ")
    untrained.git("config", "commit.gpgSign", "false")
    untrained.ok("sh", "-c", f"{' '.join(command.split())} -q -m Run")
    assert untrained.git("status", "--porcelain") == ""
    assert untrained.here(*RUN).status == Exit.DONE


def test_the_commit_that_ci_pushes_is_signed(stale: PullRequest) -> None:
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.DONE, done.err
    made = stale.report()["pushed"]
    assert is_signed(stale.project, made)
    assert stale.project.git("ls-remote", "origin", f"refs/heads/{stale.branch}").split("\t")[0] == made


@pytest.mark.parametrize("way", WAYS_TO_FAIL)
def test_ci_pushes_nothing_that_it_cannot_sign(stale: PullRequest, way: str) -> None:
    stale.project.git("config", *WAYS_TO_FAIL[way])
    before = stale.project.git("ls-remote", "origin")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert_refused(done)
    assert stale.project.git("ls-remote", "origin") == before
    assert stale.project.git("rev-parse", "HEAD") == stale.sha
    assert stale.project.git("diff", "--cached", "--name-only") == ""
    assert stale.report()["failure"]["message"].startswith("git could not commit")
