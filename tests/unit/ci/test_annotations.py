"""Remarks on lines of mlgit.yaml, and GitLab's code-quality document with them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from mlgit.core.ci.annotations import annotations as remarks
from mlgit.core.ci.annotations import failure_annotation
from mlgit.core.ci.report import Failure
from mlgit.core.gates.verdict import Check, GateChange, Note
from mlgit.errors import ConfigError, Exit, Location
from mlgit.render.formats.codequality import codequality
from mlgit.render.formats.codequality import failure as codequality_failure
from tests.support import reports
from tests.support.hostile import FEW, checks
from tests.support.reports import BASE, WORSE, one, together


def entries(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)
    return found


def test_a_failed_gate_is_a_failure_at_its_line_and_a_warning_one_at_its_own() -> None:
    found = [(each.path, each.line, each.level, each.title) for each in remarks(reports.blocked())]
    assert found == [
        ("mlgit.yaml", 9, "failure", "Gate tumor/auc-vs-prod"),
        ("mlgit.yaml", 11, "warning", "Gate tumor/fast-enough"),
    ]
    assert remarks(reports.blocked())[0].message == "auc 0.971 → 0.958 (-0.013, allowed -0.005)"


def test_passed_and_skipped_gates_have_no_remark() -> None:
    assert remarks(reports.allowed()) == ()
    assert remarks(together(one("tumor", BASE, None))) == ()


def test_a_waived_gate_is_a_notice_that_names_the_waiver() -> None:
    found = remarks(together(one("tumor", WORSE, BASE), waived="auc-vs-prod"))
    assert [(each.level, each.line) for each in found] == [("warning", 11), ("notice", 9)]
    assert found[1].message.endswith("(waived by `w1`)")


def test_only_blocking_and_warning_notes_are_remarks() -> None:
    record = reports.allowed()
    notes = (
        reports.STALE,
        Note(code="gates_loosened", message="Gate `auc-floor` was loosened", effect="warn", gate="auc-floor"),
        Note(code="gates_loosened", message="Let be", effect="waived", gate="gone", waiver="w2"),
        Note(code="waiver_unused", message="Not needed"),
    )
    found = remarks(replace(record, verdict=replace(record.verdict, notes=notes)))
    assert [(each.level, each.line, each.title) for each in found] == [
        ("failure", 1, "Stale stage"),
        ("warning", 8, "Gates loosened"),
        ("notice", 1, "Gates loosened"),
    ]
    assert found[0].message.splitlines()[1] == "hint: run `mlgit run train` and commit the results"
    assert found[2].message == "Let be (waived by `w2`)"


@pytest.mark.parametrize(
    ("place", "path", "line"),
    [
        ("mlgit.yaml:3:1", "mlgit.yaml", 3),
        ("mlgit.yaml:3", "mlgit.yaml", 3),
        ("dvc.yaml", "dvc.yaml", 1),
        ("1a2b3c4:mlgit.yaml:7:2", "mlgit.yaml", 7),
        ("mlgit.yaml:0", "mlgit.yaml", 1),
        (None, "mlgit.yaml", 1),
        ("a\nb:c:d", "mlgit.yaml", 1),
        ("/etc/passwd:7", "mlgit.yaml", 1),
        ("data/../../x:7", "mlgit.yaml", 1),
        ("a" * 300, "mlgit.yaml", 1),
    ],
)
def test_an_error_is_a_remark_on_its_line(place: str | None, path: str, line: int) -> None:
    found = failure_annotation(
        Failure(code="x", exit_code=Exit.CONFIG, message="No", place=place, expected="`y`")
    )
    assert (found.path, found.line, found.level, found.message) == (path, line, "failure", "No; expected `y`")


@FEW
@given(checks())
def test_any_name_in_a_remark_is_shown_as_plain_lines(record: Check) -> None:
    for each in remarks(record):
        assert each.title.isprintable()
        assert len(each.title) <= 255
        assert all(line.isprintable() for line in each.message.split("\n"))
        assert each.line >= 1
    assert len(entries(codequality(record))) == len(remarks(record))


def test_gitlab_gets_everything_that_its_widget_needs() -> None:
    found = entries(codequality(reports.blocked()))
    assert [(each["check_name"], each["severity"], each["location"]) for each in found] == [
        ("Gate tumor/auc-vs-prod", "critical", {"path": "mlgit.yaml", "lines": {"begin": 9}}),
        ("Gate tumor/fast-enough", "minor", {"path": "mlgit.yaml", "lines": {"begin": 11}}),
    ]
    assert {*found[0]} == {"check_name", "description", "fingerprint", "location", "severity"}
    assert entries(codequality(reports.allowed())) == []


def test_fingerprints_are_unique_and_do_not_depend_on_numbers_and_lines() -> None:
    worse = WORSE | {"auc": "0.5"}
    moved = tuple(replace(gate, line=40) for gate in reports.GATES)
    first = entries(codequality(together(one("tumor", WORSE, BASE))))
    later = entries(codequality(together(one("tumor", worse, BASE, gates=moved))))
    names = {each["check_name"]: each["fingerprint"] for each in first}
    assert names.items() <= {each["check_name"]: each["fingerprint"] for each in later}.items()
    twice = (reports.STALE, replace(reports.STALE, message="Stage `other` is stale"))
    record = reports.allowed()
    both = entries(codequality(replace(record, verdict=replace(record.verdict, notes=twice))))
    assert len({each["fingerprint"] for each in both}) == 2


def test_gitlab_gets_a_remark_without_a_verdict() -> None:
    error = ConfigError("Unknown key", location=Location("mlgit.yaml", line=3, column=1))
    (found,) = entries(codequality_failure(error))
    assert (found["severity"], found["location"]["lines"]["begin"]) == ("blocker", 3)


def test_a_changed_gate_alone_is_not_a_remark() -> None:
    record = reports.allowed()
    change = GateChange(gate="auc-floor", kind="tightened", message="Gate `auc-floor` was tightened")
    assert remarks(replace(record, verdict=replace(record.verdict, gates_changed=(change,)))) == ()
