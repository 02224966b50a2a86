"""Report budget: a long report loses whole rows and blocks, and keeps its verdict and its marker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.verdict import Note
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import BUDGET_BYTES, markdown, marker, report
from tests.support import reports
from tests.support.hostile import failing
from tests.support.reports import BASE, BETTER, WORSE, detailed, document, one, together


@pytest.mark.parametrize(("names", "extra"), [(1, 1200), (150, 600), (400, 10)])
def test_a_report_fits_its_budget_without_cutting_a_block(names: int, extra: int) -> None:
    text = markdown(failing(*(f"metric-{number}-{'x' * 60}" for number in range(names)), extra=extra))
    assert len(text.encode()) <= BUDGET_BYTES
    assert text.startswith("### ❌ Blocked: tumor, ")
    assert text.rstrip().endswith(marker("mlgit"))
    assert text.count("```") == 0
    assert text.count("<details>") == text.count("</details>")
    assert "`mlgit check --json` has all" in text
    assert "`mlgit check --base" in text


def test_a_shorter_report_loses_charts_then_unchanged_rows_then_details() -> None:
    more = {f"site.{number}.rows": "100" for number in range(20)}
    record = detailed(together(one("tumor", WORSE | more, BASE | more)))
    sizes = [100_000, *range(5000, 1200, -20)]
    lost: dict[str, int] = {}
    for budget in sizes:
        text = markdown(record, ReportContext(host="github"), budget_bytes=budget)
        for what, mark in (
            ("charts", "```mermaid"),
            ("unchanged", "| `metrics/test.json:rows` |"),
            ("details", "<details>"),
            ("failed", "| ❌&nbsp;failed | auc-vs-prod |"),
        ):
            if mark not in text:
                lost.setdefault(what, budget)
        assert "`mlgit check --base" in text
        assert text.startswith("### ❌ Blocked: ")
        assert text.rstrip().endswith(marker("mlgit"))
    order = ["charts", "unchanged", "details"]
    assert [what for what in lost if what in order] == order
    assert lost["charts"] > lost["unchanged"] > lost["details"]
    assert "failed" not in lost


def test_failed_rows_stay_when_two_thousand_others_changed() -> None:
    assert "| ❌&nbsp;failed | gate-0 | `auc` |" in markdown(failing("auc", extra=2000), budget_bytes=3000)


def test_many_notes_fit_the_budget() -> None:
    notes = tuple(Note(code="n", message=f"{number} {'@x ' * 80}") for number in range(500))
    record = failing("auc")
    text = markdown(replace(record, verdict=replace(record.verdict, notes=notes)))
    assert len(text.encode()) <= BUDGET_BYTES
    assert "more notes" in text


def test_many_models_fit_the_budget() -> None:
    for values, words in (
        (BETTER, "and 210 more models; `mlgit check --json` has all"),
        (WORSE, "more models; `mlgit check --json` has all"),
    ):
        text = markdown(together(*(one(f"model-{number}", values, BASE) for number in range(225))))
        assert len(text.encode()) <= BUDGET_BYTES
        assert words in text


def test_the_smallest_report_still_has_the_verdict() -> None:
    assert markdown(reports.blocked(), budget_bytes=100) == "### ❌ Blocked\n\n<!-- mlgit-report:mlgit -->\n"


def test_reports_for_gitlab_may_be_longer_than_for_github() -> None:
    github, gitlab = (report(document(reports.many(), host=host)) for host in ("github", "gitlab"))
    assert len(github.encode()) < 60_000 < len(gitlab.encode()) < 1_000_000
