"""Leaderboard: states of the repository as rows, their values as columns, and the order of rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from decimal import Decimal
from operator import ge
from typing import TYPE_CHECKING, Literal

from mlgit.core.compare.changes import same_value
from mlgit.core.pipeline.metrics import direction_of
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import ProblemCode, Value

NameKind = Literal[
    "working_tree",
    "branch",
    "remote_branch",
    "version",
    "environment",
    "tag",
    "experiment",
    "pull_request",
    "revision",
]
ValueKind = Literal["metric", "param"]
RowState = Literal["done", "queued", "failed"]


@record
class Name:
    """One name of a commit; `refs` are the full names of its refs, empty for `revision`."""

    kind: NameKind
    text: str
    refs: tuple[str, ...] = ()


@record
class Row:
    """One state. `metrics` and `params` map file -> dotted key -> value.

    `commit` is None for the working tree; `baseline` is the commit on which a DVC experiment started.
    `state` is `queued` or `failed` for experiments without results. `unread` maps missing metric files to
    the reason. `problems` are sentences.
    """

    names: tuple[Name, ...]
    commit: str | None
    baseline: str | None = None
    created_at: datetime | None = None
    subject: str | None = None
    state: RowState = "done"
    metrics: Mapping[str, Mapping[str, Value]]
    params: Mapping[str, Mapping[str, Value]]
    unread: Mapping[str, ProblemCode] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@record
class Column:
    """One metric or parameter over all rows.

    `name` is the shortest of `key` and `file:key` that no other column has, or the file of a single number.
    `direction` says which way is better, if it is known; then `best` is the best finite value.
    `changed` is whether rows differ.
    """

    kind: ValueKind
    file: str
    key: str
    name: str
    direction: Direction | None = None
    changed: bool = False
    best: Decimal | None = None

    @property
    def full_name(self) -> str:
        """The form that is never ambiguous."""
        return f"{self.file}:{self.key}"

    def value_in(self, row: Row) -> Value:
        """The row's value; also None if there is no value."""
        values = row.metrics if self.kind == "metric" else row.params
        return values.get(self.file, {}).get(self.key)

    def is_best(self, value: Value) -> bool:
        """Whether it is the best value, and not all rows have it."""
        return self.changed and self.best is not None and isinstance(value, Decimal) and value == self.best


@record
class SortKey:
    """One `--sort`: the name as the user wrote it, and whether large values come first."""

    name: str
    descending: bool


@record
class Leaderboard:
    """The whole result.

    `columns` are those to show, metrics first. `considered` counts the rows before `where`, `pareto` and
    the limit. `important` are full names of columns that a narrow page shows first. `head` is the commit
    that is checked out.
    """

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    considered: int
    head: str | None
    sort: tuple[SortKey, ...] = ()
    where: tuple[str, ...] = ()
    pareto: tuple[str, ...] = ()
    important: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    told_at: datetime


def columns_of(rows: Iterable[Row], directions: Mapping[str, Direction]) -> tuple[Column, ...]:
    """A column per value that any row has: metrics, then parameters, by file and in the order of the file."""
    known = list(rows)
    places: dict[ValueKind, dict[tuple[str, str], None]] = {
        "metric": _places(row.metrics for row in known),
        "param": _places(row.params for row in known),
    }
    keys = Counter(key for found in places.values() for _, key in found)
    twice = {key for key, number in keys.items() if number > 1}
    return tuple(
        _column(kind, place, known, twice=twice, directions=directions)
        for kind, found in places.items()
        for place in found
    )


def _places(tables: Iterable[Mapping[str, Mapping[str, Value]]]) -> dict[tuple[str, str], None]:
    found: dict[str, dict[str, None]] = {}
    for table in tables:
        for file, values in table.items():
            found.setdefault(file, {}).update(dict.fromkeys(values))
    return {(file, key): None for file in sorted(found) for key in found[file]}


