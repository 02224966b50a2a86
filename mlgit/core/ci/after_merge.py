"""After merge: decide which models a merge to trunk releases, and where it promotes them.

Every decision follows from the registry as it is, and none from earlier runs, so that a run that was killed,
repeated, or overtaken by another one ends in the same state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.merged import MergeStep, Outcome
from mlgit.core.record import record
from mlgit.core.release.promotion import was_taken_out
from mlgit.core.stated_time import write_time
from mlgit.core.wording import words
from mlgit.errors import Exit, MlgitError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.readiness import Unready
    from mlgit.core.registry.state import EnvironmentState, ModelState, Refusal, RegisteredVersion
    from mlgit.core.release.tag_plan import ChangeReport


@record
class Need:
    """Whether to release a model; if not, `step` has the reason. `force`: even past an older version."""

    release: bool
    force: bool = False
    step: MergeStep | None = None


def release_need(
    state: ModelState,
    commit: str,
    content: str | None,
    contents: Iterable[tuple[RegisteredVersion, str | None]],
    *,
    missing: Unready | None = None,
) -> Need:
    """Whether `commit`, trunk's tip, must become a version of a model.

    `content` is the digest of the model there, None if it is missing; `missing` says why. `contents` are the
    versions, newest first, with their digests, then deregistered ones of former names; read as far as needed.
    A pre-release at `commit` keeps what must be released from that, so that the run is blocked.
    """
    here = state.at_commit(commit)
    valid = [version for version in here if not version.deregistered]
    if here and not valid:
        message = f"{here[-1].version}, which this commit is, was deregistered{_by(here[-1])}"
        return Need(release=False, step=_left(state.name, message))
    if valid and valid[-1].version.final:
        return Need(release=False, step=_released(state.name, "already", valid[-1]))
    need = _need_of_content(state, commit, content, contents, missing)
    return Need(release=False, step=_taken(valid[-1])) if valid and need.release else need


def _need_of_content(
    state: ModelState,
    commit: str,
    content: str | None,
    contents: Iterable[tuple[RegisteredVersion, str | None]],
    missing: Unready | None,
) -> Need:
    if content is None:
        message = f"`{state.name}` has no content at {commit[:7]}"
        hint = None
        if missing is not None:
            message, hint = missing.message, missing.hint
        return Need(release=False, step=_left(state.name, message, hint=hint))
    newest = True
    for version, digest in contents:
        if version.deregistered and digest == content:
            label = "" if version.model == state.name else f"{version.model}@"
            message = f"this model was deregistered as {label}{version.version}{_by(version)}"
            hint = f"train another one, or run `mlgit release {state.name} --force`"
            return Need(release=False, step=_left(state.name, message, hint=hint))
        if version.deregistered or not version.version.final:
            continue
        if digest == content:
            if newest:
                return Need(release=False, step=_released(state.name, "unchanged", version))
            # The merge restored an older model, so it differs from the newest version.
            return Need(release=True, force=True)
        newest = False
    return Need(release=True)


def auto_environments(environments: Mapping[str, Environment]) -> tuple[Environment, ...]:
    """The environments with `auto`, each after its source."""
    ordered: dict[str, Environment] = {}

    def add(name: str, visited: Sequence[str] = ()) -> None:
        environment = environments.get(name)
        if environment is None or name in visited:
            return
        if environment.source is not None:
            add(environment.source, (*visited, name))
        ordered[name] = environment

    for name in environments:
        add(name)
    return tuple(each for each in ordered.values() if each.auto)


def promotion_need(
    state: ModelState,
    environment: Environment,
    before: EnvironmentState | None = None,
    *,
    precedes: Callable[[str, str], bool] = lambda _, __: False,
) -> tuple[RegisteredVersion | None, MergeStep | None]:
    """The version that an environment needs now, or a step with the reason to do nothing, or neither.

    A version that someone took out of the environment does not return automatically, and one of an older
    commit does not replace a newer one. `before` is the environment under a former name of the model.
    `precedes` says whether a commit comes before another one.
    """
    here = state.environment(environment.name)
    last = here if before is None or here.changes else before
    version = _candidate(state, environment)
    doubt = here.doubt or (state.environment(environment.source).doubt if environment.source else None)
    doubt = doubt or last.doubt
    if doubt is not None:
        return None, _undecided(state.name, environment.name, doubt)
    if version is None:
        return None, None
    step = MergeStep(
        model=here.model,
        outcome="already",
        environment=here.environment,
        version=str(version.version),
        tag=None if here.holder is None else here.holder.tag,
    )
    if here.commit == version.commit:
        return None, step
    if last.held:
        message, hint = _holder(last, state.name, environment.name), _end_of_hold(last, version, step)
        return None, replace(step, outcome="held", message=message, hint=hint)
    reason = _stays(last if last.model == state.name else here, last, environment, version, precedes)
    if reason is not None:
        return None, replace(step, outcome="left", message=reason)
    return version, None


def _stays(
    here: EnvironmentState,
    last: EnvironmentState,
    environment: Environment,
    version: RegisteredVersion,
    precedes: Callable[[str, str], bool],
) -> str | None:
    """The reason, if any, why an environment stays as it is; `last` may be under a former name."""
    reason = _reason_not(here, environment, version) or (None if last is here else _emptied(last))
    holds = here.commit
    if reason is None and holds not in {None, version.commit} and precedes(version.commit, holds or ""):
        return _older(here, f"{here.model}@{version.version}")
    return reason


def _undecided(model: str, environment: str, doubt: Refusal) -> MergeStep:
    """It may be the rollback of a person, or a version that is not there: only a person decides that."""
    step = MergeStep(model=model, outcome="left", environment=environment)
    return replace(step, message=doubt.sentence, hint=doubt.hint)


def _older(here: EnvironmentState, version: str) -> str:
    holds = f"{here.label}, which `{here.environment}` holds"
    return f"`{version}` is of an older commit than {holds}; `mlgit promote` can replace it"


def step_of(report: ChangeReport) -> MergeStep:
    """The report of a release or promotion as one step."""
    outcome: Outcome = "already" if report.already else "planned" if report.dry_run else "done"
    tag = report.tags[-1].name if report.tags else None
    if report.environment is None:
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


def planned_step(here: EnvironmentState, coming: MergeStep, environment: str) -> MergeStep:
    """The step for a version that a dry run only planned; `here` may be what was there before a rename."""
    return MergeStep(
        model=coming.model,
        outcome="held" if here.held else "planned",
        environment=environment,
        version=coming.version,
        message=_holder(here, coming.model, environment) if here.held else None,
    )


def failed_step(
    model: str, environment: str | None, error: MlgitError, *, version: str | None = None
) -> MergeStep:
    """An error as the result of one step."""
    return MergeStep(
        model=model,
        outcome="blocked" if error.exit_code == Exit.BLOCKED else "failed",
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
    """The current assignments of these environments on one of these commits, or among these tags."""
    holders = (state.environment(environment.name).holder for state in states for environment in environments)
    return tuple(
        holder.tag
        for holder in holders
        if holder is not None and (holder.commit in commits or holder.tag in tags)
    )


def _taken(version: RegisteredVersion) -> MergeStep:
    """The step for a commit that cannot become a final version because it is a pre-release."""
    message = f"this commit is {version.version} of {version.author}, and a commit can only be one version"
    step = _left(version.model, f"{message} of a model", hint=f"run `mlgit release {version.model} --commit`")
    return replace(step, outcome="blocked", exit_code=Exit.BLOCKED)


def _by(version: RegisteredVersion) -> str:
    return "" if version.rejected is None else f" by {version.rejected.tagger}"


def _candidate(state: ModelState, environment: Environment) -> RegisteredVersion | None:
    if environment.source is not None:
        return state.environment(environment.source).version
    finals = [each for each in state.versions if each.version.final and not each.deregistered]
    return finals[-1] if finals else None


def _reason_not(here: EnvironmentState, environment: Environment, version: RegisteredVersion) -> str | None:
    """The reason, if any, why an environment that is not held does not get a version automatically.

    `here` is it, or the one whose place it took.
    """
    name = f"`{here.model}@{version.version}`"
    if version.deregistered:
        return f"{name} is deregistered"
    if not version.version.final and not environment.pre:
        return f"{name} is a pre-release, and `{environment.name}` does not accept pre-releases"
    if here.version is not None and version.version < here.version.version:
        return f"`{here.environment}` holds {here.version.version}, which is higher than {version.version}"
    left = was_taken_out(here, version)
    if left is not None:
        return f"{name} was in `{here.environment}` and was taken out by {left.fact.tagger} ({left.fact.tag})"
    return None


def _emptied(before: EnvironmentState) -> str | None:
    """The reason, if any, why an environment that a model had under another name stays empty."""
    if not before.changes or before.commit is not None:
        return None
    who = before.changes[-1].fact.tagger
    return f"{who} took `{before.model}`, which was its name before, out of `{before.environment}`"


def _holder(here: EnvironmentState, model: str, environment: str) -> str:
    since = "" if here.since is None else f" since {write_time(here.since)}"
    former = "" if here.model == model else f", as `{here.model}`"
    place = "" if here.environment == environment else f", and `{environment}` took its place"
    return f"`{here.environment}` is held by a rollback of {here.author}{since}{former}{place}"


def _end_of_hold(last: EnvironmentState, version: RegisteredVersion, step: MergeStep) -> str:
    """What ends the hold; not the command that puts back what the rollback took out."""
    if was_taken_out(last, version):
        return f"{version.version} was taken out of it before; a promotion by hand ends that"
    target = f"{step.model}@{version.version}"
    return f"`{words(('mlgit', 'promote', target, '--to', str(step.environment)))}` ends that"


def _left(model: str, message: str, *, hint: str | None = None) -> MergeStep:
    return MergeStep(model=model, outcome="left", message=message, hint=hint)


def _released(model: str, outcome: Outcome, version: RegisteredVersion) -> MergeStep:
    return MergeStep(model=model, outcome=outcome, version=str(version.version), tag=version.tag)
