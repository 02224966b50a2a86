"""Reason: what a verdict says in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.headline import without_findings
from mlgit.core.gates.verdict import Note, Policy, Verdict
from mlgit.core.overview.gate_text import result_text
from mlgit.core.overview.reason import conclusion, decision, glance, reason, sorted_results
from mlgit.core.pipeline.evidence import Problem
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules

OLD = metric_file(auc="0.9", loss="0.1", rows="10")
STALE = replace(
    metric_file(auc="0.8"),
    problems=(Problem(code="stale", message="Stage `evaluate` is stale: changed dep a.py"),),
)


def verdict(*gates, notes=(), new=None, live: bool = False) -> Verdict:  # type: ignore[no-untyped-def] # noqa: ANN002, ANN001
    """A verdict on `new` against the numbers of OLD."""
    new = new or metric_file(auc="0.8", loss="0.5", rows="10")
    against = baseline(OLD, vs="prod")
    if live:
        entry = replace(against.baseline, rule="what is in `prod` now")
        against = against._replace(baseline=entry)
    return decide(
        [case(*gates, files=(new,), against=against, model="tumor")],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(),
        notes=notes,
    )


LONG = "evaluate-on-the-held-out-cases-of-all-seven-sites-in-the-north-and-in-the-south"
CASES = {
    "Blocked: tumor, AUC fell from 0.9 (prod) to 0.8; 1 of 1 gate failed": verdict(change("a")),
    "Blocked: tumor, AUC is 0.8, min 0.95; 1 of 1 gate failed": verdict(absolute("a", low="0.95")),
    "Blocked: tumor, loss is 0.5, max 0.2; 1 of 1 gate failed": verdict(absolute("a", "loss", high="0.2")),
    "Blocked: tumor, rows stayed at 10, min_rise 1; 1 of 1 gate failed": verdict(
        change("a", "rows", limits={"min_rise": "1"})
    ),
    "Blocked: tumor, loss rose only from 0.1 (prod) to 0.5, min_rise 1; 1 of 1 gate failed": verdict(
        change("a", "loss", limits={"min_rise": "1"})
    ),
    "Blocked: tumor, a reads f1, which is missing": verdict(absolute("a", "f1", low="1")),
    "Blocked: tumor, evaluate is stale, and 2 gates read its numbers": verdict(
        absolute("a", low="0.1"), absolute("b", low="0.1"), new=STALE
    ),
    "Blocked: tumor, AUC fell from 0.9 (prod) to 0.8; 1 of 2 gates failed, 1 cannot be evaluated": verdict(
        absolute("a", "f1", low="1"), change("b")
    ),
    "Blocked: tumor, a reads f1, which is missing; 2 of 2 gates cannot be evaluated (1 only warns)": verdict(
        absolute("a", "f1", low="1"), absolute("b", "f1", low="1", severity="warn")
    ),
    "Blocked: tumor, no data; 1 of 1 gate passed": verdict(
        absolute("a", low="0.1"), notes=(Note(code="x", message="No data", effect="block"),)
    ),
    "Allowed: tumor, 1 of 1 gate passed": verdict(absolute("a", low="0.1")),
    "Allowed, 1 warning: tumor, AUC is 0.8, min 0.95": verdict(absolute("a", low="0.95", severity="warn")),
    "Allowed, 2 warnings: tumor, gate `b` moved": verdict(
        absolute("a", low="0.95", severity="warn"),
        notes=(Note(code="gate_repointed", message="Gate `b` moved", effect="warn"),),
    ),
    "Allowed, 1 warning: tumor, gate b was changed": verdict(
        absolute("a", low="0.1"),
        notes=(
            Note(code="gate_repointed", message="Gate `b` was changed: min 1 → 1%", effect="warn", gate="b"),
        ),
    ),
    "Allowed, 1 warning: tumor, gate b was repointed": verdict(
        absolute("a", low="0.1"),
        notes=(Note(code="gate_repointed", message="`b`: it read x", effect="warn", gate="b"),),
    ),
    "Allowed: no gates were evaluated": decide([], rules=rules(), candidate=CANDIDATE, policy=Policy()),
}


@pytest.mark.parametrize("text", CASES)
def test_a_verdict_is_one_line_with_its_worst_reason(text: str) -> None:
    assert f"{decision(CASES[text])}: {conclusion(CASES[text])}" == text


def test_the_number_of_another_version_names_it_if_asked() -> None:
    assert reason(verdict(change("a")), places=True) == "AUC fell from 0.9 (prod) to 0.8"


def test_waived_gates_are_counted_next_to_those_that_passed() -> None:
    found = verdict(absolute("a", low="0.95"), absolute("b", low="0.1"))
    waived = replace(found.results[0], effect="waived", waiver="w1")
    summary = replace(found.summary, blocking=0, waived=1)
    found = replace(found, results=(waived, *found.results[1:]), summary=summary)
    assert glance(replace(found, decision="allow_with_warnings")).counted == "1 of 2 gates passed, 1 waived"


def test_a_gate_with_a_waiver_that_does_not_cover_it_is_counted_with_the_others() -> None:
    found = verdict(absolute("a", low="0.1"), absolute("b", low="0.1"), new=STALE)
    waived, why = found.results[0], "waiver `W1` does not cover errors"
    waived = replace(waived, message=f"{waived.message}; {why}", unwaived=why)
    for results in ((waived, found.results[1]), (found.results[1], waived)):
        text = conclusion(replace(found, results=results))
        assert text == "tumor, evaluate is stale, and 2 gates read its numbers"


def test_failed_gates_against_a_live_version_come_before_those_further_beyond_their_limit() -> None:
    gates = (
        absolute("z-passed", low="0.1"),
        absolute("far", "loss", high="0.001"),
        absolute("near", "loss", high="0.4"),
        change("live"),
        absolute("unknown", "f1", low="1"),
        absolute("warns", low="0.95", severity="warn"),
    )
    ids = [each.gate for each in sorted_results(verdict(*gates, live=True))]
    assert ids == ["live", "far", "near", "unknown", "warns", "z-passed"]


@pytest.mark.parametrize(
    ("new", "text"),
    [
        ("0.11", "loss 0.1 → 0.11, +10.0%, max_rise 1%"),
        ("0.83", "loss 0.1 → 0.83, +730%, max_rise 1%"),
        ("28.92", "loss 0.1 → 28.92, +28800%, max_rise 1%"),
        ("0.09999", "loss 0.1 → 0.09999, -0.0100%, max_rise 1%"),
        ("0.1000000001", "loss 0.1 → 0.1000000001, +0.0000001%, max_rise 1%"),
        ("0.1", "loss 0.1, unchanged, max_rise 1%"),
    ],
)
def test_a_limit_in_per_cent_has_a_change_in_per_cent(new: str, text: str) -> None:
    found = verdict(change("a", "loss", limits={"max_rise": "1%"}), new=metric_file(loss=new))
    assert result_text(found.results[0]) == text


def test_a_change_never_looks_like_a_limit_that_it_breaks() -> None:
    new = metric_file(auc="0.8749999", loss="0.11000001", rows="10")
    gates = (change("a", limits={"max_drop": "0.025"}), change("b", "loss", limits={"max_rise": "10%"}))
    texts = [result_text(each) for each in sorted_results(verdict(*gates, new=new))]
    assert sorted(texts) == [
        "auc 0.9 → 0.8749999, -0.0250001, max_drop 0.025",
        "loss 0.1 → 0.11000001, +10.00001%, max_rise 10%",
    ]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"`prod` is empty{' now' * 12}: Ada {'took it out ' * 9}", f"`prod` is empty{' now' * 12}…"),
        (
            f"`prod` is empty: Ada {'took it out ' * 9}",
            f"`prod` is empty: Ada {'took it out ' * 7}took it out…",
        ),
        ("`prod` is empty: Ada took it out", "`prod` is empty: Ada took it out"),
        (
            f"Stage `{LONG}` is stale: `params.yaml` changed since `{LONG}2` ran",
            f"stage `{LONG}` is stale: `params.yaml` changed since `{LONG}2` ran",
        ),
        (f"`prod` is empty{' now' * 22}, run `mlgit status -s`", f"`prod` is empty{' now' * 22}, run…"),
    ],
    ids=["after a clause", "after a word", "short", "long names", "before a command"],
)
def test_a_long_note_ends_with_a_clause_if_that_is_most_of_it(message: str, shown: str) -> None:
    note = Note(code="baseline_emptied", message=message, effect="warn")
    assert reason(verdict(change("a"), new=OLD, notes=(note,))) == shown


def test_a_conclusion_names_its_one_model_once() -> None:
    note = Note(code="baseline_emptied", message="`a` of `tumor`: nothing is compared", effect="warn")
    assert conclusion(verdict(change("a"), new=OLD, notes=(note,))) == "tumor, `a`: nothing is compared"
    of_another = replace(note, message="`a` of `liver`: nothing is compared")
    assert "`a` of `liver`: " in conclusion(verdict(change("a"), new=OLD, notes=(of_another,)))


def test_a_result_does_not_repeat_what_a_finding_above_it_says() -> None:
    result = replace(verdict(change("a"), new=OLD).results[0], message="`prod` is empty: Ada took it out")
    note = Note(
        code="baseline_emptied", message=f"nothing is compared, because {result.message}", effect="warn"
    )
    assert without_findings(result, [note]).message == "`prod` is empty, as above"
    for other in (replace(note, code="stale_allowed"), replace(note, message="`prod` is empty")):
        assert without_findings(result, [other]) == result
    plain = replace(result, message="`prod` is empty")
    assert without_findings(plain, [replace(note, message="because `prod` is empty")]) == plain
