"""Races: what is measured against what, and whether the budget was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.answers import Agreement
    from benchmarks.measure import Contestant, Result


class Budget(NamedTuple):
    """What the project asks of itself.

    `factor` is how many times faster ours must be or, with `ceiling`, how many times as long it may take;
    `within_ms` is a time that it must keep besides.
    """

    factor: float
    ceiling: bool = False
    within_ms: float | None = None

    def __str__(self) -> str:
        asked = f"at most {self.factor:g} x the time" if self.ceiling else f"{self.factor:g} x faster"
        return asked if self.within_ms is None else f"{asked}, under {self.within_ms:g} ms"

    def met(self, ours: Result, theirs: Result) -> bool:
        """Whether it was kept."""
        if self.within_ms is not None and ours.median_ms >= self.within_ms:
            return False
        if self.ceiling:
            return ours.median_ms <= self.factor * theirs.median_ms
        return theirs.median_ms >= self.factor * ours.median_ms


class Row(NamedTuple):
    """A line of the results: two contestants beside each other; `theirs` is None where none can follow."""

    question: str
    ours: int
    theirs: int | None
    budget: Budget | None = None


class Weight(NamedTuple):
    """A line about memory: what a contestant holds beyond the last contestant, which does nothing."""

    question: str
    ours: int
    limit_mb: float


class Point(NamedTuple):
    """Where on a growth curve the contestants stand."""

    curve: str
    size: int


class Race(NamedTuple):
    """Contestants that play in turn in one repository, and what is told of them; `short` ones run in CI."""

    name: str
    repository: str
    contestants: tuple[Contestant, ...]
    rows: tuple[Row, ...] = ()
    weights: tuple[Weight, ...] = ()
    agree: Agreement | None = None
    point: Point | None = None
    short: bool = False


class Finish(NamedTuple):
    """A race that was run, with a result for each contestant; or why it could not be."""

    race: Race
    results: tuple[Result, ...]
    failure: str | None = None
