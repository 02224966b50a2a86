"""`report.json`: a report can be read back, and an invalid one is refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.runner.report import load_report, read_report
from mlgit.core.ci.report import (
    MOST_BYTES,
    CiReport,
    Failure,
    check_name,
    ever_shorter,
    failure_of,
    outputs_of,
)
from mlgit.errors import ConfigError, Exit, Location, StateError, ToolError
from mlgit.render.formats.jsonout import document
from tests.support import reports
from tests.support.plotted import plotted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAILED = CiReport(
    host="gitlab",
    project="7",
    job="nightly",
    number=None,
    commit=None,
    mode="run",
    exit_code=Exit.TOOL,
    failure=Failure(
        code="stage_failed", exit_code=Exit.TOOL, message="Stage `train` failed", details=("a", "b")
    ),
)
REPORTS = {
    "blocked": reports.document(reports.blocked()),
    "allowed": reports.document(reports.allowed(), skipped=("this", "that"), pushed="c" * 40, fork=True),
    "several": reports.document(reports.several()),
    "plotted": reports.document(plotted(reports.blocked())),
    "many": reports.document(reports.many(), exit_code=Exit.TOOL),
    "waived": reports.document(
        reports.detailed(
            reports.together(reports.one("tumor", reports.WORSE, reports.BASE), waived="auc-vs-prod")
        )
    ),
    "stale": reports.document(
        reports.together(reports.one("tumor", reports.BETTER, reports.BASE), notes=(reports.STALE,))
    ),
    "failure": reports.document(None, failure=reports.FAILED, exit_code=Exit.CONFIG),
    "bare": FAILED,
}


def refused(content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    with pytest.raises(ConfigError) as caught:
        load_report(raw, name="report.json")
    error = caught.value
    assert (error.exit_code, error.code) == (Exit.CONFIG, "report_invalid")
    assert len(error.message) < 400
    return error.message.removeprefix("`report.json` is not an mlgit report: ")


def changed(change: Callable[[Any], object], report: CiReport = REPORTS["allowed"]) -> str:
    tree = json.loads(document(report))
    change(tree)
    return json.dumps(tree)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_comes_back_as_it_was(name: str) -> None:
    report = REPORTS[name]
    assert load_report(document(report).encode(), name="report.json") == report


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is not JSON (line 1, column 1)"),
        ("[]", "it is not a JSON object"),
        ('"text"', "it is not a JSON object"),
        (b'{"job": "\xff"}', "it is not written in UTF-8"),
        (b" " * (MOST_BYTES + 1), "it is larger than 8 MiB"),
        ("[" * 1_000_000, "it is nested too deeply"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "it is nested too deeply"),
        ('{"exit_code": NaN}', "a number is not a whole number"),
        ('{"exit_code": -Infinity}', "a number is not a whole number"),
        ('{"exit_code": 1e400}', "a number is not a whole number"),
        ('{"exit_code": 0.0}', "a number is not a whole number"),
        ('{"exit_code": ' + "9" * 1_000_000 + "}", "a number has too many digits"),
        ('{"exit_code": 1, "exit_code": 0}', "a key appears twice in an object"),
        ('{"job": "\\ud800"}', "it contains half a character"),
        ('"' + '\\"' * 1_000_000, "it is not JSON (line 1, column 1)"),  # within a moment, not within hours
        ('"[\\', "it is not JSON (line 1, column 1)"),
        ("{}", "`the document` breaks the rule `required` of its schema"),
    ],
)
def test_an_invalid_document_is_refused(content: str | bytes, why: str) -> None:
    assert refused(content) == why


def test_brackets_in_a_text_are_not_nesting() -> None:
    deep = replace(FAILED, skipped=("[" * 100 + '"{\\',))
    assert load_report(document(deep).encode(), name="report.json") == deep


CHANGES: dict[str, Callable[[Any], object]] = {
    "`the document` breaks the rule `additionalProperties` of its schema": lambda tree: tree.update(html="x"),
    "`schema_version` breaks the rule `const` of its schema": lambda tree: tree.update(schema_version=2),
    "`commit` breaks the rule `pattern` of its schema": lambda tree: tree.update(commit="HEAD"),
    "`job` breaks the rule `pattern` of its schema": lambda tree: tree.update(job="a b"),
    "`number` breaks the rule `type` of its schema": lambda tree: tree.update(number=True),
    "`evaluated_on` is not a date": lambda tree: tree["check"]["verdict"].update(evaluated_on="2026-99-99"),
    "it needs either a check or a failure": lambda tree: tree.update(check=None),
    "its decision does not match its results and notes": lambda tree: tree["check"]["verdict"].update(
        decision="block" if tree["check"]["verdict"]["decision"] == "allow" else "allow"
    ),
    "its summary does not match its results and notes": lambda tree: tree["check"]["verdict"][
        "summary"
    ].update(passed=99),
    "`candidate` is not a number": lambda tree: tree["check"]["metrics"][0].update(
        candidate="1E99999999999999999999999"
    ),
    "`baseline` is not a number that a metric can have": lambda tree: tree["check"]["metrics"][0].update(
        baseline="1E200000"
    ),
}


@pytest.mark.parametrize("why", CHANGES)
def test_a_report_that_contradicts_itself_is_refused(why: str) -> None:
    assert refused(changed(CHANGES[why])) == why


def test_a_verdict_that_blocks_cannot_come_with_an_exit_code_that_allows() -> None:
    text = changed(lambda tree: tree.update(exit_code=Exit.DONE), REPORTS["blocked"])
    assert refused(text) == "its exit code allows what its verdict blocks"


def test_a_failure_has_the_exit_code_of_its_run() -> None:
    assert refused(changed(lambda tree: tree.update(exit_code=Exit.DONE), FAILED)) == (
        "its exit code does not match its failure"
    )


def test_the_value_that_breaks_a_rule_is_not_quoted() -> None:
    reason = refused(changed(lambda tree: tree.update(mode="x" * 100_000)))
    assert reason == "`mode` breaks the rule `enum` of its schema"


def test_a_folder_without_a_report_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        read_report(str(tmp_path))
    assert caught.value.code == "report_missing"


def test_only_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ConfigError, match="not a plain file"):
        read_report(str(tmp_path))


def test_a_failure_lists_every_problem_of_a_file() -> None:
    first = ConfigError("One", location=Location("mlgit.yaml", line=1, column=2), expected="x", hint="y")
    first.problems = (first, ConfigError("Two", location=Location("mlgit.yaml", line=3)))
    assert failure_of(first) == Failure(
        code="config_invalid",
        exit_code=Exit.CONFIG,
        message="One",
        place="mlgit.yaml:1:2",
        expected="x",
        hint="y",
        details=("`mlgit.yaml:3`: Two",),
    )


def test_a_failure_shows_no_password_of_a_url() -> None:
    error = ToolError("Cannot open `https://ada:secret@example.org/x`", details=("ssh://bob:secret@host/y",))
    shown = failure_of(error)
    assert shown.message == "Cannot open `https://example.org/x`"
    assert shown.details == ("ssh://bob@host/y",)


def test_a_report_allows_if_its_verdict_does_not_block_and_nothing_failed() -> None:
    assert REPORTS["waived"].allowed
    assert not REPORTS["blocked"].allowed
    assert not replace(REPORTS["allowed"], exit_code=Exit.TOOL).allowed
    assert not FAILED.allowed
    assert outputs_of(FAILED) == {"decision": "none", "exit-code": "5", "commit": "", "pushed": ""}


def test_the_check_of_the_main_job_has_the_short_name() -> None:
    assert (check_name("gates"), check_name("nightly")) == ("mlgit", "mlgit/nightly")


def test_a_report_that_is_too_large_keeps_the_verdict_and_says_what_it_leaves_out() -> None:
    report = REPORTS["several"]
    assert report.check is not None
    first, changed, bare = ever_shorter(report)
    assert first == report
    assert changed.check is not None
    assert bare.check is not None
    assert changed.check.verdict == bare.check.verdict == report.check.verdict
    every = len(report.check.metrics)
    moved = [each for each in report.check.metrics if each.changed]
    assert 0 < len(moved) < every
    assert list(changed.check.metrics) == moved
    assert bare.check.metrics == ()
    assert changed.check.history == bare.check.history == ()
    left = f"{every - len(moved)} of {every} metrics are left out, because there are too many"
    assert changed.skipped == (*report.skipped, left)
    assert bare.skipped[-1].startswith(f"{every} of {every} metrics")
    assert load_report(document(bare).encode(), name="report.json") == bare
    assert [*ever_shorter(FAILED)] == [FAILED]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("xs", [], "breaks the rule `oneOf`"),
        ("xs", ["1", "0"], "a curve of its plots is not valid"),
        ("xs", ["0"], "a curve of its plots is not valid"),
        ("xs", [str(number) for number in range(202)], "breaks the rule `oneOf`"),
        ("ys", ["NaN"], "breaks the rule `oneOf`"),
        ("ys", ["1e999"] * 2, "a curve of its plots is not valid"),
    ],
)
def test_a_curve_that_cannot_be_drawn_is_refused(key: str, value: list[str], why: str) -> None:
    def change(tree: Any) -> None:  # noqa: ANN401 (any JSON)
        curve = tree["check"]["plots"][0]["curves"][0]
        curve |= {"xs": ["0", "1"], "ys": ["0", "1"]} | {key: value}

    assert why in refused(changed(change, REPORTS["plotted"]))


def test_plots_are_left_out_first() -> None:
    whole = REPORTS["plotted"]
    assert whole.check is not None
    first, second, *_ = ever_shorter(whole)
    assert first == whole
    assert second.check == replace(whole.check, plots=())
    assert second.skipped == ("the plots are left out, because the report is too large",)
