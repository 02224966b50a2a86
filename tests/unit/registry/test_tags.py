"""Tag names that GTO accepts are read, except dangerous ones."""

from __future__ import annotations

import pytest
from gto.constants import tag_re
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.names import (
    is_new_name,
    new_environment_name,
    read_environment_name,
    read_model_name,
)
from mlgit.core.registry.semver import Version
from mlgit.core.registry.tags import (
    MovingName,
    TagName,
    looks_like_ours,
    moving_name,
    parse_tag,
    plain_baseline,
    ref_patterns,
)
from mlgit.errors import UsageError

ONE = Version(1, 2, 3)
NAMES = st.from_regex(r"\A[a-zA-Z0-9]([a-zA-Z0-9/_-]{0,6}[a-zA-Z0-9])?\Z")
FOLDERS = st.from_regex(r"\A[a-z0-9_-][a-z0-9._-]{0,4}(/[a-z0-9_-]{1,4}){0,2}\Z")
MODELS = st.one_of(NAMES, st.tuples(FOLDERS, NAMES).map(":".join))
COUNTERS = st.one_of(st.none(), st.integers(min_value=1, max_value=10**15 - 1))
VERSIONS = st.sampled_from(
    [ONE, Version(0, 0, 1), Version(2, 0, 0, pre=("rc", "1")), Version(1, 0, 0, build=("x",))]
)
NOTHING = st.none()
TAG_NAMES = st.one_of(
    st.builds(TagName, MODELS, st.sampled_from(["register", "deregister"]), VERSIONS, NOTHING, COUNTERS),
    st.builds(TagName, MODELS, st.sampled_from(["assign", "unassign"]), NOTHING, NAMES, COUNTERS),
    st.builds(TagName, MODELS, st.just("deprecate"), NOTHING, NOTHING, COUNTERS),
)
# Characters that make almost-tags.
NEARLY = st.text(alphabet="amZ09@#!=:/.-_v+ \n²\uff11é", max_size=14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m@v1.2.3", TagName("m", "register", version=ONE)),
        ("m@v1.2.3!", TagName("m", "deregister", version=ONE)),
        ("m@v1.2.3#4", TagName("m", "register", version=ONE, counter=4)),
        ("m@v1.2.3!#4", TagName("m", "deregister", version=ONE, counter=4)),
        ("m#prod", TagName("m", "assign", environment="prod")),
        ("m#prod#3", TagName("m", "assign", environment="prod", counter=3)),
        ("m#prod!#3", TagName("m", "unassign", environment="prod", counter=3)),
        ("m#prod!", TagName("m", "unassign", environment="prod")),
        ("m#3", TagName("m", "assign", environment="3")),
        ("m#a/b#2", TagName("m", "assign", environment="a/b", counter=2)),
        ("a/B_c-d@deprecated", TagName("a/B_c-d", "deprecate")),
        ("m@deprecated#2", TagName("m", "deprecate", counter=2)),
        ("dir/sub=m@v1.2.3", TagName("dir/sub:m", "register", version=ONE)),
        ("dir/sub=m#prod#1", TagName("dir/sub:m", "assign", environment="prod", counter=1)),
    ],
)
def test_names_that_gto_writes_are_read(text: str, expected: TagName) -> None:
    assert parse_tag(text) == expected
    assert str(expected) == text
    assert tag_re.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        "../../etc=m@v1.0.0", "/etc=m@v1.0.0", "a/../b=m@v1.0.0", "./a=m@v1.0.0", "a//b=m@v1.0.0",
        "=m@v1.0.0", "m@v1.0.0\n", "m#prod#1\n", "m\n@v1.0.0", "dir:m@v1.0.0", "a=b=m@v1.0.0",
        "m@1.0.0", "m@v1.0", "m@v01.0.0", "m@latest", "m@", "@v1.0.0", "m@v1.0.0!!", "m@v1.0.0#",
        "m@v1.0.0#x", "m@v1.0.0#1#2", "m@v1.0.0#1!", "m#", "m##1", "m#prod#", "m#prod!!#1", "m#prod#-1",
        "m#prod#1!", "m#prod!1", "-m@v1.0.0", "m-@v1.0.0", "_m#prod#1", "m#-prod#1", "m n@v1.0.0",
        "mé@v1.0.0", "m#prod#²", "m@created", "", "m", "v1.0.0", "m@v1.0.0@v2.0.0", "m#prod@v1.0.0",
        "m" * 600 + "@v1.0.0", "m#prod#" + "9" * 5000, "m#prod#" + "9" * 16, "m#prod#02", "m#prod!#007",
        "m#prod#0", "m@v1.0.0#01", "m@v1.0.0!#00", "m@deprecated#01",
    ],
)  # fmt: skip
def test_a_name_that_only_resembles_a_model_tag_is_ignored(text: str) -> None:
    assert parse_tag(text) is None


