"""Change: the page of release, promote, rollback, unassign and deregister."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.release.tag_plan import KEPT
from mlgit.core.wording import after_colon
from mlgit.render.page import Page, Span, line
from mlgit.render.pages.served import next_line, served_lines

if TYPE_CHECKING:
    from mlgit.core.release.tag_plan import ChangeAction, ChangeReport


def page(record: ChangeReport) -> Page:
    """What was done, its tags and notes; at the end what serves the model, and what is left to do."""
    shown: Page = [line(*_sentence(record), *_gates(record))]
    if record.tags:
        names = ", ".join(tag.name for tag in record.tags)
        shown.append(line(Span("tags  ", "dim"), names, Span(_where(record), "dim"), indent=2))
    if record.action == "rollback" and not record.already:
        held = "would be held" if record.dry_run else "held"
        text = f": no automatic promotion to {record.environment} until someone promotes"
        shown.append(line(Span(held, "careful"), text, indent=2))
    shown += [line(Span("note: ", "careful"), note, indent=2) for note in record.notes]
    shown += served_lines(record.served, when=record.served_when, label=record.version or "it")
    return shown + next_line(record.next)


def _where(record: ChangeReport) -> str:
    if record.dry_run:
        return ", not written"
    if record.pushed:
        return f", pushed to {record.remote}"
    alone = record.remote is None or record.next == KEPT
    return ", only here" if alone else ", only here; `mlgit push` publishes them"


def _gates(record: ChangeReport) -> tuple[str | Span, ...]:
    """`, 3 of 3 gates passed`."""
    if record.verdict is None:
        return ()
    careful = record.verdict.decision == "allow_with_warnings"
    text = after_colon(record.verdict.headline.removeprefix(f"{record.model}: "))
    return (", ", Span(text, "careful" if careful else "ok"))


_VERBS: dict[ChangeAction, tuple[str, str]] = {
    "release": ("release ", "Released "),
    "promote": ("promote ", "Promoted "),
    "rollback": ("roll back ", "Rolled back "),
    "unassign": ("take ", "Took "),
    "deregister": ("deregister ", "Deregistered "),
}
_ALREADY: dict[ChangeAction, str] = {
    "release": "is released",
    "promote": "is in {}",
    "rollback": "is in {}",
    "unassign": "is not in {}",
    "deregister": "is deregistered",
}


def _sentence(record: ChangeReport) -> tuple[str | Span, ...]:
    subject = Span(record.model if record.version is None else f"{record.model}@{record.version}", "strong")
    if record.already:
        return (Span("Already: ", "ok"), subject, f" {_ALREADY[record.action].format(record.environment)}")
    before = "" if record.before in {None, record.version} else f" (was {record.before})"
    planned, done = _VERBS[record.action]
    start = Span(f"Would {planned}", "careful") if record.dry_run else Span(done, "ok")
    environment = Span(record.environment or "", "name")
    if record.action == "rollback":
        left = "" if record.before is None else f" from {record.before}"
        return (start, environment, f" of {record.model}{left} to ", Span(str(record.version), "strong"))
    if record.action == "promote":
        return (start, subject, " to ", environment, before)
    if record.action == "unassign":
        return (start, subject, " out of ", environment)
    return (start, subject)
