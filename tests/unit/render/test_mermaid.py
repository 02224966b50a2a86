"""Mermaid draws lines over labels, for any numbers and any names, and the axis has round ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.render.axis import axis, digits, drawable, labels, marks
from mlgit.render.mermaid import GREY, ORANGE, plain, unseen_names, xy_chart
from tests.support.hostile import ascii_letters, texts

NUMBERS = st.floats(-1e9, 1e9).filter(lambda number: drawable([number]))

SIZE = "{xyChart: {height: 400, titleFontSize: 16}"


def test_a_chart_names_its_lines_and_axes() -> None:
    lines = [("base", GREY, [0.914, 1.0]), ("this change", ORANGE, [0.871])]
    text = xy_chart("ROC", [0, 1], lines, x_label="fpr", y_label="tpr", named="base (grey)", share=True)
    assert text.splitlines() == [
        "---",
        f'config: {SIZE}, themeVariables: {{xyChart: {{plotColorPalette: "#8b949e, #e36209"}}}}}}',
        "---",
        "xychart-beta",
        '  title "ROC: base (grey)"',
        '  x-axis "fpr" ["0", "1"]',
        '  y-axis "tpr" 0.85 --> 1',
        '  line "base" [0.914, 1]',
        '  line "this change" [0.871]',
    ]


@pytest.mark.parametrize("values", [[], [1e20], [1e-9, 1]])
def test_numbers_that_mermaid_cannot_draw_give_no_chart(values: list[float]) -> None:
    assert xy_chart("loss", [0, 1], [("base", GREY, values)], x_label="step", y_label="loss") == ""


@given(texts, texts, st.lists(NUMBERS, min_size=1, max_size=6))
def test_no_name_ends_a_chart_or_starts_another_statement(
    title: str, label: str, values: list[float]
) -> None:
    places = [float(place) for place in range(len(values))]
    text = xy_chart(title, places, [(label, GREY, values)], x_label=label, y_label=label)
    number, name = r"-?[0-9]+(\.[0-9]+)?", r'"[A-Za-z0-9 .,:_/?+()-]+"'
    shapes = (
        r"---",
        r"config: \{.*\}",
        r"---",
        r"xychart-beta",
        rf"  title {name}",
        rf'  x-axis {name} \["{number}"(, "{number}")*\]',
        rf"  y-axis {name} {number} --> {number}",
        rf"  line {name} \[{number}(, {number})*\]",
    )
    for line, shape in zip(text.splitlines(), shapes, strict=True):
        assert re.fullmatch(shape, ascii_letters(line)), line


@pytest.mark.parametrize("title", ["loss by step", "Loss: train", "a" * 99, "a long title of a plot " * 3])
def test_a_title_never_pushes_out_which_line_is_which(title: str) -> None:
    named = "base (grey), this change (orange)"
    lines = [("base", GREY, [1.0, 2.0])]
    text = xy_chart(title, [0.0, 1.0], lines, x_label="x", y_label="y", named=named)
    (line,) = [line for line in text.splitlines() if line.startswith("  title ")]
    assert line.endswith(f': {named}"')
    assert len(line) <= len('  title ""') + 80
    assert "?" not in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 99, f"{'a' * 77}..."),
        ('a"]\nx', "a???x"),
        (" ", "?"),
        ("Précision (e\u0301té) \u2013 Größe", "Précision (été) - Größe"),
        ("精度の推移", "精度の推移"),
        ("\u202e#35;\u200b", "??35??"),
    ],
)
def test_a_name_is_plain_and_short(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("numbers", "share", "ends"),
    [
        ([0.871, 1], True, (0.85, 1)),
        ([1, 1], True, (0.95, 1)),
        ([0.999, 1], True, (0.95, 1)),
        ([0.4, 0.9], True, (0, 1)),
        ([0.4, 1.2], True, (0, 1.2)),
        ([0.1, 2], False, (0, 2)),
        ([10.2, 10.31], False, (10.2, 10.32)),
        ([-3, 12], False, (-4, 12)),
        ([7], False, (6.8, 7.2)),
        ([0], False, (-0.2, 0.2)),
    ],
)
def test_an_axis_has_round_ends(numbers: list[float], *, share: bool, ends: tuple[float, float]) -> None:
    low, high = axis(numbers, share=share)
    assert (digits(low), digits(high)) == tuple(map(digits, ends))


@given(st.lists(NUMBERS, min_size=1), st.booleans())
def test_every_number_is_within_its_axis(numbers: list[float], share: bool) -> None:  # noqa: FBT001
    low, high = axis(numbers, share=share)
    assert low < high
    width = high - low
    assert low - width / 1e6 <= min(numbers)
    assert max(numbers) <= high + width / 1e6


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        ([0, 1, 2], ["0", "1", "2"]),
        ([n / 50 for n in range(51)], [f"{n / 10:g}" for n in range(11)]),
        ([n * 10 for n in range(50)], [f"{n * 50}" for n in range(10)]),
        ([1 + n * 10 for n in range(50)], ["1", "41", "81", "121", "161", "201", "241", "281", "321"]),
        ([n * 1e9 for n in range(20)], ["0", "5000000000", "10000000000", "15000000000"]),
        ([0.0298, *(n / 50 for n in range(2, 48)), 0.95], [f"{n / 10:g}" for n in range(1, 10)]),
    ],
)
def test_only_round_places_with_room_have_a_text(places: list[float], shown: list[str]) -> None:
    found = marks(places)
    assert len(found) == len(places)
    assert [text for text in found if text][: len(shown)] == shown
    assert sum(len(text) + 1 for text in found if text) <= 66


@given(st.lists(NUMBERS, min_size=1, max_size=60, unique=True).map(sorted))
def test_places_have_names_that_differ_and_those_seen_are_true(places: list[float]) -> None:
    texts = marks(places)
    names = unseen_names(texts)
    assert len({*names}) == len(places)
    assert all(
        not text or abs(float(text) - x) <= abs(x) / 1000 for text, x in zip(texts, places, strict=True)
    )


@given(st.lists(NUMBERS, unique=True))
def test_different_places_have_different_labels(places: list[float]) -> None:
    assert len(set(labels(places))) == len(places)
