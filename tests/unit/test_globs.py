"""Globs: what they match, the same in both ways, and in a short time whatever the pattern."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core import globs
from mlgit.core.globs import glob_pattern

PIECES = st.lists(st.sampled_from(["*", "**", "**/", "?", "a", "b", "/", "a/", "*.", "**/**/"]), max_size=7)
PATHS = st.lists(st.sampled_from(["a", "b", "/", ".", "ab", "a/b"]), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("metrics/*.json", "metrics/a.json", True),
        ("metrics/*.json", "metrics/x/a.json", False),
        ("**/*.json", "metrics/x/a.json", True),
        ("**/*.json", "a.json", True),
        ("metrics/**", "metrics/x/a.json", True),
        ("m?trics/a.json", "metrics/a.json", True),
        ("metrics?a.json", "metrics/a.json", False),
        ("metrics/[a].json", "metrics/a.json", False),
        ("a.json", "aXjson", False),
        ("**/**/**/a.json", "a.json", True),
        ("**/**/**/a.json", "x/y/a.json", True),
        ("*a*b*c*.json", "xaxbxcx.json", True),
        ("*a*b*c*.json", "xaxb/xcx.json", False),
        ("**/a/**/b/**/c/**/d", "x/a/b/y/c/d", True),
        ("**/a/**/b/**/c/**/d", "x/a/c/b/d", False),
    ],
)
def test_a_star_stays_in_its_folder(glob: str, path: str, *, matches: bool) -> None:
    assert bool(glob_pattern(glob).fullmatch(path)) == matches


@given(PIECES.map("".join), PATHS)
def test_both_ways_of_matching_agree(glob: str, path: str) -> None:
    parts = re.findall(globs._PARTS, glob)
    pattern = "".join(globs._WILDCARDS.get(part) or re.escape(part) for part in parts)
    expected = bool(re.fullmatch(pattern, path, re.DOTALL))
    assert bool(globs._Steps(parts).fullmatch(path)) is expected
    assert bool(glob_pattern(glob).fullmatch(path)) is expected


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("**/" * 12 + "x", "a/" * 28 + "b"),
        ("**/a" * 12 + "/x", "a/" * 60 + "b"),
        ("*a" * 20 + "x", "a" * 200),
        ("**a" * 20 + "x", "a/" * 200),
    ],
)
def test_no_pattern_takes_long(glob: str, path: str) -> None:
    assert not glob_pattern(glob).fullmatch(path)  # a regular expression would take years
