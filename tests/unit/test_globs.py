"""Globs: what they match, the same in both ways, and in a short time whatever the pattern."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core import globs
from mlgit.core.globs import any_time, glob_pattern, later, latest

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


def test_of_paths_that_differ_only_in_a_time_the_latest_is_kept() -> None:
    evaluations = [f"r/m/results_{day}.json" for day in ("2026-01-02T10-00-00.5", "2026-01-02T09-59-59.9")]
    others = ["r/results_2025-12-31.json", "r/n/results_2026-01-02T09-59-59.9.json", "r/m/results.json"]
    assert latest([*evaluations, *others]) == [evaluations[0], *others]
    assert [*map(any_time, (evaluations[0], *others[::2]))] == [
        "r/m/results_*.json",
        "r/results_*.json",
        "r/m/results.json",
    ]
    assert later(*evaluations)
    assert not later(*evaluations[::-1])
    assert not later(evaluations[0], evaluations[0])
    assert not later(others[1], evaluations[0])
