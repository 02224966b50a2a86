"""Signs of a report: each has a word next to it that says the same without a font for emoji."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given

from mlgit.core.gates.verdict import Effect, Note, Outcome
from mlgit.render.html.report import html
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import markdown
from mlgit.render.report.tables.rows import mark_of
from tests.support import reports
from tests.support.hostile import FEW, checks, failing

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check

SIGN = re.compile("(❌|✅|⚠️|🔹|❓|⏳)(.*)")
_ALLOWED = ("passed", "allowed", "Allowed: ", "May merge: ", "May be released: ", "May be promoted")
WORDS = {
    "❌": (
        *("failed", "error", "inconclusive", "blocked", "Blocked", "No verdict: ", "Not finished"),
        *("No release: ", "No promotion", "Not everything could be checked: "),
    ),
    "✅": _ALLOWED,
    "🔹": ("info", "allowed", "Allowed: ", "May ", "not proven", "Not proven"),
    "❓": ("not proven", "Not proven: "),
    "⏳": ("Running",),
    "⚠️": ("warning", "waived", "**Warning", "**Waived"),
}
"""What may follow each sign; a decision with warnings counts them."""
COUNTED = re.compile(r"(May |Allowed|Not proven).*[0-9] (warnings?|waived)")


def assert_words(text: str) -> None:
    """No sign is without its word, in a line, a cell or a heading."""
    for place in re.split(r"\n|\|", text):
        found = SIGN.search(place)
        if found is None:
            continue
        following = found[2].replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ").strip()
        following = re.sub("^[*]{2}(?=Blocked)", "", following)
        mild = found[1] == "⚠️" and COUNTED.match(following)
        assert mild or f"{following} ".startswith(WORDS[found[1]]), place


@pytest.mark.parametrize("name", reports.SNAPSHOTS)
def test_every_sign_of_a_whole_report_has_its_word(name: str) -> None:
    assert_words(reports.SNAPSHOTS[name]())


@pytest.mark.parametrize("name", ["blocked", "allowed", "several", "renamed", "unknown"])
def test_every_sign_of_a_page_has_its_word(name: str) -> None:
    page = html(getattr(reports, name)())
    assert_words(
        re.sub(r"<(?!/?strong)[^>]*>", "\n", page).replace("<strong>", "**").replace("</strong>", "")
    )


@FEW
@given(checks())
def test_no_check_has_a_sign_without_its_word(record: Check) -> None:
    for untrusted in (False, True):
        assert_words(markdown(record, ReportContext(untrusted=untrusted)))


def test_a_note_says_what_it_does() -> None:
    effects: tuple[Effect, ...] = ("block", "warn", "waived", "note")
    record = failing("auc")
    found = tuple(Note(code="x", message=f"Look {each}", effect=each, waiver="w1") for each in effects)
    text = markdown(replace(record, verdict=replace(record.verdict, notes=found)))
    assert [line for line in text.splitlines() if "Look " in line] == [
        "- ❌ **Blocked.** Look block",
        "- ⚠️ **Warning.** Look warn",
        "- ⚠️ **Waived by `w1`.** Look waived",
        "- Look note",
    ]


def test_every_result_has_its_own_words() -> None:
    (result,) = failing("auc").verdict.results
    made = {
        (outcome, effect): mark_of(replace(result, outcome=outcome, effect=effect))
        for outcome, effect in product(get_args(Outcome), get_args(Effect))
    }
    assert made["pass", "allow"] == "✅&nbsp;passed"
    assert made["fail", "block"] == "❌&nbsp;failed"
    assert made["error", "block"] == "❌&nbsp;error"
    assert made["fail", "warn"] == "⚠️&nbsp;warning"
    assert made["fail", "waived"] == "⚠️&nbsp;waived"
    assert made["fail", "note"] == made["inconclusive", "allow"] == "🔹&nbsp;info"
    assert made["skipped", "allow"] == "skipped"
    assert [key for key, mark in made.items() if "✅" in mark] == [("pass", "allow")]
