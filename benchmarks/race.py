"""Race: what is measured against what, and whether the budget was met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.measure import Comparison, Contestant, Result


class Budget(NamedTuple):
    """A speed that the project requires.

    `factor` is how many times faster mlgit must be or, with `ceiling`, how many times as long it may take;
    `within_ms` is a time limit in addition.
    """

    factor: float
    ceiling: bool = False
    within_ms: float | None = None

    def __str__(self) -> str:
        required = f"at most {self.factor:g} x the time" if self.ceiling else f"{self.factor:g} x faster"
        return required if self.within_ms is None else f"{required}, under {self.within_ms:g} ms"

    def met(self, ours: Result, theirs: Result) -> bool:
        if self.within_ms is not None and ours.median_ms >= self.within_ms:
            return False
        if self.ceiling:
            return ours.median_ms <= self.factor * theirs.median_ms
        return theirs.median_ms >= self.factor * ours.median_ms


class Row(NamedTuple):
    """A line of the results: two contestants; `theirs` is None if no other tool can be measured."""

    question: str
    ours: int
    theirs: int | None
    budget: Budget | None = None


class MemoryRow(NamedTuple):
    """A line about memory: how much more a contestant uses than the last one, which does nothing."""

    question: str
    ours: int
    limit_mb: float


class Point(NamedTuple):
    """The position of a race on a growth curve."""

    curve: str
    size: int


class Race(NamedTuple):
    """Contestants that run in turn in one repository, with the rows to report; `short` races run in CI."""

    name: str
    repository: str
    contestants: tuple[Contestant, ...]
    rows: tuple[Row, ...] = ()
    memory_rows: tuple[MemoryRow, ...] = ()
    compare: Comparison | None = None
    point: Point | None = None
    short: bool = False


class Outcome(NamedTuple):
    """The results of a race, one per contestant; or why it failed."""

    race: Race
    results: tuple[Result, ...]
    failure: str | None = None
