"""`--fetch` takes away what the remote had and has no more, and keeps what was never there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.wording import word
from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

GONE = "net#prod#1"


@pytest.fixture
def team(tmp_path: Path) -> tuple[Folder, Folder]:
    """Two clones of one origin; the first one released `net` and promoted it to prod."""
    top = Folder(tmp_path)
    top.git("init", "-q", "--bare", "origin.git")
    top.git("clone", "-q", "origin.git", "one")
    one = Folder(tmp_path / "one")
    one.write("mlgit.yaml", "version: 1\nmodels: {net: {path: net.bin}}\nenvironments: {prod: {}}\n")
    one.write("net.bin", "weights")
    one.commit("Weights")
    one.git("push", "-q", "-u", "origin", "HEAD:main")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert one.here(*argv).status == Exit.DONE
    top.git("clone", "-q", "origin.git", "two")
    return one, Folder(tmp_path / "two")


def _of_another(folder: Folder, *argv: str) -> str:
    return folder.git(
        "-c",
        "user.email=eve@example.org",
        "-c",
        "user.name=Eve",
        *argv,
        env={"GIT_COMMITTER_EMAIL": "eve@example.org", "GIT_COMMITTER_NAME": "Eve"},
    )


@pytest.mark.parametrize("argv", [("models", "--fetch"), ("show", "net", "--fetch"), ("history", "--fetch")])
def test_a_tag_that_was_deleted_at_the_remote_is_taken_away(
    team: tuple[Folder, Folder], argv: tuple[str, ...]
) -> None:
    one, _ = team
    oid = one.git("rev-parse", GONE)
    one.git("push", "-q", "origin", f":refs/tags/{GONE}")
    done = one.here(*argv)
    assert done.status == Exit.DONE
    assert f"`origin` no longer has `{GONE}`, so it was deleted here" in done.out
    back = f"git push origin {word(f'{oid}:refs/tags/{GONE}')}"
    assert f"`{back}` puts it back for everyone" in done.out
    assert one.git("tag", "-l", GONE) == ""
    one.ok("sh", "-c", back)
    one.git("fetch", "-q", "--tags")
    assert one.git("tag", "-l", GONE) == GONE


@pytest.mark.parametrize(
    ("made_by", "seen", "stays"),
    [
        ("me", "never", True),
        ("me", "by models", False),
        ("me", "by a promotion", False),
        ("another", "never", False),
    ],
)
def test_only_a_tag_that_was_at_the_remote_once_is_taken_away(
    team: tuple[Folder, Folder], made_by: str, seen: str, *, stays: bool
) -> None:
    one, two = team
    if made_by == "another":
        oid = one.git("rev-parse", "HEAD")
        _of_another(one, "tag", "-a", "-m", "by Eve", "net#stage#1", oid)
        one.git("push", "-q", "origin", "net#stage#1")
        two.git("fetch", "-q", "--tags")
        tag = "net#stage#1"
    else:
        tag = GONE
    if seen == "by models":
        assert two.here("models", "--fetch").status == Exit.DONE
    elif seen == "by a promotion":
        assert two.here("promote", "net", "--to", "prod", "--dry-run").status in {Exit.DONE, Exit.STATE}
    one.git("push", "-q", "origin", f":refs/tags/{tag}")
    done = two.here("models", "--fetch")
    assert done.status == Exit.DONE
    assert (two.git("tag", "-l", tag) == tag) is stays
    assert (f"only here, and not on `origin`: `{tag}`" in done.out) is stays
    assert (f"`origin` no longer has `{tag}`" in done.out) is not stays


def test_an_own_tag_that_waits_to_be_pushed_stays_and_is_named(team: tuple[Folder, Folder]) -> None:
    one, _ = team
    one.write("net.bin", "other weights")
    one.commit("Next")
    one.git("push", "-q")
    assert one.here("release", "net", "--bump", "minor", "--local").status == Exit.DONE
    done = one.here("models", "--fetch", "--json")
    assert done.json()["notes"] == [
        "only here, and not on `origin`: `net@v1.1.0`; `mlgit push` publishes them"
    ]
    assert one.git("tag", "-l", "net@v1.1.0") == "net@v1.1.0"


def test_tags_of_other_things_are_left_alone(team: tuple[Folder, Folder]) -> None:
    one, _ = team
    one.git("tag", "nightly")
    _of_another(one, "tag", "-a", "-m", "by Eve", "v9")
    assert one.here("models", "--fetch", "--json").json()["notes"] == []
    assert one.git("tag", "-l", "nightly", "v9").split() == ["nightly", "v9"]


def test_a_fork_takes_away_no_tag_of_another_remote(team: tuple[Folder, Folder], tmp_path: Path) -> None:
    Folder(tmp_path).git("init", "-q", "--bare", "fork.git")
    team[0].git("push", "-q", "../fork.git", "HEAD:main")
    Folder(tmp_path).git("clone", "-q", "fork.git", "mine")
    mine = Folder(tmp_path / "mine")
    mine.git("remote", "add", "upstream", str(tmp_path / "origin.git"))
    mine.git("fetch", "-q", "--tags", "upstream")
    mine.git("config", "user.email", "eve@example.org")
    identity = {"GIT_COMMITTER_EMAIL": "eve@example.org", "GIT_AUTHOR_EMAIL": "eve@example.org"}
    done = mine.here("models", "--fetch", env=identity)
    assert done.status == Exit.DONE, done.err
    assert "no longer has" not in done.out
    assert "not on `origin`, but perhaps on another remote: `net" in done.out
    assert mine.git("tag", "-l", GONE) == GONE
