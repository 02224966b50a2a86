"""Page of `mlgit deploy`: one sentence per model, with details."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlgit.core.wording import format_since
from mlgit.render.page import Page, Span, field, line

_FRESH_S = 60

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import Deployment, DeployReport


def page(record: DeployReport, *, details: bool = False, offline: bool = False) -> Page:
    """One sentence per model; with `details`, files and folders; `offline`, how old the tags are."""
    shown: Page = []
    for deployment in record.deployments:
        shown += deployment_lines(deployment, details=details)
    if not record.deployments:
        shown.append(line("There is no model to deploy to ", Span(record.environment, "name")))
    shown += [line(Span("note: ", "careful"), note) for note in record.notes]
    return shown + (_tags(record) if offline else [])


def deployment_lines(record: Deployment, *, details: bool = False) -> Page:
    """The sentence about one model, with its notes; the details are always those of a plan."""
    shown: Page = [line(*_sentence(record))]
    if details or record.state == "planned":
        shown += _details(record)
    return shown + [line(Span("note: ", "careful"), note, indent=2) for note in record.notes]


def _details(record: Deployment) -> Page:
    shown: Page = []
    if record.state in {"deployed", "planned"}:
        shown += _how(record)
    if record.state in {"deployed", "already", "planned"} and record.folder is not None:
        shown.append(field("current", f"{record.folder}/current -> releases/{record.release}"))
    if record.removed:
        verb = "would remove" if record.state == "planned" else "removed"
        shown.append(field(verb, ", ".join(record.removed)))
    return shown


def _sentence(record: Deployment) -> tuple[str | Span, ...]:
    name = record.model if record.tag is None or record.commit is None else _release(record)
    subject, environment = Span(name, "strong"), Span(record.environment, "name")
    # What a program deployed before is not known: only a folder has a journal.
    known = record.command is None and record.before not in {None, record.version}
    before = f" (was {record.before})" if known else ""
    match record.state:
        case "deployed":
            return (Span("Deployed ", "ok"), subject, " to ", environment, *_seconds(record), before)
        case "already":
            return (Span("Already: ", "ok"), subject, " is deployed to ", environment)
        case "planned":
            return (Span("Would deploy ", "careful"), subject, " to ", environment, before)
        case "superseded":
            newer = Span(record.superseded_by or "a newer tag", "name")
            label = "" if record.superseded_label is None else f" ({record.superseded_label})"
            return (Span("Superseded: ", "careful"), f"{record.tag} by ", newer, f"{label}; nothing was done")
        case "unassigned":
            return (subject, " is not in ", environment, "; its target was not changed")
        case "failed":
            return (Span("Failed: ", "bad"), subject, " to ", environment)
    assert_never(record.state)


def _how(record: Deployment) -> Page:
    if record.command is not None:
        return [field("program", " ".join(record.command))]
    source = "kept on the target, digests checked" if record.kept else "fetched and checked"
    if record.state == "planned":
        source = "kept on the target" if record.kept else "to be fetched"
    again = "; an interrupted deployment continues" if record.resumed else ""
    return [field("files", source + again)]


def _release(record: Deployment) -> str:
    return f"{record.model}@{record.version}" if record.version else f"{record.model} ({record.commit or ''})"


def _seconds(record: Deployment) -> tuple[Span, ...]:
    return () if record.took_ms is None else (Span(f" in {record.took_ms / 1000:.1f} s", "dim"),)


def _tags(record: DeployReport) -> Page:
    """The age of the tags, if there is a remote that may have newer ones."""
    if record.remote is None or record.tags_as_of is None:
        return []
    if 0 <= (record.at - record.tags_as_of).total_seconds() < _FRESH_S:
        return []
    age = format_since(record.tags_as_of, record.at)
    text = f"tags fetched {age}; without `--offline`, {record.remote} is asked for newer ones"
    return [line(Span(text, "dim"))]
