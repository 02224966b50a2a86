"""Tags in a clone of a fork, and tags of other packages of a monorepo: nothing is deleted for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def tag_findings(folder: Folder) -> list[dict[str, Any]]:
    findings = folder.here("doctor", "--json").json()["findings"]
    return [each for each in findings if "tag" in each["id"]]


def test_in_a_clone_of_a_fork_the_remote_of_the_project_is_named(staged: Folder, tmp_path: Path) -> None:
    origin = staged.git("remote", "get-url", "origin")
    top = Folder(tmp_path)
    top.git("clone", "-q", "--bare", "--single-branch", "--no-tags", origin, "fork.git")
    top.git("clone", "-q", "fork.git", "mine")
    mine = Folder(tmp_path / "mine")
    mine.git("remote", "add", "upstream", origin)
    mine.git("fetch", "-q", "--tags", "upstream")
    for _ in range(2):
        [finding] = tag_findings(mine)
        assert finding["message"].startswith("No tag counts here: this clone has seen none of 2 at `origin`")
        command = "git config mlgit.remote upstream && git fetch --force --tags upstream"
        assert finding["repair"].startswith(
            f"if `upstream` is the project and `origin` a fork, run `{command}`; otherwise run `git fetch "
        )
        assert "git tag -d" not in finding["repair"]
        assert "next: git fetch --force" not in mine.here("status").out
        mine.git("fetch", "-q", "--force", "--tags", "origin")  # the fork has no tags
    mine.ok("sh", "-c", command)
    assert tag_findings(mine) == []
    assert "v1.0.0" in mine.here("models").out


def test_a_tag_of_another_package_needs_no_repair(staged: Folder) -> None:
    staged.git("tag", "other@v1.0.0")
    staged.git("tag", "-a", "ui@v1.2.0", "-m", "ui release")
    assert tag_findings(staged) == []
    assert staged.here("doctor", "--strict").status == Exit.DONE
    names = [each["name"] for each in staged.here("models", "--json").json()["models"]]
    assert names == ["line"]
    assert "ui" not in staged.here("status").out.partition("Branch")[0]
    assert staged.here("models", "ui").status == Exit.DONE
    staged.git("tag", "line@v9.0.0")
    assert [each["subjects"] for each in tag_findings(staged)] == [["line@v9.0.0"]]
