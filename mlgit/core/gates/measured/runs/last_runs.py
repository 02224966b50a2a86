"""Last runs: which stages a change did not run, and at which commits those of the target did."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.stage_changes import predecessors
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

NOT_RUN = "changed, and `dvc.lock` shows no run with it"
RUN_ELSEWHERE = "changed, and `dvc.lock` shows a new run of another stage that may use it"


@record
class Made:
    """The commit at which a stage of the target ran, by its record in dvc.lock, or one of the change's `own`.

    `changed` gives the files of which Git has other content in the change, `pipeline` is that of the commit.
    `is_last`: the stage is the one that makes the numbers, not one before it.
    """

    label: str
    places: Places
    changed: Callable[[], Collection[str]]
    pipeline: Pipeline
    own: bool = False
    is_last: bool = True

    @property
    def start(self) -> str:
        whose = "the" if self.own else "the target's"
        if not self.is_last:
            return f"What {whose} numbers are computed on is from {self.label}"
        return f"{whose.capitalize()} numbers are from {self.label}"


def _unknown(_: str) -> Made | None:
    return None


@record
class LastRuns:
    """What is known of the runs of stages, by their addresses.

    `same` are those of the change that have the record of the target. `made` gives where one of the target
    ran, `own` where one of the change did; None if Git has the same there as here, or that is not known.
    """

    same: frozenset[str] = field(default_factory=frozenset)
    made: Callable[[str], Made | None] = _unknown
    own: Callable[[str], Made | None] = _unknown

    def ran(self, pipeline: Pipeline) -> list[Stage]:
        """The stages of the change whose record is a new one."""
        return [each for each in pipeline.stages if each.locked is not None and each.address not in self.same]

    def made_at(
        self, both: Collection[tuple[Stage, Stage]], last: Collection[str | None]
    ) -> Iterator[tuple[Made, list[tuple[Stage, Stage]]]]:
        """The commits at which stages ran that the change ran, with these stages of both sides.

        Those where the change itself ran come first, with its own stages for both sides. `last` are those
        that make the numbers.
        """
        ran = [(old, new) for old, new in both if new.address not in self.same]
        found: dict[tuple[str, bool], tuple[Made, list[tuple[Stage, Stage]]]] = {}
        for made, pair in (
            *((self.own(new.address), (new, new)) for _, new in ran),
            *((self.made(old.address), (old, new)) for old, new in ran),
        ):
            if made is not None:
                found.setdefault((made.label, made.own), (made, []))[1].append(pair)
        for made, pairs in found.values():
            yield replace(made, is_last=any(new.address in last for _, new in pairs)), pairs


NO_RUNS = LastRuns()


def same_records(old: Pipeline, new: Pipeline) -> frozenset[str]:
    """The stages whose last run is the same on both sides, as far as dvc.lock shows it."""
    before = predecessors(old, new, {stage.address for stage in old.stages})
    return frozenset(
        stage.address
        for stage in new.stages
        if stage.locked is not None
        and stage.address in before
        and stage.locked == before[stage.address].locked
    )
