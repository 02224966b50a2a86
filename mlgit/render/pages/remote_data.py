"""Section of `mlgit status --remote`: the data that the DVC remotes lack, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count, format_size
from mlgit.render.page import Page, Span, line, table
from mlgit.render.pages.live import TITLE, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.pipeline.remote_data import Elsewhere, Presence, RemoteCount, RemoteData, RemoteOutput
    from mlgit.render.pages.shortening import Shortening

_ROWS, _NAMES = 16, 4
_ELSEWHERE: dict[Elsewhere, str] = {
    "cache": "in the cache here",
    "workspace": "here, but not in the cache",
    "partly": "partly here",
    "nowhere": "not on this machine",
}
_NOT_EXPECTED: dict[Presence, str] = {
    "private": "kept out of it by `push: false`",
    "foreign": "in the remote of another repository",
}


def section(found: RemoteData, short: Shortening) -> Page:
    """One line if nothing is missing."""
    missing = found.missing
    blocks = title("Remote", *_title(found))
    if missing:
        several = len({output.remote for output in missing}) > 1
        rows: list[tuple[str | Span, ...]] = [
            (each.path, *([Span(each.remote or "", "dim")] if several else []), _how_much(each), _where(each))
            for each in short.first(missing, _ROWS)
        ]
        blocks.append(table(("",) * (4 if several else 3), rows, indent=TITLE + 2))
    blocks += short.rest(missing, _ROWS, indent=TITLE + 2)
    for presence, words in _NOT_EXPECTED.items():
        paths = [output.path for output in found.outputs if output.presence == presence]
        if paths:
            blocks.append(
                line(Span(f"{words}: {short.named(paths, _NAMES)}", "dim"), indent=TITLE + 2, hang=2)
            )
    blocks += [line(Span(note, "dim"), indent=TITLE + 2, hang=2) for note in found.notes]
    return blocks


def _title(found: RemoteData) -> Sequence[Span]:
    if not found.remotes:
        unknown = any(output.presence == "unknown" for output in found.outputs)
        return [Span("unknown", "careful") if unknown else Span("nothing to check", "dim")]
    spans: list[Span] = []
    for each in found.remotes:
        spans += [*([Span("; ")] if spans else []), _counted(each)]
    return spans


def _counted(found: RemoteCount) -> Span:
    if not found.answered:
        return Span(f"{found.remote} did not answer", "bad")
    outputs = count(found.outputs, "output")
    if found.missing:
        return Span(f"{found.remote} lacks {found.missing} of {outputs}", "careful")
    return Span(f"{found.remote} has {'the' if found.outputs == 1 else 'all'} {outputs}", "ok")


def _how_much(output: RemoteOutput) -> str:
    size = "" if output.missing_bytes is None else format_size(output.missing_bytes)
    if output.missing_files is None:
        return "its listing, so all of it"
    if output.files == output.missing_files == 1 and not output.listing_missing:
        return size or "1 file"
    if not output.missing_files:
        return "its listing only"
    files = f"{output.missing_files} of {output.files} files"
    return f"{files}, {size}" if size else files


def _where(output: RemoteOutput) -> Span:
    where = _ELSEWHERE[output.elsewhere or "nowhere"]
    if output.elsewhere in {"cache", "workspace"}:
        return Span(where, "careful")
    recorded = output.recorded
    by = "" if recorded is None else f"; recorded by {recorded.author} in {recorded.commit[:7]}"
    return Span(f"{where}{by}", "bad")
