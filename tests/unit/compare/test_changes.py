"""Changes between values, outputs and stages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.compare.changes import Content, content_changes, stage_changes, value_changes
from mlgit.core.compare.metric_tables import metric_tables
from mlgit.core.pipeline.evidence import MetricFile, Problem, Value
from mlgit.core.pipeline.stages import Output, Pipeline, Stage

VALUES = st.none() | st.booleans() | st.text(max_size=3) | st.decimals(allow_nan=True)
TABLES = st.dictionaries(
    st.sampled_from(["a.json", "b.json"]), st.dictionaries(st.sampled_from("xyz"), VALUES), max_size=2
)

Better = bool | None
KINDS: list[tuple[Value, Value, str, Better]] = [
    (Decimal("0.9"), Decimal("0.8"), "modified", False),
    (Decimal("0.8"), Decimal("0.9"), "modified", True),
    (Decimal("0.9"), Decimal("0.90"), "unchanged", None),
    (Decimal("NaN"), Decimal("NaN"), "unchanged", None),
    (Decimal("0.9"), Decimal("NaN"), "modified", None),
    (Decimal(1), True, "modified", None),
    ("a", "b", "modified", None),
    (None, "b", "modified", None),
]


@pytest.mark.parametrize(("old", "new", "kind", "better"), KINDS)
def test_a_value_changes_by_kind_and_direction(old: Value, new: Value, kind: str, better: Better) -> None:
    (change,) = value_changes({"m": {"auc": old}}, {"m": {"auc": new}}, directions={}, show_unchanged=True)
    assert (change.kind, change.better) == (kind, better)


def test_a_change_is_exact_and_in_percent_of_the_old_value() -> None:
    (change,) = value_changes(
        {"m": {"loss": Decimal("0.895")}}, {"m": {"loss": Decimal("0.9")}}, directions={}
    )
    assert change.change == Decimal("0.005")
    assert str(change.change_percent).startswith("0.5586")
    assert change.better is False


@pytest.mark.parametrize(("old", "new"), [("-1.7e308", "1.7e308"), ("1e-300", "1e300")])
def test_a_change_that_json_cannot_hold_is_left_out(old: str, new: str) -> None:
    from mlgit.render.formats.jsonout import dumps, to_json

    (change,) = value_changes({"m": {"x": Decimal(old)}}, {"m": {"x": Decimal(new)}}, directions={})
    assert change.kind == "modified"
    assert change.change_percent is None or change.change is not None
    dumps(to_json(change))


def test_a_parameter_is_never_better() -> None:
    (change,) = value_changes({"p": {"loss": Decimal(1)}}, {"p": {"loss": Decimal(2)}})
    assert change.better is None
    assert change.change == 1


def test_a_declared_direction_wins() -> None:
    changes = value_changes(
        {"m": {"profit": Decimal(1)}}, {"m": {"profit": Decimal(2)}}, directions={"profit": "up"}
    )
    assert changes[0].better is True


@given(TABLES, TABLES)
def test_added_values_are_removed_in_the_other_direction(
    one: dict[str, dict[str, Value]], other: dict[str, dict[str, Value]]
) -> None:
    swap = {"added": "removed", "removed": "added"}
    there = {(c.file, c.key): c.kind for c in value_changes(one, other)}
    back = {(c.file, c.key): swap.get(c.kind, c.kind) for c in value_changes(other, one)}
    assert there == back


@given(TABLES)
def test_a_table_does_not_differ_from_itself(table: dict[str, dict[str, Value]]) -> None:
    assert value_changes(table, table) == ()
    assert len(value_changes(table, table, show_unchanged=True)) == sum(map(len, table.values()))


def test_a_file_that_one_side_cannot_read_is_reported_and_not_compared() -> None:
    broken = Problem(code="unreadable", message="`m.json` is broken")
    old, new, problems = metric_tables(
        [MetricFile(path="m.json", values={"a": Decimal(1)})], [MetricFile(path="m.json", problems=(broken,))]
    )
    assert (old, new, problems) == ({}, {}, ["`m.json` is broken"])


def test_a_missing_file_counts_as_removed() -> None:
    gone = Problem(code="missing", message="`m.json` is missing")
    old, new, problems = metric_tables(
        [MetricFile(path="m.json", values={"a": Decimal(1)})], [MetricFile(path="m.json", problems=(gone,))]
    )
    assert [change.kind for change in value_changes(old, new)] == ["removed"]
    assert problems == []


def test_contents_differ_by_hash() -> None:
    changes = content_changes(
        {"a": Content("1", 5), "b": Content("2"), "c": Content("3")},
        {"a": Content("9", 6), "b": Content("2"), "d": Content("4")},
    )
    assert [(each.path, each.kind) for each in changes] == [
        ("a", "modified"),
        ("c", "removed"),
        ("d", "added"),
    ]
    assert (changes[0].old_size_bytes, changes[0].new_size_bytes) == (5, 6)


def stage(name: str, *, cmd: str = "x", deps: tuple[str, ...] = (), outs: tuple[str, ...] = ()) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(cmd,),
        deps=deps,
        outs=tuple(Output(path=path, owner=name) for path in outs),
    )


def test_stages_differ_field_by_field() -> None:
    old = Pipeline(stages=(stage("a", deps=("x",)), stage("b"), stage("same")))
    new = Pipeline(stages=(stage("a", cmd="y", deps=("z",), outs=("o",)), stage("c"), stage("same")))
    changes = {change.stage: change for change in stage_changes(old, new)}
    assert {name: change.kind for name, change in changes.items()} == {
        "a": "modified",
        "b": "removed",
        "c": "added",
    }
    assert changes["a"].fields == ("cmd", "deps", "outs")
    assert (changes["a"].deps_added, changes["a"].deps_removed) == (("z",), ("x",))


@pytest.mark.parametrize("kind", ["null", "a list"])
@pytest.mark.parametrize("odd_before", [True, False])
def test_a_null_or_list_on_one_side_is_neither_new_nor_removed(kind: str, *, odd_before: bool) -> None:
    odd = MetricFile(path="m.json", values={"loss": Decimal(1)}, others={"auc": kind})
    full = MetricFile(path="m.json", values={"loss": Decimal(1), "auc": Decimal(1)})
    old, new, problems = metric_tables(*(([odd], [full]) if odd_before else ([full], [odd])))
    (found,) = value_changes(old, new)
    assert (found.key, found.kind, problems) == ("auc", "modified", [])
    text = None if kind == "null" else kind
    assert (found.old if odd_before else found.new) == text
