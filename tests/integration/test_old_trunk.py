"""A job whose `origin/main` is older than the listing of the remote's tags takes no older baseline."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_remote_tags import CONFIG, clone
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("clone",)  # the fixture

TAGS = "refs/tags/*:refs/tags/*"
FETCHED = {
    "nothing": (),
    "its tags": (TAGS,),
    "its tags, and main of that time": (TAGS, "refs/heads/main:refs/remotes/origin/main"),
}


def measured(folder: Folder, text: str, value: float) -> None:
    folder.write("net.bin", text)
    folder.write("scores.json", f'{{"acc": {value}}}\n')
    folder.commit(text)


def live(folder: Folder) -> None:
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert folder.here(*argv).status == Exit.DONE


@pytest.mark.parametrize("vs", ["prod", "release"])
@pytest.mark.parametrize(
    ("fetched", "answers", "listed"), [*product(FETCHED, [True, False], ["later", "then", "not"])]
)
def test_what_came_after_the_checkout_is_compared_with_or_not_known(
    clone: Folder, tmp_path: Path, fetched: str, listed: str, vs: str, *, answers: bool
) -> None:
    clone.write("mlgit.yaml", CONFIG.replace("vs: prod", f"vs: {vs}"))
    clone.commit("Gates")
    clone.git("push", "-q", "origin", "main")
    live(clone)
    listing = tmp_path / "listing"
    listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin"), encoding="utf-8")
    Folder(tmp_path).git("clone", "-q", "origin.git", "job")
    job = Folder(tmp_path / "job")
    measured(clone, "better", 0.95)
    clone.git("push", "-q", "origin", "main")
    live(clone)
    if listed == "later":
        listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin"), encoding="utf-8")
    job.git("switch", "-qc", "topic")
    measured(job, "worse than that", 0.893)
    if FETCHED[fetched]:
        job.git("fetch", "-q", "--no-tags", "origin", *FETCHED[fetched])
    if not answers:
        (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    env = {"CI": "true"} | ({} if listed == "not" else {"MLGIT_REMOTE_TAGS": str(listing)})
    done = job.here("check", "--json", env=env)
    (result,) = done.json()["verdict"]["results"]
    if fetched == "nothing" and (listed == "then" or (listed == "not" and not answers)):
        # All that the job has is of one time, at which that was what was live.
        assert result["outcome"] == "pass"
        return
    assert result["outcome"] in {"fail", "error"}, result
    assert done.status == Exit.BLOCKED
    assert result["outcome"] == "fail" or result["hint"]


@pytest.mark.parametrize("answers", [True, False])
def test_a_kept_clone_takes_no_older_trunk_than_the_event_names(
    clone: Folder, tmp_path: Path, *, answers: bool
) -> None:
    clone.write("mlgit.yaml", CONFIG.replace("vs: prod", "vs: base"))
    clone.commit("Gates")
    clone.git("push", "-q", "origin", "main")
    Folder(tmp_path).git("clone", "-q", "origin.git", "job")
    job = Folder(tmp_path / "job")
    measured(clone, "better", 0.95)
    clone.git("push", "-q", "origin", "main")
    clone.git("switch", "-qc", "topic")
    measured(clone, "worse than that", 0.9)
    clone.git("push", "-q", "origin", "topic")
    job.git("fetch", "-q", "--no-tags", "origin", "topic")  # as a runner that keeps its clone does
    job.git("checkout", "-q", "--detach", "FETCH_HEAD")
    if not answers:
        (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    event = tmp_path / "event.json"
    base = {"ref": "main", "sha": clone.git("rev-parse", "main")}
    event.write_text(
        json.dumps({"pull_request": {"base": base, "head": {"sha": job.git("rev-parse", "HEAD")}}})
    )
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_BASE_REF": "main",
        "GITHUB_SHA": job.git("rev-parse", "HEAD"),
    }
    for argv in (("check",), ("ci", "pr", "-o", str(tmp_path / "report"))):
        done = job.here(*argv, env=env)
        if answers:
            assert done.status == Exit.BLOCKED, done.err
            assert "acc 0.9" in done.out
        else:
            assert done.status == Exit.STATE
            assert "`origin/main` here lacks" in done.err
            assert "git fetch origin +refs/heads/main:refs/remotes/origin/main" in done.err


@pytest.mark.parametrize("how", ["answers", "silent", "listed", "listed before", "gone"])
def test_in_ci_a_branch_that_a_gate_names_is_that_of_the_remote(
    clone: Folder, tmp_path: Path, how: str
) -> None:
    clone.write("mlgit.yaml", CONFIG.replace("vs: prod", "vs: origin/best"))
    clone.commit("Gates")
    clone.git("push", "-q", "origin", "main", "main:best")
    Folder(tmp_path).git("clone", "-q", "origin.git", "job")
    job = Folder(tmp_path / "job")
    listing, there = tmp_path / "listing", clone.git("ls-remote", "--heads", "--tags", "origin")
    if how == "listed before":  # its trunk is older than that of the clone, and so may its branches be
        listing.write_text(there, encoding="utf-8")
        clone.write("README.md", "More\n")
        clone.commit("More")
        clone.git("push", "-q", "origin", "main")
        job.git("fetch", "-q", "--no-tags", "origin", "refs/heads/main:refs/remotes/origin/main")
    clone.git("switch", "-qc", "best")
    measured(clone, "better", 0.95)
    clone.git("push", "-q", "origin", "best" if how != "gone" else ":best")
    env = {"CI": "true"}
    if how == "listed":
        listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin"), encoding="utf-8")
    if how.startswith("listed"):
        env["MLGIT_REMOTE_TAGS"] = str(listing)
    if how in {"silent", "listed"}:
        (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    done = job.here("check", env=env)
    known = how in {"answers", "listed before"}
    assert done.status == (Exit.BLOCKED if known else Exit.STATE), done.out + done.err
    assert ("0.95" in done.out) == known
    assert known or "hint: " in done.err
