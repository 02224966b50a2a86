"""Hostile names: a report keeps one marker, its headings and whole tables, and pings no one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlgit.core.ci.report import CiReport, Failure
from mlgit.core.gates.by_model import models_of
from mlgit.render.escape import code, prose
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import failure, markdown, marker, report, running
from tests.support.hostile import FEW, HOSTILE, ascii_letters, checks, failing, maybe_texts, texts

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check

KEY = "acme/tumor/gates"
RUN = "https://forge.example/acme/tumor/runs/17"
MARKS = ("❌", "✅", "⚠️", "🔹", "⏳", "❓")
TAGS = {"details", "summary", "sub", "code"}
# Texts in which GitHub or GitLab find a person, an issue, a label or a link.
REFERENCE = re.compile(
    r"[@!&$~%^](?=[A-Za-z0-9\"])|#(?=[0-9])|(?i:\bg[hl]-(?=[0-9]))|://|mailto:(?=[A-Za-z0-9])|(?i:www\.)|:[a-z_]+:"
)
FORGE = MarkdownIt("commonmark").enable("table").enable("strikethrough")
addresses = st.none() | st.just(RUN) | texts.filter(lambda text: not text.startswith("http"))


def text_outside_code(line: str) -> str:
    """The text in which a forge finds references: the visible line without code and our own link."""
    found, coded = "", False
    for token in FORGE.parseInline(line.replace(f"[run]({RUN})", ""))[0].children or ():
        if token.type == "html_inline":
            coded = token.content == "<code>" or (coded and token.content != "</code>")
        elif token.type == "text" and not coded:
            found += token.content
    return found


def assert_keeps_its_shape(text: str, *, headings: int = 1) -> None:
    """Check everything in a report that a hostile name could break."""
    lines = text.splitlines()
    assert lines[-1] == marker(KEY)
    assert text.count("<!-- mlgit-report:") == 1
    assert text.count("<!--") == 1
    tokens = FORGE.parse(text)
    opened = [token for token in tokens if token.type == "heading_open"]
    assert len(opened) == headings
    assert lines[0].startswith(tuple(f"### {mark}" for mark in MARKS))
    for token in tokens:
        if token.type == "html_block":
            assert set(re.findall(r"</?([a-zA-Z]+)", token.content)) <= TAGS or token.content.startswith(
                "<!--"
            )
        for child in token.children or ():
            assert child.type not in {"image", "em_open", "s_open"}
            if child.type == "link_open":
                assert child.attrGet("href") == RUN
            if child.type == "html_inline":
                assert re.fullmatch(r"</?(sub|code)>", child.content)
    assert len([t for t in tokens if t.type == "html_block" and "<details>" in t.content]) == text.count(
        "</details>"
    )
    assert_no_reference(lines)
    assert_whole_tables(lines)
    assert all(char.isprintable() or char in "\n\u200b\u200c" for char in text)  # names in charts


def assert_no_reference(lines: list[str]) -> None:
    """No line is a quick action, no text outside code is a reference, and fences contain plain words."""
    fenced = False
    for line in lines:
        if line.startswith("```"):
            assert line in ("```", "```sh", "```mermaid")
            fenced = not fenced
            continue
        assert not line.lstrip().startswith("/")
        if fenced:
            assert re.fullmatch(r'[A-Za-z0-9 ._/@?#:;,%{}()"\[\]>\'+-]*', ascii_letters(line)), line
            assert "<!--" not in line
        else:
            assert not REFERENCE.search(text_outside_code(line)), line
    assert not fenced


def assert_whole_tables(lines: list[str]) -> None:
    """Every row of a table has as many cells as its header."""
    width = 0
    for line in lines:
        if not line.startswith("|"):
            width = 0
            continue
        assert line.endswith("|")
        width = width or line.count("|")
        assert line.count("|") == width, line


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_metric_name_stays_text(name: str) -> None:
    text = markdown(failing(name), ReportContext(key=KEY))
    assert_keeps_its_shape(text)
    assert text.count("❌") == 2  # the verdict, its row
    assert "✅" not in text


@FEW
@given(checks(), st.sampled_from(["github", "gitlab", None]), st.lists(texts, max_size=2), maybe_texts)
def test_no_check_breaks_a_report(
    record: Check, host: str | None, skipped: list[str], pushed: str | None
) -> None:
    def made() -> str:
        context = ReportContext(
            key=KEY,
            host=host,  # type: ignore[arg-type]
            skipped=skipped,
            pushed=pushed,
            run_url=RUN,
            untrusted=True,
        )
        return markdown(record, context)

    text = made()
    assert made() == text
    assert len(text.encode()) <= 60_000
    sections = len([line for line in text.splitlines() if line.startswith("#### ")])
    assert sections <= len(models_of(record))
    assert_keeps_its_shape(text, headings=1 + sections)
    assert "computed by fork code" in text.splitlines()[0]
    assert "✅" not in text


@FEW
@given(checks(), st.integers(min_value=200, max_value=20_000))
def test_a_report_is_never_longer_than_its_budget(record: Check, budget: int) -> None:
    text = markdown(record, ReportContext(key=KEY, host="github"), budget_bytes=budget)
    assert len(text.encode()) <= budget
    fences = [line for line in text.splitlines() if re.fullmatch("```[a-z]*", line)]
    assert len(fences) % 2 == 0
    assert text.count("<details>") == text.count("</details>")
    assert_whole_tables(text.splitlines())
    assert text.startswith("### ")
    assert text.rstrip().endswith(marker(KEY))


@FEW
@given(texts, maybe_texts, maybe_texts, maybe_texts, st.lists(texts, max_size=3), addresses)
@example("x", "mlgit.yaml:3:1", "a\n/merge", "<!-- mlgit-report:a -->", ["@all"], "javascript:alert(1)")
def test_no_error_breaks_a_report(
    message: str,
    place: str | None,
    expected: str | None,
    hint: str | None,
    details: list[str],
    url: str | None,
) -> None:
    why = Failure(
        code="config_invalid",
        exit_code=3,
        message=message,
        place=place,
        expected=expected,
        hint=hint,
        details=tuple(details),
    )
    text = failure(why, ReportContext(key=KEY, run_url=url, commit=message, skipped=details))
    assert_keeps_its_shape(text)


@FEW
@given(maybe_texts, addresses)
def test_no_commit_or_address_breaks_the_report_of_a_running_check(
    commit: str | None, url: str | None
) -> None:
    assert_keeps_its_shape(running(commit, key=KEY, run_url=url))


@given(texts, texts)
def test_no_project_or_job_breaks_out_of_the_marker(project: str, job: str) -> None:
    record = CiReport(
        host="github", project=project, job=job, number=1, commit=None, mode="verify", exit_code=5
    )
    last = report(record).splitlines()[-1]
    assert re.fullmatch(r"<!-- mlgit-report:[A-Za-z0-9_./-]+ -->", last)
    assert "-->" not in last[:-3]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://a.example/x) [click](http://evil.example",
        "https://a.example/<!--",
        "https://user:secret@a.example/",
        "//a.example",
        "https://a.example/\n/merge",
    ],
)
def test_an_address_that_is_not_plain_is_left_out(url: str) -> None:
    assert "[run]" not in markdown(failing("auc"), ReportContext(run_url=url))


@given(st.text(max_size=60) | texts)
def test_no_text_breaks_out_of_code_or_prose(text: str) -> None:
    for escaped in (code(text), prose(text)):
        assert "\n" not in escaped
        assert "|" not in escaped
        assert not REFERENCE.search(text_outside_code(escaped))
        tokens = FORGE.parseInline(escaped)[0].children or []
        assert {token.type for token in tokens} <= {"text", "code_inline", "html_inline"}
        assert {token.content for token in tokens if token.type == "html_inline"} <= {"<code>", "</code>"}
