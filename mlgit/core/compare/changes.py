"""Changes: records of the differences between two states, and how they are found."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.metrics import difference, direction_of, percent_change
from mlgit.core.record import NamedTuple, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import Value
    from mlgit.core.pipeline.stages import Pipeline, Stage

_MAX_EXPONENT = 308

Kind = Literal["added", "removed", "modified", "unchanged", "not_compared"]


class Content(NamedTuple):
    """The content of an output; None for what is not known here. `rows` of tables without their header."""

    md5: str | None
    size_bytes: int | None = None
    nfiles: int | None = None
    rows: int | None = None


@record
class Side:
    """One of the two states: the text of the user, a label, the commit (None: the working tree).

    `empty` is the state before the first commit, with nothing in it; its commit is also None.
    """

    text: str
    label: str
    commit: str | None
    version: str | None = None
    empty: bool = False


class Change(NamedTuple):
    """new - old, and the same in percent of |old| (None from 0).

    `better` is None if nothing changed or no direction is known.
    """

    amount: Decimal | None = None
    percent: Decimal | None = None
    better: bool | None = None


class ValueChange(NamedTuple):
    """One metric or parameter; a named tuple because a diff may hold thousands.

    `change`, `change_percent` and `better` are those of `Change`, if a double can hold the numbers.
    """

    file: str
    key: str
    kind: Kind
    old: Value
    new: Value
    change: Decimal | None = None
    change_percent: Decimal | None = None
    better: bool | None = None


@record
class ContentChange:
    """One output by content. `model` is set for a model's file, then also the versions if known.

    `moved_from` is the old path of an output that has the same content at another one.
    """

    path: str
    kind: Kind
    model: str | None = None
    old_md5: str | None = None
    new_md5: str | None = None
    old_size_bytes: int | None = None
    new_size_bytes: int | None = None
    old_nfiles: int | None = None
    new_nfiles: int | None = None
    old_rows: int | None = None
    new_rows: int | None = None
    old_version: str | None = None
    new_version: str | None = None
    moved_from: str | None = field(default=None, metadata={"json": None})


@record
class StageChange:
    """One stage as dvc.yaml declares it; `fields` are those of cmd, deps, params and outs that differ."""

    stage: str
    kind: Kind
    fields: tuple[str, ...] = ()
    old_cmd: str | None = None
    new_cmd: str | None = None
    deps_added: tuple[str, ...] = ()
    deps_removed: tuple[str, ...] = ()
    outs_added: tuple[str, ...] = ()
    outs_removed: tuple[str, ...] = ()


@record
class Diff:
    """All differences. A part that was not compared is None; `problems` are sentences.

    `shared_metrics` and `shared_params` are the keys that several files have, also unchanged ones.
    """

    old: Side
    new: Side
    metrics: tuple[ValueChange, ...] | None = None
    params: tuple[ValueChange, ...] | None = None
    data: tuple[ContentChange, ...] | None = None
    models: tuple[ContentChange, ...] | None = None
    stages: tuple[StageChange, ...] | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shared_metrics: frozenset[str] = field(default=frozenset(), metadata={"json": None})
    shared_params: frozenset[str] = field(default=frozenset(), metadata={"json": None})


def shared_keys(*sides: Mapping[str, Mapping[str, Value]]) -> frozenset[str]:
    """The keys that several files have, on one side or between them: alone, such a key names no value."""
    owner: dict[str, str] = {}
    found: set[str] = set()
    for side in sides:
        for file, values in side.items():
            found.update(key for key in values if owner.setdefault(key, file) != file)
    return frozenset(found)


def value_changes(
    old: Mapping[str, Mapping[str, Value]],
    new: Mapping[str, Mapping[str, Value]],
    *,
    directions: Mapping[str, Direction] | None = None,
    show_unchanged: bool = False,
) -> tuple[ValueChange, ...]:
    """The differences between values by file and dotted key, sorted.

    `directions` is None for parameters: no value is better than another.
    """

    @cache  # many files have the same keys
    def direction(key: str) -> Direction | None:
        return None if directions is None else direction_of(key, directions)

    changes = []
    for file in sorted({*old, *new}):
        before, after = old.get(file, {}), new.get(file, {})
        for key in sorted({*before, *after}):
            one, other = before.get(key), after.get(key)
            kind = _kind(key in before, key in after, same_value(one, other))
            if kind != "unchanged" or show_unchanged:
                changes.append(_value_change(file, key, kind, one, other, direction(key)))
    return tuple(changes)


def _kind(before: bool, after: bool, same: bool) -> Kind:  # noqa: FBT001 (a truth table)
    if not before:
        return "added"
    if not after:
        return "removed"
    return "unchanged" if same else "modified"


def same_value(one: Value, other: Value) -> bool:
    """Whether two values are equal; NaN equals NaN, and a number never equals a text or a boolean."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one.is_nan() and other.is_nan()) if one.is_nan() or other.is_nan() else one == other
    return type(one) is type(other) and one == other


