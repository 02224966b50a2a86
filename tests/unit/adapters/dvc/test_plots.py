"""Plots of dvc.yaml and DVCLive, and the rows of their files, as DVC reads them."""

from __future__ import annotations

from math import inf, isnan

import pytest

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.dvc.plots import rows as of_files
from mlgit.adapters.dvc.plots.declared import Axis, DeclaredPlot, declared_plots, live_plots
from mlgit.adapters.dvc.plots.rows import class_name, last_column, number, rows
from mlgit.core.pipeline.evidence import Unreadable
from mlgit.yaml12 import load

FORMS = {
    "plots: [a.csv]": [DeclaredPlot("sub/a.csv", "sub/a.csv")],
    "plots: {a.csv: {x: e, title: T}}": [DeclaredPlot("sub/a.csv", "sub/a.csv", x="e", title="T")],
    "plots: [a.csv: {y: [u, v], template: simple}]": [
        DeclaredPlot(
            "sub/a.csv", "sub/a.csv", ys=(Axis("sub/a.csv", "u"), Axis("sub/a.csv", "v")), template="simple"
        )
    ],
    "plots: [name: {x: e, y: {t.csv: loss, ../v.csv: [loss, acc]}, x_label: X, y_label: Y}]": [
        DeclaredPlot(
            "name",
            ys=(Axis("sub/t.csv", "loss"), Axis("v.csv", "loss"), Axis("v.csv", "acc")),
            x="e",
            x_label="X",
            y_label="Y",
        )
    ],
    "plots: [name: {x: {x.csv: e}, y: {t.csv: loss}}]": [
        DeclaredPlot("name", ys=(Axis("sub/t.csv", "loss"),), x="e", x_file="sub/x.csv")
    ],
    "plots: [name: {x: {}, y: {}}]": [DeclaredPlot("name")],
    "plots: [a.csv, a.csv: {x: e}]": [DeclaredPlot("sub/a.csv", "sub/a.csv")],
    "stages: {s: {cmd: c, wdir: w, plots: [a.csv, b.csv: {x: e, header: false, cache: false}]}}": [
        DeclaredPlot("sub/w/a.csv", "sub/w/a.csv"),
        DeclaredPlot("sub/w/b.csv", "sub/w/b.csv", x="e", header=False),
    ],
    "stages: {s: {cmd: c, plots: [a.csv: [{x: e}, {x: f}]]}}": [
        DeclaredPlot("sub/a.csv", "sub/a.csv", x="e")
    ],
    "stages: {s: {cmd: c}, t: text}": [],
    "[]": [],
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items(), ids=list(FORMS))
def test_a_plot_is_declared_in_many_forms(text: str, expected: list[DeclaredPlot]) -> None:
    content = text.encode()
    shape = Shape(load(content, name="dvc.yaml", strict=False), name="dvc.yaml", content=content)
    assert list(declared_plots({"sub/dvc.yaml": shape})) == expected


def test_the_columns_of_a_file_are_those_of_its_plot() -> None:
    (plot,) = FORMS["plots: [a.csv: {y: [u, v], template: simple}]"]
    assert plot.at("b.csv") == (Axis("b.csv", "u"), Axis("b.csv", "v"))
    assert DeclaredPlot("a", "a").at("b.csv") == (Axis("b.csv", None),)


def test_files_of_dvclive_are_known_without_a_declaration() -> None:
    found = live_plots(
        ["dvclive/metrics.json", "dvclive/plots/metrics/train/loss.tsv", "dvclive/plots/sklearn/roc.json"]
    )
    assert [(plot.path, plot.x, plot.ys) for plot in found] == [
        ("dvclive/plots/sklearn/roc.json", "fpr", (Axis("dvclive/plots/sklearn/roc.json", "tpr"),)),
        ("dvclive/plots/metrics/train/loss.tsv", "step", ()),
    ]


def read(text: str, path: str, *, header: bool = True) -> list[dict[str, object]]:
    return rows(text.encode(), path=path, header=header, documents=Documents(None))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.csv", "x,y\n1,2\n\n3,4\n", [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]),
        ("a.tsv", "x\ty\n1\t2\n", [{"x": "1", "y": "2"}]),
        ("a.json", '[{"x": 1, "y": 0.5}]', [{"x": 1, "y": 0.5}]),
        ("a.json", '{"roc": [{"x": 1}, {"x": 2}]}', [{"x": 1}, {"x": 2}]),
        ("a.json", '{"a": [{"x": 1}], "b": {"c": [{"y": 2}, {"y": 3}]}}', [{"x": 1, "y": 2}, {"y": 3}]),
        ("a.json", '{"n": [1, 2], "a": [{"x": 1}, {}]}', [{"x": 1}, {}]),
        ("a.yaml", "- {x: 1}\n", [{"x": 1}]),
    ],
)
def test_the_rows_of_a_file_are_as_dvc_reads_them(
    path: str, text: str, expected: list[dict[str, object]]
) -> None:
    assert read(text, path) == expected


def test_a_table_without_a_header_has_numbered_columns() -> None:
    assert read("1,2\n3,4\n", "a.csv", header=False) == [{"0": "1", "1": "2"}, {"0": "3", "1": "4"}]


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.csv", "x,y\n", "has no points"),
        ("a.csv", "", "has no points"),
        ("a.json", "{}", "has no points"),
        ("a.json", "[1, 2]", "has no points"),
        ("a.json", "[", "is cut off: the JSON ends inside a list"),
        ("a.csv", 'x\n"' + "a" * 200_000, "is not a table"),
        ("a.csv", "x\n1\n2\n3\n4\n", "has more than 3 points"),
    ],
)
def test_a_file_without_points_says_why(
    path: str, text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_files, "MOST_ROWS", 3)
    with pytest.raises(Unreadable, match=reason):
        read(text, path)


def test_a_large_or_binary_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        rows(b"\xff\xfe", path="a.csv", header=True, documents=Documents(None))
    monkeypatch.setattr(of_files, "MAX_BYTES", 3)
    with pytest.raises(Unreadable, match="is larger than"):
        read("x\n1\n", "a.csv")


def test_the_last_column_is_drawn_if_none_is_named() -> None:
    assert last_column([{"step": 1, "loss": 2}], apart_from="step") == "loss"
    assert last_column([{"loss": 2, "step": 1}], apart_from="step") == "loss"
    assert last_column([{"step": 1}], apart_from="step") is None


@pytest.mark.parametrize(("value", "expected"), [("0.5", 0.5), (2, 2.0), (1e3, 1e3), ("inf", inf)])
def test_numbers_may_be_text(value: object, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", ["a", "", None, True, [1], 10**400])
def test_what_is_not_a_number_is_left_out(value: object) -> None:
    assert isnan(number(value))


def test_classes_are_named_as_in_the_file() -> None:
    assert [class_name(value) for value in (True, 1, "cat", None)] == ["true", "1", "cat", "None"]
