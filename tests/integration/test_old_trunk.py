"""A job whose `origin/main` is older than the listing of the remote's tags takes no older baseline."""

from __future__ import annotations

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
