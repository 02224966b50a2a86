"""Fetch settings: which values of git's configuration keep tags away or delete them, and what ends that."""

from __future__ import annotations

import pytest

from mlgit.core.fetch_settings import Setting, hiding_refs, obstacles, pruning

EVERY = Setting("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
ONE = Setting("remote.origin.fetch", "+refs/heads/topic:refs/remotes/origin/topic")
TAGS = Setting("remote.origin.fetch", "refs/tags/*:refs/tags/*")
SOME = Setting("remote.origin.fetch", "+refs/tags/net@*:refs/tags/net@*")
NONE = Setting("remote.origin.tagopt", "--no-tags")
ALL = Setting("remote.origin.tagopt", "--tags")
HIDDEN = Setting("transfer.hiderefs", "refs/tags")
STATED = "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS"
WIDE = "git config --replace-all remote.origin.tagOpt --tags"
KEPT = "git config --fixed-value --unset-all remote.origin.fetch '^refs/tags/*'"


def spec(value: str, file: str | None = "") -> Setting:
    return Setting("remote.origin.fetch", value, file)


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ([EVERY], []),
        ([spec("+refs/*:refs/*")], ["mirror"]),
        ([EVERY, spec("+refs/heads/main:refs/heads/theirs")], ["mirror"]),
        ([spec("refs/heads/*:refs/remotes/origin/*")], []),
        ([ONE, EVERY], []),
        ([], ["narrow"]),
        ([ONE], ["narrow"]),
        ([EVERY, spec("^refs/heads/dependabot/*")], ["narrow"]),
        ([SOME], ["narrow"]),
        ([ONE, TAGS], []),
        ([ONE, spec("+refs/tags/*:refs/tags/*")], []),
        ([ONE, spec("refs/tags/*:refs/copy/*")], ["narrow"]),
        ([ONE, ALL], []),
        ([EVERY, NONE], ["no_tags"]),
        ([ONE, NONE], ["no_tags", "narrow"]),
        ([EVERY, TAGS, NONE], []),
        ([EVERY, SOME, NONE], ["no_tags"]),
        ([EVERY, ALL, NONE], ["no_tags"]),
        ([EVERY, NONE, ALL], []),
        ([EVERY, NONE, Setting("remote.origin.tagopt", "")], ["no_tags"]),
        ([EVERY, NONE, Setting("remote.origin.tagopt", None)], ["no_tags"]),
        ([EVERY, Setting("remote.other.tagopt", "--no-tags")], []),
        ([EVERY, spec("^refs/tags/*")], ["left_out"]),
        ([EVERY, spec("^refs/tags/net#*")], ["left_out"]),
        ([EVERY, spec("^refs/tags/net@v1.0.0")], ["left_out"]),
        ([EVERY, spec("^refs/t*")], ["left_out"]),
        ([EVERY, TAGS, spec("^refs/*")], ["left_out"]),
        ([EVERY, ALL, spec("^refs/tags/*")], ["left_out"]),
        ([ONE, spec("^refs/tags/*")], ["left_out", "narrow"]),
        ([EVERY, ALL, spec("^refs/t")], []),
        ([EVERY, Setting("remote.other.fetch", "^refs/tags/*")], []),
        ([ONE, Setting("remote.other.fetch", "+refs/heads/*:refs/remotes/origin/*")], ["narrow"]),
        ([EVERY, spec("")], []),
        ([EVERY, Setting("remote.origin.fetch", None)], []),
        ([EVERY, HIDDEN], ["hidden"]),
        ([EVERY, Setting("uploadpack.hiderefs", "refs/tags/")], ["hidden"]),
        ([EVERY, Setting("receive.hiderefs", "refs/tags")], []),
    ],
)
def test_what_keeps_tags_away_is_named(settings: list[Setting], kinds: list[str]) -> None:
    found = obstacles(settings, "origin", local=True)
    assert [each.kind for each in found] == kinds
    assert all(each.why and each.repair and each.setting for each in found)
    away = obstacles(settings, "origin")
    assert [each.kind for each in away] == [kind for kind in kinds if kind != "hidden"]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("", "git config --unset-all remote.origin.tagOpt"),
        ("/etc/gitconfig", "git config --file /etc/gitconfig --unset-all remote.origin.tagOpt"),
        ("/home/a'b/x", "git config --file '/home/a'\"'\"'b/x' --unset-all remote.origin.tagOpt"),
        (None, STATED),
    ],
)
def test_a_setting_is_removed_from_where_it_is(file: str | None, command: str) -> None:
    (found,) = obstacles([EVERY, Setting("remote.origin.tagopt", "--no-tags", file)], "origin")
    assert found.repair == command


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        ([ONE], WIDE),
        ([], WIDE),
        ([EVERY, spec("^refs/heads/gh-pages")], WIDE),
        ([EVERY, spec("^refs/tags/*")], KEPT),
        ([EVERY, spec("^refs/tags/*"), spec("^refs/tags/x")], f"{KEPT} && {KEPT[:-2]}x'"),
        ([EVERY, spec("^refs/tags/*", None), spec("^refs/tags/x", None)], STATED),
        ([EVERY, spec("^refs/x/*", None), spec("^refs/y/*", None)], WIDE),
        ([EVERY, spec("^refs/tags/*", "/g")], KEPT.replace("config", "config --file /g")),
    ],
)
def test_a_repair_takes_no_refspec_away_that_leaves_tags_alone(settings: list[Setting], command: str) -> None:
    (found,) = obstacles(settings, "origin")
    assert found.repair == command


