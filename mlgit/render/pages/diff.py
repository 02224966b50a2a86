"""Page of `mlgit diff`: two states, part by part."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.core.compare.change_text import change_text
from mlgit.core.pipeline.metrics import short
from mlgit.core.wording import cut, format_size
from mlgit.render.page import Page, Span, line, table
from mlgit.render.pages.shortening import Shortening
from mlgit.render.value_rows import ValueRow, is_lost, value_table, worst_first

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mlgit.core.compare.changes import ContentChange, Diff, Kind, StageChange, ValueChange
    from mlgit.core.pipeline.evidence import Value

_NAMES = {"data": "data of DVC"}
_ROWS, _LONGEST_TEXT = 10, 24
_MARKS: dict[Kind, Span] = {
    "added": Span("+", "ok"),
    "removed": Span("-", "bad"),
    "modified": Span("~", "careful"),
    "unchanged": Span("=", "dim"),
}


def page(found: Diff, *, verbose: bool = False) -> Page:
    """Every part with changes, each with its first rows; `verbose` shows all."""
    short = Shortening(whole=verbose)
    blocks: Page = [line(Span(found.old.label, "strong"), " → ", Span(found.new.label, "strong"))]
    for name, show in _PARTS.items():
        if changes := getattr(found, name):
            shown = sorted(changes, key=_order) if name == "metrics" else changes
            shared = (getattr(found, f"shared_{name}"),) if show is values else ()
            blocks += [line(""), line(Span(name.capitalize(), "strong"))]
            blocks += [*show(short.first(shown, _ROWS), *shared), *short.rest(shown, _ROWS)]
    if len(blocks) == 1:
        compared = [_NAMES.get(name, name) for name in _PARTS if getattr(found, name) is not None]
        blocks += [line(f"No difference in {_listed(compared)}")] if compared else []
    if found.problems:
        blocks.append(line(""))
        blocks += [line(Span("! ", "careful"), problem, hang=2) for problem in found.problems]
    return [*blocks, *(line(Span("note: ", "dim"), note, hang=2) for note in found.notes)]


def _order(change: ValueChange) -> tuple[object, ...]:
    """The worst change first, and what did not change last."""
    lost = is_lost(change.old, change.new)
    return (
        change.kind == "unchanged",
        *worst_first(change.change, change.change_percent, better=change.better, lost=lost),
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def values(changes: Sequence[ValueChange], shared: Collection[str] = ()) -> Page:
    """Metrics or parameters, one row each; with the file if there are several, or others have the key."""
    if not changes:
        return []
    files = {change.file for change in changes}
    rows = []
    for change in changes:
        name = change.key or "(value)"
        alone = change.key not in shared and len(files) == 1
        rows.append(value_row(change, name if alone else f"{change.file}:{name}"))
    return [value_table(rows, indent=2)]


def value_row(change: ValueChange, name: str) -> ValueRow:
    """`auc  0.9955 → 0.9686  -0.0269 (-2.70%)  worse`."""
    old = _shown(change.old, change.new) if change.kind != "added" else None
    new = _shown(change.new, change.old) if change.kind != "removed" else None
    if change.kind == "unchanged":
        return ValueRow(name, None, new, "unchanged", "", None)
    text = {"added": "new", "removed": "gone"}.get(change.kind, "changed")
    if isinstance(change.old, Decimal) and isinstance(change.new, Decimal):
        text = change_text(change.new, change.old) or text
    note = "" if change.better is None else "better" if change.better else "worse"
    return ValueRow(name, old, new, text, note, change.better)


def _shown(one: Value, other: Value) -> str:
    """One value as a cell: numbers in full, a long text cut where it differs from the other."""
    if not isinstance(one, str):
        return value(one, other=other)
    return cut(one, _LONGEST_TEXT, apart_from=other if isinstance(other, str) else None)


def value(shown: Value, *, other: Value = None) -> str:
    """One value; numbers are rounded for people, but still differ from `other`."""
    if isinstance(shown, Decimal):
        return short(shown, apart_from=(other,) if isinstance(other, Decimal) else ())
    if shown is None:
        return "null"
    return str(shown).lower() if isinstance(shown, bool) else shown


def contents(changes: Sequence[ContentChange]) -> Page:
    rows = [
        (
            _MARKS[change.kind],
            change.path if change.model is None else f"{change.model} ({change.path})",
            _from_to(_md5(change.old_md5), _md5(change.new_md5), change.kind),
            _amounts(change),
        )
        for change in changes
    ]
    return [table(("", "path", "content", "amount"), rows)]


def _md5(md5: str | None) -> str:
    return "-" if md5 is None else md5[:7]


def _from_to(old: str, new: str, kind: Kind) -> str:
    if kind == "added":
        return new
    return old if kind in {"removed", "unchanged"} or old == new else f"{old} → {new}"


def _amounts(change: ContentChange) -> str:
    pairs: tuple[tuple[Any, Any, Callable[[Any], str], str], ...] = (
        (change.old_rows, change.new_rows, "{:,}".format, " rows"),
        (change.old_nfiles, change.new_nfiles, "{:,}".format, " files"),
        (change.old_size_bytes, change.new_size_bytes, format_size, ""),
    )
    shown = _versions(change)
    for old, new, as_text, unit in pairs:
        texts = list(dict.fromkeys(as_text(each) for each in (old, new) if each is not None))
        if texts:
            shown.append((" → ".join(texts) if change.kind == "modified" else texts[-1]) + unit)
    return ", ".join(shown)


def _versions(change: ContentChange) -> list[str]:
    """The versions of a model, as far as they are of this file; one side's is not that of the other."""
    old = None if change.kind == "added" else change.old_version
    new = None if change.kind == "removed" else change.new_version
    if change.kind != "modified" or old == new:
        return [new or old or ""] if new or old else []
    if old and new:
        return [f"{old} → {new}"]
    return [f"was {old}" if old else f"now {new}"]


def stages(changes: Sequence[StageChange]) -> Page:
    rows = [(_MARKS[change.kind], change.stage, _stage_words(change)) for change in changes]
    return [table(("", "stage", "what"), rows)]


def _stage_words(change: StageChange) -> str:
    if change.kind != "modified":
        return (change.new_cmd or change.old_cmd or "") if change.kind != "unchanged" else ""
    words = []
    if "cmd" in change.fields:
        words.append(f"cmd: {change.old_cmd} → {change.new_cmd}")
    for name, added, removed in (
        ("deps", change.deps_added, change.deps_removed),
        ("outs", change.outs_added, change.outs_removed),
    ):
        if name in change.fields:
            words.append(
                f"{name}: " + " ".join([*(f"+{path}" for path in added), *(f"-{path}" for path in removed)])
            )
    if "params" in change.fields:
        words.append("params")
    return "; ".join(words)


_PARTS: Mapping[str, Callable[[Any], Page]] = {
    "metrics": values,
    "params": values,
    "data": contents,
    "models": contents,
    "stages": stages,
}
