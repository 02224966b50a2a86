"""Versions are ordered as on semver.org, and no number is used twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.semver import Bump, Version, is_label, latest, propose


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None, text
    return found


# The chain of semver.org, item 11, and its neighbours.
ASCENDING = [
    "v0.0.0-0",
    "v0.0.0",
    "v0.0.1",
    "v0.9.0",
    "v0.10.0",
    "v1.0.0-1.2",
    "v1.0.0-1.alpha",
    "v1.0.0-2.1",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.0.0+build.1",
    "v1.0.1-1",
    "v1.0.1-1.0",
    "v1.0.1--",
    "v2.0.0",
    "v2.1.0",
    "v2.1.1",
    "v10.0.0",
]

NUMBERS = st.integers(min_value=0, max_value=10**12)
PARTS = st.one_of(NUMBERS.map(str), st.from_regex(r"\A[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,3}\Z"))
VERSIONS = st.builds(
    Version,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    pre=st.lists(PARTS, max_size=3).map(tuple),
    build=st.lists(st.from_regex(r"\A[0-9a-zA-Z-]{1,3}\Z"), max_size=2).map(tuple),
)


def test_precedence_is_that_of_semver_org() -> None:
    versions = [version(text) for text in ASCENDING]
    assert sorted(frozenset(versions)) == versions
    assert all(low < high and not high < low for low, high in pairwise(versions))
    assert all(high > low and not low > high for low, high in pairwise(versions))
    assert not any(each > each or each < each for each in versions)  # noqa: PLR0124 (no version is above itself)


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0", "V1.0.0", "v1.0", "v1.0.0.0", "v01.0.0", "v1.00.0", "v1.0.0-", "v1.0.0+", "v1.0.0-01",
        "v1.0.0-a..b", "v1.0.0+a..b", "v1.0.0-rc.1+.a",
        "v1.0." + "9" * 252,
        "v1.0.0-rc.", "v1.0.0\n", " v1.0.0", "v1.0.0 ", "v\uff11.0.0", "v1.0.0-é", "v-1.0.0",
        "", "v", "latest",
        "v" + "9" * 5000 + ".0.0",
    ],
)  # fmt: skip
def test_a_text_that_is_not_a_version_is_not_parsed(text: str) -> None:
    assert Version.parse(text) is None


@given(VERSIONS)
def test_a_version_reads_back_as_written(one: Version) -> None:
    assert Version.parse(str(one)) == one
    assert hash(version(str(one))) == hash(one)


def test_a_version_may_have_256_characters_and_equals_no_text() -> None:
    longest = "v1.0." + "9" * 251
    assert str(version(longest)) == longest
    assert version("v1.0.0") != "v1.0.0"


@given(VERSIONS)
def test_the_repr_of_a_version_shows_its_number(one: Version) -> None:
    assert str(one) in repr(one)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(one: Version, two: Version, three: Version) -> None:
    assert (one < two) + (two < one) + (one == two) == 1
    if one < two < three:
        assert one < three


@given(VERSIONS, st.sampled_from(["major", "minor", "patch"]))
def test_a_bump_is_final_and_higher_unless_only_the_build_differs(one: Version, part: Bump) -> None:
    higher = one.bump(part)
    assert higher.final
    assert higher > one


@pytest.mark.parametrize(
    ("taken", "bump", "pre", "expected"),
    [
        ([], "patch", None, "v1.0.0"),
        ([], "major", None, "v1.0.0"),
        ([], "patch", "rc", "v1.0.0-rc.1"),
        (["v1.0.0-rc.1"], "patch", "rc", "v1.0.0-rc.2"),
        (["v1.0.0-rc.1", "v1.0.0-rc.10"], "patch", "rc", "v1.0.0-rc.11"),
        (["v1.0.0-rc.1"], "patch", "beta", "v1.0.0-beta.1"),
        (["v1.0.0"], "patch", None, "v1.0.1"),
        (["v1.0.0"], "minor", None, "v1.1.0"),
        (["v1.0.0"], "major", None, "v2.0.0"),
        (["v1.3.0", "v2.0.0-rc.1"], "patch", None, "v2.0.0"),
        (["v1.3.0", "v2.0.0-rc.1"], "major", None, "v2.0.0"),
        (["v1.3.0", "v2.1.0-rc.1"], "major", None, "v3.0.0"),
        (["v1.3.0", "v2.0.1-rc.1"], "major", None, "v3.0.0"),
        (["v1.3.0", "v1.4.0-rc.1"], "minor", None, "v1.4.0"),
        (["v1.3.0", "v1.4.1-rc.1"], "minor", None, "v1.5.0"),
        (["v1.0.1", "v1.0.0"], "patch", "rc", "v1.0.2-rc.1"),
        (["v1.0.0", "v1.0.0-rc.7"], "patch", "rc", "v1.0.1-rc.1"),
        (["v1.0.0-rc"], "patch", "rc", "v1.0.0-rc.1"),
        (["v1.0.0-rc.next", "v1.0.0-rc.2.x"], "patch", "rc", "v1.0.0-rc.3"),
        (["v0.0.3"], "minor", None, "v0.1.0"),
        (["v1.2.3+build"], "patch", None, "v1.2.4"),
    ],
)
def test_the_next_number(taken: list[str], bump: Bump, pre: str | None, expected: str) -> None:
    assert str(propose([version(text) for text in taken], bump=bump, pre=pre)) == expected


@pytest.mark.parametrize(
    ("taken", "bump", "pre", "expected"),
    [
        (["v9.0.0"], "patch", None, "v1.2.1"),
        (["v1.2.1", "v1.2.2"], "patch", None, "v1.2.3"),
        (["v1.3.0"], "minor", None, "v1.4.0"),
        (["v2.0.0", "v3.0.0"], "major", None, "v4.0.0"),
        (["v1.2.1-rc.1"], "patch", "rc", "v1.2.1-rc.2"),
        (["v1.2.1"], "patch", "rc", "v1.2.2-rc.1"),
    ],
)
def test_a_number_that_was_not_released_decides_nothing_and_is_not_used(
    taken: list[str], bump: Bump, pre: str | None, expected: str
) -> None:
    found = propose([version("v1.2.0")], taken=[version(text) for text in taken], bump=bump, pre=pre)
    assert str(found) == expected


@given(
    st.lists(VERSIONS, max_size=6),
    st.lists(VERSIONS, max_size=6),
    st.sampled_from(["major", "minor", "patch"]),
    st.sampled_from([None, "rc"]),
)
def test_a_number_is_never_used_twice(
    released: list[Version], taken: list[Version], bump: Bump, pre: str | None
) -> None:
    proposal = propose(released, taken=taken, bump=bump, pre=pre)
    assert proposal not in {*released, *taken}
    if pre is None and released:
        assert proposal > max(released)


def test_latest_is_the_highest_final_version() -> None:
    assert latest([version("v1.0.0"), version("v2.0.0-rc.1")]) == version("v1.0.0")
    assert latest([version("v2.0.0-rc.1"), version("v2.0.0-rc.2")]) == version("v2.0.0-rc.2")
    assert latest([]) is None


@pytest.mark.parametrize(
    ("text", "fits"), [("rc", True), ("b2", True), ("7", False), ("a.b", False), ("", False)]
)
def test_a_label_is_one_word_and_not_a_number(text: str, *, fits: bool) -> None:
    assert is_label(text) is fits
