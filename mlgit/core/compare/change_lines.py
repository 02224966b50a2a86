"""Change lines: data, params and models of a diff, one line each for a report."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from mlgit.core.compare.changes import same_value
from mlgit.core.compare.moved_outputs import joined_moves
from mlgit.core.pipeline.metrics import short
from mlgit.core.pipeline.report_context import ParamChange
from mlgit.core.record import NamedTuple
from mlgit.core.wording import cut, format_size, joined, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mlgit.core.compare.changes import ContentChange, Diff, Kind, ValueChange
    from mlgit.core.pipeline.evidence import Value

_LONGEST_VALUE = 80
_MOST_PARAMS = 200
_MOST_IN_LINE = 5
_SAME = "unchanged"
_VERBS: Mapping[Kind, str] = {
    "added": "new",
    "removed": "gone",
    "modified": "changed",
    "unchanged": "unchanged",
}


def change_lines(diff: Diff, *, made: Collection[str] = (), plotted: Collection[str] = ()) -> dict[str, str]:
    """`data`, `params` and `model` -> one line each; parts that were not compared are left out.

    Paths in `made` are outputs of stages: they are not data that came from elsewhere, and have a line
    `outputs` if one of them changed, without those that are `plotted`: the report shows these as plots.
    """
    data = None if diff.data is None else [each for each in diff.data if each.path not in made]
    outputs = [each for each in diff.data or () if each.path in made and each.path not in plotted]
    data, outputs = data and joined_moves(data), joined_moves(outputs)
    parts: Sequence[tuple[str, Sequence[Any] | None, Callable[[Any], str]]] = (
        ("data", data, _content),
        ("params", diff.params and _joined_moves(diff.params), partial(_value, shared=diff.shared_params)),
        ("model", diff.models and joined_moves(diff.models), _model),
        ("outputs", outputs or None, _content),
    )
    compared = [(name, _in_line(list(map(show, part)))) for name, part, show in parts if part is not None]
    return {name: text or _SAME for name, text in compared}


def without_denial(lines: Mapping[str, str], codes: Collection[str]) -> dict[str, str]:
    """The lines without `data: unchanged` where a note (its code) names data that is elsewhere."""
    other = "data_changed" in codes
    return {name: text for name, text in lines.items() if not (other and (name, text) == ("data", _SAME))}


def _in_line(texts: Sequence[str]) -> str:
    """The first texts in one line; with semicolons if there are commas in one of them."""
    text = joined(texts)
    return "; ".join(texts) if len(texts) <= _MOST_IN_LINE and any(", " in each for each in texts) else text


def param_changes(diff: Diff) -> tuple[ParamChange, ...]:
    """Parameters that differ, as text; at most the first 200."""
    return tuple(
        ParamChange(
            file=change.file,
            key=change.key,
            old=None if change.kind == "added" else _shown(change.old, change.new),
            new=None if change.kind == "removed" else _shown(change.new, change.old),
        )
        for change in (diff.params or ())[:_MOST_PARAMS]
    )


def _content(change: ContentChange) -> str:
    name = quoted(change.path)
    if change.moved_from is not None:
        return f"{quoted(change.moved_from)} moved to {quoted(change.path)}"
    if change.kind == "added":
        return f"{name} new{_aside(_amount(change))}"
    if change.kind == "removed":
        return f"{name} gone"
    for unit, old, new in (
        ("rows", change.old_rows, change.new_rows),
        ("files", change.old_nfiles, change.new_nfiles),
    ):
        if old is not None and new is not None and old != new:
            return f"{name} has {_difference(old, new, unit)}"
    if change.old_rows is not None and change.old_rows == change.new_rows:
        return f"{name} changed, still {_count(change.old_rows, 'rows')}"
    return f"{name} {_VERBS[change.kind]}{_after(_sizes(change))}"


def _model(change: ContentChange) -> str:
    name = quoted(change.model or change.path)
    if change.moved_from is not None:
        return f"{name} moved to {quoted(change.path)}"
    if change.kind != "modified":
        # The file is new or gone; the model may have had another one before, or may have one now.
        name = f"{quoted(change.path)} of {quoted(change.model)}" if change.model else name
        return f"{name} {_VERBS[change.kind]}{_aside(_amount(change)) if change.kind == 'added' else ''}"
    since = f" since {change.old_version}" if change.old_version else ""
    return f"{name} changed{since}{_after(_sizes(change))}"


def _difference(old: int, new: int, unit: str) -> str:
    """`12 more rows (+2.1%)`."""
    change = new - old
    text = _count(abs(change), f"{'more' if change > 0 else 'fewer'} {unit}")
    if not old:
        return text
    percent = Decimal(100 * change) / Decimal(old)
    shown = f"{percent:+.1f}" if abs(percent) < 10 else f"{percent:+.0f}"  # noqa: PLR2004 (two digits do)
    return f"{text} ({shown}%)"


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit.removesuffix('s') if number == 1 else unit}"


def _amount(change: ContentChange) -> str:
    """The size of a new output."""
    if change.new_rows is not None:
        return _count(change.new_rows, "rows")
    if change.new_nfiles is not None:
        return _count(change.new_nfiles, "files")
    return "" if change.new_size_bytes is None else format_size(change.new_size_bytes)


def _sizes(change: ContentChange) -> str:
    old, new = change.old_size_bytes, change.new_size_bytes
    if old is None or new is None or old == new:
        return ""
    before, after = format_size(old), format_size(new)
    if before == after:
        return f"{new - old:+,} B"
    number, unit = before.split(" ")
    return f"{number if after.endswith(f' {unit}') else before} → {after}"


def _after(text: str) -> str:
    return f", {text}" if text else ""


def _aside(text: str) -> str:
    return f" ({text})" if text else ""


class _Moved(NamedTuple):
    """A parameter that is in another file now."""

    old: ValueChange
    new: ValueChange


def _joined_moves(changes: Sequence[ValueChange]) -> Sequence[ValueChange | _Moved]:
    """The changes; one that is gone, and new in exactly one other file, is one that moved."""
    gone, came = _by_key(changes, "removed"), _by_key(changes, "added")
    moved = {key for key, each in gone.items() if len(each) == len(came.get(key, ())) == 1}
    kept = [each for each in changes if each.kind != "removed" or each.key not in moved]
    return [
        _Moved(gone[each.key][0], each) if each.kind == "added" and each.key in moved else each
        for each in kept
    ]


def _by_key(changes: Sequence[ValueChange], kind: Kind) -> dict[str, list[ValueChange]]:
    found: dict[str, list[ValueChange]] = {}
    for each in changes:
        if each.kind == kind:
            found.setdefault(each.key, []).append(each)
    return found


def _value(change: ValueChange | _Moved, *, shared: Collection[str] = ()) -> str:
    if isinstance(change, _Moved):
        old, new = change
        if same_value(old.old, new.new):
            return f"{quoted(new.key)} moved to {quoted(new.file)}"
        return (
            f"{quoted(new.key)} {_shown(old.old, new.new)} → {_shown(new.new, old.old)},"
            f" now in {quoted(new.file)}"
        )
    name = quoted(f"{change.file}:{change.key}" if change.key in shared else change.key)
    if change.kind == "added":
        return f"{name} new: {_shown(change.new, None)}"
    if change.kind == "removed":
        return f"{name} gone"
    return f"{name} {_shown(change.old, change.new)} → {_shown(change.new, change.old)}"


def _shown(value: Value, other: Value) -> str:
    """One value, short, but still different from the other."""
    if isinstance(value, Decimal):
        return short(value, digits=9, apart_from=(other,) if isinstance(other, Decimal) else ())
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    shown = cut(value, _LONGEST_VALUE, apart_from=other if isinstance(other, str) else None)
    alike = other is not None and not isinstance(other, str) and shown == _shown(other, None)
    if "`" in shown:
        return quoted(shown)
    # In a list of values, a text with a comma or a space would seem to be several of them.
    return f'"{shown}"' if alike or not shown or set(shown) & set(" ,") else shown
