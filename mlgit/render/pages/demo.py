"""Pages of `mlgit demo`: the narration, and the closing page."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from mlgit.core.overview.demo import Demo


def chapter_page(title: str, text: str) -> Page:
    return [line(), line(Span(f"== {title}", "strong")), line(Span(text, "dim"))]


def command_page(command: str) -> Page:
    return [line(), line(Span("$ ", "dim"), Span(command, "name"))]


def edit_page(path: str, old: str, new: str) -> Page:
    return [
        line(),
        line(Span("edit ", "dim"), Span(path, "name")),
        line(Span(f"-  {old}", "bad"), indent=2),
        line(Span(f"+  {new}", "ok"), indent=2),
    ]


def exit_page(exit_code: int) -> Page:
    return [line(Span(f"(exit code {exit_code}, as expected: blocked)", "dim"))]


def page(demo: Demo) -> Page:
    """The closing page: where everything is, and commands to try next."""
    did = "walked the loop" if demo.walked else "built the project"
    commands = ("mlgit status", "mlgit diff", "mlgit models") if demo.walked else ("mlgit run", "mlgit check")
    return [
        line(),
        line(Span("== Now it is yours", "strong")),
        line(f"{len(demo.steps)} steps {did} in {demo.seconds:.0f} s; everything is in this one folder"),
        line(),
        line(Span("$ ", "dim"), Span(f"cd {quote(demo.repository)}", "name")),
        *(line(Span("$ ", "dim"), Span(command, "name")) for command in commands),
        line(),
        line(Span(f"To delete it, remove {demo.folder}", "dim")),
    ]
