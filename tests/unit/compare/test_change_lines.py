"""Change lines about data, params and models, and metrics next to their baselines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mlgit.core.compare.change_lines import change_lines, param_changes, without_denial
from mlgit.core.compare.changes import ContentChange, Diff, Side, ValueChange
from mlgit.core.gates.metric_changes import metric_changes
from tests.support.verdicts import metric_file

SIDE = Side(text="base", label="base", commit=None)


def diff(
    *, data: tuple[ContentChange, ...] | None = None, params: tuple[ValueChange, ...] | None = None
) -> Diff:
    return Diff(old=SIDE, new=SIDE, data=data, params=params)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (ContentChange(path="a", kind="modified"), "`a` changed"),
        (ContentChange(path="a", kind="modified", old_rows=1, new_rows=2), "`a` has 1 more row (+100%)"),
        (
            ContentChange(path="a", kind="modified", old_rows=569, new_rows=581),
            "`a` has 12 more rows (+2.1%)",
        ),
        (
            ContentChange(path="a", kind="modified", old_rows=20000, new_rows=18000),
            "`a` has 2,000 fewer rows (-10%)",
        ),
        (ContentChange(path="a", kind="modified", old_rows=0, new_rows=3), "`a` has 3 more rows"),
        (ContentChange(path="a", kind="modified", old_rows=9, new_rows=9), "`a` changed, still 9 rows"),
        (
            ContentChange(path="a", kind="modified", old_nfiles=4, new_nfiles=3),
            "`a` has 1 fewer file (-25%)",
        ),
        (
            ContentChange(path="a", kind="modified", old_size_bytes=1024, new_size_bytes=2048),
            "`a` changed, 1.0 → 2.0 KiB",
        ),
        (
            ContentChange(path="a", kind="modified", old_size_bytes=12_001, new_size_bytes=12_003),
            "`a` changed, +2 B",
        ),
        (ContentChange(path="a", kind="added", new_size_bytes=7), "`a` new (7 B)"),
        (ContentChange(path="a", kind="added", new_nfiles=7), "`a` new (7 files)"),
        (ContentChange(path="a", kind="added", new_rows=1), "`a` new (1 row)"),
        (ContentChange(path="a", kind="added"), "`a` new"),
        (ContentChange(path="a", kind="removed", old_rows=7), "`a` gone"),
    ],
)
def test_data_is_described_by_counts(change: ContentChange, text: str) -> None:
    assert change_lines(diff(data=(change,))) == {"data": text}


def test_models_are_shown_by_name() -> None:
    models = (ContentChange(path="m.pkl", kind="modified", model="tumor"),)
    assert change_lines(Diff(old=SIDE, new=SIDE, models=models)) == {"model": "`tumor` changed"}


def test_models_show_the_version_before_the_change() -> None:
    models = (
        ContentChange(
            path="m.pkl",
            kind="modified",
            model="tumor",
            old_version="v1.2.0",
            old_size_bytes=2048,
            new_size_bytes=4096,
        ),
        ContentChange(path="new.pkl", kind="added", model="triage", new_size_bytes=512),
        ContentChange(path="old.pkl", kind="removed", model="dose"),
    )
    text = "`tumor` changed since v1.2.0, 2.0 → 4.0 KiB; `new.pkl` of `triage` new (512 B)"
    text = f"{text}; `old.pkl` of `dose` gone"
    assert change_lines(Diff(old=SIDE, new=SIDE, models=models)) == {"model": text}


def test_outputs_of_stages_are_not_data() -> None:
    data = (ContentChange(path="raw.csv", kind="modified"), ContentChange(path="pred.csv", kind="modified"))
    lines = change_lines(diff(data=data), made={"pred.csv"})
    assert lines == {"data": "`raw.csv` changed", "outputs": "`pred.csv` changed"}
    assert change_lines(diff(data=data[1:]), made={"pred.csv"}) == {
        "data": "unchanged",
        "outputs": "`pred.csv` changed",
    }


def test_a_name_or_value_with_a_backtick_stays_whole() -> None:
    params = (
        ValueChange(file="p", key="a`b", kind="modified", old=Decimal(1), new=Decimal(2)),
        ValueChange(file="p", key="c", kind="modified", old="x`y", new="z"),
    )
    data = (ContentChange(path="d`e.csv", kind="removed"),)
    assert change_lines(diff(data=data, params=params)) == {
        "data": "``d`e.csv`` gone",
        "params": "``a`b`` 1 → 2, `c` ``x`y`` → z",
    }


def test_params_show_both_values() -> None:
    params = (
        ValueChange(file="p", key="a", kind="modified", old=Decimal("0.1"), new=Decimal("0.25")),
        ValueChange(file="p", key="b", kind="added", old=None, new=True),
        ValueChange(file="p", key="c", kind="removed", old="x", new=None),
        ValueChange(file="p", key="d", kind="modified", old=None, new="x"),
    )
    text = "`a` 0.1 → 0.25, `b` new: true, `c` gone, `d` null → x"
    assert change_lines(diff(params=params)) == {"params": text}
    assert [(each.key, each.old, each.new) for each in param_changes(diff(params=params))] == [
        ("a", "0.1", "0.25"),
        ("b", None, "true"),
        ("c", "x", None),
        ("d", "null", "x"),
    ]


def test_a_report_has_only_the_first_of_many_params() -> None:
    many = tuple(
        ValueChange(file="p", key=f"k{number}", kind="added", old=None, new=Decimal(number))
        for number in range(5000)
    )
    assert len(param_changes(diff(params=many))) == 200
    assert param_changes(diff()) == ()


def test_unchanged_parts_are_shown_and_many_changes_are_counted() -> None:
    assert change_lines(diff(data=(), params=())) == {"data": "unchanged", "params": "unchanged"}
    many = tuple(ContentChange(path=f"f{number}", kind="removed") for number in range(7))
    assert change_lines(diff(data=many))["data"].endswith("`f4` gone and 2 more")


def test_every_number_is_next_to_its_baseline() -> None:
    new = [metric_file(auc="0.9", loss="0.2", rows="5", name="x", fresh="1", bad="NaN")]
    old = [metric_file(auc="0.8", loss="0.1", rows="5", gone="3", bad="1")]
    found = {
        each.key: (each.baseline, each.candidate, each.change, each.better, each.changed)
        for each in metric_changes(new, old, model=None, directions={})
    }
    assert found == {
        "auc": ("0.8", "0.9", "0.1", True, True),
        "loss": ("0.1", "0.2", "0.1", False, True),
        "rows": ("5", "5", "0", None, False),
        "fresh": (None, "1", None, None, True),
        "gone": ("3", None, None, None, True),
        "bad": ("1", "NaN", None, None, True),
        "name": (None, None, None, None, True),
    }


def test_an_output_that_the_report_shows_as_a_plot_is_not_named_again() -> None:
    data = (ContentChange(path="roc.csv", kind="modified"), ContentChange(path="pred.csv", kind="modified"))
    lines = change_lines(diff(data=data), made={"roc.csv", "pred.csv"}, plotted={"roc.csv"})
    assert lines == {"data": "unchanged", "outputs": "`pred.csv` changed"}
    assert "outputs" not in change_lines(diff(data=data[:1]), made={"roc.csv"}, plotted={"roc.csv"})


def test_a_text_is_in_quotes_where_it_would_look_like_a_number_or_like_several_values() -> None:
    params = (
        ValueChange(file="p", key="a", kind="modified", old=Decimal(1), new="1"),
        ValueChange(file="p", key="b", kind="modified", old="true", new=True),
        ValueChange(file="p", key="c", kind="modified", old=None, new="a note and 2 more"),
        ValueChange(file="p", key="d", kind="modified", old="x", new=""),
    )
    assert change_lines(diff(params=params)) == {
        "params": '`a` 1 → "1", `b` "true" → true, `c` null → "a note and 2 more", `d` x → ""'
    }
    first = param_changes(diff(params=params))[0]
    assert (first.old, first.new) == ("1", '"1"')


def test_what_has_commas_in_it_is_separated_by_semicolons() -> None:
    models = (
        ContentChange(path="a", kind="modified", model="a", old_size_bytes=2048, new_size_bytes=4096),
        ContentChange(path="b", kind="modified", model="b"),
    )
    lines = change_lines(Diff(old=SIDE, new=SIDE, models=models))
    assert lines == {"model": "`a` changed, 2.0 → 4.0 KiB; `b` changed"}


def test_data_is_not_unchanged_where_a_note_names_other_data() -> None:
    lines = {"data": "unchanged", "params": "unchanged"}
    assert without_denial(lines, {"data_changed"}) == {"params": "unchanged"}
    assert without_denial(lines, {"other"}) == lines
    assert without_denial({"data": "`a.csv` changed"}, {"data_changed"}) == {"data": "`a.csv` changed"}
