"""Replaced models: those of an old branch that its target has no more, but perhaps under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.resolved.models import replaced_finding
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.pipeline.evidence import Evidence, Value
    from mlgit.core.pipeline.known_models import KnownModel
    from mlgit.project.gates.rules import Change
    from mlgit.project.open import Project


def replaced_models(
    project: Project,
    change: Change,
    models: Sequence[Sequence[KnownModel]],
    states: tuple[Evidence, Evidence],
) -> Iterator[Finding]:
    """A finding for each model that the target replaced, unless its numbers and file are as they were.

    `models` and `states` are those where the change left, and its own.
    """
    if not change.merged.replaced:
        return
    before, now = states
    changed = before.pipeline != now.pipeline or _numbers(before) != _numbers(now)
    old, here = ({each.name: each for each in side} for side in models)
    for name in change.merged.replaced:
        if changed or old[name].digest() != here[name].digest():
            added = sorted(change.newer)
            since = _commit_without(project, change, name)
            yield replaced_finding(name, added, target=change.target.short, since=since)


def _numbers(evidence: Evidence) -> Mapping[str, Mapping[str, Value]]:
    return {file.path: file.values for file in evidence.metric_files}


def _commit_without(project: Project, change: Change, model: str) -> str | None:
    """The first commit of the target that does not declare a model any more."""
    span = f"{change.base}..{change.target.commit}"
    listed = project.git.run_text("rev-list", "--first-parent", "--reverse", span, "--", CONFIG_FILE)
    for commit in listed.split():
        try:
            if model not in project.config(commit).models:
                return commit
        except ConfigError:
            continue
    return None
