"""A metric is new or gone only if the other side was read and known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.metric_changes import metric_changes
from mlgit.render.pages.check import delta
from mlgit.render.report.tables.differences import metric_difference
from tests.support.verdicts import metric_file

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import MetricFile

OWN = "metrics/test.json"
# The path and the problem of a file of the other side -> whether the metric is then known to be absent there.
FILES = {
    (OWN, "not_fetched"): "no",
    (OWN, "unreadable"): "no",
    (OWN, "missing"): "yes",
    (OWN, "stale"): "yes",
    ("metrics", "unreadable"): "no",
    ("metrics/te", "unreadable"): "yes",
    ("scores/test.json", "not_fetched"): "no",
    ("scores/test.json", "unreadable"): "yes",
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("side", ["new", "gone"])
def test_a_file_that_was_not_read_may_have_the_metric(file: tuple[str, str], side: str) -> None:
    path, problem = file
    here, there = [metric_file(path=OWN, auc="0.9")], [metric_file(problem, path=path)]  # type: ignore[arg-type]
    if side == "gone":
        here, there = there, here
    (found,) = metric_changes(here, there, model=None, directions={})
    assert found.known == FILES[file]
    text = side if found.known == "yes" else "not known"
    assert (metric_difference(found), delta(found), found.changed) == (text, text, True)


def values(**more: object) -> MetricFile:
    """A metric file with values of any kind; a list is left out, as the reader does."""
    odd = {
        key: "null" if each is None else "a list" for key, each in more.items() if each is None or each == []
    }
    kept: dict[str, Any] = {key: each for key, each in more.items() if key not in odd}
    return replace(metric_file(path=OWN), values=kept, others=odd)


ONE, TWO = Decimal(1), Decimal(2)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"a": True}, {"a": False}, ("true", "false", "changed")),
        ({"a": "small"}, {"a": "large"}, ("small", "large", "changed")),
        ({"a": ONE}, {"a": []}, (None, "a list", "changed")),
        ({"a": ONE}, {"a": None}, (None, "null", "changed")),
        ({"a": []}, {"a": ONE}, ("a list", None, "changed")),
        ({"a": "x"}, {"a": ONE}, ("x", None, "changed")),
        ({"a": "x"}, {}, ("x", None, "gone")),
        ({}, {"a": True}, (None, "true", "new")),
    ],
)
def test_a_value_that_is_not_a_number_is_named_and_compared(
    before: dict[str, object], after: dict[str, object], shown: tuple[str | None, str | None, str]
) -> None:
    (found,) = metric_changes([values(**after)], [values(**before)], model=None, directions={})
    assert found.changed
    assert (found.old_text, found.new_text, metric_difference(found)) == shown
    assert delta(found) == shown[2]


@pytest.mark.parametrize("same", [{"a": True}, {"a": "x"}, {"a": None}, {"a": []}, {}])
def test_a_value_that_is_not_a_number_and_did_not_change_is_left_out(same: dict[str, object]) -> None:
    assert metric_changes([values(**same)], [values(**same)], model=None, directions={}) == ()


def test_a_new_null_does_not_count_as_a_change() -> None:
    assert metric_changes([values(a=None, b=[])], [values()], model=None, directions={}) == ()


def test_long_texts_that_differ_are_cut_where_they_differ() -> None:
    start = "x" * 100
    (found,) = metric_changes([values(a=f"{start}1")], [values(a=f"{start}2")], model=None, directions={})
    assert found.old_text != found.new_text
    assert "…" in (found.new_text or "")


@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_new_next_to_a_baseline_that_is_not_known(known: bool) -> None:  # noqa: FBT001
    (found,) = metric_changes([metric_file(path=OWN, auc="0.9")], [], model=None, directions={}, known=known)
    assert (found.known, metric_difference(found)) == (("yes", "new") if known else ("no", "not known"))


def test_numbers_on_both_sides_are_known() -> None:
    same = [metric_file(path=OWN, auc="0.9"), metric_file("not_fetched", path="other")]
    (found,) = metric_changes(same, same, model=None, directions={}, known=False)
    assert (found.known, found.appearance, metric_difference(found)) == ("yes", "", "unchanged")
