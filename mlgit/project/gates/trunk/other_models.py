"""Other models: whether the version of another model that a gate names passed that model's own gates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import REPLACED, select
from mlgit.core.registry.tags import plain_baseline
from mlgit.errors import MlgitError
from mlgit.project.compare.renames.named_models import meant
from mlgit.project.gates.trunk.stated import Asked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from mlgit.core.config.file import Config, Gate
    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.verdict import Baseline, Note
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project


def other_notes(project: Project, cases: Sequence[Case], finder: Baselines, day: dt.date) -> Iterator[Note]:
    """A warning for each gate with `vs: line#prod` where `line` is another model, whose tag claims too much.

    That is judged as it is for a gate of the other model itself, by the rules that trunk has for it now.
    """
    for case in cases:
        for gate in case.gates:
            if not isinstance(gate.vs, str):
                continue
            baseline = case.baselines[gate.vs].baseline
            if baseline.state != "found" or baseline.reason not in {None, REPLACED}:
                continue
            named = _other(project, finder, gate.vs, finder.registry_name(case.model))
            if named is not None:
                yield from _notes(project, case, gate, baseline, named, finder, day)


def _other(project: Project, finder: Baselines, vs: str, own: str | None) -> tuple[str, str] | None:
    """`release` or the environment, and the other model's name in tags; None if it is not another one."""
    places, in_tags, read = finder.environments, finder.registry_name, finder.state_of
    try:
        named = meant(project, vs, own=own, environments=places, in_tags=in_tags, read=read)
    except MlgitError:
        return None
    plain, name = named or (vs, None)
    return None if name is None or name == own else (plain, name)


def _notes(
    project: Project,
    case: Case,
    gate: Gate,
    baseline: Baseline,
    named: tuple[str, str],
    finder: Baselines,
    day: dt.date,
) -> Iterator[Note]:
    plain, name = named
    config = project.trunk_config
    model, where = config.models.get(name), "" if case.model is None else f" of `{case.model}`"
    for each, place in gates_about(config, name, plain):
        found = finder.place(place, name)[1] if place != "release" else finder.name_of_releases(name)
        if model is None or found is None:
            return
        there = finder.place(place, name)[0] if place != "release" else place
        asked = Asked(project, model, each, there, found, finder, day, strict=False)
        now = asked.read(baseline.commit or "", baseline.label, found)
        files = tuple(file.path for file in now.files)
        asked = asked._replace(finder=replace(finder, metric_files=files))
        for note in asked.notes(now, finder.state_of(found)):
            what = f"`{each.id}` of `{model.name}`: {note.message.partition(', and ')[2]}"
            message = f"`{gate.id}`{where}: it compares with {baseline.label}; {what}"
            yield replace(note, message=message, gate=gate.id)
            return


def gates_about(config: Config, name: str, plain: str) -> Iterator[tuple[Gate, str]]:
    """The gates of a model about its releases or an environment, each with which of both it is."""
    gates = [*select(config, purpose="release", model=name)]
    if plain != "release":
        gates += select(config, purpose="promote", model=name, environment=plain)
    for gate in {each.id: each for each in gates}.values():
        vs = plain_baseline(gate.vs, name) if isinstance(gate.vs, str) else None
        if vs in {"base", "release"}:
            yield gate, "release"
        elif vs == plain:
            yield gate, plain