def _column(
    kind: ValueKind,
    place: tuple[str, str],
    rows: Sequence[Row],
    *,
    twice: set[str],
    directions: Mapping[str, Direction],
) -> Column:
    file, key = place
    # A queued or failed experiment has parameters, but no metrics of its own.
    tables = [row.metrics if kind == "metric" else row.params for row in rows]
    values = [table[file].get(key) if file in table else None for table in tables if table]
    numbers = [value for value in values if isinstance(value, Decimal) and value.is_finite()]
    direction = direction_of(key or file, directions) if kind == "metric" else None
    best = None
    if numbers and direction is not None:
        best = max(numbers) if direction == "up" else min(numbers)
    return Column(
        kind=kind,
        file=file,
        key=key,
        name=file if not key else f"{file}:{key}" if key in twice else key,
        direction=direction,
        changed=any(not same_value(value, values[0]) for value in values),
        best=best,
    )


def in_order(rows: Sequence[Row], keys: Sequence[tuple[Callable[[Row], Value], bool]]) -> tuple[Row, ...]:
    """The rows sorted by one value after the other; each key says whether large values come first.

    Equal rows keep their order. Numbers come before booleans, and those before texts. NaN and missing values
    come last in either direction, because they are never the best.
    """
    ordered = list(rows)
    for value_of, descending in reversed(keys):
        # `reverse` turns the ranks, too, but keeps the order of equal rows.
        sign = -1 if descending else 1
        ordered.sort(key=lambda row: _order(value_of(row), sign), reverse=descending)
    return tuple(ordered)


def _order(value: Value, sign: int) -> tuple[int, Value]:
    if value is None:
        return 4 * sign, ""
    if isinstance(value, Decimal):
        return (3 * sign, "") if value.is_nan() else (0, value)
    return (sign if isinstance(value, bool) else 2 * sign), value


def pareto_front(
    points: Sequence[Sequence[Decimal | None]], directions: Sequence[Direction]
) -> frozenset[int]:
    """The indexes of the points that no other point beats.

    A point beats another if it is as good in everything and better in something. A point that lacks a
    finite value is never on the front. Equal points are on it together.
    """
    upward = []
    for number, point in enumerate(points):
        values = [value for value in point if value is not None and value.is_finite()]
        if len(values) == len(point):
            pairs = zip(values, directions, strict=True)
            # A value is negated if smaller is better.
            upward.append((number, tuple(each if way == "up" else each.copy_negate() for each, way in pairs)))
    # In this order, no point is beaten by a later one.
    upward.sort(key=lambda pair: pair[1], reverse=True)
    front: list[tuple[Decimal, ...]] = []
    found = set()
    for number, point in upward:
        if front and point == front[-1]:
            found.add(number)
        elif not _is_beaten(point, front):
            front.append(point)
            found.add(number)
    return frozenset(found)


def _is_beaten(point: tuple[Decimal, ...], front: Sequence[tuple[Decimal, ...]]) -> bool:
    """Whether an earlier point of the front is as good in everything."""
    if len(point) <= 2:  # noqa: PLR2004 (with two values, the second only grows along the front)
        return bool(front) and front[-1][-1] >= point[-1]
    return any(all(map(ge, other, point)) for other in front)


def below_baselines(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, newest first; the working tree at the top, experiments below their baselines.

    An experiment without a row for its baseline is sorted by its own time. Queued and failed experiments
    come after finished ones.
    """
    present = {row.commit for row in rows if row.commit is not None}
    below: dict[str, list[Row]] = {}
    tops = []
    for row in rows:
        if is_below(row, present):
            below.setdefault(str(row.baseline), []).append(row)
        else:
            tops.append(row)
    ordered: list[Row] = []
    for row in _newest_first(tops):
        ordered.append(row)
        experiments = _newest_first(below.get(row.commit or "", ()))
        ordered += sorted(experiments, key=lambda each: ("done", "queued", "failed").index(each.state))
    return tuple(ordered)


def is_below(row: Row, present: Iterable[str]) -> bool:
    """Whether the row is an experiment whose baseline is one of these commits."""
    only = all(name.kind == "experiment" for name in row.names)
    return row.baseline is not None and only and row.baseline != row.commit and row.baseline in set(present)


def _newest_first(rows: Iterable[Row]) -> list[Row]:
    def age(row: Row) -> tuple[bool, float]:
        return row.commit is not None, -row.created_at.timestamp() if row.created_at else 0

    return sorted(rows, key=age)
