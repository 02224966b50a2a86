"""Lowered: rollbacks to something worse, which later promotions are compared with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from mlgit.core.gates.evaluate import HELD
from mlgit.core.gates.verdict import Note
from mlgit.core.trust.relied_on import rollbacks_before_promotions
from mlgit.core.wording import word
from mlgit.project.gates.trunk.outcomes import stated_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.config.file import Gate
    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.gates.verdict import Result
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.trust.relied_on import Lowered, Step
    from mlgit.project.open import Project

_MOST = 10
"""So many promotions after a rollback are read."""


class Asked(Protocol):
    """One gate, the place of its baseline, and what compares commits by it."""

    @property
    def project(self) -> Project: ...

    @property
    def gate(self) -> Gate: ...

    @property
    def place(self) -> str: ...

    @property
    def name(self) -> str: ...

    def better(
        self, now: BaselineFiles, before: Sequence[tuple[str, str, str]], /
    ) -> Mapping[str, BaselineFiles]: ...

    def why_failed(self, gate: Gate, new: BaselineFiles, old: BaselineFiles, /) -> Result | None: ...

    def is_meant(self, fact: TagFact, gate: Gate, /) -> bool: ...

    def read(self, commit: str, label: str, named: str, /) -> BaselineFiles: ...


def rollback_notes(asked: Asked, now: BaselineFiles, state: ModelState) -> Iterator[Note]:
    """Notes about rollbacks that lowered what was compared since, and that no promotion made good."""
    here = state.environment(asked.place)
    if asked.place == "release" or here.commit not in {None, now.baseline.commit}:
        return
    lowered = [*rollbacks_before_promotions(here, state)]
    steps = [each.step for each in lowered]
    better = asked.better(now, [(each.before, each.label_before, before_of(each)) for each in steps])
    for each in lowered:
        if each.step.before in better:
            note = _note(asked, now, each, better[each.step.before])
            yield from () if note is None else [note]


def before_of(step: Step) -> str:
    """The model's name in the tags of what was there before."""
    return step.model_before or step.fact.name.model


def _note(asked: Asked, now: BaselineFiles, rollback: Lowered, before: BaselineFiles) -> Note | None:
    why, step = asked.why_failed(asked.gate, now, before), rollback.step
    *later, first = rollback.since
    there = _promoted(asked, now, first.commit)
    rules = stated_of(asked.project, first, asked.gate, partial(asked.is_meant, first))
    if why is None or not any(asked.why_failed(rule, there, before) for rule, _ in rules):
        return None
    read = (_promoted(asked, now, each.commit) for each in later[:_MOST])
    if not all(asked.why_failed(asked.gate, each, before) for each in read):
        return None
    message = (
        f"`{asked.place}` held {step.label_before} before {step.fact.tagger} rolled it back to "
        f"{step.label} on {step.fact.at:%Y-%m-%d %H:%M} UTC; `{asked.gate.id}` compares with "
        f"{now.baseline.label}, which does not pass it after {step.label_before}: {why.message}"
    )
    hint = f"see `mlgit history {word(step.fact.name.model)} --env {word(asked.place)}`"
    return Note(code=HELD, message=message, gate=asked.gate.id, hint=hint)


def _promoted(asked: Asked, now: BaselineFiles, commit: str) -> BaselineFiles:
    return now if commit == now.baseline.commit else asked.read(commit, commit[:7], asked.name)
