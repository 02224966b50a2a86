"""What git shows in one clone in place of the commits and files is not taken for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models: {net: {path: net.bin, metrics: [m.json]}}
gates: {keep: {metric: auc, vs: base, max_drop: 0.01}}
"""


@pytest.fixture
def work(empty_repository: Folder) -> Folder:
    """A clone with three commits, of which the last is worse than the gate allows."""
    work = empty_repository
    work.git("init", "-q", "--bare", "-b", "main", "../origin.git")
    work.git("remote", "add", "origin", "../origin.git")
    work.write("mlgit.yaml", RULES)
    work.write("net.bin", "one")
    for number, auc in enumerate(("0.8", "0.9", "0.7")):
        work.write("m.json", f'{{"auc": {auc}}}')
        work.commit(f"Number {number}")
        if number < 2:
            work.git("push", "-q", "-u", "origin", "HEAD:main")
    work.git("remote", "set-head", "origin", "main")
    return work


def replace_base(work: Folder) -> None:
    tree = work.git("rev-parse", "HEAD^{tree}")
    other = work.git("commit-tree", "-m", "Lower", "-p", "HEAD~2", tree)
    work.git("replace", "HEAD~1", other)


def replace_file(work: Folder) -> None:
    work.git("replace", work.git("rev-parse", "HEAD~1:m.json"), work.git("rev-parse", "HEAD:m.json"))


def graft(work: Folder) -> None:
    """HEAD seems to follow the first commit, whose number is lower."""
    work.write(".git/info/grafts", f"{work.git('rev-parse', 'HEAD')} {work.git('rev-parse', 'HEAD~2')}\n")


LAID_OVER: dict[str, tuple[Callable[[Folder], None], str]] = {
    "a replaced commit": (replace_base, "replaced_objects"),
    "a replaced file": (replace_file, "replaced_objects"),
    "grafts": (graft, "grafts"),
}


@pytest.mark.parametrize(("lay", "finding"), LAID_OVER.values(), ids=LAID_OVER)
def test_a_gate_compares_with_what_the_commits_have(
    work: Folder, lay: Callable[[Folder], None], finding: str
) -> None:
    before = check(work, status=Exit.BLOCKED)
    lay(work)
    assert check(work, status=Exit.BLOCKED)["results"] == before["results"]
    found = {each["id"]: each for each in work.here("doctor", "--json").json()["findings"]}
    assert work.run("sh", "-c", found[finding]["repair"]).status == 0
    found = {each["id"]: each for each in work.here("doctor", "--json").json()["findings"]}
    assert finding not in found


@pytest.mark.parametrize("option", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_at_which_git_does_not_look_is_seen(work: Folder, option: str) -> None:
    work.git("update-index", option, "m.json", "net.bin")
    assert work.here("status", "--json").json()["changed"] == []
    work.write("m.json", '{"auc": 0.95}')
    assert work.git("status", "--porcelain") == ""
    assert work.here("status", "--json").json()["changed"] == ["m.json"]
    verdict = check(work, status=Exit.DONE)
    assert verdict["candidate"]["label"] == "working tree"
    work.git("push", "-q", "origin", "HEAD:main")
    refused = work.here("release", "net", "--local")
    assert refused.status == Exit.STATE
    assert "The working tree differs from HEAD" in refused.err
    assert "m.json" in refused.err
    (found,) = (
        each for each in work.here("doctor", "--json").json()["findings"] if each["id"] == "unwatched_files"
    )
    assert found["subjects"] == ["m.json", "net.bin"]
    assert work.run("sh", "-c", found["repair"]).status == 0
    assert work.git("status", "--porcelain") == "M m.json"
