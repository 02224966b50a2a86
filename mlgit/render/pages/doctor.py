"""Page of `mlgit doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count
from mlgit.render.page import Line, Page, Span, Style, line

if TYPE_CHECKING:
    from mlgit.core.overview.doctor import Diagnosis, FindingSeverity

_STYLES: dict[FindingSeverity, Style] = {"error": "bad", "warn": "careful", "info": "dim"}


def page(diagnosis: Diagnosis) -> Page:
    """Each finding with its repair, and a summary in the last line."""
    page: Page = []
    for finding in diagnosis.findings:
        page.append(line(Span(f"{finding.severity:<5} ", _STYLES[finding.severity]), finding.message))
        if finding.repair is not None:
            # In the style of a command, so that it is one line when it is copied.
            page.append(line(Span("repair: ", "dim"), Span(finding.repair, "command"), indent=6))
    if page:
        page.append(line(""))
    page.append(_summary(diagnosis))
    if not diagnosis.online and "remote" in diagnosis.checks:
        page.append(line(Span("The remotes were not checked; `mlgit doctor --online` checks them", "dim")))
    return page


def _summary(diagnosis: Diagnosis) -> Line:
    looked = f"{len(diagnosis.checks)} checks"
    if diagnosis.healthy and not diagnosis.findings:
        return line(Span("Healthy", "ok"), f": {looked}, nothing found")
    counts = [
        count(number, word)
        for severity, word in (("error", "error"), ("warn", "warning"), ("info", "remark"))
        if (number := sum(finding.severity == severity for finding in diagnosis.findings))
    ]
    found = ", ".join(counts)
    if diagnosis.healthy:
        return line(Span("Healthy", "ok"), f": {looked}, {found}")
    return line(f"{looked}, ", Span(found, "careful"))
