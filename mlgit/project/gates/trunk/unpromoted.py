"""Unpromoted: a promotion that passes only because it is compared with a release that never was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import UNPROMOTED, Case, Rules, evaluate, vs_key
from mlgit.core.gates.verdict import Note
from mlgit.core.registry.tags import plain_baseline
from mlgit.core.wording import word
from mlgit.project.compare.baseline_files import found_at, read_baseline
from mlgit.project.gates.trunk.other_models import other_notes
from mlgit.project.gates.trunk.stated import stated_notes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from mlgit.core.config.file import Gate, Model
    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.gates.verdict import Baseline, Result
    from mlgit.core.registry.state import EnvironmentState
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project


def baseline_notes(
    project: Project,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    finder: Baselines,
    day: dt.date,
    *,
    to: str | None,
) -> Iterator[Note]:
    """What is to know of baselines before they are believed; a promotion is one `to` an environment."""
    yield from stated_notes(project, models, cases, finder, day, to=to)
    yield from other_notes(project, cases, finder, day)
    if to is not None and finder.purpose == "promote":
        yield from unpromoted_notes(project, models, cases, finder, day, to=to)


def unpromoted_notes(
    project: Project,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    finder: Baselines,
    day: dt.date,
    *,
    to: str,
) -> Iterator[Note]:
    """A warning for each gate of a promotion that what the environment holds would not let through.

    The gate compares with the release before, and that was never there, perhaps because its own promotion
    was blocked.
    """
    for model, case in zip(models, cases, strict=True):
        name = finder.registry_name(case.model)
        place, found = finder.place(to, name)
        here = None if found is None else finder.state_of(found).environment(place)
        if name is None or found is None or here is None or here.commit in {None, finder.candidate}:
            continue
        gates = [gate for gate in case.gates if _was_never_there(gate, case, here, name)]
        if not gates:
            continue
        label = f"{found}@{here.label}" if here.version is not None else str(here.label)
        held = found_at("held", case.model, label, f"what is in `{place}`", here.commit)
        files = read_baseline(
            project, held, model, alone=finder.alone, name=found, wanted=finder.metric_files
        )
        for gate in gates:
            why = _why_failed(gate, case, files, day)
            if why is not None:
                yield _note(
                    gate, case.baselines[str(gate.vs)].baseline, why, to, f"{label}, which `{place}` holds"
                )


def _was_never_there(gate: Gate, case: Case, here: EnvironmentState, name: str) -> bool:
    """Whether a gate compares with a release that an environment never held, and no note says so yet."""
    if not isinstance(gate.vs, str) or plain_baseline(gate.vs, name) not in {"base", "release"}:
        return False
    now = case.baselines[gate.vs].baseline
    ever = {each.assigned.commit for each in here.changes if each.assigned is not None}
    return now.state == "found" and now.commit not in ever and now.reason != UNPROMOTED


def _note(gate: Gate, now: Baseline, why: Result, to: str, held: str) -> Note:
    return Note(
        code=UNPROMOTED,
        message=(
            f"`{gate.id}`: it compares with {now.label}, which was never in `{to}`; after {held}, it fails: "
            f"{why.message}"
        ),
        effect="warn",
        gate=gate.id,
        hint=f"write `vs: {word(to)}` in this gate to compare with what is there",
    )


def _why_failed(gate: Gate, case: Case, held: BaselineFiles, day: dt.date) -> Result | None:
    """How the candidate fails a gate against what is there; None if it does not, or that is not known."""
    compared = Case(case.model, (gate,), case.files, {vs_key(gate.vs or ""): held})
    found = evaluate(gate, compared, Rules(purpose="check", evaluated_on=day))
    return found if found.outcome == "fail" and found.effect == "block" else None
