"""`MLGIT_REMOTE_TAGS`: the listing of the remote's tags decides whether this clone knows an environment."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models: {net: {path: net.bin}}
gates: {keep: {metric: acc, vs: prod, max_drop: 0.01}}
environments: {prod: {}}
"""


@pytest.fixture
def clone(tmp_path: Path) -> Folder:
    """A whole clone of a remote without tags."""
    Folder(tmp_path).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(tmp_path).git("clone", "-q", "origin.git", "clone")
    work = Folder(tmp_path / "clone")
    work.git("switch", "-q", "-c", "main")
    work.write("mlgit.yaml", CONFIG)
    work.write("dvc.yaml", "metrics: [scores.json]\n")
    work.write("net.bin", "one")
    work.write("scores.json", '{"acc": 0.9}\n')
    work.commit("One")
    work.git("push", "-q", "-u", "origin", "main")
    work.git("remote", "set-head", "origin", "--auto")
    return work


def _checked(clone: Folder, listing: Path | str) -> tuple[str, str | None, str]:
    """Outcome, reason and message of the only gate."""
    done = clone.here("check", "--json", env={"MLGIT_REMOTE_TAGS": str(listing)})
    (result,) = done.json()["verdict"]["results"]
    assert done.status == (Exit.BLOCKED if result["outcome"] == "error" else Exit.DONE)
    if result["outcome"] == "error":
        assert "`" in result["hint"]
    return result["outcome"], result["reason"], f"{result['message']} {result['hint']}"


def test_the_listing_of_git_is_believed(clone: Folder, tmp_path: Path) -> None:
    listing = tmp_path / "listing"
    listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin"), encoding="utf-8")
    assert _checked(clone, listing)[:2] == ("skipped", "no_baseline")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    # Tags that are only here are newer than the listing.
    assert _checked(clone, listing)[:2] == ("pass", None)
    listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin") + "\n", encoding="utf-8")
    assert "^{}" in listing.read_text(encoding="utf-8")
    assert _checked(clone, listing)[:2] == ("pass", None)
    clone.git("tag", "-d", "net#prod#1")
    outcome, reason, text = _checked(clone, listing)
    assert (outcome, reason) == ("error", "unknown_here")
    assert "`origin` has tags that this clone lacks: `net#prod#1`" in text
    clone.git("tag", "-m", "another one", "net#prod#1")
    assert _checked(clone, listing)[:2] == ("error", "unknown_here")


@pytest.mark.parametrize("by", ["asking", "a listing"])
def test_in_ci_a_tag_that_the_remote_no_longer_has_leaves_it_unknown(
    clone: Folder, tmp_path: Path, by: str
) -> None:
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    env = {"CI": "true"}
    if by == "asking":
        clone.git("config", "remote.origin.tagOpt", "--no-tags")  # the remote is asked about such a clone
    listing = tmp_path / "listing"
    clone.git("push", "-q", "origin", ":refs/tags/net#prod#1")
    listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin") + "\n", encoding="utf-8")
    if by != "asking":
        env["MLGIT_REMOTE_TAGS"] = str(listing)
    outcome, reason, text = _judged(clone, env)
    assert (outcome, reason) == ("error", "unknown_here")
    assert "`origin` has no tag `net#prod#1`, which is here" in text
    clone.ok("sh", "-c", text.rpartition("run `")[2].rpartition("`")[0])
    assert _judged(clone, env)[:2] == ("skipped", "no_baseline")


def _in_fork(clone: Folder, tmp_path: Path) -> dict[str, str]:
    """The variables of a GitLab pipeline in the fork that `origin` is now; the target has its tags so far."""
    Folder(tmp_path).git("clone", "-q", "--bare", "origin.git", "fork.git")
    clone.git("remote", "set-url", "origin", str(tmp_path / "fork.git"))
    return {
        "GITLAB_CI": "true",
        "CI_PROJECT_PATH": "eve/origin",
        "CI_MERGE_REQUEST_PROJECT_PATH": "team/origin",
        "CI_MERGE_REQUEST_PROJECT_URL": f"file://{tmp_path}/origin",
    }


def _judged(clone: Folder, env: dict[str, str]) -> tuple[str, str | None, str]:
    done = clone.here("check", "--json", env=env)
    (result,) = done.json()["verdict"]["results"]
    return result["outcome"], result["reason"], f"{result['message']} {result.get('hint')}"


@pytest.mark.parametrize("by", ["asking", "a listing of the target"])
def test_in_the_pipeline_of_a_fork_only_the_tags_of_the_target_prove_something(
    clone: Folder, tmp_path: Path, by: str
) -> None:
    assert clone.here("release", "net").status == Exit.DONE
    env = _in_fork(clone, tmp_path)
    if by != "asking":
        listing = tmp_path / "listing"
        listing.write_text(clone.git("ls-remote", "--heads", "--tags", f"{tmp_path}/origin.git"))
        env["MLGIT_REMOTE_TAGS"] = str(listing)
    assert _judged(clone, env)[:2] == ("skipped", "no_baseline")
    assert clone.here("promote", "net", "--to", "prod").status == Exit.DONE
    assert clone.git("ls-remote", "origin", "refs/tags/net#prod#1")
    outcome, reason, text = _judged(clone, env)
    assert (outcome, reason) == ("error", "unknown_here")
    assert "has no tag `net#prod#1`, which is here" in text
    repair = f"git fetch --prune file://{tmp_path}/origin.git '+refs/tags/*:refs/tags/*'"
    assert f"run `{repair}`" in text
    clone.ok("sh", "-c", repair)
    assert _judged(clone, env)[:2] == ("skipped", "no_baseline")
    clone.git("tag", "-d", "net@v1.0.0")
    assert "has tags that this clone lacks: `net@v1.0.0`" in _judged(clone, env)[2]
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    if by == "asking":
        assert "did not respond" in _judged(clone, env)[2]


