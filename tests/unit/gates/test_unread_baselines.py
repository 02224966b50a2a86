"""A metric is new only if no file of the baseline can have it."""

from __future__ import annotations

import pytest

from mlgit.core.gates.evaluate import evaluate
from tests.support.verdicts import baseline, case, change, metric_file, outcome_of, rules

NEW = ("skipped", "new_metric", "allow")
# The path and the problem of a file of the baseline, for a candidate's metric in metrics/test.json.
FILES = {
    ("metrics/test.json", "not_fetched"): ("error", "not_fetched", "block"),
    ("metrics/test.json", "unreadable"): ("error", "baseline_unreadable", "block"),
    ("metrics/test.json", "missing"): NEW,
    ("metrics", "not_fetched"): ("error", "not_fetched", "block"),
    ("metrics", "unreadable"): ("error", "baseline_unreadable", "block"),
    ("metrics/te", "unreadable"): NEW,
    ("scores/test.json", "not_fetched"): ("error", "not_fetched", "block"),
    ("scores/test.json", "unreadable"): NEW,
    ("scores/test.json", "stale"): NEW,
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_without_numbers_here_is_not_a_file_without_the_metric(file: tuple[str, str]) -> None:
    path, problem = file
    own = metric_file(path="metrics/test.json", auc="0.9")
    old = baseline(metric_file(path="a.json", loss="1"), metric_file(problem, path=path))  # type: ignore[arg-type]
    gate = change("g", "auc", limits={"max_drop": "0"})
    found = evaluate(gate, case(gate, files=(own,), against=old), rules())
    assert outcome_of(found) == FILES[file]
    if found.outcome == "error":
        assert found.message == f"In prod: `{path}` is {problem}"
        assert found.hint == "do it"
