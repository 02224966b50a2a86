"""Page of `mlgit run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line
from mlgit.render.pages.check import page as check_page

if TYPE_CHECKING:
    from mlgit.core.overview.run import Run


def page(record: Run) -> Page:
    found: Page = []
    if record.pulled:
        found.append(line(Span("pulled: ", "dim"), ", ".join(record.pulled)))
    names = ", ".join(record.stages)
    if not record.stages:
        found.append(line("Nothing to run: everything is up to date"))
    elif record.dry_run:
        found.append(line(Span("would run: ", "dim"), names))
    else:
        found.append(line(Span("ran: ", "dim"), names))
    if record.committed is not None:
        found.append(line(Span("committed: ", "dim"), record.committed[:7]))
    if record.check is not None:
        found += [line(""), *check_page(record.check)]
    return found
