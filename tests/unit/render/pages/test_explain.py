"""Explain: why a gate has no number of its baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.verdict import Check, Policy
from mlgit.render.console import plain
from mlgit.render.pages.explain import page
from tests.support.verdicts import CANDIDATE, baseline, case, change, metric_file, rules

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import MetricFile

GOOD = metric_file(auc="0.9")
UNTRUSTED = "prod (bbbbbbb); not compared, because the candidate has no number that counts"
FOUND = "0.9 from metrics/test.json:auc, prod (bbbbbbb)"


def rows(here: MetricFile, there: MetricFile, *, label: str = "prod", metric: str = "auc") -> dict[str, str]:
    """The rows of the explanation of one gate that compares with prod."""
    against = baseline(there)
    against = against._replace(baseline=replace(against.baseline, label=label))
    where = case(change("drop", metric), files=(here,), against=against)
    verdict = decide([where], rules=rules(), candidate=CANDIDATE, policy=Policy())
    found: dict[str, str] = {}
    head = ""
    for text in plain(page(Check(verdict=verdict), verdict.results)).splitlines()[1:]:
        head = text[2:14].strip() or head
        found[head] = f"{found.get(head, '')} {text[14:]}".strip()
    return found


@pytest.mark.parametrize(
    ("here", "there", "text"),
    [
        (GOOD, GOOD, FOUND),
        (GOOD, metric_file(f1="0.9"), "no number at prod (bbbbbbb): the metric is new"),
        (
            GOOD,
            metric_file(a__auc="1", b__auc="1"),
            "no number at prod (bbbbbbb): several metrics there have this name",
        ),
        (
            GOOD,
            metric_file("not_fetched"),
            "not known here at prod (bbbbbbb): its metric file is not on this machine",
        ),
        (GOOD, metric_file("unreadable"), "not known at prod (bbbbbbb): its metric file cannot be read"),
        (
            GOOD,
            replace(metric_file(), others={"auc": "null"}),
            "no number at prod (bbbbbbb): it has something else there",
        ),
        (metric_file("stale", auc="0.9"), GOOD, UNTRUSTED),
        (metric_file(auc="NaN"), GOOD, UNTRUSTED),
        (metric_file("unknown_here", auc="0.9"), GOOD, UNTRUSTED),
        (metric_file("not_fetched"), GOOD, UNTRUSTED),
        (metric_file(f1="0.9"), GOOD, UNTRUSTED),
    ],
)
def test_a_baseline_without_a_number_says_why(here: MetricFile, there: MetricFile, text: str) -> None:
    assert rows(here, there)["baseline"] == text


def test_a_candidate_that_is_not_on_this_machine_is_not_known() -> None:
    assert rows(metric_file("not_fetched"), GOOD)["candidate"].startswith("not known here, ")
    assert rows(metric_file("missing"), GOOD)["candidate"].startswith("no number, ")


def test_a_label_in_parentheses_takes_the_commit_in() -> None:
    assert rows(GOOD, GOOD, label="prod (m@v1.0.0)")["baseline"].endswith(", prod (m@v1.0.0, bbbbbbb)")
    assert rows(GOOD, GOOD, label="old (bbbbbbb)")["baseline"].endswith(", old (bbbbbbb)")
