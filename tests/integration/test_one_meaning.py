"""A name that a tag shares with a branch or a commit: Git would take the tag, pushed by anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

# The name of a tag, what else has it, and how that is written.
SHARED = {
    "main": ("a branch", "heads/main"),
    "stable": ("a branch", "heads/stable"),
    "elsewhere": ("a branch", "remotes/origin/elsewhere"),
    "origin/main": ("a branch", "remotes/origin/main"),
    "origin": ("a branch", "remotes/origin/HEAD"),
    "{short}": ("a commit", "{id}"),
    "v1.0-1-g{short}": ("a commit", "{id}"),
}
SPELLINGS = ("{}", "{}~0", "{}^{{commit}}", "{}^0")


@pytest.fixture
def branched(staged: Folder) -> Folder:
    """The project with a branch that is here and at the remote, one only there, and another commit."""
    staged.git("branch", "stable")
    staged.git("push", "-q", "origin", "stable", "main:elsewhere")
    staged.git("fetch", "-q", "origin")
    staged.git("remote", "set-head", "origin", "main")
    staged.commit("Another commit")
    return staged


def named(folder: Folder, text: str) -> str:
    oid = folder.git("rev-parse", "stable")
    return text.format(short=oid[:7], id=oid)


@pytest.mark.parametrize(("name", "other"), SHARED.items(), ids=SHARED)
def test_a_name_of_a_tag_and_a_branch_or_commit_is_an_error_that_says_how_to_write_each(
    branched: Folder, name: str, other: tuple[str, str]
) -> None:
    tag, (what, full) = named(branched, name), other
    branched.git("tag", tag, "HEAD")
    for spelling in SPELLINGS:
        for argv in (["diff"], ["check", "--rev"], ["check", "--base"], ["get", "-o", "out"]):
            done = branched.here(*argv, spelling.format(tag))
            assert done.status == Exit.STATE, (argv, spelling, done.out)
            assert f"`{tag}` is {what} and a tag" in done.err, (argv, spelling)
            assert f"write `{named(branched, full)}` or `tags/{tag}`" in done.err
            assert f"git push origin :refs/tags/{tag} && git tag -d {tag}" in done.err
    for text in (named(branched, full), f"tags/{tag}"):
        assert branched.here("diff", text).status == Exit.DONE


@pytest.mark.parametrize("name", ["main", "stable", "{short}"])
def test_a_gate_never_compares_with_a_tag_in_place_of_a_branch_or_a_commit(
    branched: Folder, name: str
) -> None:
    vs = named(branched, name)
    config = (branched / "mlgit.yaml").read_text(encoding="utf-8")
    gate = f'gates:\n  drop: {{metric: r2, vs: "{vs}", max_drop: 0.01}}\n'
    branched.write("mlgit.yaml", f"{config.partition('gates:')[0]}{gate}environments: {{staging: {{}}}}\n")
    branched.commit("Compare with a revision")
    branched.git("push", "-q", "origin", "main")
    assert [each[0] for each in results(check(branched, status=Exit.DONE)).values()] == ["pass"]
    branched.git("tag", vs, "HEAD~1")
    assert [each[0] for each in results(check(branched, status=Exit.BLOCKED)).values()] == ["error"]


def test_a_tag_of_its_own_name_is_a_revision(branched: Folder) -> None:
    for tag in ("v1.0", "2024", "deadbeef", "stable-1"):
        branched.git("tag", tag, "HEAD~1")
        assert branched.here("diff", tag).status == Exit.DONE
    branched.git("tag", "HEAD", "HEAD~1")
    assert branched.here("diff", "HEAD").status == Exit.DONE


VERSIONS = ("v1.0.0", "1.0.0", "latest", "line@1.0.0")


def planted(folder: Folder, kind: str, name: str, at: str) -> str:
    """A tag or branch with the loose name of a version; how it is written in full."""
    if kind == "branch":
        folder.git("branch", name, at)
        return f"heads/{name}"
    folder.git("tag", *(["-a", "-m", "By hand"] if kind == "annotated" else []), name, at)
    return f"tags/{name}"


@pytest.mark.parametrize("kind", ["lightweight", "annotated", "branch"])
@pytest.mark.parametrize("name", VERSIONS)
def test_a_name_of_a_version_and_a_tag_or_branch_is_an_error(staged: Folder, name: str, kind: str) -> None:
    staged.commit("Another commit")
    full = planted(staged, kind, name, "HEAD")
    version = "line@latest" if name == "latest" else "line@v1.0.0"
    what = "branch" if kind == "branch" else "tag"
    for argv in (["diff"], ["check", "--rev"], ["get", "-o", "out"], ["show"]):
        done = staged.here(*argv, name)
        assert done.status == Exit.STATE, (argv, done.out)
        assert f"`{name}` is a version and the name of a {what}" in done.err
        assert f"choose one: `{version}`, `{full}`" in done.err
    for text in (version, full):
        assert staged.here("diff", text).status == Exit.DONE


def test_it_is_the_version_where_both_are_at_one_commit(staged: Folder) -> None:
    staged.git("tag", "v1.0.0", "line@v1.0.0^{}")
    done = staged.here("get", "v1.0.0", "-o", "out", "--json").json()
    assert done["version"] == "v1.0.0"


def test_a_release_whose_own_tag_is_lightweight_is_not_replaced(staged: Folder) -> None:
    staged.git("tag", "-f", "line@v1.0.0", "line@v1.0.0^{}")
    staged.git("tag", "v1.0.0", staged.commit("Another commit"))
    assert "`v1.0.0` is a version and the name of a tag" in staged.here("diff", "v1.0.0").err


def test_a_gate_never_compares_with_a_tag_in_place_of_a_version(staged: Folder) -> None:
    config = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    gate = "gates:\n  drop: {metric: r2, vs: v1.0.0, max_drop: 0.01}\n"
    staged.write("mlgit.yaml", f"{config.partition('gates:')[0]}{gate}environments: {{staging: {{}}}}\n")
    staged.commit("Compare with a version")
    staged.git("push", "-q", "origin", "main")
    assert [each[0] for each in results(check(staged, status=Exit.DONE)).values()] == ["pass"]
    staged.git("tag", "v1.0.0", "HEAD")
    assert [each[0] for each in results(check(staged, status=Exit.BLOCKED)).values()] == ["error"]
