"""Check: the verdict on a candidate, with every metric references its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Check
from mlgit.core.wording import listed, near
from mlgit.errors import ConfigError, UnknownReference
from mlgit.project.gates.judge import Question, judge_in_full

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import MetricChange, Purpose
    from mlgit.project.gates.judge import Judgement
    from mlgit.project.open import Project


def check(  # noqa: PLR0913 (the options of two commands)
    project: Project,
    *,
    purpose: Purpose = "check",
    environment: str | None = None,
    revision: str | None = None,
    base: str | None = None,
    models: Sequence[str] = (),
    allow_stale: bool = False,
    date: dt.date | None = None,
    ci: Mapping[str, str] | None = None,
    lines: bool = False,
) -> Check:
    """Evaluate the gates.

    Args:
        project: the repository.
        purpose: what the candidate is judged for.
        environment: where to, for `promote`.
        revision: any reference; None is the working tree, or HEAD for a promotion.
        base: a reference that stands for `base`.
        models: only these; none named means all.
        allow_stale: let numbers of stale stages count.
        date: the day waivers are held against.
        ci: the environment variables of a CI.
        lines: whether data, params and models are compared too, for a report.

    Raises:
        UnknownReference: `revision`, `base`, a model or the environment is not known.
        ConfigError: a file that says what should hold is invalid.
    """
    if environment is not None:
        _require_environment(project, environment)
    question = Question(
        purpose=purpose,
        models=models or None,
        environment=environment,
        candidate=_candidate(project, revision, purpose),
        base=base,
        allow_stale=allow_stale,
        date=date,
        ci=ci,
    )
    judged = judge_in_full(project, question)
    changes: list[MetricChange] = []
    for case in judged.cases:
        baseline = judged.references[case.model]
        # A metric file may have belonged to no model before; it is still the same file.
        paths = {file.path for file in case.files}
        own = {file.path for file in baseline.files}
        files = [file for file in baseline.others or baseline.files if file.path in paths | own]
        changes += metric_changes(case.files, files, model=case.model, directions=judged.config.directions)
    references = tuple(judged.references[case.model].baseline for case in judged.cases)
    bare = Check(verdict=judged.verdict, metrics=tuple(changes), references=references, tools=_tools())
    return _with_lines(project, judged, bare) if lines else bare


def _with_lines(project: Project, judged: Judgement, bare: Check) -> Check:
    """The check with the lines of a report: what changed, which stages ran, how metrics developed."""
    from dataclasses import replace

    from mlgit.project.compare.metric_history import metric_history

    told = replace(bare, history=metric_history(project, judged.verdict, bare.references))
    baseline = next((each for each in bare.references if each.state == "found" and each.commit), None)
    if baseline is None:
        return told
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
        base = evidence(project, baseline.commit, staleness=False).pipeline
    except ConfigError:  # the verdict has already said that the baseline cannot be read
        return told
    stages = stage_runs(base, judged.evidence.pipeline, judged.evidence.stages)
    return replace(told, changes=change_lines(diff), params=param_changes(diff), stages=stages)


def _candidate(project: Project, revision: str | None, purpose: Purpose) -> str | None:
    if revision is not None:
        from mlgit.project.registry.references import resolve

        return resolve(project, revision).commit
    return None if purpose == "check" else project.head.commit


def _require_environment(project: Project, environment: str) -> None:
    known = project.trunk_config.environments
    if environment in known or not known:
        return
    hint = near(environment, known) or f"there are {listed(known, None)}"
    raise UnknownReference(f"`{environment}` is no environment on trunk", hint=hint)


def _tools() -> dict[str, str]:
    from mlgit import __version__

    return {"mlgit": __version__}
