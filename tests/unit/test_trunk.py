"""Trunk and the remote of releases: which one is chosen, and the error if none is known."""

from __future__ import annotations

import pytest

from mlgit.core.trunk import (
    choose_remote,
    default_branch_missing,
    stated_trunk_missing,
    trunk_refs,
    unknown_remote,
    unknown_trunk,
)

REMOTE = "refs/remotes"


@pytest.mark.parametrize(
    ("remotes", "upstream", "branches", "links", "trunk", "chosen"),
    [
        ([], None, [], {}, None, None),
        (["fork"], None, [], {}, None, "fork"),
        (["origin", "upstream"], None, ["upstream/main", "origin/main"], {}, None, "origin"),
        (["origin", "upstream"], "upstream/main", ["upstream/main", "origin/main"], {}, None, "upstream"),
        (["origin", "upstream"], "upstream/fix", ["upstream/main", "upstream/fix"], {}, None, "origin"),
        (
            ["origin", "upstream"],
            "upstream/dev",
            ["upstream/main", "upstream/dev"],
            {"upstream/HEAD": "upstream/dev"},
            None,
            "upstream",
        ),
        (["origin", "upstream"], "upstream/main", ["upstream/main", "upstream/v2"], {}, "v2", "origin"),
        (["origin", "upstream"], "upstream/v2", ["upstream/main", "upstream/v2"], {}, "v2", "upstream"),
        (["origin", "a/b", "a"], "a/b/main", ["a/b/main", "origin/main"], {}, None, "a/b"),
        (["mine", "theirs"], "theirs/fix", ["theirs/fix"], {}, None, "theirs"),
        (["mine", "theirs"], None, ["theirs/main"], {}, None, None),
    ],
)
def test_the_remote_is_the_only_one_or_the_tracked_trunks_or_origin(
    remotes: list[str],
    upstream: str | None,
    branches: list[str],
    links: dict[str, str],
    trunk: str | None,
    chosen: str | None,
) -> None:
    found = choose_remote(
        remotes,
        upstream=upstream,
        branches=[f"{REMOTE}/{name}" for name in branches],
        links={f"{REMOTE}/{name}": f"{REMOTE}/{other}" for name, other in links.items()},
        trunk=trunk,
    )
    assert found == chosen


@pytest.mark.parametrize(
    ("remote", "trunk", "default", "links", "fetched", "refs"),
    [
        (None, None, None, {}, False, ["heads/main", "heads/master"]),
        (None, "dev", None, {}, False, ["heads/dev"]),
        ("o", "dev", None, {}, True, ["remotes/o/dev", "heads/dev"]),
        ("o", "o/dev", "main", {}, True, ["remotes/o/dev", "heads/dev"]),
        ("o", "refs/heads/dev", None, {}, True, ["remotes/o/dev", "heads/dev"]),
        ("o", None, None, {}, True, ["remotes/o/main", "remotes/o/master"]),
        ("o", None, None, {"o": "x"}, True, ["remotes/o/x", "remotes/o/main", "remotes/o/master"]),
        ("o", None, "d", {}, True, ["remotes/o/d", "remotes/o/main", "remotes/o/master"]),
        (
            "o",
            None,
            None,
            {},
            False,
            ["remotes/o/main", "remotes/o/master", "heads/main", "heads/master"],
        ),
    ],
)
def test_trunk_is_stated_or_the_remotes_and_local_only_before_the_first_fetch(
    remote: str | None,
    trunk: str | None,
    default: str | None,
    links: dict[str, str],
    fetched: bool,  # noqa: FBT001
    refs: list[str],
) -> None:
    heads = {f"{REMOTE}/{name}/HEAD": f"{REMOTE}/{name}/{other}" for name, other in links.items()}
    found = trunk_refs(remote, trunk=trunk, default_branch=default, links=heads, fetched=fetched)
    assert [ref.removeprefix("refs/") for ref in found] == refs


@pytest.mark.parametrize(
    ("refspecs", "hint"),
    [
        ("+refs/heads/*:refs/remotes/o/*", "run `git fetch o && git remote set-head o --auto`"),
        (
            "+refs/heads/x:refs/remotes/o/x",
            "run `git fetch --tags o '+refs/heads/*:refs/remotes/o/*' && git remote set-branches --add o '*'",
        ),
    ],
)
def test_an_unknown_trunk_names_the_command_that_makes_it_known(refspecs: str, hint: str) -> None:
    assert (unknown_trunk("o", refspecs=refspecs).hint or "").startswith(hint)


def test_settings_that_name_nothing_here_are_errors() -> None:
    assert "`o/dev`" in stated_trunk_missing("o/dev", "o").message
    assert "git fetch o" in (stated_trunk_missing("dev", "o").hint or "")
    assert "`dev`" in stated_trunk_missing("dev", None).message
    assert "`o/dev`" in default_branch_missing("o", "dev").message
    assert "git remote add up URL" in (unknown_remote("up").hint or "")
