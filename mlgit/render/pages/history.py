"""History: the page of `mlgit history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line, table
from mlgit.render.pages.age import as_of
from mlgit.render.pages.events import event_lines, events_table
from mlgit.render.pages.models import unknown_lines

if TYPE_CHECKING:
    from mlgit.core.registry.events import History


def page(record: History, *, width: int, whole: bool = False) -> Page:
    """Events, what environments held at a time, or a metric over the versions.

    An event is one line of at most `width` characters, unless `whole`.
    """
    if record.at is not None:
        shown = _held(record)
    elif record.metric is not None:
        shown = _points(record)
    elif record.events:
        lines = event_lines(record.events, record.told_at, width=width, several=record.several)
        shown = [events_table(record.events)] if whole else lines
    else:
        shown = [
            line(_none(record, "No releases or promotions yet", "No releases or promotions are known here"))
        ]
    shown += unknown_lines(record.tags_known)
    shown += [line(Span("note: ", "careful"), note) for note in record.notes]
    return shown + as_of(record.remote, record.tags_as_of, record.told_at)


def _none(record: History, proven: str, unknown: str) -> str:
    return proven if record.tags_known.known == "yes" else unknown


def _held(record: History) -> Page:
    now = record.at is not None and record.at >= record.told_at
    at = record.told_at if now else record.at
    shown: Page = [line(f"At {at:%Y-%m-%d %H:%M:%S} UTC{' (now)' if now else ''}")]
    rows = [
        (
            Span(each.model, "name"),
            each.environment,
            each.label or Span("-", "dim"),
            "" if each.since is None else f"{each.since:%Y-%m-%d %H:%M:%S}",
            each.author or "",
        )
        for each in record.held
    ]
    if not rows:
        nothing = "nothing was in any environment"
        return [
            *shown,
            line(nothing if record.tags_known.known == "yes" else "nothing is known here", indent=2),
        ]
    return [*shown, table(("model", "environment", "version", "since (UTC)", "who"), rows)]


def _points(record: History) -> Page:
    if not record.points:
        return [line(_none(record, "No versions", "No versions are known here"))]
    rows = [
        (
            Span(f"{point.model}@{point.version}", "name"),
            f"{point.registered_at:%Y-%m-%d}",
            point.value or Span("-", "dim"),
            Span(", ".join(filter(None, (point.name, point.problem))), "dim"),
        )
        for point in record.points
    ]
    return [table(("version", "released", record.metric or "", ""), rows, right=(2,), indent=0)]
