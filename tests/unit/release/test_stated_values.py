"""Stated values: what is printed of what a release states, next to what its commit has."""

from __future__ import annotations

import pytest

from mlgit.core.release.stated_values import compare_stated

ROWS = {
    "the same": ("0.055", "0.055", False, "0.055", True),
    "another number": ("0.001", "0.055", False, "0.055 (its tag states 0.001)", False),
    "none, where all are known": ("1", None, True, "none (its tag states 1)", False),
    "none, where some are not known": ("1", None, False, "1 (as its tag states)", False),
    "a secret": ("(left out)", "(left out)", False, "(left out)", True),
    "a secret that the tag states": ("abc", "(left out)", False, "abc (as its tag states)", False),
    "a secret only in the tag": ("(left out)", "abc", False, "(left out)", True),
}


@pytest.mark.parametrize(("text", "there", "complete", "shown", "confirmed"), ROWS.values(), ids=ROWS)
def test_what_git_denies_or_does_not_have_is_the_words_of_the_tag(
    text: str,
    there: str | None,
    complete: bool,  # noqa: FBT001
    shown: str,
    confirmed: bool,  # noqa: FBT001
) -> None:
    here = {} if there is None else {"a": there}
    each = compare_stated({"a": text}, here, complete=complete)["a"]
    assert (each.shown, each.confirmed) == (shown, confirmed)


def test_a_digest_of_many_values_is_not_compared() -> None:
    assert (
        compare_stated({"sha256": "ab"}, {"a": "1"}, complete=True)["sha256"].shown
        == "ab (as its tag states)"
    )
