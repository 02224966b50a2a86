"""The report as Markdown, JUnit and page: hostile names stay text, long ones stay within the budget."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.decision import decide
from mlgit.core.metric_changes import metric_changes
from mlgit.core.verdict import Check, Note, Policy
from mlgit.errors import ConfigError, Location
from mlgit.render.console import plain
from mlgit.render.escape import code, prose
from mlgit.render.junit import failure as junit_failure
from mlgit.render.junit import junit
from mlgit.render.markdown import failure, markdown, marker
from mlgit.render.page import Table
from mlgit.render.pages.check import page
from mlgit.render.pages.explain import page as explain
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules, waiver

HOSTILE = [
    "@octocat",
    "me@octocat",
    "#123",
    "mlgit/mlgit#1",
    "GH-7",
    "!17",
    "a|b",
    "`x`",
    "``` sh",
    "<script>alert(1)</script>",
    "<!-- mlgit-report:mlgit -->",
    "-->",
    "](http://evil.example)",
    "http://evil.example",
    "www.evil.example",
    "✅ passed",
    "❌",
    "a\n### ✅ tumor: all gates passed",
    "a\r\n/approve",
    "/merge",
    "\x1b[31mred",
    "\u202egnp.exe",
    "a\u200bb",
    ":white_check_mark:",
    "$\\href{x}{y}$",
    "&lt;b&gt;",
    "**bold** _it_ ~~no~~",
    "\\|",
    "&commat;octocat",
    "~label",
    '%"milestone"',
    "a" * 5000,
    "\ud800",
]
ALLOWED_TAGS = {"<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>", "<code>", "</code>"}


def check(*names: str, value: str = "0.5", extra: int = 0, **more: Any) -> Check:  # noqa: ANN401
    """A check with one failed gate a name, and `extra` metrics that nobody gates."""
    values = dict.fromkeys(names, value) | {f"extra.m{number}": "1.5" for number in range(extra)}
    before = dict.fromkeys(names, "0.9") | {f"extra.m{number}": "1" for number in range(extra)}
    files, old = (metric_file(**values),), metric_file(**before)
    gates = tuple(change(f"gate-{number}", name, vs="base", **more) for number, name in enumerate(names))
    verdict = decide(
        [case(*gates, files=files, against=baseline(old, vs="base"), model="tumor")],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(waivers="d" * 40),
    )
    changes = metric_changes(files, [old], model="tumor", directions={})
    return Check(verdict=verdict, metrics=changes, changes={"data": "unchanged"}, tools={"mlgit": "1.0"})


def lines_of(text: str) -> list[str]:
    return text.splitlines()


def test_a_failed_gate_leads_the_report() -> None:
    text = markdown(check("auc"))
    lines = lines_of(text)
    assert lines[0] == "### ❌ tumor: 1 of 1 gate failed: auc 0.9 -> 0.5 (-0.4, allowed -0.005)"
    row = "| ❌ | `auc` | 0.9 | 0.5 | -0.4 | `tumor/gate-0`: auc 0.9 -> 0.5 (-0.4, allowed -0.005) |"
    assert lines[4] == row
    assert "**data**: unchanged  " in lines
    assert "mlgit check --base bbbbbbbbbbbb --explain tumor/gate-0" in lines
    assert lines[-1] == marker("mlgit") == "<!-- mlgit-report:mlgit -->"
    assert "bbbbbbb…working tree on aaaaaaa" in text
    assert "mlgit 1.0" in text


def test_a_pass_shows_only_what_changed_and_what_comes_next() -> None:
    text = markdown(check("auc", value="0.9", extra=1))
    assert text.startswith("### ✅ tumor: 1 of 1 gate passed\n")
    table = text.partition("<details>")[0]
    assert "`extra.m0` | 1 | 1.5 | +0.5" in table
    assert "`auc`" not in table
    assert "mlgit release tumor" in text


def test_nothing_to_tell_says_so() -> None:
    assert "No gate failed and no metric changed." in markdown(check("auc", value="0.9"))


def test_a_waived_failure_names_its_waiver() -> None:
    gate = absolute(low="0.99")
    verdict = decide(
        [case(gate, files=(metric_file(auc="0.95"),))],
        rules=rules(waivers=(waiver(),)),
        candidate=CANDIDATE,
        policy=Policy(),
        notes=[Note(code="x", message="Look", effect="warn", hint="try `this`")],
    )
    text = markdown(Check(verdict=verdict))
    assert text.startswith("### ⚠️ 0 of 1 gate passed")
    assert "waived by `w1`" in text
    assert "- ⚠️ Look; try `this`" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_metric_name_stays_text(name: str) -> None:
    text = markdown(check(name))
    assert not re.search(r"(?<![\w`])@[A-Za-z]", text)
    assert not re.search(r"(?<!&)#\d", text)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("<!--") == 1
    assert text.count("### ") == 1
    assert text.count("❌") == 2
    assert "✅" not in text
    assert set(re.findall(r"</?[a-zA-Z][^>]*>", text)) <= ALLOWED_TAGS
    assert not re.search(r"^\s*/", text, re.MULTILINE)
    assert text.count("```") == 2
    rows = [line for line in lines_of(text) if line.startswith("| ❌")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [7]


@given(st.text(max_size=60))
def test_no_text_breaks_out_of_code_or_prose(text: str) -> None:
    for escaped in (code(text), prose(text)):
        assert "\n" not in escaped
        assert "|" not in escaped
        assert not re.search(r"@[A-Za-z0-9]", escaped)
        bare = re.sub(r"`[A-Za-z0-9 ._/%=+,:()-]+`", "", escaped)
        assert "`" not in bare
        assert set(re.findall(r"<[^>]*>", bare)) <= {"<code>", "</code>"}
        assert "\\" not in bare
        assert "[" not in bare


def test_escaped_text_still_reads() -> None:
    assert code("metrics/test.json:test.auc") == "`metrics/test.json:test.auc`"
    assert prose("run `mlgit run`, then look at 3 % of it") == "run `mlgit run`, then look at 3 % of it"
    assert code("a|b") == "<code>a&#124;b</code>"
    assert code("") == "`-`"
    assert prose("an odd ` tick") == "an odd   tick"


@pytest.mark.parametrize(("names", "extra"), [(1, 5000), (400, 3000), (1500, 10)])
def test_a_report_keeps_to_its_budget_without_cutting_anything_open(names: int, extra: int) -> None:
    text = markdown(check(*(f"metric-{number}-{'x' * 60}" for number in range(names)), extra=extra))
    assert len(text.encode()) <= 60_000
    assert text.startswith("### ❌ tumor: ")
    assert text.rstrip().endswith(marker("mlgit"))
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>")
    assert "left out" in text
    assert all(line.endswith("|") for line in lines_of(text) if line.startswith("|"))


def test_unchanged_gates_go_before_failed_ones_when_room_is_short() -> None:
    text = markdown(check("auc", extra=2000))
    assert "| ❌ | `auc` |" in text


def test_many_notes_keep_to_the_budget_too() -> None:
    notes = tuple(Note(code="n", message=f"{number} {'@x ' * 80}") for number in range(500))
    record = check("auc")
    text = markdown(replace(record, verdict=replace(record.verdict, notes=notes)))
    assert len(text.encode()) <= 60_000


@pytest.mark.parametrize("key", ["a/b", "x --> y", "<b>", "a\nb"])
def test_a_marker_is_one_closed_comment(key: str) -> None:
    assert re.fullmatch(r"<!-- mlgit-report:[A-Za-z0-9_./-]+ -->", marker(key))
    assert "-->" not in marker(key)[:-3]


def test_a_report_without_a_verdict_says_so() -> None:
    error = ConfigError(
        "Unknown key `gatez`",
        location=Location("mlgit.yaml", line=3, column=1),
        expected="`gates`",
        hint="did you mean `gates`?",
        details=("@octocat",),
    )
    text = failure(error)
    assert text.startswith("### ❌ No verdict: Unknown key `gatez` (`mlgit.yaml:3:1`)")
    assert "exit code 3" in text
    assert "@octocat" not in text
    assert text.rstrip().endswith(marker("mlgit"))
    case_of_error = ET.fromstring(junit_failure(error)).find(".//error")  # noqa: S314 (our own XML)
    assert case_of_error is not None
    assert "mlgit.yaml:3:1" in (case_of_error.text or "")


def parsed(record: Check) -> ET.Element:
    return ET.fromstring(junit(record).encode("utf-8"))  # noqa: S314 (our own XML)


@pytest.mark.parametrize("name", [*HOSTILE, "\x00", "]]>", "\ufffe", '"quoted"'])
def test_junit_is_valid_xml_whatever_a_metric_is_called(name: str) -> None:
    assert len(parsed(check(name)).findall(".//testcase")) == 1


def test_junit_has_one_case_a_result_and_fails_only_what_blocks() -> None:
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
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["7", "2", "1", "1"]


def test_the_page_says_the_verdict_first_and_keeps_to_80_columns() -> None:
    text = plain(page(check("auc", "loss", extra=3)))
    assert text.startswith("Blocked: tumor: 2 of 2 gates failed: auc 0.9 -> 0.5")
    assert max(len(line) for line in lines_of(text)) <= 80
    assert text.rstrip().endswith("next: mlgit check --explain tumor/gate-0")


def test_deltas_are_coloured_by_direction() -> None:
    spans = {
        block.rows[number][0]: block.rows[number][3]
        for block in page(check("auc", "loss", "rows"))
        if isinstance(block, Table)
        for number in range(3)
    }
    styles = {str(name).rpartition(":")[2]: getattr(cell, "style", None) for name, cell in spans.items()}
    assert styles == {"auc": "bad", "loss": "ok", "rows": ""}


def test_many_passed_gates_are_counted_not_listed() -> None:
    text = plain(page(check("auc", *(f"m{number}" for number in range(30)), value="0.9")))
    assert "and 31 that passed or were skipped" in text


def test_an_explanation_tells_where_each_number_came_from() -> None:
    record = check("auc", limits={"max_drop": "1%"})
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


def test_an_explanation_of_what_has_no_numbers_still_tells_the_rule() -> None:
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
        "no number at prod (bbbbbbb)",
        "no number, working tree on aaaaaaa",
        "min_drop: 1%, so baseline - candidate >= 1 % of |baseline|",
        "NaN from metrics/test.json:loss",
    ):
        assert part in text


def test_a_page_tells_waivers_notes_and_hints() -> None:
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
    assert lines[0].startswith("Blocked for prod: m: 1 of 5 gates did not pass: ")
    for part in (
        "fail (waived by w1)  m/w",
        "fail (info)          m/i",
        "fail (warns)         m/s",
        "hint: there are `metrics/test.json:auc`",
        "warning: Careful",
        "hint: look twice",
        "waived by w9: Let through",
        "blocks: Stop",
        "working tree against prod: No luck",
        "Metrics",
    ):
        assert any(line.startswith(part) for line in lines), part
    assert max(len(line) for line in lines) <= 80


def test_reports_for_a_release_and_a_promotion_say_how_to_repeat_them() -> None:
    for purpose, words in (("release", "--purpose release"), ("promote", "--promote-to prod")):
        verdict = decide(
            [case(absolute(low="0"), files=(metric_file(auc="1"),), model="m")],
            rules=rules(purpose=purpose, environment="prod" if purpose == "promote" else None),
            candidate=replace(CANDIDATE, commit="f" * 40),
            policy=Policy(),
        )
        text = markdown(Check(verdict=verdict))
        assert f"mlgit check {words} --rev ffffffffffff" in text
        assert "no base…fffffff" in text
