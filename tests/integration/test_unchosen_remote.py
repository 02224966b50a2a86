"""Several remotes and none chosen, or none in CI: trunk and tags are not known, and nothing passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CHOOSE = "Cannot choose a remote: `upstream` or `fork`"


@pytest.fixture
def unchosen(staged: Folder) -> Folder:
    """A clone of a repository with a live version, on a new branch; its remotes are `upstream` and `fork`."""
    origin = staged.path.parent / "origin.git"
    staged.git("clone", "-q", "--bare", str(origin), "../fork.git")
    staged.git("clone", "-q", "-o", "upstream", "--no-tags", str(origin), "../unchosen")
    clone = Folder(staged.path.parent / "unchosen")
    clone.git("remote", "add", "fork", "../fork.git")
    clone.git("fetch", "-q", "--no-tags", "fork")
    clone.git("checkout", "-q", "--no-track", "-b", "topic")
    return clone


@pytest.mark.parametrize("env", [{}, {"CI": "true"}], ids=["laptop", "ci"])
@pytest.mark.parametrize(
    "argv",
    [("check",), ("ci", "pr", "-o", "../report"), ("get", "line#staging", "-o", "../out"), ("models",)],
    ids=str,
)
def test_nothing_is_taken_for_known(unchosen: Folder, argv: tuple[str, ...], env: dict[str, str]) -> None:
    done = unchosen.here(*argv, env=env)
    assert done.status == Exit.STATE
    assert CHOOSE in done.err
    assert "run `git config mlgit.remote NAME` with one of them" in done.err


def test_status_says_neither_that_there_is_no_remote_nor_that_nothing_is_released(unchosen: Folder) -> None:
    done = unchosen.here("status")
    assert "no remote" not in done.out
    assert "nothing released" not in done.out
    unchosen.git("config", "mlgit.remote", "upstream")
    unchosen.git("config", "--unset", "remote.upstream.tagOpt")
    unchosen.git("fetch", "-q", "--tags", "upstream")
    assert "v1.0.0" in unchosen.here("models").out


def test_a_ci_job_without_a_remote_has_no_verdict(staged: Folder, tmp_path: Path) -> None:
    job = Folder(tmp_path / "job")
    staged.git("init", "-q", "-b", "start", str(job.path))
    job.git("fetch", "-q", str(staged.path.parent / "origin.git"), "main")
    job.git("checkout", "-q", "--detach", "FETCH_HEAD")
    done = job.here("check", env={"CI": "true"})
    assert done.status == Exit.STATE
    assert "This clone has no remote: trunk and tags are not known" in done.err
    assert "run `git remote add origin URL && git fetch --tags origin` before mlgit" in done.err
