"""A metric is new or gone only if the other side was read and known."""

from __future__ import annotations

import pytest

from mlgit.core.gates.metric_changes import metric_changes
from mlgit.render.pages.check import delta
from mlgit.render.report.tables.rows import metric_difference
from tests.support.verdicts import metric_file

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


@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_new_next_to_a_baseline_that_is_not_known(known: bool) -> None:  # noqa: FBT001
    (found,) = metric_changes([metric_file(path=OWN, auc="0.9")], [], model=None, directions={}, known=known)
    assert (found.known, metric_difference(found)) == (("yes", "new") if known else ("no", "not known"))


def test_numbers_on_both_sides_are_known() -> None:
    same = [metric_file(path=OWN, auc="0.9"), metric_file("not_fetched", path="other")]
    (found,) = metric_changes(same, same, model=None, directions={}, known=False)
    assert (found.known, found.appearance, metric_difference(found)) == ("yes", "", "unchanged")
