"""Earlier numbers: what gates read in their baselines, if only the change has numbers for them again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import counterparts
from mlgit.core.record import record
from mlgit.core.wording import listed
from mlgit.project.gates.resolved.side import Side, resolve_side
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.valid_rules import last_readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.core.config.file import Config
    from mlgit.core.gates.resolved.resolution import Reference, ResolvedGate
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project


@record
class Earlier:
    """Gates of the change, and what they read at a commit at which they had a number; `end` says which."""

    side: Side
    gates: tuple[tuple[ResolvedGate, ...], tuple[ResolvedGate, ...]]
    end: str


def earlier_numbers(
    project: Project,
    rules: Config,
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    finder: Baselines,
) -> Iterator[Earlier]:
    """The gates whose number the target does not have, by the commit of what they or others compare with."""
    came: dict[Reference, list[ResolvedGate]] = {}
    for gate in new:
        same = counterparts(gate, old)
        reference = _reference(gate, new) if gate.source is not None and same else None
        if reference is not None and not any(each.source or each.unread for each in same):
            came.setdefault(reference, []).append(gate)
    for reference, gates in came.items():
        found = last_readable(
            project.git, reference.commit or "", partial(evidence, project, staleness=False)
        )
        if found is None or found.commit != reference.commit:
            continue
        side = Side(config=rules, evidence=found)
        there = replace(finder, alone=side.alone, candidate=found.commit)
        numbers = [
            replace(each, reference=None)
            for each in resolve_side(side, there, there)
            if each.source is not None
        ]
        known = [gate for gate in gates if counterparts(gate, numbers)]
        before = tuple(each for each in numbers if any(each in counterparts(gate, numbers) for gate in known))
        if known:
            names = listed(sorted({gate.gate for gate in known}))
            end = f"; this is compared with {reference.label}, because the target has no number for {names}"
            yield Earlier(side=side, gates=(before, tuple(known)), end=end)


def _reference(gate: ResolvedGate, gates: Iterable[ResolvedGate]) -> Reference | None:
    """The environment that a gate or another one of its model compares with, or what else the gate does."""
    others = (each.reference for each in gates if each.model == gate.model)
    places = [each for each in (gate.reference, *others) if each is not None and each.place is not None]
    found = [each for each in (*places, gate.reference) if each is not None and each.commit is not None]
    return next(iter(found), None)
