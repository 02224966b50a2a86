"""Formats: a check as JUnit and as a page, with the text of users escaped."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import ModuleType

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Check, Note, Policy
from mlgit.errors import ConfigError, Location
from mlgit.render.console import plain
from mlgit.render.escape import code, prose
from mlgit.render.formats import FORMATS, ReportFormat
from mlgit.render.formats.junit import failure as junit_failure
from mlgit.render.formats.junit import junit
from mlgit.render.page import Table
from mlgit.render.pages.check import page
from mlgit.render.pages.explain import page as explain
from tests.support.hostile import HOSTILE, failing
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules, waiver


def lines_of(text: str) -> list[str]:
    return text.splitlines()


def test_escaped_text_stays_readable() -> None:
    assert code("metrics/test.json:test.auc") == "`metrics/test.json:test.auc`"
    assert prose("run `mlgit run`, then look at 3 % of it") == "run `mlgit run`, then look at 3 % of it"
    assert code("a|b") == "<code>a&#124;b</code>"
    assert code("") == "`-`"
    assert prose("an odd ` tick") == "an odd &#96; tick"


def parsed(record: Check) -> ET.Element:
    return ET.fromstring(junit(record).encode("utf-8"))  # noqa: S314 (our own XML)


@pytest.mark.parametrize("name", [*HOSTILE, "\x00", "]]>", "\ufffe", '"quoted"'])
def test_junit_is_valid_xml_for_any_metric_name(name: str) -> None:
    assert len(parsed(failing(name)).findall(".//testcase")) == 1


def test_junit_has_one_case_per_result_and_only_blocking_ones_fail() -> None:
    gates = (
        absolute("bad", low="1"),
        absolute("careful", low="1", severity="warn"),
        absolute("good", low="0"),
        absolute("broken", "nan", low="0"),
        change("new"),
        absolute("waived", low="0.99"),
    )
    verdict = decide(
        [case(*gates, files=(metric_file(auc="0.95"),), model="m")],
        rules=rules(waivers=(waiver("waived"),)),
        candidate=CANDIDATE,
        policy=Policy(),
        notes=[Note(code="stop", message="No", effect="block"), Note(code="see", message="Yes")],
    )
    root = parsed(Check(verdict=verdict))
    found = {each.get("name"): [child.tag for child in each] for each in root.findall(".//testcase")}
    assert found == {
        "bad": ["failure"],
        "careful": ["system-out"],
        "good": [],
        "broken": ["error"],
        "new": ["skipped"],
        "waived": ["system-out"],
        "stop": ["failure"],
    }
    assert {each.get("file") for each in root.findall(".//testcase")} == {"mlgit.yaml"}
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["7", "2", "1", "1"]


def test_the_page_of_a_check_says_once_what_is_unchanged() -> None:
    same = dict.fromkeys(("data", "model", "params"), "unchanged")
    text = plain(page(replace(failing("auc"), changes=same | {"outputs": "`a.csv` changed"})))
    assert "\noutputs: `a.csv` changed\nparams, data, model: unchanged\n" in text


def test_junit_repeats_the_reason_in_the_text_which_is_all_that_gitlab_shows() -> None:
    record = failing("auc")
    notes = tuple(Note(code="stale_stage", message=f"Stage {name} is stale", effect="block") for name in "ab")
    root = parsed(replace(record, verdict=replace(record.verdict, notes=notes)))
    texts = {each.get("name"): "".join(each.itertext()).strip() for each in root.findall(".//testcase")}
    assert texts["gate-0"].startswith("auc 0.9 → 0.5 (-0.4, allowed -0.005)")
    assert texts["stale_stage"] == "Stage a is stale"
    assert texts["stale_stage (2)"] == "Stage b is stale"
    assert [each.get("type") for each in root.iter("failure")] == [
        "mlgit.max_drop_broken",
        "mlgit.stale_stage",
        "mlgit.stale_stage",
    ]


def test_junit_shows_the_source_of_a_number_for_any_file_name() -> None:
    gate = absolute("floor", low="1")
    files = (replace(metric_file(auc="0.95"), path="None from me.json"),)
    verdict = decide(
        [case(gate, files=files, model="m")], rules=rules(), candidate=CANDIDATE, policy=Policy()
    )
    (result,) = verdict.results
    shown = replace(result, hint="None")
    (found,) = parsed(Check(verdict=replace(verdict, results=(shown,)))).iter("failure")
    assert (found.text or "").splitlines() == [
        result.message,
        "candidate: 0.95 from None from me.json:auc",
        "hint: None",
    ]


def test_junit_has_no_line_for_an_absent_number() -> None:
    verdict = decide(
        [case(absolute("floor", "nowhere", low="1"), files=(metric_file(auc="0.95"),), model="m")],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    (found,) = parsed(Check(verdict=verdict)).iter("error")
    assert "candidate:" not in (found.text or "")
    assert "baseline:" not in (found.text or "")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_check_and_an_error(name: str) -> None:
    assert "gate-0" in FORMATS[name].render(failing("auc"))
    text = FORMATS[name].failure(ConfigError("Unknown key", location=Location("mlgit.yaml", line=3)))
    assert "Unknown key" in text or name == "openmetrics"
    assert text.endswith("\n")


def test_a_new_format_is_one_row_and_one_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("mlgit_toml")
    monkeypatch.setattr(module, "toml", lambda record: record.verdict.decision, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(FORMATS, "toml", ReportFormat(module.__name__, "toml", "check.toml"))
    assert FORMATS["toml"].render(failing("auc")) == "block"


def test_junit_without_a_verdict_has_one_case_in_error() -> None:
    error = ConfigError("Unknown key", location=Location("mlgit.yaml", line=3, column=1), hint="look")
    (found,) = ET.fromstring(junit_failure(error)).iter("error")  # noqa: S314 (our own XML)
    assert found.text == "mlgit.yaml:3:1: Unknown key\nhint: look"


def test_the_page_ends_with_the_verdict_and_fits_80_columns() -> None:
    text = plain(page(failing("auc", "loss", extra=3)))
    assert text.endswith("\nBlocked: tumor, AUC fell from 0.9 to 0.5; 2 of 2 gates failed\n")
    assert max(len(line) for line in lines_of(text)) <= 80
    assert "\nnext: mlgit check --explain gate-0\n" in text


def test_changes_are_coloured_by_direction() -> None:
    changes = metric_changes(
        [metric_file(auc="0.5", loss="0.5", rows="2")],
        [metric_file(auc="0.9", loss="0.9", rows="1")],
        model=None,
        directions={},
    )
    record = replace(failing("auc"), metrics=changes)
    record = replace(record, verdict=replace(record.verdict, results=()))
    (table,) = [block for block in page(record) if isinstance(block, Table)]
    styles = {str(row[0]): getattr(row[2], "style", None) for row in table.rows}
    assert styles == {"auc": "bad", "loss": "ok", "rows": ""}


def test_many_passed_gates_are_counted_and_not_listed() -> None:
    record = failing("auc", *(f"m{number}" for number in range(30)), value="0.9")
    assert "and 11 more that passed or were skipped (-v)" in plain(page(record))
    assert plain(page(record, verbose=True)).count("✓ pass") == 31


def test_an_explanation_names_the_source_of_each_number() -> None:
    record = failing("auc", limits={"max_drop": "1%"})
    text = " ".join(plain(explain(record, record.verdict.results)).split())
    for part in (
        "tumor/gate-0 fail",
        "mlgit.yaml",
        "0.5 from metrics/test.json:auc, working tree on aaaaaaa",
        "0.9 from metrics/test.json:auc, base (bbbbbbb)",
        "-0.4 (-44.4%)",
        "max_drop: 1%, so baseline - candidate <= 0.009",
        "block (severity error)",
    ):
        assert part in text


def test_an_explanation_without_numbers_still_shows_the_rule() -> None:
    gates = (
        absolute("hand", low="0.99", high="1"),
        change("new", "f1"),
        change("missing", "nowhere"),
        change("nan", "loss", limits={"min_drop": "1%"}),
    )
    hand = metric_file(auc="0.95", f1="1", loss="1", stage=None)
    where = case(*gates, files=(hand,), against=baseline(metric_file(loss="NaN")), model="m")
    against = where.baselines["prod"]
    verdict = decide(
        [where], rules=rules(waivers=(waiver("hand"),)), candidate=CANDIDATE, policy=Policy(gates="e" * 40)
    )
    text = " ".join(plain(explain(Check(verdict=verdict), verdict.results)).split())
    assert against.baseline.state == "found"
    for part in (
        "m/hand fail declared eeeeeee:mlgit.yaml metric auc candidate 0.95",
        "made by no stage",
        "waived by w1",
        "no number at prod (bbbbbbb): the metric is new",
        "baseline prod (bbbbbbb); not compared, because the candidate has no number that counts",
        "no number, working tree on aaaaaaa",
        "min_drop: 1%, so baseline - candidate >= 1 % of |baseline|",
        "NaN from metrics/test.json:loss",
    ):
        assert part in text


def test_a_page_shows_waivers_notes_and_hints() -> None:
    gates = (
        absolute("w", low="0.99"),
        absolute("i", low="1", severity="info"),
        absolute("s", low="1", severity="warn"),
        absolute("u", "auk", low="1"),
        change("c"),
    )
    verdict = decide(
        [case(*gates, files=(metric_file(auc="0.95"),), model="m")],
        rules=rules(waivers=(waiver("w"),), purpose="promote", environment="prod"),
        candidate=CANDIDATE,
        policy=Policy(),
        notes=[
            Note(code="a", message="Careful", effect="warn", hint="look twice"),
            Note(code="b", message="Let through", effect="waived", waiver="w9"),
            Note(code="c", message="Stop", effect="block"),
        ],
    )
    changes = metric_changes(
        [metric_file(auc="0.95", loss="1", **{"x" * 60: "1"})], [], model="m", directions={}
    )
    lines = [line.strip() for line in plain(page(Check(verdict=verdict, metrics=changes))).splitlines()]
    assert lines[-1] == "Blocked for prod: m, u reads auk, which is missing; 2 warnings, 2 waived"
    for part in (
        "! fail     w  auc 0.95, min 0.99 (waived by w1)",
        "fail     i  auc 0.95, min 1 (info)",
        "! fail     s  auc 0.95, min 1 (warns only)",
        "hint: there is `metrics/test.json:auc`",
        "! Careful",
        "hint: look twice",
        "! waived by w9: Let through",
        "✗ Stop",
        "skipped  c  No luck",
    ):
        assert any(line.startswith(part) for line in lines), part
    assert max(len(line) for line in lines) <= 80