def test_a_pipeline_of_the_target_about_a_fork_asks_its_own_remote(clone: Folder, tmp_path: Path) -> None:
    env = {**_in_fork(clone, tmp_path), "CI_PROJECT_PATH": "team/origin"}
    clone.git("remote", "set-url", "origin", str(tmp_path / "origin.git"))
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    assert _judged(clone, env)[:2] == ("pass", None)


FILES = {
    "missing": (None, "cannot be read"),
    "words": (b"not a listing\n", "is not the output of `git ls-remote --heads --tags`"),
    "binary": (bytes(range(256)) * 20, "is not the output of `git ls-remote --heads --tags`"),
    "empty": (b"", "is empty, as after a `git ls-remote --heads --tags` that failed"),
    "a blank line": (b"\n", "is empty"),
    "cut off": (b"a" * 40 + b"\trefs/heads/main\nfatal: the", "is not the output of"),
    "folder": ("folder", "is not a file"),
    "pipe": ("pipe", "is not a file"),
    "huge": ("huge", "is larger than 64 MiB"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_listing_that_cannot_be_believed_proves_nothing(clone: Folder, tmp_path: Path, kind: str) -> None:
    content, words = FILES[kind]
    listing = tmp_path / "listing"
    if isinstance(content, bytes):
        listing.write_bytes(content)
    elif content == "folder":
        listing.mkdir()
    elif content == "pipe":
        os.mkfifo(listing)
    elif content == "huge":
        with listing.open("wb") as file:
            file.truncate(1 << 40)
    outcome, reason, text = _checked(clone, listing)
    assert (outcome, reason) == ("error", "unknown_here")
    assert words in text
    assert "git ls-remote --heads --tags origin" in text


def _listings(clone: Folder) -> dict[str, tuple[str, str | None]]:
    """Listings without tags, of a clone whose trunk went on once: heads, and why they prove nothing."""
    old, new = clone.git("rev-parse", "HEAD^"), clone.git("rev-parse", "HEAD")
    at = f"at `{new[:7]}` here"
    return {
        "now": (f"{new}\trefs/heads/main\n", None),
        "before the fetch": (f"{old}\trefs/heads/main\n", None),
        "after the fetch": (f"{'1' * 40}\trefs/heads/main\n", f"has `main` at `1111111`, which is {at}"),
        "another branch": (
            f"{new}\trefs/heads/not/main\n{new}\trefs/tags/main\n",
            "does not list the branch `main`",
        ),
    }


@pytest.mark.parametrize("kind", ["now", "before the fetch", "after the fetch", "another branch"])
@pytest.mark.parametrize("tags", [True, False])
def test_a_listing_proves_something_only_with_trunk_as_it_is_here(
    clone: Folder, tmp_path: Path, kind: str, *, tags: bool
) -> None:
    clone.write("README.md", "Two")
    clone.commit("Two")
    clone.git("push", "-q")
    if not tags:
        clone.git("config", "remote.origin.tagOpt", "--no-tags")
    listing = tmp_path / "listing"
    text, why = _listings(clone)[kind]
    listing.write_text(text, encoding="utf-8")
    outcome, reason, message = _checked(clone, listing)
    if why is None and (tags or kind == "now"):
        assert (outcome, reason) == ("skipped", "no_baseline")
        return
    assert (outcome, reason) == ("error", "unknown_here")
    assert f"(`MLGIT_REMOTE_TAGS`) {why or 'has `main` at'}" in message
    # In CI, the remote itself is asked.
    env = {"MLGIT_REMOTE_TAGS": str(listing), "CI": "true"}
    assert _judged(clone, env)[:2] == ("skipped", "no_baseline")
    clone.git("remote", "set-url", "origin", str(tmp_path / "gone.git"))
    assert _judged(clone, env)[:2] == ("error", "unknown_here")


def test_with_a_listing_of_another_repository_the_remote_is_asked(clone: Folder, tmp_path: Path) -> None:
    Folder(tmp_path).git("clone", "-q", "--bare", "origin.git", "other.git")
    clone.write("README.md", "Two")
    clone.commit("Two")
    clone.git("push", "-q")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    Folder(tmp_path).git("clone", "-q", "--no-tags", "origin.git", "second")
    second = Folder(tmp_path / "second")
    listing = tmp_path / "listing"
    listing.write_text(second.git("ls-remote", "--heads", "--tags", str(tmp_path / "other.git")))
    outcome, reason, text = _judged(second, {"MLGIT_REMOTE_TAGS": str(listing), "CI": "true"})
    assert (outcome, reason) == ("error", "unknown_here")
    assert "`origin` has tags that this clone lacks" in text


@pytest.mark.parametrize("name", ["listing", "link/listing"])
def test_a_listing_in_the_checkout_is_not_believed(clone: Folder, tmp_path: Path, name: str) -> None:
    clone.write("listing", "")
    (tmp_path / "link").symlink_to(clone.path)
    listing = clone / "listing" if name == "listing" else tmp_path / name
    outcome, reason, text = _checked(clone, listing)
    assert (outcome, reason) == ("error", "unknown_here")
    assert "is in the checkout" in text


@pytest.mark.parametrize(
    ("ci", "asks"),
    [
        ({}, False),
        ({"CI": "false"}, False),
        ({"CI": "true"}, True),  # Buildkite, CircleCI and others
        ({"CI": "1"}, True),
        ({"JENKINS_URL": "https://jenkins.example.org/"}, True),
        ({"TF_BUILD": "True"}, True),
        ({"GITHUB_ACTIONS": "true"}, True),
        ({"GITLAB_CI": "true"}, True),
    ],
)
def test_any_ci_asks_the_remote_before_something_is_called_absent(
    clone: Folder, ci: dict[str, str], *, asks: bool
) -> None:
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    clone.git("tag", "-d", "net@v1.0.0", "net#prod#1")
    done = clone.here("check", "--json", env=ci)
    (result,) = done.json()["verdict"]["results"]
    expected = ("error", "unknown_here") if asks else ("skipped", "no_baseline")
    assert (result["outcome"], result["reason"]) == expected
    assert ("`origin` has tags that this clone lacks" in result["message"]) is asks


@pytest.mark.parametrize(("ci", "outcome"), [({}, "pass"), ({"CI": "true"}, "error")], ids=["laptop", "ci"])
def test_ci_asks_whether_what_it_compares_with_is_still_there(
    clone: Folder, tmp_path: Path, ci: dict[str, str], outcome: str
) -> None:
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    clone.git("clone", "-q", str(tmp_path / "origin.git"), str(tmp_path / "other"))
    clone.write("net.bin", "two")
    clone.write("scores.json", '{"acc": 0.95}\n')
    clone.commit("Two")
    clone.git("push", "-q")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    kept = Folder(tmp_path / "other")  # a runner's folder of before, where a job fetches branches only
    kept.git("fetch", "-q", "--no-tags", "origin")
    (result,) = kept.here("check", "--json", env=ci).json()["verdict"]["results"]
    assert result["outcome"] == outcome
    kept.git("remote", "set-url", "origin", str(tmp_path / "gone.git"))
    (result,) = kept.here("check", "--json", env=ci).json()["verdict"]["results"]
    assert result["outcome"] == "pass"  # a job may have no right to ask


def _absence(clone: Folder, env: dict[str, str]) -> str:
    (result,) = clone.here("check", "--json", env=env).json()["verdict"]["results"]
    assert (result["outcome"], result["reason"]) == ("skipped", "no_baseline")
    return str(result["message"])


def test_what_is_absent_says_when_the_remote_was_last_seen(clone: Folder, tmp_path: Path) -> None:
    nothing = "Nothing of `net` is in `prod` yet"
    (clone / ".git/refs/remotes/origin/HEAD").unlink()
    assert _absence(clone, {}) == f"{nothing}, by the tags of this clone"
    clone.git("fetch", "-q", "origin")
    assert _absence(clone, {}).startswith(f"{nothing}, by the tags of this clone (last fetch: 2")
    then = datetime(2026, 5, 3, 12, 7, 30, tzinfo=UTC).timestamp()
    os.utime(clone / ".git/FETCH_HEAD", (then, then))
    when = "by the tags of this clone (last fetch: 2026-05-03 12:07 UTC)"
    assert _absence(clone, {}) == f"{nothing}, {when}"
    assert when in " ".join(clone.here("check").out.split())
    assert when in clone.here("report", "--format", "markdown").out.replace("&#8203;", "")
    # The remote itself was asked, or listed its tags.
    assert _absence(clone, {"CI": "true"}) == nothing
    listing = tmp_path / "listing"
    listing.write_text(clone.git("ls-remote", "--heads", "--tags", "origin"), encoding="utf-8")
    assert _absence(clone, {"MLGIT_REMOTE_TAGS": str(listing)}) == nothing
    clone.git("remote", "remove", "origin")
    assert _absence(clone, {}) == nothing


def test_a_remote_that_does_not_answer_in_ci_leaves_it_unknown(clone: Folder, tmp_path: Path) -> None:
    clone.git("remote", "set-url", "origin", str(tmp_path / "gone.git"))
    assert "Nothing of `net` is in `prod` yet" in _absence(clone, {})
    (result,) = clone.here("check", "--json", env={"CI": "true"}).json()["verdict"]["results"]
    assert (result["outcome"], result["reason"]) == ("error", "unknown_here")
    assert "`origin` did not respond to a query for its tags" in result["message"]