def change_between(old: Value, new: Value, direction: Direction | None) -> Change:
    """`new - old`; empty unless both are finite numbers."""
    if not (isinstance(old, Decimal) and isinstance(new, Decimal) and old.is_finite() and new.is_finite()):
        return Change()
    amount = difference(new, old)
    better = (amount > 0) == (direction == "up") if amount and direction is not None else None
    return Change(amount, percent_change(amount, old), better)


def _value_change(
    file: str, key: str, kind: Kind, old: Value, new: Value, direction: Direction | None
) -> ValueChange:
    amount, percent, better = change_between(old, new, direction)
    if not _fits_double(amount):
        amount = percent = better = None
    return ValueChange(file, key, kind, old, new, amount, percent if _fits_double(percent) else None, better)


def _fits_double(value: Decimal | None) -> bool:
    return value is None or value.adjusted() < _MAX_EXPONENT


def content_changes(
    old: Mapping[str, Content], new: Mapping[str, Content], *, show_unchanged: bool = False
) -> tuple[ContentChange, ...]:
    """The differences between outputs by path, sorted. Unknown content on one side counts as a change."""
    changes = []
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        same = before is not None and after is not None and before.md5 == after.md5
        kind = _kind(before is not None, after is not None, same)
        if kind == "unchanged" and not show_unchanged:
            continue
        changes.append(_content_change(path, kind, before or Content(None), after or Content(None)))
    return tuple(changes)


def _content_change(path: str, kind: Kind, before: Content, after: Content) -> ContentChange:
    return ContentChange(
        path=path,
        kind=kind,
        old_md5=before.md5,
        new_md5=after.md5,
        old_size_bytes=before.size_bytes,
        new_size_bytes=after.size_bytes,
        old_nfiles=before.nfiles,
        new_nfiles=after.nfiles,
        old_rows=before.rows,
        new_rows=after.rows,
    )


def stage_changes(old: Pipeline, new: Pipeline, *, show_unchanged: bool = False) -> tuple[StageChange, ...]:
    """The differences between declared stages, sorted by address."""
    before = {stage.address: stage for stage in old.stages}
    after = {stage.address: stage for stage in new.stages}
    changes = []
    for address in sorted({*before, *after}):
        one, other = before.get(address), after.get(address)
        same = one is not None and other is not None and _fields(one) == _fields(other)
        if show_unchanged or not same:
            changes.append(_stage_change(address, one, other))
    return tuple(changes)


def _stage_change(address: str, old: Stage | None, new: Stage | None) -> StageChange:
    before, after = _fields(old), _fields(new)
    both = old is not None and new is not None
    fields = tuple(name for name in before if both and before[name] != after[name])
    return StageChange(
        stage=address,
        kind=_kind(old is not None, new is not None, not fields),
        fields=fields,
        old_cmd=None if old is None else " && ".join(old.cmd),
        new_cmd=None if new is None else " && ".join(new.cmd),
        deps_added=tuple(sorted(after["deps"] - before["deps"])),
        deps_removed=tuple(sorted(before["deps"] - after["deps"])),
        outs_added=tuple(sorted(after["outs"] - before["outs"])),
        outs_removed=tuple(sorted(before["outs"] - after["outs"])),
    )


def _fields(stage: Stage | None) -> dict[str, frozenset[str]]:
    """The fields of a stage, each as a set of texts; empty sets without a stage."""
    if stage is None:
        return dict.fromkeys(("cmd", "deps", "params", "outs"), frozenset())
    params = stage.params.items()
    return {
        "cmd": frozenset(f"{number} {line}" for number, line in enumerate(stage.cmd)),
        "deps": frozenset(stage.deps),
        "params": frozenset(
            f"{file}:{key}" for file, keys in params for key in (("*",) if keys is None else keys)
        ),
        "outs": frozenset(out.path for out in stage.outs),
    }
