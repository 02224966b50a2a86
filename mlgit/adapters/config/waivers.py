"""Waivers file: turn `.mlgit/waivers.yaml` into waivers, or report every problem with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.core.gates.waivers import LOOSENED, Waiver

if TYPE_CHECKING:
    from mlgit.adapters.config.frames import Document
    from mlgit.errors import ConfigError


def load_waivers(content: bytes, *, name: str) -> tuple[Waiver, ...]:
    """Read a waivers file, named `1a2b3c4:.mlgit/waivers.yaml` in errors.

    The caller, who knows the history, adds the commits of its entries.

    Raises:
        ConfigError: the first problem, with all of them in `problems`.
    """
    from mlgit.adapters.config.frames import Document
    from mlgit.adapters.config.loader import combined
    from mlgit.adapters.config.shape import place, violations

    document = Document(content, name=name)
    problems = [error for error, _ in violations(document, schema="waivers")]
    problems = problems or _problems(document)
    if problems:
        raise combined(sorted(problems, key=place))
    return tuple(
        _waiver(entry, document.line(("waivers", number))) for number, entry in enumerate(_entries(document))
    )


def _entries(document: Document) -> list[dict[str, Any]]:
    tree = document.value if isinstance(document.value, dict) else {}
    return tree.get("waivers") or []


def _problems(document: Document) -> list[ConfigError]:
    """Problems that a schema cannot express."""
    problems = []
    seen: set[str] = set()
    for number, entry in enumerate(_entries(document)):
        path = ("waivers", number)
        name = f"The waiver `{entry['id']}`"
        if entry["id"] in seen:
            where = (*path, "id")
            problems.append(document.problem(f"{name} stands twice", where, expected="each id once"))
        seen.add(entry["id"])
        if "floor" not in entry and not entry["gate"].startswith(LOOSENED):
            expected = "the worst value of the metric that is still let through"
            problems.append(document.problem(f"{name} has no `floor`", path, expected=expected))
        if _day(entry["expires"]) is None:
            message = f"`{entry['expires']}` is no day of the calendar"
            problems.append(document.problem(message, (*path, "expires"), expected="a day as YYYY-MM-DD"))
    return problems


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _waiver(entry: dict[str, Any], line: int | None) -> Waiver:
    return Waiver(
        id=entry["id"],
        gate=entry["gate"],
        slice=entry.get("slice"),
        floor=Decimal(str(entry["floor"])) if "floor" in entry else None,
        covers=tuple(entry.get("covers", ())),
        reason=entry["reason"],
        approver=entry["approver"],
        expires=date.fromisoformat(entry["expires"]),
        line=line,
    )
