"""Explained: a verdict with hints that fit this clone, and notes about what it was evaluated on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.verdict import Note, Verdict
from mlgit.core.wording import listed, word
from mlgit.errors import ConfigError
from mlgit.project.gates.candidate import outside_git

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Result
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.gates.judge import Judgement
    from mlgit.project.open import Project

_MOST_FILES = 20


def explained(project: Project, judged: Judgement) -> Verdict:
    """The verdict, with the hints and notes of this module."""
    verdict = _with_stale_before(project, judged, _with_checkout(project, judged))
    return _with_ignored(project, judged, _with_files(project, judged, verdict))


def _with_checkout(project: Project, judged: Judgement) -> Verdict:
    """The verdict; its hints agree with `mlgit status` where files are deleted or of another branch."""
    state, verdict = judged.evidence, judged.verdict
    stale = [each for each in state.stages if each.stale and not each.address.endswith(".dvc")]
    if state.commit is not None or (not stale and not project.head.deleted):
        return verdict
    from mlgit.core.overview.checkout import (
        deleted_files,
        left_behind,
        needs_run,
        with_checkout,
        with_files_back,
    )

    if deleted := deleted_files(stale, project.head.deleted):
        return with_files_back(verdict, deleted)
    if not needs_run(verdict):
        return verdict
    from mlgit.project.overview.data_states import can_pull, data_states

    data = data_states(project, state)
    foreign = [each for each in data if each.found_in is not None]
    found = left_behind(stale, data, can_pull=can_pull(project, state.pipeline, foreign))
    if found is None:
        return verdict
    return with_checkout(verdict, found, {each.path: each.stage for each in state.metric_files})


def _with_files(project: Project, judged: Judgement, verdict: Verdict) -> Verdict:
    """The verdict; where no metric file of a model has a metric, its hint is the file that has it."""
    if not any(each.reason == "unknown_metric" and each.hint is None for each in verdict.results):
        return verdict
    from mlgit.core.overview.candidates import metrics_by_likelihood
    from mlgit.core.pipeline.metrics import find
    from mlgit.project.pipeline.evidence import evidence

    commit = judged.evidence.commit
    likely = metrics_by_likelihood(project.tree(commit).paths())[:_MOST_FILES]
    files = evidence(project, commit, staleness=False, globs=likely).metric_files

    def named(result: Result) -> Result:
        places = find(result.metric, files) if result.reason == "unknown_metric" else ()
        if not places or result.hint is not None:
            return result
        path = places[0].file.path
        model = "the model" if result.model is None else f"`{result.model}`"
        hint = f"`{path}` has it: add `metrics: [{path}]` to {model} in `{CONFIG_FILE}`"
        return replace(result, hint=hint)

    return replace(verdict, results=tuple(map(named, verdict.results)))


def _with_stale_before(project: Project, judged: Judgement, verdict: Verdict) -> Verdict:
    """The verdict with a note about stages that are stale in the base for the same reasons."""
    blocked = any(each.reason == "stale" and each.effect == "block" for each in verdict.results)
    bases = (each.baseline for each in judged.references.values())
    base = next((each for each in bases if each.vs == "base" and each.state == "found"), None)
    if not blocked or base is None or base.commit is None or verdict.purpose != "check":
        return verdict
    same = _stale_alike(project, judged.evidence, base.commit)
    if not same:
        return verdict
    verb = "was" if len(same) == 1 else "were"
    note = Note(
        code="stale_before",
        message=f"{listed(same)} {verb} already stale in {base.commit[:7]}: this change did not cause it",
        hint="run `mlgit run --commit` in a change of its own from trunk, and merge that first",
    )
    return replace(verdict, notes=(*verdict.notes, note))


def _stale_alike(project: Project, here: Evidence, base: str) -> list[str]:
    """The stages that are stale here and in the base for the same reasons, and whose inputs are the same."""
    from mlgit.core.pipeline.model_files import meets
    from mlgit.project.pipeline.evidence import evidence
    from mlgit.project.pipeline.git_files import changed_files

    try:
        there = evidence(project, base)
    except ConfigError:  # the verdict says so where it matters
        return []
    states = [{each.address: set(each.reasons) for each in side.stages} for side in (there, here)]
    pointers = [{out.path: out.pointer for out in side.pipeline.outputs} for side in (there, here)]
    touched = changed_files(project, base, here.commit)
    touched |= {path for path, pointer in pointers[1].items() if pointers[0].get(path) != pointer}
    return [
        stage.address
        for stage in here.pipeline.stages
        if (why := states[1].get(stage.address)) and states[0].get(stage.address) == why
        if not any(meets(path, each) for path in touched for each in (stage.file, *stage.deps, *stage.params))
    ]


def _with_ignored(project: Project, judged: Judgement, verdict: Verdict) -> Verdict:
    """The verdict with notes about files that were read here although Git ignores them."""
    state = judged.evidence
    notes = [
        Note(
            code="ignored_file",
            message=f"`{path}` was read here and is not in the commit: Git ignores it",
            hint=f"run `git add -f {word(path)}` and commit it",
        )
        for path in outside_git(project, state)
    ]
    if any(reason.startswith("changed dep ") for each in state.stages for reason in each.reasons):
        from mlgit.project.overview.ignored_inputs import ignored_inputs

        notes += ignored_inputs(project, state)
    return replace(verdict, notes=(*verdict.notes, *notes)) if notes else verdict
