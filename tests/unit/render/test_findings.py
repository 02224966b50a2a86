"""Findings: what is compared, in the first lines of a report and of `mlgit check`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.headline import FINDINGS, split_notes
from mlgit.core.gates.verdict import Check, Note, with_notes
from mlgit.render.console import plain
from mlgit.render.pages.check import page
from mlgit.render.report.report import markdown
from tests.support.hostile import failing
from tests.support.reports import BASE, BETTER, one, same, together

ALL = [Note(code=code, message=f"About {code}", effect="warn") for code in FINDINGS]


def noted(record: Check, *notes: Note) -> Check:
    return replace(record, verdict=with_notes(record.verdict, notes))


@pytest.mark.parametrize("code", FINDINGS)
@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("owner", [None, "tumor"])
def test_a_finding_is_above_every_table(code: str, models: int, owner: str | None) -> None:
    parts = [one(name, BETTER, BASE) for name in ("tumor", "other")[:models]]
    note = Note(code=code, message="It now reads another number", effect="warn", model=owner)
    lines = markdown(noted(together(*parts), note)).splitlines()
    assert sum("another number" in line for line in lines) == 1
    assert lines[0].startswith("### ⚠️ May merge, 1 warning: ")
    assert "t now reads another number" in lines[0]


@pytest.mark.parametrize("models", [1, 2])
def test_findings_that_the_heading_does_not_quote_are_above_every_table(models: int) -> None:
    parts = [one(name, BETTER, BASE) for name in ("tumor", "other")[:models]]
    lines = markdown(noted(together(*parts), *ALL)).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    for note in ALL:
        assert lines.index(f"- ⚠️ **Warning.** {note.message}") < first


def test_a_finding_about_a_gate_is_short_in_the_heading_and_whole_below_it() -> None:
    message = "`auc-vs-prod`: it read `test.auc` of `m.json`; it now reads `train.auc`"
    lines = markdown(
        noted(failing("auc", value="0.9"), Note(code="gate_repointed", message=message, effect="warn"))
    )
    assert lines.splitlines()[0] == "### ⚠️ May merge, 1 warning: tumor, gate `auc-vs-prod` was repointed"
    assert lines.splitlines()[1] == "1 of 1 gate passed"
    assert f"- ⚠️ **Warning, gate repointed.** {message}" in lines.partition("|")[0]
    both = Note(code="gate_repointed", message=message.replace("prod`", "prod`, `f1-vs-prod`"), effect="warn")
    assert "gates `auc-vs-prod`, `f1-vs-prod` were repointed" in markdown(
        noted(failing("auc", value="0.9"), both)
    )


@pytest.mark.parametrize(
    ("gates", "counts"),
    [
        ("`auc-vs-prod`", "5 of 5 gates passed, but 1 of them does not check what it checked before"),
        (
            "`auc-floor`, `auc-vs-prod`",
            "5 of 5 gates passed, but 2 of them do not check what they checked before",
        ),
        ("`gone`", None),
    ],
)
def test_the_counts_say_how_many_gates_check_something_else(gates: str, counts: str | None) -> None:
    note = Note(code="evidence_weakened", message=f"{gates}: proves less", effect="warn", model="tumor")
    lines = markdown(noted(together(one("tumor", BETTER, BASE)), note)).splitlines()
    assert lines[1] == (counts or "5 of 5 gates passed")
    assert f"- ⚠️ **Warning, evidence weakened.** {gates}: proves less" in lines


def test_a_finding_is_above_the_gates_of_a_check() -> None:
    note = Note(code="gate_repointed", message="It moved", effect="warn", hint="look")
    other = Note(code="x", message="Something else")
    lines = plain(page(noted(failing("auc", value="0.9"), other, note))).splitlines()
    assert lines[2:4] == ["! It moved", "  hint: look"]
    gate = next(number for number, text in enumerate(lines) if "gate-0" in text)
    assert lines.index("note: Something else") > gate > 3


def test_findings_have_an_order_and_the_worst_is_first() -> None:
    last = replace(ALL[-1], effect="block")
    mixed = [Note(code="a", message="A"), *reversed(ALL[:-1]), last]
    findings, others = split_notes(mixed)
    assert findings == [last, *ALL[:-1]]
    assert others == [mixed[0]]


def test_a_finding_that_the_heading_quotes_is_not_repeated() -> None:
    note = Note(code="gates_loosened", message="Gate `a` was loosened", effect="block", hint="ask")
    lines = markdown(noted(failing("auc", value="0.9"), note)).splitlines()
    assert "was loosened" in lines[0]
    assert lines[3] == "hint: ask"


@pytest.mark.parametrize("code", ["no_gates", "not_proven"])
def test_a_remark_about_the_repository_keeps_a_check_without_changes_short(code: str) -> None:
    record = same(together(one("tumor", BASE, BASE)))
    quiet = markdown(noted(record, Note(code=code, message="So it is")))
    assert "nothing changed in data, params, metrics or model" in quiet.splitlines()[0]
    assert quiet.splitlines()[3] == "- So it is"
    loud = markdown(noted(record, Note(code=code, message="So it is", effect="warn")))
    assert "nothing changed in data, params, metrics or model" not in loud.splitlines()[0]
