"""Page of `mlgit ci tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, Style, line, table

if TYPE_CHECKING:
    from mlgit.core.ci.tag_event import TagEvent
    from mlgit.core.trust.proof import ProofState

_STYLES: dict[ProofState, Style] = {"pass": "ok", "fail": "bad", "skip": "dim"}


def page(record: TagEvent) -> Page:
    """The tag's meaning, the checks, and the consequence."""
    shown: Page = [line(Span(record.tag, "strong"), f": {_meaning(record)}")]
    rows = [
        (Span(each.state, _STYLES[each.state]), each.check, Span(each.tag, "name"), each.message)
        for each in record.proofs
    ]
    shown.append(table(("", "check", "tag", ""), rows))
    shown.append(line(*_consequence(record)))
    notes = (*record.notes, *(() if record.deployment is None else record.deployment.notes))
    shown += [line(Span("note: ", "careful"), note, indent=2) for note in notes]
    return shown


def _meaning(record: TagEvent) -> str:
    name = record.name if record.version is None else f"{record.name}@{record.version}"
    if record.environment is None:
        return f"{record.event} of {name}"
    return f"{record.event} of {name} {'to' if record.event == 'assignment' else 'from'} {record.environment}"


def _consequence(record: TagEvent) -> tuple[str | Span, ...]:
    if not record.verified:
        return (Span("Refused: ", "bad"), "the tag failed verification; nothing is deployed")
    if record.superseded is not None:
        return (Span("Superseded", "careful"), " by ", Span(record.superseded, "name"), ": nothing to deploy")
    deployment = record.deployment
    if deployment is not None:
        style: Style = "bad" if deployment.exit_code else "ok"
        message = f": {deployment.message}" if deployment.message else ""
        before = "" if deployment.before is None else f" (was {deployment.before})"
        return (Span(deployment.state.capitalize(), style), before, message)
    if record.deploy:
        return (Span("Verified: ", "ok"), f"{record.environment} is to be deployed")
    return (Span("Verified", "ok"),)
