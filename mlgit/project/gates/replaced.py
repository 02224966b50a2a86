"""Replaced models: those of an old branch that its target has no more, but perhaps under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.models import replaced_finding
from mlgit.core.pipeline.known_models import renamed_models
from mlgit.errors import MlgitError
from mlgit.project.compare.base import branch_names
from mlgit.project.registry.models import declared_models, known_models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.pipeline.evidence import Evidence, Value
    from mlgit.core.pipeline.known_models import KnownModel
    from mlgit.project.gates.rules import Change
    from mlgit.project.open import Project

_FILES = (":(literal)mlgit.yaml", ":(glob)**/dvc.yaml")


def replacement_findings(
    project: Project,
    change: Change,
    models: Sequence[Sequence[KnownModel]],
    states: tuple[Evidence, Evidence],
) -> Iterator[Finding]:
    """A finding for each model that the target replaced, unless its numbers and file are as they were.

    `models` and `states` are those where the change left, and its own.
    """
    before, now = states
    old, here = ({each.name: each for each in side} for side in models)
    gone, added = _replaced(project, change, old, here)
    changed = bool(gone) and (before.pipeline != now.pipeline or _numbers(before) != _numbers(now))
    for name in gone:
        if changed or old[name].digest() != here[name].digest():
            since = _commit_without(project, change, name)
            target = branch_names(project, change.target)
            yield replaced_finding(name, added, target=target, since=since)


def _replaced(
    project: Project, change: Change, old: Mapping[str, KnownModel], here: Mapping[str, KnownModel]
) -> tuple[Sequence[str], Sequence[str]]:
    """The models that the target has no more, and those that it has since; both are empty if one is."""
    if change.merged.replaced:
        return change.merged.replaced, sorted(change.newer)
    declared = change.rules.models or change.merged.config.models
    if declared or not old or change.base == change.target.commit:
        return (), ()
    # Without `models:` at the base, the models are those of dvc.yaml, which is not merged.
    there = known_models(project, change.target.commit)
    renamed = renamed_models([*old.values()], [*there.values()])
    gone = sorted((old.keys() & here.keys()) - there.keys() - {*renamed.values()})
    added = sorted(there.keys() - old.keys() - renamed.keys())
    return (gone, added) if added else ((), ())


def _numbers(evidence: Evidence) -> Mapping[str, Mapping[str, Value]]:
    return {file.path: file.values for file in evidence.metric_files}


def _commit_without(project: Project, change: Change, model: str) -> str | None:
    """The first commit of the target that does not declare a model any more."""
    span = f"{change.base}..{change.target.commit}"
    listed = project.git.run_text("rev-list", "--first-parent", "--reverse", span, "--", *_FILES)
    for commit in listed.split():
        try:
            if model not in declared_models(project, commit):
                return commit
        except MlgitError:
            continue
    return None
