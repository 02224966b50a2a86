"""Events: one line each for `show` and `history`, or a table with times and whole reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import cut, first, format_since, is_ahead
from mlgit.render.page import Cell, Page, Span, Style, Table, cell_spans, line, table
from mlgit.render.pages.refused import refused_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mlgit.core.registry.events import Event

_STYLES: dict[str, Style] = {"rollback": "careful", "unassign": "careful", "deregister": "bad"}
_NAME = 16  # characters of an author
_LEAST = 8  # a shorter piece of a reason says nothing
_GAP = 2
_AHEAD = 3


def event_lines(
    events: Sequence[Event], now: datetime, *, width: int, indent: int = 0, several: bool = False
) -> Page:
    """One line per event, newest first, then why some do not count.

    Each names its model if there are `several`, also if only one of them has events here. Reasons end with
    `…` where the line would be wider than `width`.
    """
    if not events:
        return []
    several = several or len({event.model for event in events}) > 1
    places = [_place(event, several=several) for event in events]
    widest = max(map(len, places))
    rows: list[tuple[Cell, ...]] = []
    for event, place in zip(events, places, strict=True):
        age = Span("dated ahead" if is_ahead(event.at, now) else format_since(event.at, now), "dim")
        action = Span(event.action, _STYLES.get(event.action, ""))
        rows.append((age, _move(event, place, widest), action, cut(event.author, _NAME)))
    taken = sum(max(map(_length, column)) + _GAP for column in zip(*rows, strict=True))
    left = width - indent - taken
    whys = [_why(event, left if left >= _LEAST else 0) for event in events]
    lines = table(("",) * 5, ((*row, why) for row, why in zip(rows, whys, strict=True)), indent=indent)
    refused = [f"{event.tag} does not count: {event.refused}" for event in events if event.refused]
    dated = (
        f"{event.tag} is dated {event.at:%Y-%m-%d %H:%M} UTC" for event in events if is_ahead(event.at, now)
    )
    ahead = [line(Span("! ", "careful"), text, indent=indent) for text in first(dated, _AHEAD)]
    return [lines, *refused_lines(refused, indent=indent), *ahead]


def events_table(events: Sequence[Event], *, indent: int = 0) -> Table:
    """When, what, who and why in full, newest first."""
    rows = [
        (
            Span(f"{event.at:%Y-%m-%d %H:%M:%S}", "dim"),
            Span(event.action, _STYLES.get(event.action, "")),
            _what(event),
            event.author,
            event.reason or "",
        )
        for event in events
    ]
    return table(("time (UTC)", "event", "what", "who", "why"), rows, indent=indent)


def _place(event: Event, *, several: bool) -> str:
    """The environment, with its model where there are several; empty for a version."""
    if event.environment is None:
        return ""
    return f"{event.model}#{event.environment}" if several else event.environment


def _move(event: Event, place: str, widest: int) -> Cell:
    """`prod  ← v1.0.0 (was v1.1.0)`, `prod  empty (was v1.0.0)`, a version; `!` if the tag does not count."""
    mark = Span("" if event.refused is None else " !", "bad")
    if event.environment is None:
        return (Span(event.model if event.label is None else f"{event.model}@{event.label}"), mark)
    style: Style = "careful" if (event.label or "").startswith("unregistered") else "strong"
    name, label = Span(place.ljust(widest), "name"), Span(event.label or "", style)
    if event.action == "unassign":
        return (name, Span("  empty (was "), label, Span(")"), mark)
    before = f" (was {event.before})" if event.before not in {None, event.label} else ""
    return (name, Span("  ← "), label, Span(before, "dim"), mark)


def _why(event: Event, most: int) -> str:
    if not event.reason or len(event.reason) <= _LEAST:
        return event.reason or ""  # a mark in its place would say less, and is hardly shorter
    return cut(event.reason, max(most, 1))


def _length(cell: Cell) -> int:
    return sum(len(span.text) for span in cell_spans(cell))


def _what(event: Event) -> Cell:
    subject = Span(event.model if event.label is None else f"{event.model}@{event.label}", "strong")
    if event.label is not None and event.label.startswith("unregistered"):
        subject = Span(f"{event.model} {event.label}", "careful")
    if event.refused is not None:
        return (*_cells(subject, event), Span(f" ! does not count: {event.refused}", "bad"))
    cells = _cells(subject, event)
    return cells if len(cells) > 1 else subject


def _cells(subject: Span, event: Event) -> tuple[Span, ...]:
    if event.environment is None:
        return (subject,)
    link = " out of " if event.action == "unassign" else " to "
    before = Span(f" (was {event.before})", "dim") if event.before not in {None, event.label} else Span("")
    return (subject, Span(link), Span(event.environment, "name"), before)
