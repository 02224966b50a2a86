"""Rows of a report: their order, columns, words and links, and metrics with another name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Baseline, Check, Policy
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import markdown, report
from tests.support import reports
from tests.support.hostile import failing
from tests.support.reports import BASE, GATES, SNAPSHOTS, document, found, one, together
from tests.support.verdicts import CANDIDATE, absolute, case, change, metric_file, rules

HEAD = "a" * 40


def rows(text: str) -> list[list[str]]:
    """The cells of the first table, its header first."""
    table = text[text.index("\n|") + 1 :].partition("\n\n")[0]
    lines = [line for line in table.splitlines() if not line.startswith("|---")]
    return [[cell.strip().replace("&nbsp;", " ") for cell in line.strip("|").split("|")] for line in lines]


def names(text: str) -> list[str]:
    return [row[1] for row in rows(text)[1:]]


def column(text: str, header: str) -> list[str]:
    found_rows = rows(text)
    return [row[found_rows[0].index(header)] for row in found_rows[1:]]


def test_failed_gates_are_first_against_a_live_version_then_by_times_over_their_limit() -> None:
    gates = (
        absolute("a-little", "accuracy", low="0.95"),
        absolute("a-lot", "latency.p95_ms", high="6"),
        change("live", vs="prod"),
        change("warns", "logloss", vs="base", limits={"max_rise": "0"}, severity="warn"),
        absolute("passes", "rows", low="1"),
    )
    values = BASE | {"auc": "0.965", "accuracy": "0.94", "logloss": "0.19"}
    text = markdown(together(one("tumor", values, BASE, gates)))
    assert names(text) == ["live", "a-lot", "a-little", "warns", "passes"]
    assert column(text, "result") == ["❌ failed"] * 3 + ["⚠️ warning", "✅ passed"]
    assert "tumor, AUC fell from 0.971 (prod) to 0.965" in text.splitlines()[0]


def test_a_gate_that_cannot_be_evaluated_is_below_one_that_failed() -> None:
    gates = (absolute("missing", "nowhere", low="1"), absolute("floor", low="0.99"))
    text = markdown(together(one("tumor", BASE, BASE, gates)))
    assert names(text)[:2] == ["floor", "missing"]
    assert text.startswith(
        "### ❌ Blocked: tumor, AUC is 0.971, min 0.99\n1 of 2 gates failed, 1 cannot be evaluated\n"
    )


def test_metrics_without_a_gate_are_sorted_by_relative_size_the_worst_first() -> None:
    before = {"recall": "0.9", "loss": "1", "f1": "0.5", "rows": "10", "precision": "0.8", "old": "3"}
    after = {"recall": "0.8", "loss": "2", "f1": "0.9", "rows": "100", "precision": "0.81", "fresh": "7"}
    text = markdown(together(one("tumor", after, before, gates=())))
    assert column(text, "metric") == [
        "`old`",
        "`loss`",
        "`recall`",
        "`rows`",
        "`fresh`",
        "`precision`",
        "`f1`",
    ]
    assert column(text, "change")[:4] == [
        "gone",
        "+1 (+100%) worse",
        "-0.1 (-11.1%) worse",
        "+90 (10\N{MULTIPLICATION SIGN})",
    ]


def test_the_word_and_the_number_of_a_change_have_the_same_baseline() -> None:
    case_, check = one("tumor", BASE | {"auc": "0.946"}, BASE | {"auc": "0.93"}, (change("drop"),))
    prod = found("prod", "tumor", "prod (tumor@v1.2.0)", BASE | {"auc": "0.96"})
    record = together((case_._replace(baselines={**case_.baselines, "prod": prod}), check))
    row = dict(zip(*rows(markdown(record))[:2], strict=True))
    assert (row["prod v1.2.0"], row["this change"]) == ("0.96", "**0.946**")
    assert row["change"] == "-0.014 (-1.46%) worse"
    assert "base" not in row


def test_a_baseline_that_no_row_uses_has_no_column() -> None:
    header = rows(markdown(together(one("tumor", BASE | {"auc": "0.98"}, BASE, (GATES[2],)))))[0]
    assert header == ["result", "gate", "metric", "base", "this change", "change", "limit"]


def test_a_base_that_is_not_known_gives_no_column_of_changes() -> None:
    file = metric_file(auc="0.97", f1="0.9")
    verdict = decide(
        [case(absolute(low="0.5"), files=(file,))], rules=rules(), candidate=CANDIDATE, policy=Policy()
    )
    shallow = Baseline(vs="base", model=None, state="too_shallow", label="base", rule="where it left")
    changes = metric_changes([file], [], model=None, directions={}, known=False)
    text = markdown(Check(verdict=verdict, references=(shallow,), metrics=changes))
    assert rows(text) == [
        ["result", "gate", "metric", "this change", "limit"],
        ["✅ passed", "floor", "`auc`", "0.97", "min 0.5"],
    ]
    assert "<summary>All metrics: 2</summary>" in text
    assert "| `metrics/test.json:f1` | 0.9 |\n" in text


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        ({"max_drop": "0.005"}, "max_drop 0.005"),
        ({"max_rise": "2%"}, "max_rise 2%"),
        ({"max_drop": "1%", "max_rise": "0.5"}, "max_drop 1%, max_rise 0.5"),
    ],
)
def test_a_limit_is_shown_in_the_words_of_the_config(limits: dict[str, str], shown: str) -> None:
    text = markdown(together(one("tumor", BASE, BASE, (change("each", limits=limits),))))
    assert column(text, "limit") == [shown]


def test_a_skipped_gate_has_no_tick_and_says_why() -> None:
    text = SNAPSHOTS["first-model"]()
    row = next(row for row in rows(text) if "auc-vs-prod" in row[1])
    assert row[0] == "skipped"
    assert row[-1] == "there is no prod"


@pytest.mark.parametrize(
    ("host", "page"),
    [
        ("github", f"https://forge.example/acme/tumor/blob/{HEAD}/mlgit.yaml#L9"),
        ("gitlab", f"https://forge.example/acme/tumor/-/blob/{HEAD}/mlgit.yaml#L9"),
    ],
)
def test_the_name_of_a_gate_is_linked_to_its_line(host: str, page: str) -> None:
    text = report(document(reports.blocked(), host=host))
    assert f"| ❌&nbsp;failed | [auc-vs-prod]({page}) |" in text


@pytest.mark.parametrize(
    "more",
    [
        {"host": None},
        {"log_url": None},
        {"log_url": "https://forge.example/other/tumor/runs/1"},
        {"log_url": "https://evil.example/x/acme/tumor/runs/1"},
        {"log_url": "https://user:secret@forge.example/acme/tumor/runs/1"},
        {"commit": None},
        {"project": "acme/tu mor)"},
    ],
)
def test_without_a_known_page_a_gate_has_no_link(more: dict[str, object]) -> None:
    assert "| ❌&nbsp;failed | auc-vs-prod |" in report(document(reports.blocked(), **more))


def test_a_renamed_metric_is_one_row_and_says_what_to_write() -> None:
    text = SNAPSHOTS["renamed-metric"]()
    assert text.startswith("### ❌ Blocked: tumor, auc-floor reads auc, which is missing\n")
    renamed = [row for row in rows(text) if "auc`" in row[2]]
    assert [row[2:5] for row in renamed] == [["`auc`, renamed to `roc_auc`?", "0.971", "0.9962"]]
    assert renamed[0][-1] == "if it was, write `metric: roc_auc` in `mlgit.yaml:8`"


def test_a_metric_without_a_gate_that_is_renamed_is_one_row() -> None:
    before, after = {"f1_macro": "0.9", "rows": "3"}, {"macro_f1": "0.9", "rows": "3", "seconds": "8"}
    text = markdown(together(one("tumor", after, before, gates=())))
    assert column(text, "metric") == ["`f1_macro`, renamed to `macro_f1`?", "`seconds`"]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("auc", "roc_auc", True),
        ("auc", "test.auc", True),
        ("test.auc", "test.roc_auc", True),
        ("auc", "train_auc", False),
        ("test.auc", "train.auc", False),
        ("val_loss", "test_loss", False),
        ("latency_p95", "latency_p50", False),
        ("f1", "f2", False),
    ],
)
def test_a_number_of_other_data_or_another_quantile_is_not_taken_for_a_renamed_one(
    before: str, after: str, *, same: bool
) -> None:
    text = markdown(together(one("tumor", {after: "0.99"}, {before: "0.9"}, gates=())))
    assert ("renamed" in text) == same


@pytest.mark.parametrize("other", ["latency", "b"])
def test_a_new_metric_with_another_name_is_not_taken_for_a_renamed_one(other: str) -> None:
    text = markdown(together(one("tumor", {other: "1"}, {"recall": "1"}, gates=())))
    assert "renamed" not in text


def test_a_value_that_is_not_a_number_has_a_row() -> None:
    before = {"converged": "yes", "loss": "1", "size": "2"}
    after = {"converged": "no", "loss": "1", "size": "none"}
    text = markdown(together(one("tumor", after, before, gates=())))
    assert rows(text)[1:] == [
        ["`size`", "2", "`none`", "changed"],
        ["`converged`", "`yes`", "`no`", "changed"],
    ]


def test_many_gates_that_pass_are_folded() -> None:
    gates = tuple(absolute(f"gate-{number:02}", low="0") for number in range(40))
    text = markdown(together(one("tumor", BASE, BASE, gates)))
    assert len(names(text)) == 15
    assert "<sub>and 25 more gates; below, in All gates</sub>" in text
    assert "<summary>All gates: 40 passed</summary>" in text


def test_a_hostile_gate_and_baseline_stay_text() -> None:
    record = failing("auc")
    verdict = record.verdict
    evil = replace(verdict.results[0], gate="a](http://evil.example) @all | ✅", line=3)
    label = replace(verdict.baselines[0], vs="prod", label="| @all ✅ (<b>@v1)")
    record = replace(
        record, verdict=replace(verdict, results=(replace(evil, vs="prod"),), baselines=(label,))
    )
    context = ReportContext(host="github", site="https://forge.example/acme/tumor", head=HEAD)
    text = markdown(record, context)
    assert "✅" not in text
    assert "](http://evil" not in text
    assert "<b>" not in text
    widths = {line.count("|") for line in text.partition("<details>")[0].splitlines() if line.startswith("|")}
    assert len(widths) == 1
