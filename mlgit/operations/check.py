"""Check: the verdict on a candidate, with every metric next to its baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit import __version__
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Check, MetricChange, Note, Purpose, Verdict
from mlgit.core.wording import listed, word
from mlgit.errors import ConfigError
from mlgit.project.gates.candidate import outside_git
from mlgit.project.gates.judge import Judgement, Question, judge_in_full

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.compare.plots import Plot
    from mlgit.core.gates.verdict import Result
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project

_MOST_FILES = 20


def check(project: Project, question: Question, *, revision: str | None = None, lines: bool = False) -> Check:
    """Evaluate the gates.

    The candidate is `revision`, any reference; None is the working tree, or HEAD for a promotion. With
    `lines`, data, params and models are also compared, for a report.

    Raises:
        UnknownReference: `revision`, `base`, a model or the environment is not known.
        ConfigError: mlgit.yaml or the waivers are invalid.
    """
    if question.environment is not None:
        _require_environment(project, question.environment)
    candidate = _candidate(project, revision, question.purpose)
    judged = judge_in_full(project, question._replace(candidate=candidate))
    verdict = _with_stale_before(project, judged, _with_checkout(project, judged))
    bare = Check(
        verdict=_with_ignored(project, judged, _with_files(project, judged, verdict)),
        metrics=(*_metric_changes(judged), *_of_removed_models(project, judged)),
        references=tuple(judged.references[case.model].baseline for case in judged.cases),
        tools={"mlgit": __version__},
    )
    return _with_lines(project, judged, bare) if lines else bare


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
    from mlgit.project.overview.data_states import data_states, has_remote

    data = data_states(project, state)
    wanted = [each.path for each in data if each.found_in is not None and not each.in_cache]
    found = left_behind(stale, data, can_pull=has_remote(project, state.pipeline, wanted))
    return verdict if found is None else with_checkout(verdict, found)


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
            message=f"`{path}` was read here and is in no commit: Git ignores it, so CI does not have it",
            hint=f"run `git add -f {word(path)}` and commit it",
        )
        for path in outside_git(project, state)
    ]
    if any(reason.startswith("changed dep ") for each in state.stages for reason in each.reasons):
        from mlgit.project.overview.ignored_inputs import ignored_inputs

        notes += ignored_inputs(project, state)
    return replace(verdict, notes=(*verdict.notes, *notes)) if notes else verdict


def _metric_changes(judged: Judgement) -> tuple[MetricChange, ...]:
    changes: list[MetricChange] = []
    for case in judged.cases:
        baseline = judged.references[case.model]
        # A metric file may have belonged to no model before; it is still the same file.
        paths = {file.path for file in (*case.files, *baseline.files)}
        files = [file for file in baseline.others or baseline.files if file.path in paths]
        changes += metric_changes(
            case.files,
            files,
            model=case.model,
            directions=judged.config.directions,
            known=baseline.baseline.state in {"found", "none"},
        )
    return tuple(changes)


def _of_removed_models(project: Project, judged: Judgement) -> Iterable[MetricChange]:
    """The numbers that are gone with the models that the base declares and the change does not."""
    base = next(
        (each.baseline for each in judged.references.values() if each.baseline.state == "found"), None
    )
    if base is None or base.commit is None or not judged.config.models:
        return
    try:
        before = project.config(base.commit)
    except ConfigError:
        return
    here: set[str] = set()
    for name, model in before.models.items():
        if name not in judged.config.models:
            from mlgit.core.pipeline.model_files import files_of_model
            from mlgit.project.pipeline.evidence import evidence

            known = evidence(project, base.commit, staleness=False)
            here |= {*(file.path for file in judged.evidence.metric_files)}
            here |= {*project.tree(judged.verdict.candidate.commit).paths()}
            gone = [file for file in files_of_model(model, known, alone=False) if file.path not in here]
            yield from metric_changes((), gone, model=name, directions=before.directions)


def _with_lines(project: Project, judged: Judgement, bare: Check) -> Check:
    """The check with the lines of a report: what changed, which stages ran, how metrics developed."""
    from mlgit.project.compare.metric_history import metric_history
    from mlgit.project.compare.plots.compare import compare_plots

    baseline = next((each for each in bare.references if each.state == "found" and each.commit), None)
    extended = replace(
        bare,
        history=metric_history(project, judged.verdict, bare.references),
        plots=_decisive_first(
            compare_plots(project, None if baseline is None else baseline.commit, judged.evidence), judged
        ),
    )
    if baseline is None:
        return extended
    from mlgit.core.compare.change_lines import change_lines, param_changes
    from mlgit.core.compare.changes import Side
    from mlgit.core.pipeline.stage_runs import stage_runs
    from mlgit.project.compare.diff import compare
    from mlgit.project.pipeline.evidence import evidence

    candidate = judged.verdict.candidate
    old = Side(text=baseline.label, label=baseline.label, commit=baseline.commit)
    new = Side(text=candidate.label, label=candidate.label, commit=candidate.commit)
    try:
        diff = compare(project, old, new, parts=("params", "data", "models"))
        base = evidence(project, baseline.commit, staleness=False)
    except ConfigError:  # the verdict already reports that the baseline cannot be read
        return extended
    stages = stage_runs(base.pipeline, judged.evidence.pipeline, judged.evidence.stages)
    made = {
        out.path for side in (base, judged.evidence) for each in side.pipeline.stages for out in each.outs
    }
    plotted = {plot.file for plot in extended.plots if plot.changed}
    here = frozenset(project.tree(candidate.commit).paths())
    made -= {each.path for each in diff.data or ()} & here - {
        out.path for out in judged.evidence.pipeline.outputs
    }
    lines = _by_git(project, judged, base, change_lines(diff, made=made, plotted=plotted), here)
    return replace(extended, changes=lines, params=param_changes(diff), stages=stages)


def _decisive_first(plots: Sequence[Plot], judged: Judgement) -> tuple[Plot, ...]:
    """The plots; first those of the stage whose number decides the verdict, if several models have some."""
    from mlgit.core.gates.verdict import Result
    from mlgit.core.overview.reason import worst_of
    from mlgit.core.pipeline.stages import output_at

    worst = worst_of(judged.verdict)
    outputs = {out.path: out for out in judged.evidence.pipeline.outputs}
    number = output_at(worst.file, outputs) if isinstance(worst, Result) and worst.file else None
    if number is None or len(judged.cases) == 1:
        return tuple(plots)

    def elsewhere(plot: Plot) -> bool:
        out = output_at(plot.file, outputs)
        return out is None or out.owner != number.owner

    return tuple(sorted(plots, key=lambda plot: (plot.unchanged, elsewhere(plot))))


def _by_git(
    project: Project, judged: Judgement, base: Evidence, lines: Mapping[str, str], here: Collection[str]
) -> Mapping[str, str]:
    """The lines as far as the files of Git agree."""
    from mlgit.core.compare.git_changes import with_elsewhere, with_git_changes, with_other_inputs
    from mlgit.project.pipeline.git_files import changed_files

    commit = judged.verdict.candidate.commit
    if base.commit is None:
        return lines
    models = judged.config.models.values()
    artifacts = {each.name: each.path for each in judged.evidence.pipeline.artifacts}
    paths = [each.path or artifacts.get(each.name) for each in models] or [*artifacts.values()]
    known = {path for path in paths if path is not None}
    for side in (base, judged.evidence):
        known |= {file.path for file in side.metric_files} | {*side.params, *side.pipeline.plots}
        known |= {out.path for out in side.pipeline.outputs}
    changed = changed_files(project, base.commit, commit)
    there = frozenset(project.tree(base.commit).paths()), here
    every = bool(paths) and None not in paths
    found: Mapping[str, str] = with_git_changes(lines, changed, known=known, models=every, there=there)
    for with_more in (with_elsewhere, with_other_inputs):
        found = with_more(found, base.pipeline, judged.evidence.pipeline)
    return found


def _candidate(project: Project, revision: str | None, purpose: Purpose) -> str | None:
    if revision is not None:
        from mlgit.project.trust.compared import compared_reference

        return compared_reference(project, revision).commit
    return None if purpose == "check" else project.head.commit


def _require_environment(project: Project, environment: str) -> None:
    known = project.trunk_config.environments
    if known:
        from mlgit.project.registry.environments import require_environment

        require_environment(project, environment)
