"""Races: what is measured against what, and whether the budget was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.measure import Contestant, Result


class Race(NamedTuple):
    """One row: what is asked, who answers, and how many times faster (or slower) ours must be."""

    question: str
    repository: str
    ours: Contestant
    theirs: Contestant
    budget: str
    at_least: float


class Finish(NamedTuple):
    """A race that was run; `ratio` is theirs / ours, or ours / theirs where the budget is a ceiling."""

    race: Race
    ours: Result
    theirs: Result

    @property
    def ratio(self) -> float:
        """How many times faster ours was."""
        return self.theirs.median_ms / self.ours.median_ms

    @property
    def met(self) -> bool:
        """Whether the budget was kept."""
        return self.ratio >= self.race.at_least
