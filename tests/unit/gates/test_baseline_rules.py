"""A baseline's own rules: a metric that moved is compared, and one that the baseline lacks is a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import evaluate
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.resolved.lost import lost_comparisons
from mlgit.core.gates.verdict import Candidate, Policy
from tests.support.verdicts import absolute, baseline, case, change, metric_file, rules

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate
    from mlgit.core.pipeline.evidence import MetricFile

OLD = metric_file(path="old.json", auc="0.95", loss="0.3")
NEW = metric_file(path="new.json", auc="0.81")
BOTH = metric_file(path="old.json", test__auc="0.95", train__auc="0.99")
LOSS = metric_file(path="new.json", loss="0.4")

CANDIDATE = Candidate(label="c", commit="c" * 40)


@pytest.mark.parametrize(
    ("metric", "here", "own", "named", "expected"),
    [
        ("auc", NEW, (OLD,), (), "max_drop_broken"),
        ("new.json:auc", NEW, (OLD,), (("drop", "old.json:auc"),), "max_drop_broken"),
        ("auc", NEW, (BOTH,), (("drop", "test.auc"),), "max_drop_broken"),
        ("auc", NEW, (BOTH,), (("drop", "auc"),), "new_metric"),
        ("auc", NEW, (BOTH,), (), "new_metric"),
        ("auc", NEW, (metric_file(path="old.json", loss="0.3"),), (("drop", "loss"),), "new_metric"),
        ("auc", NEW, (metric_file("not_fetched", path="old.json"),), (), "not_fetched"),
    ],
)
def test_a_metric_that_moved_is_found_by_the_rules_of_the_baseline(
    metric: str,
    here: MetricFile,
    own: tuple[MetricFile, ...],
    named: tuple[tuple[str, str], ...],
    expected: str,
) -> None:
    gate = change(metric=metric)
    entry = baseline()._replace(own=own, named=named)
    assert evaluate(gate, case(gate, files=(here,), against=entry), rules()).reason == expected


@pytest.mark.parametrize(
    ("gate", "here", "own", "named", "found"),
    [
        (change(metric="auc"), NEW, (OLD,), (("drop", "auc"),), False),
        (change(metric="auc"), NEW, (LOSS,), (("drop", "loss"),), True),
        (change(metric="auc"), NEW, (LOSS,), (("drop", "auc"),), False),
        (change(metric="auc"), NEW, (LOSS,), (), False),
        (change(metric="auc"), NEW, (LOSS,), (("gone", "loss"),), True),
        (change(metric="auc"), NEW, (LOSS,), (("gone", "other"),), False),
        (change(metric="auc"), NEW, (LOSS,), (("drop", "auc"), ("gone", "loss")), False),
        (change(metric="auc"), LOSS, (OLD,), (("drop", "auc"),), False),
        (change(metric="auc"), NEW, (BOTH,), (("drop", "auc"),), False),
        (absolute("drop", low="0.5"), NEW, (LOSS,), (("drop", "loss"),), False),
    ],
)
def test_a_gate_whose_number_the_baseline_has_elsewhere_is_never_skipped_silently(
    gate: Gate,
    here: MetricFile,
    own: tuple[MetricFile, ...],
    named: tuple[tuple[str, str], ...],
    *,
    found: bool,
) -> None:
    entry = baseline()._replace(own=own, named=named)
    where = case(gate, files=(here,), against=entry, model="m")
    findings = list(lost_comparisons([where], []))
    if not found:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.subjects, finding.model) == ("gates_loosened", ("drop",), "m")
    assert finding.text == (
        "nothing is compared, because prod has `loss` of `new.json`, but not `auc` of `new.json`"
    )
    moved = Finding(code="gate_repointed", subjects=("drop",), text="moved", model="m")
    assert list(lost_comparisons([where], [moved])) == []


@pytest.mark.parametrize(
    ("gate", "reason", "found"),
    [
        (change(metric="auc"), "emptied", True),
        (change(metric="auc"), None, False),
        (absolute("drop", low="0.5"), "emptied", False),
    ],
)
def test_an_emptied_environment_is_a_finding_where_a_gate_compares_with_it(
    gate: Gate, reason: str | None, *, found: bool
) -> None:
    gone = replace(baseline().baseline, state="none", reason=reason, message="`prod` is empty")
    where = case(gate, files=(NEW,), against=BaselineFiles(gone), model="m")
    findings = list(lost_comparisons([where], []))
    assert [(each.code, each.subjects, each.model) for each in findings] == (
        [("baseline_emptied", ("drop",), "m")] if found else []
    )
    verdict = decide([where], rules=rules(), candidate=CANDIDATE, policy=Policy(), findings=findings)
    assert verdict.first_model == (reason is None)
    assert [each.message for each in verdict.notes if each.code == "baseline_emptied"] == (
        ["`drop` of `m`: nothing is compared, because `prod` is empty"] if found else []
    )
