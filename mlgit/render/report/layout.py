"""Layout: what a report contains at each level of detail, from everything to the bare verdict."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.ci.report import Mode
    from mlgit.core.forge.hosts import Host
    from mlgit.core.gates.verdict import Decision, Effect

MARKS: dict[Decision, str] = {"allow": "✅", "allow_with_warnings": "⚠️", "block": "❌"}
EFFECTS: dict[Effect, str] = {"block": "❌", "warn": "⚠️", "waived": "⚠️", "note": "▫️", "allow": "✅"}
RANK: dict[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}
NO_NUMBER = "-"
_ALL = 1_000_000


class ReportContext(NamedTuple):
    """The circumstances of a check.

    `key` identifies the comment; each key has its own marker. `run_url` is the run's page. `untrusted`:
    code of a fork computed the check. `skipped` are the things that could not be checked, one line each.
    `host` is the forge that renders the report; Mermaid charts need one. `pushed` is the commit with the
    results, `commit` the one of the forge's check, which may be merged into the checked one. `unfinished`:
    something failed besides the verdict, so the report must not let anyone pass.
    """

    key: str = "mlgit"
    run_url: str | None = None
    untrusted: bool = False
    skipped: Sequence[str] = ()
    mode: Mode = "check"
    host: Host | None = None
    pushed: str | None = None
    commit: str | None = None
    unfinished: bool = False


class DetailLevel(NamedTuple):
    """How much a report shows: charts, unchanged rows, details, metrics without gates, rows per table."""

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
"""From everything to the bare verdict: first without charts, then without unchanged rows, then details."""


def blocks_text(parts: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with an empty line between them."""
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def decimal(text: str) -> Decimal:
    """A number that was written as text, perhaps by another program; NaN if it is not a number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def left_out(number: int, things: str) -> list[str]:
    """A line that counts what the report leaves out, if anything."""
    return [f"<sub>and {number} more {things}; `mlgit check` shows everything</sub>"] if number > 0 else []
