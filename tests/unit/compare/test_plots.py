"""Curves are read off truly, and confusion matrices count every row once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.compare.plots import (
    Cell,
    Curve,
    Plot,
    confusion,
    curve_through,
    decimal_text,
    grid,
    in_order,
    read_off,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20)
CLASSES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")))


@given(POINTS, st.lists(NUMBERS, max_size=8), st.booleans())
def test_what_is_read_off_is_exact_at_points_and_within_the_curve(
    points: list[tuple[float, float]],
    places: list[float],
    steps: bool,  # noqa: FBT001
) -> None:
    ordered = in_order(points, steps=steps)
    highest = {x: max(y for at, y in ordered if at == x) for x, _ in ordered}
    assert read_off(ordered, highest) == list(highest.values())
    low, high = min(y for _, y in ordered), max(y for _, y in ordered)
    for place, y in zip(places, read_off(ordered, places), strict=True):
        outside = not ordered[0][0] <= place <= ordered[-1][0]
        assert (y is None) == outside
        assert y is None or low <= y <= high


def test_between_two_points_a_curve_is_straight() -> None:
    assert read_off([(0, 1), (2, 2), (4, 0)], [-1, 0, 0.5, 2, 3, 4, 5]) == [None, 1, 1.25, 2, 1, 0, None]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("points", "steps", "expected"),
    [
        ([(1, 1), (0, 1), (0, 3), (0, 2), (NAN, 1), (3, INF)], False, [(0, 2), (1, 1)]),
        (
            [(0, 0), (0, 0.5), (0, 0.7), (0.1, 0.7), (0.1, 0.8)],
            True,
            [(0, 0), (0, 0.7), (0.1, 0.7), (0.1, 0.8)],
        ),
        ([(1, 0.4), (1, 0.5), (0.5, 0.8), (0, 1)], True, [(0, 1), (0.5, 0.8), (1, 0.5), (1, 0.4)]),
        ([], True, []),
    ],
)
def test_several_points_at_one_place_are_a_step_or_the_last_one(
    points: list[tuple[float, float]], *, steps: bool, expected: list[tuple[float, float]]
) -> None:
    assert in_order(points, steps=steps) == expected


def test_a_step_is_flat_before_it_and_as_high_as_its_upper_end() -> None:
    ordered = in_order([(0, 0.7), (0.1, 0.7), (0.1, 0.8), (1, 1)], steps=True)
    assert read_off(ordered, [0.05, 0.1]) == [pytest.approx(0.7), 0.8]


@given(POINTS)
def test_a_curve_is_valid_and_has_its_ends(points: list[tuple[float, float]]) -> None:
    made = curve_through("base", points, kind="line")
    assert made.valid
    assert made.points == in_order(points, steps=False)


def test_a_long_share_is_read_off_and_a_long_line_keeps_points_of_its_own() -> None:
    points = [(step / 1000, (step / 1000) ** 2) for step in range(1001)]
    share, line = curve_through("base", points, kind="roc"), curve_through("base", points, kind="line")
    for made in (share, line):
        assert made.valid
        assert len(made.xs) == 201
        assert (made.points[0], made.points[-1]) == ((0, 0), (1, 1))
    assert {place / 50 for place in range(51)} <= {x for x, _ in share.points}
    assert set(line.points) <= set(points)


@given(st.integers(1, 998), st.sampled_from([-50.0, 50.0]))
def test_a_long_line_keeps_a_spike(place: int, spike: float) -> None:
    points = [(float(step), spike if step == place else 1 / (1 + step)) for step in range(1000)]
    assert (place, spike) in curve_through("base", points, kind="line").points


@pytest.mark.parametrize(
    ("xs", "ys"),
    [
        ((), ()),
        (("0",), ()),
        (("1", "0"), ("0", "0")),
        (("0", "0", "0"), ("0", "1", "2")),
        (("0",), ("1e999",)),
    ],
)
def test_a_curve_of_another_program_may_be_invalid(xs: tuple[str, ...], ys: tuple[str, ...]) -> None:
    assert not Curve(side="base", xs=xs, ys=ys).valid


def made(*xs: float) -> Curve:
    return curve_through("base", [(x, x) for x in xs], kind="line")


@pytest.mark.parametrize(
    ("kind", "curves", "expected"),
    [
        ("roc", [made(0, 1)], tuple(place / 50 for place in range(51))),
        ("roc", [made(0, 0.05)], (0, 0.02, 0.04)),
        ("line", [made(0, 1, 2), made(1, 2, 3)], (1, 2, 3)),
        ("line", [made(0, 1), made(2, 3)], ()),
        ("line", [made(*range(100))], (0, 25, 50, 75, 99)),
        ("line", [made(*(step / 10 for step in range(81)))], (0, 2, 4, 6, 8)),
        ("line", [made(0, 1, 3)], (0, 1, 2, 3)),
        ("line", [made(*range(45))], (0, 11, 22, 33, 44)),
        ("line", [made(*range(10, 56, 5))], (10, 22, 34, 46, 55)),
        ("line", [made(0, 1, 7)], (0, 2, 4, 6, 7)),
        ("line", [made(0.1, 0.2, 0.3)], (0.1, 0.2, 0.3)),
        ("line", [made(0.0298, 0.11, 0.95)], (0.0298, 0.5, 0.95)),
        ("line", [made(0.1, 0.11, 0.7)], (0.1, 0.2, 0.4, 0.6, 0.7)),
        ("line", [made(1e-300, 2e-300, 5e-300)], (1e-300, 2e-300, 3e-300, 4e-300, 5e-300)),
        ("line", [], ()),
    ],
)
def test_curves_are_read_off_from_where_all_of_them_have_begun(
    kind: str, curves: list[Curve], expected: tuple[float, ...]
) -> None:
    assert grid(curves, kind=kind, most=5) == expected  # type: ignore[arg-type]


@given(st.lists(POINTS, min_size=1, max_size=2), st.sampled_from(["roc", "line"]))
def test_each_curve_is_at_the_first_places_of_a_grid(
    several: list[list[tuple[float, float]]], kind: str
) -> None:
    curves = [curve_through("base", points, kind=kind) for points in several]  # type: ignore[arg-type]
    places = grid(curves, kind=kind, most=7)  # type: ignore[arg-type]
    assert sorted(set(places)) == list(places)
    for curve in curves:
        read = read_off(curve.points, places)
        known = [y for y in read if y is not None]
        assert read == known + [None] * (len(read) - len(known))
        assert known or not places or kind == "roc"


@given(CLASSES, CLASSES | st.none())
def test_a_matrix_counts_every_row_once(
    base: list[tuple[str, str]], candidate: list[tuple[str, str]] | None
) -> None:
    cells = confusion(base, candidate)
    assert {(cell.actual, cell.predicted): cell.base for cell in cells if cell.base} == Counter(base)
    assert sum(cell.candidate or 0 for cell in cells) == len(candidate or ())
    assert len(cells) == len({cell.actual for cell in cells}) ** 2
    assert candidate is not None or all(cell.candidate is None for cell in cells)


@pytest.mark.parametrize(
    ("names", "expected"), [("01", "10"), (["10", "9", "2"], ["2", "9", "10"]), ("ba", "ab"), ("3", "3")]
)
def test_classes_are_in_the_order_of_a_reader(names: list[str], expected: list[str]) -> None:
    cells = confusion([(name, name) for name in names], None)
    assert list(dict.fromkeys(cell.actual for cell in cells)) == list(expected)


def plot(*curves: Curve, cells: tuple[Cell, ...] = ()) -> Plot:
    return Plot(title="t", kind="line", file="f", x_label="x", y_label="y", curves=curves, cells=cells)


def test_a_plot_changes_if_its_sides_differ_or_one_has_nothing() -> None:
    one = curve_through("base", [(0, 1)], kind="line")
    same, other = (curve_through("candidate", [(0, y)], kind="line") for y in (1, 2))
    assert not plot(one, same).changed
    assert plot(one, other).changed
    assert plot(one).changed
    assert not plot().changed
    assert not plot().unchanged
    assert plot(one, same).unchanged
    unknown = replace(plot(one), known=False)
    assert not unknown.changed
    assert not unknown.unchanged
    assert not plot().drawable
    assert not plot(cells=confusion([("a", "a")], [("a", "a")])).changed
    assert plot(cells=confusion([("a", "a")], [("a", "b")])).changed
    assert plot(cells=confusion([("a", "a")], None)).changed


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1.0, "1"), (-0.5, "-0.5"), (0.1 + 0.2, "0.30000000000000004"), (1e-7, "1e-07"), (1e300, "1e+300")],
)
def test_a_coordinate_is_written_with_every_digit(number: float, expected: str) -> None:
    assert decimal_text(number) == expected
    assert float(decimal_text(number)) == number
