"""Page of `mlgit get`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.core.wording import count, format_size
from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from mlgit.core.deploy.fetching import Fetched


def page(record: Fetched, *, here: str) -> Page:
    """The files; by their path from the folder `here` where that is shorter."""
    name = f"{record.model}@{record.version}" if record.version else record.model
    written = sum(file.state == "written" for file in record.files)
    checked = (", ", Span("sha256 checked", "ok")) if record.stated else ()
    summary = f"{written} of {count(len(record.files), 'file')} written" if written else "already there"
    rows = [
        (
            _shorter(file.destination, here),
            format_size(file.size_bytes),
            file.state,
            Span(file.sha256[:12], "dim"),
        )
        for file in record.files
    ]
    return [
        line(Span(name, "name"), f" ({record.commit[:7]}): {summary}", *checked),
        table(("file", "size", "", "sha256"), rows, right=(1,)),
    ]


def _shorter(path: str, here: str) -> str:
    return min(posixpath.relpath(path, here), path, key=len)
