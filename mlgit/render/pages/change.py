"""Change: the page of release, promote, rollback, unassign and deregister."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from mlgit.core.release.tag_plan import ChangeAction, ChangeReport


def page(record: ChangeReport) -> Page:
    """One sentence, the verdict, the tags, and notes."""
    shown: Page = [line(*_sentence(record))]
    if record.verdict is not None:
        careful = record.verdict.decision == "allow_with_warnings"
        headline = Span(record.verdict.headline, "careful" if careful else "ok")
        shown.append(line(Span("gates: ", "dim"), headline, indent=2))
    if record.tags:
        rows = [(Span(tag.name, "name"), tag.commit[:7], Span(tag.oid[:7], "dim")) for tag in record.tags]
        shown.append(table(("tag", "commit", "object"), rows))
    if record.tags and not record.dry_run:
        where = f"pushed to {record.remote}" if record.pushed else "here only; `mlgit push` publishes"
        if record.remote is None and not record.pushed:
            where = "here only"
        shown.append(line(Span(where, "dim"), indent=2))
    shown += [line(Span("note: ", "careful"), note, indent=2) for note in record.notes]
    return shown


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
    before = "" if record.before is None else f" (was {record.before})"
    planned, done = _VERBS[record.action]
    start = Span(f"Would {planned}", "careful") if record.dry_run else Span(done, "ok")
    environment = Span(record.environment or "", "name")
    if record.action == "rollback":
        return (start, environment, f" of {record.model} to ", Span(str(record.version), "strong"), before)
    if record.action == "promote":
        return (start, subject, " to ", environment, before)
    if record.action == "unassign":
        return (start, subject, " out of ", environment)
    return (start, subject)
