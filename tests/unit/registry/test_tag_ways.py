"""Tags in the way of others, and the commands that delete tags or take those of the remote."""

from __future__ import annotations

import pytest

from mlgit.core.registry.tags import (
    built_on,
    deletion,
    looks_like_ours,
    name_in_the_way,
    parse_tag,
    theirs_instead,
)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("m#prod#3/x", "m#prod#3"),
        ("m#prod#3/x/y", "m#prod#3"),
        ("m@v1.0.0/x", "m@v1.0.0"),
        # a name of its own, or of nothing
        ("m#prod/x#3", None),
        ("m#prod/x", None),
        ("m#prod/x!!", None),
        ("m@deprecated/x!", None),
        ("dir/m", None),
        ("m#prod#3", None),
    ],
)
def test_a_tag_below_a_name_is_in_its_way(tag: str, name: str | None) -> None:
    found = name_in_the_way(tag)
    assert (None if found is None else str(found)) == name


@pytest.mark.parametrize(("tag", "ours"), [("m@v1.0.0", True), ("m@created", True), ("v1.0.0", False)])
def test_which_tags_look_like_ours(tag: str, *, ours: bool) -> None:
    assert looks_like_ours(tag) is ours


def test_tags_are_deleted_here_and_on_the_remote() -> None:
    assert deletion(["m#prod#1"], None) == "git tag -d 'm#prod#1'"
    command = "git push origin ':refs/tags/m#prod#1' :refs/tags/m@v1.0.0 && git tag -d 'm#prod#1' m@v1.0.0"
    assert deletion(["m#prod#1", "m@v1.0.0"], "origin") == command


@pytest.mark.parametrize(
    ("names", "others", "found"),
    [
        # of the same change, or a later one there
        ("m#prod#3", "m#prod!#3", "m#prod!#3"),
        ("m#prod#3", "m#prod#4 m#prod!#5", "m#prod#4 m#prod!#5"),
        ("m#prod#3 m#prod#5", "m#prod#4", "m#prod#4"),
        ("m#prod#5 m#prod#3", "m#prod#4", "m#prod#4"),
        # an earlier one, or of another environment or model; a release
        ("m#prod#3", "m#prod#2", ""),
        ("m#prod#3", "m#staging#4 n#prod#4", ""),
        ("m#prod#3", "m@v1.0.0", ""),
        ("m@v1.0.0", "m#prod#1", ""),
        ("m@v1.0.0", "m@v2.0.0", ""),
        ("m#prod#1", "m#prod", ""),
        ("m#prod", "m#prod m#prod#1", "m#prod m#prod#1"),
        ("", "m#prod#1", ""),
    ],
)
def test_what_builds_on_a_taken_name(names: str, others: str, found: str) -> None:
    parsed = {tag: name for tag in others.split() if (name := parse_tag(tag))}
    lost = [name for tag in names.split() if (name := parse_tag(tag))]
    assert built_on(lost, parsed) == (*found.split(),)


def test_taken_names_are_fetched_and_what_builds_on_them_is_deleted() -> None:
    fetch = "git fetch origin --force tag 'm#prod#2' tag m@v1.0.0"
    assert theirs_instead("origin", ["m@v1.0.0", "m#prod#2"], []) == fetch
    found = theirs_instead("origin", ["m@v1.0.0", "m#prod#2"], ["m#prod#4", "m#prod#3"])
    assert found == f"{fetch} && git tag -d 'm#prod#3' 'm#prod#4'"


@pytest.mark.parametrize(("length", "known"), [(511, True), (512, True), (513, False)])
def test_a_name_of_more_than_512_characters_is_not_read(length: int, *, known: bool) -> None:
    text = f"{'m' * (length - len('@v1.0.0'))}@v1.0.0"
    assert (parse_tag(text) is not None) is known
