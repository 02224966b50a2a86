"""Page of `mlgit ci pr` and `mlgit ci monitor`."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line
from mlgit.render.pages.check import WIDTH
from mlgit.render.pages.check import page as check_page

if TYPE_CHECKING:
    from mlgit.core.ci.report import CiReport, Mode

_MODES: dict[Mode, str] = {
    "verify": "the committed results; no stage was run",
    "run": "results made by this run",
    "check": "the gates only",
}


def page(record: CiReport) -> Page:
    """What was checked and what could not be, then the verdict."""
    found: Page = [line(Span("looked at: ", "dim"), _MODES[record.mode])]
    if record.pushed is not None:
        found.append(line(Span("pushed: ", "dim"), record.pushed[:7]))
    for text in record.skipped:
        first, *rest = wrap(f"skipped: {text}", WIDTH, subsequent_indent="  ") or [""]
        found += [line(Span(first, "careful")), *(line(each) for each in rest)]
    if record.check is not None:
        found += [line(), *check_page(record.check)]
    return found
