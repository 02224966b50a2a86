"""A history that was rewritten (a secret was filtered out), with its tags, and pushed to a new remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clone(staged: Folder, tmp_path: Path) -> Folder:
    options = ("--msg-filter", "cat; echo filtered", "--tag-name-filter", "cat", "--", "--branches", "--tags")
    staged.ok("git", "filter-branch", *options, env={"FILTER_BRANCH_SQUELCH_WARNING": "1"})
    new, place = str(tmp_path / "new.git"), staged.path.parent / "clone"
    staged.git("init", "-q", "--bare", "-b", "main", new)
    staged.git("push", "-q", new, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
    staged.git("clone", "-q", new, str(place))
    clone = Folder(place)
    clone.dvc("pull", "-q")
    return clone


def test_one_way_on_is_named_and_nothing_brings_the_former_history_back(clone: Folder) -> None:
    findings = [each for each in clone.here("doctor", "--json").json()["findings"] if "tag" in str(each)]
    [finding] = [each for each in findings if each["id"] == "rewritten_history"]
    assert set(finding["subjects"]) == {"line#staging#1", "line@v1.0.0"}
    assert "do not count: the history was rewritten" in finding["message"]
    assert ("--force" in str(findings), "mlgit history" in str(findings)) == (False, False)
    promoted = clone.here("promote", "line", "--to", "staging")
    assert promoted.status != Exit.DONE
    assert "the history was rewritten" in promoted.err
    command = finding["repair"].split("`")[1]
    assert finding["repair"].endswith("; then run `mlgit release line` and promote it")
    clone.ok("sh", "-c", command)
    assert clone.git("tag", "-l") == clone.git("ls-remote", "--tags", "origin") == ""
    for argv in (("release", "line"), ("promote", "line", "--to", "staging")):
        done = clone.here(*argv)
        assert done.status == Exit.DONE, done.err
    ids = [each["id"] for each in clone.here("doctor", "--json").json()["findings"]]
    assert "rewritten_history" not in ids
