"""Page of `mlgit push`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count
from mlgit.render.page import Page, Span, Style, line, table

if TYPE_CHECKING:
    from mlgit.core.release.publication import BranchPush, DataPush, Publication, Step, TagPush

_STYLES: dict[Step, Style] = {"planned": "careful", "pushed": "ok", "already": "dim", "skipped": "careful"}


def page(record: Publication) -> Page:
    """Data, branch and tags, in the order of the push."""
    if record.published_already and not record.skips_something:
        return [line(Span("ok", "ok"), f": everything is published already on `{record.remote}`")]
    steps: list[tuple[str, Step, str]] = [
        ("data", record.data.step, _data(record.data)),
        ("branch", record.branch.step, _branch(record.branch, record.remote)),
        *(("tag", tag.step, _tag(tag, record.tags_remote)) for tag in record.tags),
    ]
    rows = [(kind, Span(step, _STYLES[step]), text) for kind, step, text in steps]
    title = f"{_title(record)} `{record.remote}`"
    messages = [line(text) for text in record.branch.messages]
    notes = [line(Span("note: ", "careful"), text) for text in record.notes]
    return [line(title), table(("", "", ""), rows), *messages, *notes]


def _title(record: Publication) -> str:
    steps = {record.data.step, record.branch.step, *(tag.step for tag in record.tags)}
    if record.dry_run:
        return "Would push to" if "planned" in steps else "Would push nothing to"
    return "Pushed to" if "pushed" in steps else "Pushed nothing to"


def _tag(tag: TagPush, remote: str | None) -> str:
    there = "" if remote is None else f" → {remote}"
    return f"{tag.tag} ({tag.commit[:7]}){there}" if tag.reason is None else f"{tag.tag}: {tag.reason}"


def _data(data: DataPush) -> str:
    if data.reason is not None:
        return data.reason
    return ", ".join(data.paths) or "the DVC remote has everything"


def _branch(branch: BranchPush, remote: str) -> str:
    if branch.reason is not None or branch.ref is None:
        return branch.reason or ""
    there = f"{remote}/{branch.ref.removeprefix('refs/heads/')}"
    new = (branch.new or "")[:7]
    if branch.tracks is not None:
        there += f", not to {branch.tracks}, which it tracks"
    if branch.old is None:
        return f"{branch.name} → {there} (new, {new})"
    if branch.behind:
        return f"{branch.name} is {count(branch.behind, 'commit')} behind {there} ({new})"
    if branch.step == "already":
        return f"{branch.name} = {there} ({new})"
    return f"{branch.name} → {there} ({branch.old[:7]}..{new}, {count(branch.commits or 0, 'commit')})"
