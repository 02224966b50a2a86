"""Events: a table for `show` and `history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Cell, Span, Style, Table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.registry.events import Event

_STYLES: dict[str, Style] = {"rollback": "careful", "unassign": "careful", "deregister": "bad"}


def events_table(events: Sequence[Event], *, indent: int = 0) -> Table:
    """When, what, who and why, newest first."""
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
