"""Page of `mlgit diff`: two states, part by part."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.core.pipeline.metrics import rounded, short, signed
from mlgit.core.wording import format_size
from mlgit.render.page import Cell, Page, Span, Style, line, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.core.compare.changes import ContentChange, Diff, Kind, StageChange, ValueChange
    from mlgit.core.pipeline.evidence import Value

_MARKS: dict[Kind, Span] = {
    "added": Span("+", "ok"),
    "removed": Span("-", "bad"),
    "modified": Span("~", "careful"),
    "unchanged": Span("=", "dim"),
}


def page(found: Diff) -> Page:
    """Every part with changes."""
    blocks: Page = [line(Span(found.old.label, "name"), " → ", Span(found.new.label, "name"))]
    for name, show in _PARTS.items():
        if changes := getattr(found, name):
            blocks += [line(""), line(Span(name.capitalize(), "strong")), *show(changes)]
    if len(blocks) == 1:
        compared = [name for name in _PARTS if getattr(found, name) is not None]
        blocks += [line(f"No difference in {_listed(compared)}")] if compared else []
    if found.problems:
        blocks += [line(""), *(line(Span("careful: ", "careful"), problem) for problem in found.problems)]
    blocks += [line(Span("note: ", "dim"), note) for note in found.notes]
    return blocks


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def values(changes: Sequence[ValueChange]) -> Page:
    """Metrics or parameters, one row each; the name of a file only in its first row."""
    if not changes:
        return []
    rows: list[tuple[Cell, ...]] = []
    file = None
    for change in changes:
        shown = Span("" if change.file == file else change.file, "dim")
        file = change.file
        rows.append(
            (
                shown,
                change.key or "(value)",
                value(change.old, other=change.new) if change.kind != "added" else "-",
                value(change.new, other=change.old) if change.kind != "removed" else "-",
                delta(change),
            )
        )
    return [table(("file", "name", "old", "new", "change"), rows, right=(2, 3, 4))]


def value(shown: Value, *, other: Value = None) -> str:
    """One value; numbers are rounded for people, but still differ from `other`."""
    if isinstance(shown, Decimal):
        return short(shown, apart_from=(other,) if isinstance(other, Decimal) else ())
    if shown is None:
        return "null"
    return str(shown).lower() if isinstance(shown, bool) else shown


def delta(change: ValueChange) -> Span:
    """The change of a number, green if better and red if worse."""
    if change.kind in {"added", "removed"}:
        return Span(change.kind, "dim")
    if change.kind == "unchanged" or not change.change:
        return Span("" if change.kind == "unchanged" else "changed", "dim")
    percent = change.change_percent
    more = "" if percent is None else f" ({signed(rounded(percent, digits=3))}%)"
    colour: Style = "" if change.better is None else "ok" if change.better else "bad"
    return Span(f"{signed(rounded(change.change))}{more}", colour)


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
    return "no md5" if md5 is None else md5[:7]


def _from_to(old: str, new: str, kind: Kind) -> str:
    if kind == "added":
        return new
    return old if kind in {"removed", "unchanged"} or old == new else f"{old} → {new}"


def _amounts(change: ContentChange) -> str:
    pairs: tuple[tuple[Any, Any, Callable[[Any], str], str], ...] = (
        (change.old_version, change.new_version, str, ""),
        (change.old_rows, change.new_rows, "{:,}".format, " rows"),
        (change.old_nfiles, change.new_nfiles, "{:,}".format, " files"),
        (change.old_size_bytes, change.new_size_bytes, format_size, ""),
    )
    shown = []
    for old, new, as_text, unit in pairs:
        texts = list(dict.fromkeys(as_text(each) for each in (old, new) if each is not None))
        if texts:
            shown.append((" → ".join(texts) if change.kind == "modified" else texts[-1]) + unit)
    return ", ".join(shown)


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
