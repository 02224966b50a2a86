"""Measured: with which other code, data and parameters the numbers of a change are measured."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import TEXTS, is_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.last_runs import LastRuns, Made
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.gates.unmeasured.undeclared import Load
    from mlgit.core.gates.verdict import Note
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.project.open import Project

    _Gates = tuple[Sequence[ResolvedGate], Sequence[ResolvedGate]]
    _Places = tuple[Places, Places]

_PATTERN = re.compile(r"[*?\[]")
_PART = re.compile(r"""[^\s/'"=,;:|&<>()`$@#{}]+""")


def measured_otherwise(
    project: Project, sides: tuple[Evidence, Evidence], gates: _Gates, places: _Places
) -> Iterator[Note]:
    """Notes about what measures the numbers; `sides` are the target and the change.

    Programs and data that no stage declares can change without a run.
    """
    was, now = sides[0].pipeline, sides[1].pipeline
    changed = cache(partial(changed_between, project, sides[0].commit, sides[1].commit))
    if (was.stages, was.tracked) == (now.stages, now.tracked) and not _may_measure(changed(), now):
        return
    from mlgit.core.gates.unmeasured.before import notes_before
    from mlgit.core.gates.unmeasured.other_files import other_files
    from mlgit.yaml12 import load_both

    pipelines = was, now
    runs = _last_runs(project, sides)
    notes = [*_named(project, pipelines, gates, places, changed, runs)]
    notes += other_files(*gates, pipelines, places=places, changed=changed, notes=notes)
    yield from notes
    load = partial(_values, project)
    yield from notes_before(
        *gates, pipelines, places=places, runs=runs, load=load, both=load_both, notes=notes
    )


def _named(
    project: Project,
    pipelines: tuple[Pipeline, Pipeline],
    gates: _Gates,
    places: _Places,
    changed: Callable[[], frozenset[str]],
    runs: LastRuns,
) -> Iterator[Note]:
    """Notes about what is known to differ in what measures the numbers."""
    from mlgit.core.gates.measured.code import code_notes
    from mlgit.core.gates.measured.data import compare_data
    from mlgit.core.gates.measured.in_model import data_in_model
    from mlgit.core.gates.measured.parameters import parameter_notes
    from mlgit.core.gates.measured.spelling import spelling_notes
    from mlgit.core.gates.resolved.stage_changes import input_notes
    from mlgit.core.gates.unmeasured.exports import export_notes
    from mlgit.core.gates.unmeasured.undeclared import undeclared_notes
    from mlgit.core.gates.unmeasured.written import written_notes
    from mlgit.yaml12 import load_both

    now = pipelines[1]
    data = compare_data(*gates, pipelines, places=places, changed=changed, runs=runs)
    yield from code_notes(*gates, pipelines, places=places, changed=changed, runs=runs)
    yield from data.notes
    yield from data_in_model(*gates, pipelines, places=places)
    load = partial(_values, project)
    yield from parameter_notes(*gates, pipelines, there=_value_at(places[0], load))
    yield from spelling_notes(*gates, now, places=places, both=load_both, runs=runs)
    yield from undeclared_notes(*gates, pipelines, places=places, changed=changed, load=load, both=load_both)
    yield from written_notes(*gates, pipelines, places=places, changed=changed)
    yield from export_notes(*gates, pipelines, places=places, changed=changed)
    yield from input_notes(*gates, places=places, reported=data.renamed)


def _pipeline(project: Project, commit: str, otherwise: Pipeline) -> Pipeline:
    """The pipeline at a commit; the other one if it is invalid there."""
    from mlgit.errors import ConfigError
    from mlgit.project.pipeline.evidence import evidence

    try:
        return evidence(project, commit, staleness=False).pipeline
    except ConfigError:
        return otherwise


def _value_at(places: Places, load: Load) -> Callable[[str], str | None]:
    """Gives the value of `file:key` at a side, also of one that no stage declares."""
    from mlgit.core.gates.unmeasured.undeclared import file_values

    @cache
    def values(file: str) -> Mapping[str, str]:
        return file_values(file, places, load) or {}

    return lambda name: values(name.partition(":")[0]).get(name)


def _values(project: Project, path: str, content: bytes) -> object:
    """The value of a file of parameters; None if it cannot be read."""
    from mlgit.adapters.dvc.files.values import parse
    from mlgit.core.pipeline.evidence import Unreadable
    from mlgit.project.pipeline.local_files import local_files

    try:
        return parse(content, path=path, documents=local_files(project).documents)
    except Unreadable:
        return None


def _may_measure(changed: Collection[str], pipeline: Pipeline) -> bool:
    """Whether one of the files may be a program, or one that a stage reads; most changes of texts are not."""
    if any(not path.endswith(TEXTS) and not is_setting(path) for path in changed):
        return True
    named = " ".join(text for stage in pipeline.stages for text in (*stage.cmd, *stage.deps))
    parts = {part for path in changed for part in path.split("/")}
    return bool(changed) and (
        _PATTERN.search(named) is not None or not parts.isdisjoint(_PART.findall(named))
    )


def changed_between(project: Project, old: str | None, new: str | None) -> frozenset[str]:
    """The files of which Git has other content in two states; nothing is known without the first."""
    if old is None:
        return frozenset()
    from mlgit.project.pipeline.git_files import changed_files

    return changed_files(project, old, new)


def _last_runs(project: Project, sides: tuple[Evidence, Evidence]) -> LastRuns:
    from mlgit.core.gates.measured.runs.last_runs import LastRuns, same_records

    there, here = sides
    same = same_records(there.pipeline, here.pipeline)
    made, own = (cache(_made_at(project, each, here)) for each in (there, here))
    return LastRuns(same=same, made=made, own=own)


def _made_at(project: Project, there: Evidence, here: Evidence) -> Callable[[str], Made | None]:
    """Gives where a stage of a state ran, if Git has something else there; the change is `here`."""
    from mlgit.core.gates.measured.runs.last_runs import Made
    from mlgit.project.gates.places import places_at
    from mlgit.project.gates.resolved.last_run import last_run

    @cache
    def at(commit: str) -> Made:
        pipeline = _pipeline(project, commit, there.pipeline)
        return Made(
            label=project.tree(commit).label,
            places=places_at(project, replace(there, commit=commit, pipeline=pipeline)),
            changed=cache(partial(changed_between, project, commit, here.commit)),
            pipeline=pipeline,
            own=there is here,
        )

    def find(address: str) -> Made | None:
        stage = next((each for each in there.pipeline.stages if each.address == address), None)
        tip = there.commit or project.head.commit
        commit = None if stage is None or tip is None else last_run(project, tip, stage)
        return None if commit is None else at(commit)

    return find
