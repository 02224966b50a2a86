"""Doctor: a diagnosis is healthy if it has only remarks; long lists are shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.overview.doctor import Diagnosis, Finding
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from mlgit.core.overview.doctor import FindingSeverity


@pytest.mark.parametrize(
    ("severities", "healthy"),
    [((), True), (("info",), True), (("info", "warn"), False), (("error",), False), (("warn",), False)],
)
def test_only_remarks_leave_a_repository_healthy(
    severities: tuple[FindingSeverity, ...], *, healthy: bool
) -> None:
    findings = tuple(Finding(id="f", severity=each, message="found") for each in severities)
    assert Diagnosis(findings=findings, checks=("tags",), online=False).healthy is healthy


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ""),
        ("a", "`a`"),
        ("abcde", "`a`, `b`, `c`, `d`, `e`"),
        ("abcdef", "`a`, `b`, `c`, `d`, `e` and 1 more"),
    ],
)
def test_a_list_shows_five_names_and_counts_the_rest(names: str, expected: str) -> None:
    assert listed(iter(names)) == expected


@given(st.lists(st.from_regex(r"\A[a-z]{1,4}\Z"), max_size=20))
def test_every_name_is_listed_or_counted(names: list[str]) -> None:
    text = listed(names)
    shown = text.count("`") // 2
    left = int(text.rpartition(" and ")[2].removesuffix(" more")) if text.endswith(" more") else 0
    assert shown + left == len(names)
