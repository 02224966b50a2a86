"""Charts: sparklines and Mermaid are valid for any number and any name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.render.charts import finite, line_chart, sparkline
from tests.support.hostile import ascii_letters, numbers, texts


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        (["1"], "▄"),
        (["0.9", "0.9", "0.90"], "▄▄▄"),
        (["0", "1", "2", "3", "4", "5", "6", "7"], "▁▂▃▄▅▆▇█"),
        (["1", "NaN", "2", "Infinity"], "▁·█·"),
        (["-1.7E308", "0", "1.7E308"], "▁▅█"),
        (["1E+999999999", "x", "1"], "··▄"),
    ],
)
def test_a_sparkline_ranges_from_the_lowest_value_to_the_highest(values: list[str], drawn: str) -> None:
    assert sparkline(values) == drawn


@given(st.lists(numbers, max_size=20))
def test_a_sparkline_has_one_tick_per_value(values: list[str]) -> None:
    drawn = sparkline(values)
    assert len(drawn) == len(values)
    assert set(drawn) <= set("▁▂▃▄▅▆▇█·")


SIZE = "{xyChart: {height: 400, titleFontSize: 16}"


def test_a_chart_has_a_point_per_label_and_a_line_for_the_limit() -> None:
    text = line_chart("tumor auc", ["v1.0.0", "v1.1.0", "this"], ["0.95", "0.97", "0.96"], limit="0.966")
    lines = [line.strip() for line in text.splitlines()]
    assert lines == [
        "---",
        f'config: {SIZE}, themeVariables: {{xyChart: {{plotColorPalette: "#e36209, #8b949e"}}}}}}',
        "---",
        "xychart-beta",
        'title "tumor auc (orange), limit 0.966 (grey)"',
        'x-axis ["v1.0.0", "v1.1.0", "this"]',
        "y-axis 0.948 --> 0.972",
        'line "tumor auc" [0.95, 0.97, 0.96]',
        'line "limit" [0.966, 0.966, 0.966]',
    ]


def test_many_labels_of_a_chart_do_not_overlap_and_the_last_one_is_there() -> None:
    labels = [*(f"v1.0.{number}" for number in range(19)), "this"]
    text = line_chart("auc", labels, ["1"] * 20)
    axis = next(line for line in text.splitlines() if "x-axis" in line)
    names = re.findall(r'"([^"]*)"', axis)
    assert len({*names}) == 20
    assert [name for name in names if name.isprintable()] == [
        "v1.0.1", "v1.0.4", "v1.0.7", "v1.0.10", "v1.0.13", "v1.0.16", "this"
    ]  # fmt: skip


@pytest.mark.parametrize("values", [["1", "NaN"], ["1", "1E+20"], ["1", "1E-9"], ["x", "1"], []])
def test_values_that_mermaid_cannot_draw_give_no_chart(values: list[str]) -> None:
    assert line_chart("auc", ["a", "b"], values) == ""


@given(
    texts,
    st.lists(st.tuples(texts, st.floats(-1e9, 1e9).map(repr)), min_size=1, max_size=6),
    st.none() | st.floats(-1e9, 1e9).map(repr),
)
def test_no_name_ends_a_chart_or_starts_another_statement(
    title: str, points: list[tuple[str, str]], limit: str | None
) -> None:
    text = line_chart(title, [label for label, _ in points], [value for _, value in points], limit=limit)
    if not text:
        return
    number = r"-?[0-9]+(\.[0-9]+)?"
    plain = r'"[A-Za-z0-9 .,:_/?()+-]+"'
    shapes = (
        "---",
        r"config: .*",
        "---",
        "xychart-beta",
        rf"  title {plain}",
        rf"  x-axis \[{plain}(, {plain})*\]",
        rf"  y-axis {number} --> {number}",
        rf"  line {plain} \[{number}(, {number})*\]",
        rf"  line {plain} \[{number}(, {number})*\]",
    )
    for line, shape in zip(text.splitlines(), shapes, strict=False):
        assert re.fullmatch(shape, ascii_letters(line)), line
    assert len(text.splitlines()) == 8 + (limit is not None)


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("sNaN1", None), ("1E+400", None), ("", None)])
def test_only_finite_doubles_are_drawn(text: str, value: float | None) -> None:
    assert finite(text) == value
