"""Waivers file: turn `.mlgit/waivers.yaml` into waivers, or report every problem with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.core.config.file import LOOSENED
from mlgit.core.gates.waivers import Waiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.adapters.config.frames import Document
    from mlgit.errors import ConfigError

_TEXTS = ("id", "gate", "slice", "approver")


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
        if entry["id"] in seen:
            message = f"The id `{entry['id']}` appears twice"
            problems.append(document.problem(message, (*path, "id"), expected="each id once"))
        seen.add(entry["id"])
        problems += _problems_of(document, entry, path)
    return problems


def _problems_of(document: Document, entry: dict[str, Any], path: tuple[str, int]) -> Iterator[ConfigError]:
    """Problems of one entry."""
    from mlgit.adapters.config.rules import number_problem, unusable

    if "floor" in entry:
        problem = number_problem(Decimal(str(entry["floor"])), entry["floor"], "floor")
        if problem is not None:
            yield document.problem(problem[0], (*path, "floor"), expected=problem[1])
    elif not entry["gate"].startswith(LOOSENED):
        expected = "the worst value of the metric that the waiver allows"
        yield document.problem(f"The waiver `{entry['id']}` has no `floor`", path, expected=expected)
    if _day(entry["expires"]) is None:
        message = f"`{entry['expires']}` is not a date"
        yield document.problem(message, (*path, "expires"), expected="a date as YYYY-MM-DD")
    for key in _TEXTS:
        # What a finding is about may have any name, and then this can be agreed to under no other.
        named = key == "gate" and entry[key].startswith(LOOSENED)
        if key in entry and not named and unusable(entry[key]):
            message = f"`{key}` has a character that cannot be shown"
            yield document.problem(message, (*path, key), expected="one line of text")


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
