"""Served: the lines about what a target serves, and the command that comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from mlgit.core.registry.entries import Served


def served_lines(
    served: Served | None, *, when: str | None = None, label: str = "it", place: str = ""
) -> Page:
    """What a folder serves instead of what it should, or what has to end first; nothing if neither is known.

    `place` is written before it; `label` is what will be served.
    """
    if served is not None:
        text = difference(served)
        return [] if text is None else [line(Span("! ", "careful"), place, text)]
    return [] if when is None else [line(Span("! ", "careful"), f"{label} will be served once {when}")]


def difference(served: Served) -> str | None:
    """`/srv/models/tumor still serves v1.1.0`; None if it serves what the environment holds."""
    return served.wrong(served.folder)


def next_line(command: str | None) -> Page:
    """`next: mlgit deploy --env prod`."""
    return [] if command is None else [line(Span("next: ", "dim"), Span(command, "command"))]