@pytest.mark.parametrize(
    ("values", "hides"),
    [
        (["refs/tags"], ["refs/tags"]),
        (["refs"], ["refs"]),
        (["^refs/tags"], ["^refs/tags"]),
        (["refs/tags/private"], []),
        (["refs/pull", "refs/tags/"], ["refs/tags/"]),
        (["refs/tags", "!refs/tags"], []),
        (["!refs/tags", "refs/tags"], ["refs/tags"]),
        ([None, ""], []),
    ],
)
def test_refs_are_hidden_until_they_are_shown_again(values: list[str | None], hides: list[str]) -> None:
    settings = [Setting("transfer.hiderefs", value) for value in values]
    found = hiding_refs([*settings, Setting("core.bare", "refs/tags")], ("transfer.hiderefs",))
    assert [each.value for each in found] == hides


PRUNE_TAGS = "git config --replace-all remote.origin.pruneTags false"
PRUNE = "git config --replace-all remote.origin.prune false"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ([EVERY], []),
        ([EVERY, TAGS], []),
        ([Setting("fetch.prunetags", "true")], [("fetch.prunetags", PRUNE_TAGS)]),
        ([Setting("fetch.prunetags", None)], [("fetch.prunetags", PRUNE_TAGS)]),
        ([Setting("fetch.prunetags", "2")], [("fetch.prunetags", PRUNE_TAGS)]),
        ([Setting("fetch.prunetags", "Off")], []),
        ([Setting("fetch.prunetags", "")], []),
        ([Setting("fetch.prunetags", "true"), Setting("remote.origin.prunetags", "false")], []),
        ([Setting("fetch.prunetags", "true"), Setting("fetch.prunetags", "no")], []),
        (
            [Setting("remote.origin.prunetags", "yes", None)],
            [("remote.origin.prunetags", f"{STATED} && {PRUNE_TAGS}")],
        ),
        (
            [Setting("remote.origin.prunetags", "no", None), Setting("remote.origin.prunetags", "yes")],
            [("remote.origin.prunetags", PRUNE_TAGS)],
        ),
        ([Setting("fetch.prunetags", "true", None)], [("fetch.prunetags", PRUNE_TAGS)]),
        ([Setting("fetch.prune", "true"), EVERY, Setting("remote.other.fetch", TAGS.value)], []),
        ([Setting("fetch.prune", "true"), Setting("remote.origin.fetch", None)], []),
        ([Setting("fetch.prune", "true"), EVERY], []),
        ([Setting("fetch.prune", "true"), TAGS], [("fetch.prune", PRUNE)]),
        ([Setting("fetch.prune", "true"), spec("+refs/*:refs/*")], [("fetch.prune", PRUNE)]),
        ([Setting("fetch.prune", "true"), spec("+refs/*:refs/copy/*")], []),
        ([Setting("remote.origin.prune", "1"), SOME], [("remote.origin.prune", PRUNE)]),
    ],
)
def test_settings_that_delete_tags_are_named(settings: list[Setting], found: list[tuple[str, str]]) -> None:
    assert list(pruning(settings, "origin")) == found
