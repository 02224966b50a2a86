"""Merging: what follows from a merge to trunk: which models become versions, and where those go.

Nothing here remembers what a run did before: every answer comes from the registry as it is, so that a run
that was killed, repeated, or overtaken by another one ends in the same state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.statement import write_time

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from datetime import datetime

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.core.release.tag_plan import ChangeReport
    from mlgit.errors import MlgitError

Outcome = Literal["done", "planned", "already", "unchanged", "held", "left", "blocked", "failed"]


@record
class MergeStep:
    """What became of one model: as a version when `environment` is None, else in that environment.

    `done`: a tag was written; `planned`: it would be. `already`: it stands. `unchanged`: the model is the
    one of the newest version. `held`: a rollback holds the environment. `left`: left alone, and `message`
    says why. `blocked`: gates or policy say no. `failed`: something else did not work. `tag` is the tag that
    stands for the outcome.
    """

    model: str
    outcome: Outcome
    environment: str | None = None
    version: str | None = None
    tag: str | None = None
    message: str | None = None
    hint: str | None = None
    details: tuple[str, ...] = ()
    exit_code: int = 0


@record
class Merged:
    """What `mlgit ci merged` did about trunk's tip.

    `commit` is that tip. `released` are the release tags and `tags` the assignments that were written.
    `current` are those assignments and the others in environments with `auto` that hold what this push
    brought, whoever wrote them: they are to be deployed, also when a run was killed before it could say so.
    """

    trunk: str
    commit: str
    dry_run: bool
    at: datetime
    steps: tuple[MergeStep, ...] = ()
    released: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    changed: bool = False

    @property
    def exit_code(self) -> int:
        """0, or 1 when gates block something, or that of the gravest failure."""
        return max((step.exit_code for step in self.steps), default=0)


@record
class Need:
    """Whether a model must be released: the outcome when not, and why; `force` past an older version."""

    release: bool
    force: bool = False
    stay: MergeStep | None = None


def release_need(
    state: ModelState,
    commit: str,
    content: str | None,
    contents: Iterable[tuple[RegisteredVersion, str | None]],
) -> Need:
    """Whether `commit` must become a version of a model.

    Args:
        state: the model.
        commit: trunk's tip.
        content: the digest of the model there, None when it has none.
        contents: the versions, newest first, with the digests of theirs; read only as far as needed.
    """
    here = state.at_commit(commit)
    if here:
        return Need(release=False, stay=_of_this_commit(state, here))
    if content is None:
        message = f"`{state.name}` is not there: neither DVC nor Git has its path at {commit[:7]}"
        return Need(release=False, stay=_left(state.name, message))
    newest = True
    for version, digest in contents:
        if version.deregistered and digest == content:
            message = f"this model was deregistered as {version.version}"
            hint = f"train another one, or run `mlgit release {state.name} --force`"
            return Need(release=False, stay=_left(state.name, message, hint=hint))
        if version.deregistered or not version.version.final:
            continue
        if digest == content:
            if newest:
                return Need(release=False, stay=_stands(state.name, "unchanged", version))
            # A merge took an older model back: that is a change of what the newest version has.
            return Need(release=True, force=True)
        newest = False
    return Need(release=True)


def auto_environments(environments: Mapping[str, Environment]) -> tuple[Environment, ...]:
    """Those that take versions by themselves, each behind the one that it takes them from."""
    ordered: dict[str, Environment] = {}

    def add(name: str, walked: Sequence[str] = ()) -> None:
        environment = environments.get(name)
        if environment is None or name in ordered or name in walked:
            return
        if environment.source is not None:
            add(environment.source, (*walked, name))
        ordered[name] = environment

    for name in environments:
        add(name)
    return tuple(each for each in ordered.values() if each.auto)


def promotion_need(
    state: ModelState, environment: Environment
) -> tuple[RegisteredVersion | None, MergeStep | None]:
    """The version that an environment must take now, or why it stays as it is; neither when there is none.

    A version that was there once has left it by somebody's decision, which is not undone by itself.
    """
    here = state.environment(environment.name)
    version = _candidate(state, environment)
    if version is None:
        return None, None
    if here.commit == version.commit:
        return None, _in_environment(here, "already", version)
    if here.held:
        hint = f"`mlgit promote {state.name} --to {environment.name}` ends that"
        return None, _in_environment(here, "held", version, message=_holder(here), hint=hint)
    why = _why_not(state, environment, version)
    if why is not None:
        return None, _in_environment(here, "left", version, message=why)
    return version, None


def step_of(report: ChangeReport) -> MergeStep:
    """What a release or promotion reports, as one step."""
    outcome: Outcome = "already" if report.already else "planned" if report.dry_run else "done"
    tag = report.tags[-1].name if report.tags else None
    if tag is None and report.environment is None:
        tag = f"{report.model.replace(':', '=')}@{report.version}"
    return MergeStep(
        model=report.model,
        outcome=outcome,
        environment=report.environment,
        version=report.version,
        tag=tag,
        message=None if report.verdict is None else report.verdict.headline,
        details=report.notes,
    )


def planned_step(here: EnvironmentState, coming: MergeStep) -> MergeStep:
    """What would become of a version that a dry run only planned, in an environment as it is now."""
    if here.held:
        return MergeStep(
            model=here.model,
            outcome="held",
            environment=here.environment,
            version=coming.version,
            message=_holder(here),
        )
    return MergeStep(
        model=here.model, outcome="planned", environment=here.environment, version=coming.version
    )


def failed_step(
    model: str, environment: str | None, error: MlgitError, *, version: str | None = None
) -> MergeStep:
    """An error as the outcome of one step."""
    return MergeStep(
        model=model,
        outcome="blocked" if error.exit_code == 1 else "failed",
        environment=environment,
        version=version,
        message=error.message,
        hint=error.hint,
        details=error.details,
        exit_code=error.exit_code,
    )


def current_assignments(
    states: Iterable[ModelState],
    environments: Sequence[Environment],
    *,
    commits: Container[str],
    tags: Container[str],
) -> tuple[str, ...]:
    """The assignments that count now in these environments, on one of these commits or among these tags."""
    holders = (state.environment(environment.name).holder for state in states for environment in environments)
    return tuple(
        holder.tag
        for holder in holders
        if holder is not None and (holder.commit in commits or holder.tag in tags)
    )


def outputs_of(merged: Merged | None) -> dict[str, str]:
    """What the jobs that follow are told, None for a run that failed; lists are JSON, for a matrix."""
    import json

    return {
        "changed": "true" if merged is not None and merged.changed else "false",
        "released": json.dumps([] if merged is None else merged.released),
        "tags": json.dumps([] if merged is None else merged.current),
    }


def _of_this_commit(state: ModelState, here: Sequence[RegisteredVersion]) -> MergeStep:
    standing = [version for version in here if not version.deregistered]
    if not standing:
        return _left(state.name, f"{here[-1].version}, which this commit is, was deregistered")
    if standing[-1].version.final:
        return _stands(state.name, "already", standing[-1])
    message = f"this commit is {standing[-1].version}, and a commit is one version of a model"
    return _left(state.name, message, hint=f"run `mlgit release {state.name} --commit`")


def _candidate(state: ModelState, environment: Environment) -> RegisteredVersion | None:
    if environment.source is not None:
        return state.environment(environment.source).version
    finals = [each for each in state.versions if each.version.final and not each.deregistered]
    return finals[-1] if finals else None


def _why_not(state: ModelState, environment: Environment, version: RegisteredVersion) -> str | None:
    """Why an environment that nobody holds does not take a version by itself."""
    here = state.environment(environment.name)
    called = f"`{state.name}@{version.version}`"
    if version.deregistered:
        return f"{called} is deregistered"
    if not version.version.final and not environment.pre:
        return f"{called} is a pre-release, and `{environment.name}` takes none"
    if here.version is not None and version.version < here.version.version:
        return f"`{environment.name}` holds {here.version.version}, which is higher than {version.version}"
    left = [change for change in here.changes if change.before == version.commit]
    if left:
        who = left[-1].fact.tagger
        return f"{called} was in `{environment.name}` and was taken out by `{who}` ({left[-1].fact.tag})"
    return None


def _holder(here: EnvironmentState) -> str:
    since = "" if here.since is None else f" since {write_time(here.since)}"
    return f"`{here.environment}` is held by a rollback of `{here.author}`{since}"


def _left(model: str, message: str, *, hint: str | None = None) -> MergeStep:
    return MergeStep(model=model, outcome="left", message=message, hint=hint)


def _stands(model: str, outcome: Outcome, version: RegisteredVersion) -> MergeStep:
    return MergeStep(model=model, outcome=outcome, version=str(version.version), tag=version.tag)


def _in_environment(
    here: EnvironmentState,
    outcome: Outcome,
    version: RegisteredVersion,
    *,
    message: str | None = None,
    hint: str | None = None,
) -> MergeStep:
    return MergeStep(
        model=here.model,
        outcome=outcome,
        environment=here.environment,
        version=str(version.version),
        tag=None if here.holder is None else here.holder.tag,
        message=message,
        hint=hint,
    )
