"""The report as HTML is one whole document, with its charts, and nothing in it runs or asks for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.errors import ConfigError, Location
from mlgit.render.escape import literal
from mlgit.render.html.markdown import to_html
from mlgit.render.html.report import failure, html, report_html
from mlgit.render.svg import Series, figure, history_figure
from tests.support import reports
from tests.support.hostile import FEW, HOSTILE, checks, failing, texts
from tests.support.plotted import BASE_ROC, LOSS, ROC, WORSE_ROC, plotted, sides

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check

OF_THE_PAGE = "html head meta title style body"
OF_TEXT = "h1 h2 p ul li table thead tbody tr th td strong em code pre details summary sub blockquote a br hr"
OF_FIGURES = "figure figcaption span svg path text circle"
TAGS = {*OF_THE_PAGE.split(), *OF_TEXT.split(), *OF_FIGURES.split()}
EMPTY = {"meta", "br", "hr"}
OF_META = "lang charset http-equiv content name"
OF_SVG = "viewbox role aria-label x y text-anchor d cx cy r"
ATTRIBUTES = {*OF_META.split(), *OF_SVG.split(), "class", "style", "href", "data-label"}


class Reader(HTMLParser):
    """Checks that elements are closed in order, and collects them, their attributes and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["title"]:
            self.title += data
        elif self.open[-1:] != ["style"]:
            self.text += data


def read(document: str) -> Reader:
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert reader.open == []
    assert set(reader.tags) <= TAGS
    assert {name for name, _ in reader.attributes} <= ATTRIBUTES
    addresses = [value for name, value in reader.attributes if name == "href"]
    assert all(str(value).startswith("https://forge.example/") for value in addresses)
    assert "url(" not in document
    assert "@import" not in document
    return reader


def test_the_document_has_the_whole_comment_and_its_charts() -> None:
    report = reports.document(plotted(reports.blocked()))
    found = read(report_html(report))
    assert found.tags[0] == "html"
    assert found.title.startswith("❌ ")
    assert found.tags.count("h1") == 1
    assert found.tags.count("figure") == 6  # three changed curves, three histories
    for text in ("predicted 1", "64 → 65", "All metrics", "loss by step", "accuracy by step"):
        assert text in found.text
    assert "xychart" not in found.text
    assert "mlgit-report:" not in found.text


def test_the_rise_of_an_roc_on_the_axis_does_not_flatten_the_curve() -> None:
    plot = replace(ROC, curves=sides([(0, 0), *BASE_ROC], [(0, 0), *WORSE_ROC], kind="roc"))
    assert "plots/roc.csv, the y axis starts at 0.85" in read(html(plotted(reports.blocked(), (plot,)))).text


def test_a_long_curve_says_how_much_of_it_is_drawn() -> None:
    plot = replace(LOSS, curves=sides([(n, n) for n in range(999)], None))
    assert "loss.tsv, at most 201 points per curve" in read(html(plotted(reports.blocked(), (plot,)))).text


def test_a_policy_forbids_scripts_and_requests() -> None:
    policy = next(value for name, value in read(html(reports.allowed())).attributes if name == "content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_it_has_every_row_however_many_there_are() -> None:
    found = read(html(reports.many()))
    assert all(f"site.{number:04}.share" in found.text for number in range(1500))


def test_it_is_light_and_dark() -> None:
    text = html(reports.allowed())
    assert "color-scheme: light dark" in text
    assert "@media (prefers-color-scheme: dark)" in text


def test_without_a_verdict_it_says_why() -> None:
    found = read(failure(ConfigError("Unknown `key`", location=Location("mlgit.yaml", line=3))))
    assert found.title.startswith("❌ No verdict: Unknown key")
    assert "mlgit check" in found.text


@FEW
@given(checks())
def test_no_text_of_a_check_becomes_markup(record: Check) -> None:
    read(html(record))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name: str) -> None:
    read(html(failing(name)))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("<script>alert(1)</script>\n", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
        ("![x](https://evil.example/p.png)", '<p>!<a href="https://evil.example/p.png">x</a></p>'),
        ("<details>\n<img src=x>\n</details>", "<details>\n&lt;img src=x&gt;\n</details>"),
        ("a <!-- hidden --> b", "<p>a  b</p>"),
    ],
)
def test_only_tags_of_reports_are_kept(markdown: str, expected: str) -> None:
    assert to_html(markdown)[1].strip() == expected


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def coordinates(svg: str) -> list[float]:
    paths = re.findall(r' d="([^"]*)"', svg)
    return [float(number) for path in paths for number in re.findall(r"-?[0-9.]+", path)]


@given(st.dictionaries(NUMBERS, NUMBERS, min_size=1, max_size=6), texts, st.booleans())
def test_every_point_is_inside_the_figure(points: dict[float, float], name: str, share: bool) -> None:  # noqa: FBT001
    drawn = figure(
        name,
        [Series("base", "base", sorted(points.items()))],
        x_label=name,
        y_label=name,
        share=share,
        note=name,
    )
    if drawn:
        assert read(drawn).tags.count("figure") == 1
        assert all(0 <= number <= 720 for number in coordinates(drawn))


def test_numbers_that_are_too_large_or_too_near_are_not_drawn() -> None:
    for points in ([(0, 1e305), (1, 0)], [(0, 1e-305), (1, 0)], []):
        assert figure("loss", [Series("base", "base", points)], x_label="", y_label="") == ""
    plot = replace(LOSS, curves=sides([(0, 1e305), (1, 0)], None))
    assert (
        "loss by step (dvclive/plots/metrics/loss.tsv) changed"
        in read(html(plotted(reports.blocked(), (plot,)))).text
    )


def test_one_point_is_a_dot() -> None:
    assert "<circle" in figure("loss", [Series("base", "base", [(3, 4)])], x_label="", y_label="")


def test_a_history_needs_numbers() -> None:
    names = ["v1", "this"]
    assert history_figure("auc", names, ["0.9", "NaN"], limit=None) == ""
    assert "limit" not in history_figure("auc", names, ["0.9", "0.8"], limit="Infinity")
    assert "limit 0.5" in history_figure("auc", names, ["0.9", "0.8"], limit="0.5")


def test_a_cell_has_the_title_of_its_column_for_narrow_pages() -> None:
    page = html(reports.blocked())
    row = next(each for each in page.split("<tr>") if "auc-vs-prod" in each)
    labels = re.findall('<td[^>]* ?data-label="([^"]*)"', row)
    assert labels == ["result", "gate", "metric", "prod v1.2.0", "base", "this change", "change", "limit"]
    assert "td[data-label]::before { content: attr(data-label)" in page
    narrow = page.partition("max-width: 40rem")[2].partition("@media")[0]
    assert "overflow-wrap: anywhere" in narrow
    assert "svg { min-width: 0 }" in narrow  # a chart is as wide as the screen


@given(texts)
def test_no_name_breaks_out_of_the_title_of_a_cell(name: str) -> None:
    found = read(to_html(f"| a | {literal(name)} |\n|---|---|\n| 1 | 2 |\n")[1])
    assert found.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]


def test_a_page_has_no_invisible_character_in_a_name() -> None:
    _, body = to_html(f"see {literal('#12 @bob a@b.example')}\n")
    assert body == "<p>see #12 @bob a@b.example</p>\n"
