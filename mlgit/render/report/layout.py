"""Layout: how much a report tells, and what it leaves out first when room is short."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.ci.report import Mode
    from mlgit.core.forge.protocol import Host
    from mlgit.core.gates.verdict import Decision, Effect
    from mlgit.core.pipeline.report_context import MetricHistory

MARKS: dict[Decision, str] = {"allow": "✅", "allow_with_warnings": "⚠️", "block": "❌"}
EFFECTS: dict[Effect, str] = {"block": "❌", "warn": "⚠️", "waived": "⚠️", "note": "▫️", "allow": "✅"}
RANK: dict[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}
NO_NUMBER = "-"
_ALL = 1_000_000


class ReportContext(NamedTuple):
    """What surrounds a check: where it ran, on which commit, what it did not see, who draws the report."""

    key: str
    run_url: str | None
    untrusted: bool
    skipped: Sequence[str]
    mode: Mode
    host: Host | None
    pushed: str | None
    commit: str | None
    unfinished: bool
    history: Mapping[tuple[str | None, str, str], MetricHistory]


class DetailLevel(NamedTuple):
    """How much may be told: charts, rows that say nothing new, details, and how many rows a table has."""

    charts: bool = True
    unchanged: bool = True
    details: bool = True
    ungated: bool = True
    rows: int = _ALL


LEVELS = (
    DetailLevel(),
    DetailLevel(charts=False),
    DetailLevel(charts=False, unchanged=False),
    DetailLevel(charts=False, unchanged=False, rows=300),
    DetailLevel(charts=False, unchanged=False, rows=100),
    DetailLevel(charts=False, unchanged=False, details=False),
    DetailLevel(charts=False, unchanged=False, details=False, ungated=False),
    *(
        DetailLevel(charts=False, unchanged=False, details=False, ungated=False, rows=rows)
        for rows in (100, 50, 20, 10, 5, 2, 1)
    ),
)
"""From everything to the bare verdict; charts go first, then unchanged rows, then details."""


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def blocks_text(parts: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with an empty line between them."""
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def decimal(text: str) -> Decimal:
    """A number that was written as text, maybe by somebody else; what is none is NaN."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def cells(texts: Sequence[str]) -> str:
    """One row of a table."""
    return f"| {' | '.join(texts)} |"


def left_out(number: int, what: str) -> list[str]:
    """That something is not told, when it is so."""
    return [f"<sub>and {number} more {what}; `mlgit check` shows everything</sub>"] if number > 0 else []
