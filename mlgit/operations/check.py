"""Check: the verdict on a candidate, with every metric next to its baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit import __version__
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Check, MetricChange, Purpose, Result
from mlgit.core.registry.completeness import in_ci
from mlgit.errors import ConfigError
from mlgit.project.ci.current.branches import fetch_in_ci
from mlgit.project.gates.judge import Judgement, Question, judge_in_full
from mlgit.project.overview.causes.explained import explained

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.compare.plots import Plot
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


def check(project: Project, question: Question, *, revision: str | None = None, lines: bool = False) -> Check:
    """Evaluate the gates.

    The candidate is `revision`, any reference; None is the working tree, or HEAD for a promotion. With
    `lines`, data, params and models are also compared, for a report.

    Raises:
        UnknownReference: `revision`, `base`, a model or the environment is not known.
        ConfigError: mlgit.yaml or the waivers are invalid.
    """
    fetch_in_ci(project, question.ci or {})
    if question.environment is not None:
        _require_environment(project, question.environment)
    candidate = _candidate(project, revision, question.purpose)
    judged = judge_in_full(project, question._replace(candidate=candidate))
    bare = Check(
        verdict=explained(project, judged),
        metrics=(*_metric_changes(judged), *_of_removed_models(project, judged)),
        references=tuple(judged.references[case.model].baseline for case in judged.cases),
        tools={"mlgit": __version__},
        asked=tuple(_asked(question)),
    )
    if not lines:
        return bare
    return replace(_with_lines(project, judged, bare), published=_is_published(project, judged, question))


def _is_published(project: Project, judged: Judgement, question: Question) -> bool:
    """Whether a branch of a remote has the commit; what CI checks out was pushed."""
    candidate = judged.verdict.candidate
    commit = candidate.commit or candidate.head
    if commit is None or in_ci(question.ci or {}):
        return True
    options = ("--count=1", "--contains", commit, "refs/remotes")
    return bool(project.git.run_text("for-each-ref", *options))


def _asked(question: Question) -> Iterable[str]:
    """The options that change a verdict, and that it does not show itself."""
    for model in question.models:
        yield from ("--model", model)
    if question.base is not None and question.purpose != "check":
        yield from ("--base", question.base)
    if question.date is not None:
        yield from ("--date", question.date.isoformat())


def _metric_changes(judged: Judgement) -> tuple[MetricChange, ...]:
    changes: list[MetricChange] = []
    for case in judged.cases:
        baseline = judged.references[case.model]
        # A metric file may have belonged to no model before; it is still the same file. If it was another
        # model's, it is not one of this model because that is removed.
        paths = {file.path for file in (*case.files, *(baseline.own or baseline.files))}
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
    from mlgit.core.compare.change_lines import change_lines, param_changes, without_denial
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
    plotted = {plot.file for plot in extended.plots if plot.changed}
    here = frozenset(project.tree(candidate.commit).paths())
    made = _made(base, judged.evidence, kept=here)
    lines = _by_git(project, judged, base, change_lines(diff, made=made, plotted=plotted), here)
    lines = without_denial(lines, {note.code for note in judged.verdict.notes})
    return replace(extended, changes=lines, params=param_changes(diff), stages=stages)


def _made(base: Evidence, new: Evidence, *, kept: Collection[str]) -> set[str]:
    """The outputs of stages, without those that are only files of Git now."""
    found = {out.path for side in (base, new) for each in side.pipeline.stages for out in each.outs}
    return found - ({*kept} - {out.path for out in new.pipeline.outputs})


def _decisive_first(plots: Sequence[Plot], judged: Judgement) -> tuple[Plot, ...]:
    """The plots; first those of the stage whose number decides the verdict, if several models have some."""
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