@given(TAG_NAMES)
def test_a_name_reads_back_as_written_and_gto_agrees(name: TagName) -> None:
    text = str(name)
    assert parse_tag(text) == name
    assert tag_re.fullmatch(text)


@given(NEARLY)
def test_a_name_that_gto_does_not_match_fully_is_not_read(text: str) -> None:
    found = parse_tag(text)
    if found is not None:
        assert tag_re.fullmatch(text)
        assert str(found) == text


@given(NEARLY)
def test_a_name_that_gto_writes_is_read_unless_its_path_leaves_the_repository(text: str) -> None:
    match = tag_re.fullmatch(text)
    if match is None or match["created"] or not text.isascii():
        return
    if (match["counter"] or "1").startswith("0"):  # gto counts from 1
        return
    folder = (match["dirname"] or "").rstrip("=")
    if match["dirname"] and {"", ".", ".."} & set(folder.split("/")):
        return
    assert parse_tag(text) is not None


def test_written_names_are_the_plain_part_of_the_grammar() -> None:
    assert str(TagName("dir:m", "register", version=ONE)) == "dir=m@v1.2.3"
    assert str(TagName("m", "deregister", version=ONE)) == "m@v1.2.3!"
    assert str(TagName("m", "assign", environment="prod", counter=7)) == "m#prod#7"
    assert str(TagName("m", "unassign", environment="prod", counter=7)) == "m#prod!#7"
    assert ref_patterns("dir:m") == ("refs/tags/dir=m@*", "refs/tags/dir=m#*")


def test_a_tag_that_breaks_gto_is_noticed() -> None:
    assert looks_like_ours("m@created")
    assert looks_like_ours("m@v1.0.0")
    assert not looks_like_ours("v1.0.0")


@pytest.mark.parametrize("text", ["tumor", "a", "a-b-1", "0", "a" * 63])
def test_a_good_new_name_is_accepted(text: str) -> None:
    assert is_new_name(text, folder=True)
    assert new_environment_name(text) == text


@pytest.mark.parametrize("text", ["", "Tumor", "a_b", "a/b", "-a", "a-", "a.b", "a b", "a\n", "é", "a" * 64])
def test_a_new_name_that_some_tool_does_not_accept_is_refused(text: str) -> None:
    assert not is_new_name(text, folder=True)
    with pytest.raises(UsageError, match="cannot be the name"):
        new_environment_name(text)


@pytest.mark.parametrize("text", ["base", "release", "latest"])
def test_a_reserved_name_is_not_an_environment(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        new_environment_name(text)


def test_a_new_model_must_be_in_a_folder_of_the_repository() -> None:
    assert is_new_name("dir/sub:tumor", folder=True)
    for text in ("../x:tumor", "/x:tumor", ":tumor", "x/../y:tumor"):
        assert not is_new_name(text, folder=True)
        assert read_model_name(text) is None


def test_existing_names_may_be_any_that_gto_allows() -> None:
    assert read_model_name("Dir/x:A_b/c") == "Dir/x:A_b/c"
    assert read_environment_name("Prod_EU/1") == "Prod_EU/1"
    assert read_environment_name("prod\n") is None


@pytest.mark.parametrize(
    ("text", "found", "plain"),
    [
        ("m@latest", MovingName("m", None, ""), "release"),
        ("m#prod", MovingName("m", "prod", ""), "prod"),
        ("refs/tags/m#prod", MovingName("m", "prod", ""), "prod"),
        ("m#prod~1", MovingName("m", "prod", "~1"), "m#prod~1"),
        ("m#prod@{0}", MovingName("m", "prod", "@{0}"), "m#prod@{0}"),
        ("other@latest", MovingName("other", None, ""), "other@latest"),
        ("dir=other#prod", MovingName("dir:other", "prod", ""), "dir=other#prod"),
        *(
            (text, None, text)
            for text in ("m@v1.0.0", "m#prod#3", "m#prod!", "prod", "release", "main~1", "m@")
        ),
    ],
)
def test_what_a_model_has_newest_or_in_an_environment_is_also_named_with_it(
    text: str, found: MovingName | None, plain: str
) -> None:
    assert moving_name(text) == found
    assert plain_baseline(text, "m") == plain
