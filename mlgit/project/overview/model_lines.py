"""Model lines: each model's latest version and environments, and how far they are behind HEAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import count_commits
from mlgit.core.overview.status import EnvironmentLine, ModelLine
from mlgit.core.registry.completeness import NO_DOUBTS, Doubts
from mlgit.core.registry.state import label_of
from mlgit.errors import MlgitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import TypedDict

    from mlgit.core.registry.completeness import Trust
    from mlgit.core.registry.entries import Attempt, Served, Unseen
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.core.registry.statement import EnvironmentAction
    from mlgit.project.open import Project

    class _Deployed(TypedDict, total=False):
        served: Served | None
        attempt: Attempt | None
        unseen: Unseen | None

    class _Change(TypedDict, total=False):
        """The fields of an EnvironmentLine about its newest change."""

        action: EnvironmentAction
        since: datetime
        by: str
        before: str | None
        reason: str | None


def model_lines(
    project: Project,
    registry: Registry,
    *,
    declared: Iterable[str],
    environments: Sequence[str],
    doubts: Doubts = NO_DOUBTS,
) -> tuple[ModelLine, ...]:
    """One line for every model that is declared or has tags; `environments` are the declared ones."""
    from mlgit.project.trust.marks import as_counted, of_other_tools, trusts

    declared = set(declared)
    others = of_other_tools(project, registry)
    tagged = [name for name in registry.models if name not in declared and not others(name)]
    counted: dict[str, int] = {}
    states = [as_counted(project, registry.model(name)) for name in sorted({*declared, *tagged})]
    return tuple(
        _model_line(
            project,
            each,
            trust,
            environments=environments,
            counted=counted,
            doubts=doubts,
        )
        for each, trust in zip(states, trusts(project, states), strict=True)
    )


def _model_line(
    project: Project,
    model: ModelState,
    trust: Trust,
    *,
    environments: Sequence[str],
    counted: dict[str, int],
    doubts: Doubts,
) -> ModelLine:
    names = (*environments, *sorted(set(model.environments) - set(environments)))
    latest = model.latest
    return ModelLine(
        model=model.name,
        latest=None if latest is None else str(latest.version),
        latest_commit=None if latest is None else latest.commit,
        behind=None if latest is None else _behind(project, latest.commit, counted),
        environments=tuple(
            EnvironmentLine(
                environment=each.environment,
                version=each.label,
                commit=each.commit,
                held=each.held,
                behind=_behind(project, each.commit, counted),
                known=doubts.environment(model, each.environment, trust),
                refused=(refused := trust.refused(each)),
                counts=None if refused is None else trust.counts(each),
                rejected=each.version is not None and each.version.withdrawn,
                declared=each.environment in environments,
                **_deployed(project, trust.instead.get(each.environment, each)),
                **_newest_change(each),
            )
            for each in map(model.environment, names)
        ),
        known=doubts.release(model),
        refused=None if latest is None else trust.why(latest.fact),
        deprecated=model.deprecated,
        rejected=sum(each.withdrawn for each in model.versions),
        verified=trust.verified,
    )


def _deployed(project: Project, here: EnvironmentState) -> _Deployed:
    """What the target serves, or failed to; nothing is imported for it unless trunk declares one."""
    try:
        if not project.trunk_config.deploy:
            return {}
    except MlgitError:
        return {}
    from mlgit.project.deploy.attempts import known_here
    from mlgit.project.deploy.served import served

    found = served(project, here)
    attempt, unseen = known_here(project, here, found)
    return {"served": found, "attempt": attempt, "unseen": unseen}


def _why_held(here: EnvironmentState) -> str | None:
    """The reason of the rollback that holds an environment, also if it was emptied since."""
    newest = next((change for change in reversed(here.changes) if change.assigned), None)
    return newest.reason if newest is not None and here.held else None


def _newest_change(here: EnvironmentState) -> _Change:
    """The change that made the environment what it is; empty if nothing was ever promoted to it."""
    changes = [each for each in here.changes if here.holder is None or each.assigned == here.holder]
    if not changes:
        return {}
    change = changes[-1]
    before = None if change.held is None else label_of(change.held, here.registered)
    return {
        "action": change.action,
        "since": change.fact.at,
        "by": change.fact.tagger,
        "before": before,
        "reason": _why_held(here) or change.reason,
    }


def _behind(project: Project, commit: str | None, counted: dict[str, int]) -> int | None:
    """How many commits HEAD is ahead of the version; git counts once per commit."""
    head = project.head.commit
    if commit is None or head is None:
        return None
    if commit == head:
        return 0
    if commit not in counted:
        counted[commit] = count_commits(project.git, commit, head)
    return counted[commit]
