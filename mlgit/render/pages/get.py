"""Page of `mlgit get`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from mlgit.core.fetching import Fetched

_KIB = 1024


def page(record: Fetched) -> Page:
    """What was fetched, file by file."""
    name = f"{record.model}@{record.version}" if record.version else record.model
    written = sum(file.state == "written" for file in record.files)
    checked = "md5 and sha256 checked" if record.stated else "md5 checked"
    said = f"{written} of {len(record.files)} files written" if written else "already there"
    rows = [
        (file.place, size(file.size_bytes), file.state, Span(file.sha256[:12], "dim"))
        for file in record.files
    ]
    return [
        line(Span(name, "name"), f" ({record.commit[:7]}): {said}, ", Span(checked, "ok")),
        table(("file", "size", "", "sha256"), rows, right=(1,)),
    ]


def size(size_bytes: int) -> str:
    """`512 B`, `3.4 MiB`."""
    amount = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < _KIB:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _KIB
    return f"{amount:.1f} TiB"
