"""Rows are sorted and compared by their values, even if some are missing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.compare.columns import fits, named, unknown_name, value_reader
from mlgit.core.compare.leaderboard import Name, Row, below_baselines, columns_of, in_order, pareto_front
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.leaderboard import NameKind, RowState
    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import Value

NAN = Decimal("NaN")
INF = Decimal("Infinity")


def row(
    name: str = "",
    *,
    metrics: dict[str, dict[str, Value]] | None = None,
    params: dict[str, dict[str, Value]] | None = None,
    commit: str | None = "",
    baseline: str | None = None,
    hour: int = 0,
    kind: NameKind = "branch",
    state: RowState = "done",
) -> Row:
    return Row(
        names=(Name(kind=kind, text=name),),
        commit=name * 8 if commit == "" else commit,
        baseline=baseline,
        created_at=datetime(2026, 3, 1, hour, tzinfo=UTC),
        state=state,
        metrics=metrics or {},
        params=params or {},
    )


def scored(name: str, value: Value) -> Row:
    return row(name, metrics={"m.json": {"auc": value}})


def texts(rows: Sequence[Row]) -> str:
    return "".join(each.names[0].text for each in rows)


def auc(each: Row) -> Value:
    return each.metrics["m.json"]["auc"]


@pytest.mark.parametrize(("descending", "expected"), [(True, "iaecbtwxnm"), (False, "bcaeitxwnm")])
def test_nan_and_nothing_come_last_whichever_way_rows_are_sorted(descending: bool, expected: str) -> None:  # noqa: FBT001
    rows = [
        scored("m", None),
        scored("n", NAN),
        scored("x", "abc"),
        scored("a", Decimal("0.9")),
        scored("b", Decimal("-Infinity")),
        scored("t", True),  # noqa: FBT003
        scored("c", Decimal("0.5")),
        scored("w", "b"),
        scored("i", INF),
        scored("e", Decimal("0.90")),
    ]
    # `a` and `e` are equal and keep their order.
    assert texts(in_order(rows, [(auc, descending)])) == expected


def test_equal_rows_are_sorted_by_the_next_value() -> None:
    rows = [
        row(name, metrics={"m": {"auc": Decimal(auc), "loss": Decimal(loss)}})
        for name, auc, loss in (("a", 1, 3), ("b", 2, 2), ("c", 1, 1), ("d", 2, 4))
    ]
    keys = [(lambda each: each.metrics["m"]["auc"], True), (lambda each: each.metrics["m"]["loss"], False)]
    assert texts(in_order(rows, keys)) == "bdca"


numbers = st.one_of(
    st.none(), st.sampled_from([NAN, INF, -INF]), st.integers(-3, 3).map(Decimal), st.just(Decimal("1.0"))
)


@given(
    st.integers(1, 3).flatmap(
        lambda axes: st.tuples(
            st.lists(st.lists(numbers, min_size=axes, max_size=axes), max_size=12),
            st.lists(st.sampled_from(["up", "down"]), min_size=axes, max_size=axes),
        )
    )
)
def test_the_front_has_the_points_that_nothing_beats(
    given_points: tuple[list[list[Decimal | None]], list[Direction]],
) -> None:
    points, directions = given_points
    usable = [
        number for number, point in enumerate(points) if all(v is not None and v.is_finite() for v in point)
    ]

    def beats(one: int, other: int) -> bool:
        pairs = [
            (a, b) if way == "up" else (-a, -b)
            for a, b, way in zip(points[one], points[other], directions, strict=True)
            if a is not None and b is not None
        ]
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    expected = {each for each in usable if not any(beats(other, each) for other in usable)}
    assert pareto_front(points, directions) == expected


def test_a_column_is_named_by_its_key_unless_another_has_it() -> None:
    rows = [
        row(
            "a",
            metrics={
                "a.json": {"auc": Decimal(1), "n": Decimal(1)},
                "b.json": {"auc": Decimal(2)},
                "one": {"": Decimal(3)},
            },
            params={"p.yaml": {"lr": Decimal(1), "n": Decimal(1)}},
        )
    ]
    assert [each.name for each in columns_of(rows, {})] == [
        "a.json:auc",
        "a.json:n",
        "b.json:auc",
        "one",
        "lr",
        "p.yaml:n",
    ]


def test_the_best_value_follows_the_direction_and_is_finite() -> None:
    rows = [
        row("a", metrics={"m": {"auc": Decimal("0.9"), "loss": Decimal(3), "rows": Decimal(1)}}),
        row("b", metrics={"m": {"auc": INF, "loss": NAN, "rows": Decimal(2)}}),
        row("c", metrics={"m": {"auc": Decimal("0.95"), "loss": Decimal(2), "rows": Decimal(3)}}),
        row("d"),
    ]
    best = {each.key: (each.direction, each.best) for each in columns_of(rows, {})}
    assert best == {"auc": ("up", Decimal("0.95")), "loss": ("down", Decimal(2)), "rows": (None, None)}
    declared = columns_of(rows, {"rows": "down"})
    assert next(each.best for each in declared if each.key == "rows") == 1


def test_a_value_that_all_rows_have_is_neither_best_nor_changed() -> None:
    rows = [row(name, metrics={"m": {"auc": Decimal("0.9")}}, params={"p": {"lr": "x"}}) for name in "ab"]
    rows.append(row("c"))  # a branch without numbers does not make columns differ
    columns = columns_of(rows, {})
    assert [each.changed for each in columns] == [False, False]
    assert not columns[0].is_best(Decimal("0.9"))


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [
        (NAN, NAN, False),
        (Decimal("1.0"), Decimal(1), False),
        (Decimal(1), True, True),
        (Decimal(1), "1", True),
        (NAN, Decimal(1), True),
    ],
)
def test_what_counts_as_a_change(one: Value, other: Value, changed: bool) -> None:  # noqa: FBT001
    (column,) = columns_of([scored("a", one), scored("b", other)], {})
    assert column.changed is changed


def test_a_name_means_a_metric_before_a_parameter_and_a_whole_suffix() -> None:
    rows = [
        row(
            "a",
            metrics={"m.json": {"test.auc": Decimal(1), "val.auc": Decimal(1), "lr": Decimal(1)}},
            params={"p.yaml": {"lr": Decimal(1), "train.depth": Decimal(1)}},
        )
    ]
    columns = columns_of(rows, {})

    def meant(name: str) -> list[str]:
        return [each.full_name for each in named(columns, name)]

    assert meant("auc") == ["m.json:test.auc", "m.json:val.auc"]
    assert meant("uc") == []
    assert meant("lr") == ["m.json:lr"]
    assert meant("p.yaml:lr") == ["p.yaml:lr"]
    assert meant("depth") == ["p.yaml:train.depth"]


def test_a_moved_file_gives_one_metric_under_its_name() -> None:
    rows = [
        row("a", metrics={"old.json": {"auc": Decimal(1)}}),
        row("b", metrics={"new/m.json": {"auc": Decimal(2)}}),
        row("c"),
    ]
    value_of = value_reader(columns_of(rows, {}), rows, "auc", "--sort")
    assert [value_of(each) for each in rows] == [1, 2, None]


def test_a_name_with_two_values_in_a_row_is_refused_with_both_names() -> None:
    rows = [row("a", metrics={"a.json": {"auc": Decimal(1)}, "b.json": {"auc": Decimal(2)}})]
    with pytest.raises(UsageError, match="may mean 2 columns") as caught:
        value_reader(columns_of(rows, {}), rows, "auc", "--sort")
    assert caught.value.details == ("a.json:auc", "b.json:auc")
    assert caught.value.hint == "name one, such as `--sort a.json:auc`"


def test_all_similar_names_are_in_the_hint() -> None:
    columns = columns_of([row("a", metrics={"m": {"auc": Decimal(1), "accuracy": Decimal(1)}})], {})
    assert unknown_name(columns, "acuracy", "--sort").hint == "did you mean `accuracy` or `auc`?"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("acu", "did you mean `auc`?"),
        ("los", "did you mean `loss`?"),
        ("zzz", "there are `auc`, `loss`"),
    ],
)
def test_an_unknown_name_is_refused_with_similar_names(name: str, hint: str) -> None:
    columns = columns_of([row("a", metrics={"m": {"auc": Decimal(1), "loss": Decimal(1)}})], {})
    assert unknown_name(columns, name, "--sort").hint == hint
    assert "no metrics at all" in str(unknown_name([], name, "--sort").hint)


@pytest.mark.parametrize(
    ("pattern", "means"),
    [("auc", True), ("*.auc", True), ("m.json:*", True), ("test*", True), ("loss", False), ("AUC", False)],
)
def test_a_glob_means_keys_and_full_names(pattern: str, means: bool) -> None:  # noqa: FBT001
    (column,) = columns_of([row("a", metrics={"m.json": {"test.auc": Decimal(1)}})], {})
    assert fits(column, pattern) is means


def test_experiments_are_below_their_baselines_newest_first() -> None:
    def experiment(name: str, baseline: str, *, hour: int, state: RowState = "done") -> Row:
        return row(name, baseline=baseline * 8, hour=hour, kind="experiment", state=state)

    rows = [
        experiment("q", "a", hour=9, state="queued"),
        experiment("x", "a", hour=3),
        row("b", hour=2),
        experiment("f", "a", hour=8, state="failed"),
        experiment("o", "z", hour=7),
        row("a", hour=1),
        experiment("y", "a", hour=4),
        row("w", commit=None, kind="working_tree"),
    ]
    assert texts(below_baselines(rows)) == "w" + "o" + "b" + "a" + "yxqf"


def test_an_experiment_that_became_a_branch_has_its_own_place() -> None:
    rows = [row("a", hour=1), row("b", hour=2, baseline="a" * 8, kind="branch")]
    assert texts(below_baselines(rows)) == "ba"
