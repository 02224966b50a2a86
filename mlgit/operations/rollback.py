"""Rollback: take an environment back to the version before; no gates, and it is held from then on."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from mlgit.core.registry.moves import emptied
from mlgit.core.release.going_back import NothingBefore, passed_over, rollback_target, rolled_back_lately
from mlgit.core.release.promotion import require_changeable
from mlgit.core.release.tag_plan import ChangeReport, Move, plan_assignment
from mlgit.core.trust.kept import by_all_tags
from mlgit.core.trust.rules import was_promoted
from mlgit.core.wording import word, words
from mlgit.errors import Again, ConfigError, LostRace, MlgitError, StateError, ToolError
from mlgit.project.ci.after_change import left_to_deploy, with_target
from mlgit.project.ci.before_rename import require_own_name
from mlgit.project.deploy.served import served
from mlgit.project.deploy.targets import trunk_targets
from mlgit.project.registry.environments import known_environment
from mlgit.project.registry.models import declares_only, require_model
from mlgit.project.registry.read import read_model
from mlgit.project.release.change import if_known, make_change, model_to_change, require_unchanged
from mlgit.project.release.fetching import RemoteFailed
from mlgit.project.trust.accept import accept_with_facts, policy_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.core.release.soundness import Soundness
    from mlgit.core.release.tag_plan import PlannedTag
    from mlgit.core.trust.rules import Facts
    from mlgit.project.open import Project


class RolledBackBefore(StateError):  # noqa: N818
    """Someone rolled the environment back within the last hour.

    `earlier` says who, when and why; `version` is where another rollback goes. `counter` is that of the
    environment.
    """

    code = "rolled_back_before"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        again: Again,
        details: tuple[str, ...],
        earlier: str,
        version: str,
        counter: int,
    ) -> None:
        super().__init__(message, hint=hint, again=again, details=details)
        self.earlier, self.version, self.counter = earlier, version, counter


def rollback(  # noqa: PLR0913 (one parameter per option)
    project: Project,
    model: str,
    *,
    environment: str,
    reason: str,
    to: str | None = None,
    again: bool = False,
    counter: int | None = None,
    local: bool = False,
    dry_run: bool = False,
) -> ChangeReport:
    """Take an environment back to the promotion before, or to the named earlier one.

    With `counter`, only while it is still the environment's highest: the caller decided by that state.

    Raises:
        RolledBackBefore: someone did within the last hour, and neither `to` nor `again` is given.
        StateError: there is no earlier one.
        UnknownReference: no such model, version or environment.
        LostRace: someone else changed the environment first.
    """
    with _way_without_remote(project, model, environment, reason, to=to, again=again):
        raw = model_to_change(project, model, local=local)
    state, facts = accept_with_facts(project, raw, local=local, fetch=True)
    counting = known_environment(project, state, environment)
    here = _environment(raw, counting, to)
    require_unchanged(here, counter)
    version, skipped, sound = _target(project, raw, state, counting, to, facts)
    if to is None:
        _require_meant(project, here, version, reason, again=again, local=local)
    require_changeable(here, str(version.version))
    plan = () if sound is None else _plan(project, state, here, version, reason=reason, local=local)
    change = partial(make_change, project, state, plan, action="rollback", local=local, dry_run=dry_run)
    change = partial(change, version=version.version, commit=version.commit, environment=here)
    if sound is None:
        return with_target(project, change())
    notes = _notes(state, here, version, to, skipped)
    with _after_race(project, here):
        return with_target(project, change(reason=reason or None, notes=(*notes, *sound.notes(version))))


@contextmanager
def _after_race(project: Project, here: EnvironmentState) -> Iterator[None]:
    """Let the error of a lost race say what is there now: another rollback would go back twice."""
    try:
        yield
    except LostRace as error:
        now = read_model(project, here.model).environment(here.environment)
        earlier, left = rolled_back_lately(now, project.now), left_to_deploy(project, now)
        if earlier is not None:
            error.message, error.details = f"{earlier}; nothing was written", ()
        if now.held and now.label is not None and now.doubt is None:
            error.hint = f"`{here.environment}` holds {now.label} now; if that is right, "
            error.hint += "there is nothing to do" if left is None else f"run `{left[1]}`"
            error.details = (*error.details, *([left[0]] if left is not None and left[0] else []))
        raise


def _deployment(project: Project, here: EnvironmentState) -> tuple[str, ...]:
    """What the target serves instead, with the command that deploys; nothing if it serves the right one."""
    left = left_to_deploy(project, here)
    shown = "" if left is None or left[0] is None else f"{left[0]}; "
    return () if left is None else (f"{shown}to deploy {here.label}, run `{left[1]}`",)


def require_place(project: Project, model: str, environment: str) -> None:
    """Refuse a model or an environment that this clone does not know, before anything is asked.

    Raises:
        UnknownReference: there is none of that name.
    """
    require_model(project, model)
    known_environment(project, read_model(project, model), environment)


@contextmanager
def _way_without_remote(
    project: Project, model: str, environment: str, reason: str, *, to: str | None, again: bool
) -> Iterator[None]:
    """Let the error that the remote does not answer say how to go back without it, if that is possible."""
    try:
        yield
    except RemoteFailed as error:
        what, further, details = "to go back without it", [], error.details
        try:
            look: dict[str, Any] = {"to": to, "again": again, "local": True, "dry_run": True}
            rollback(project, model, environment=environment, reason=reason, **look)
        except RolledBackBefore as refused:
            details = (*details, refused.earlier)
            what, further = f"to go back further without it, to {refused.version}", ["--again"]
        except MlgitError as refused:
            details = (*details, f"without it, by the tags of this clone: {refused.message}")
            hint = f"when `{project.remote}` works again, run this again"
            raise ToolError(error.message, hint=hint, details=details) from error
        target = [model] if to is None else [f"{model}@{to}"]
        with suppress(ConfigError):  # going back must work without valid rules, too
            further += ["--deploy"] if environment in trunk_targets(project) else []
        options = ("--env", environment, *_why(reason), "--local", *further)
        command = words(("mlgit", "rollback", *target, *options))
        raise ToolError(
            error.message,
            hint=f"{what}, run `{command}`; `mlgit push` publishes that later",
            details=details,
            again=Again(f"`{command}`", ("--local",), *((each,) for each in further)),
        ) from error


def _why(reason: str) -> tuple[str, ...]:
    """The option with the reason; a dry run may lack it."""
    return ("-m", reason) if reason else ()


def _plan(
    project: Project,
    state: ModelState,
    here: EnvironmentState,
    version: RegisteredVersion,
    *,
    reason: str,
    local: bool,
) -> tuple[PlannedTag, ...]:
    policy = policy_commit(project, version.commit if local else None)
    return plan_assignment(
        state, here, version, Move(action="rollback", now=project.now, reason=reason, policy=policy)
    )


def _require_meant(
    project: Project,
    here: EnvironmentState,
    version: RegisteredVersion,
    reason: str,
    *,
    again: bool,
    local: bool,
) -> None:
    """Refuse to go back to a version that no one named, where another one may be meant."""
    if not again:
        _require_first(project, here, version, reason)
    if local:
        _require_seen(project, here, version, reason)


def _require_first(project: Project, here: EnvironmentState, version: RegisteredVersion, reason: str) -> None:
    """Refuse a rollback that someone may have done already."""
    earlier = rolled_back_lately(here, project.now)
    if earlier is None:
        return
    model = "" if declares_only(project, here.model) else f" {word(here.model)}"
    command = f"mlgit rollback{model} --env {words([here.environment, '--again', *_why(reason)])}"
    raise RolledBackBefore(
        f"{earlier}; nothing was written",
        hint=f"to go back further, to {version.version}, run `{command}`",
        again=Again(f"`{command}`", ("--again",)),
        details=_deployment(project, here),
        earlier=earlier,
        version=str(version.version),
        counter=here.counter,
    )


def _require_seen(project: Project, here: EnvironmentState, version: RegisteredVersion, reason: str) -> None:
    """Refuse to go back from what this clone knows, where its target has what came after that."""
    named, env = f"{here.model}@{version.version}", ["--env", here.environment]
    with suppress(ConfigError):  # going back must work without valid rules, too
        found = served(project, here)
        if found is None or found.later is None:
            return
        raise StateError(
            f"The target serves {found.label}, by `{found.later}`, which is not here; nothing was written",
            details=(f"here, `{here.environment}` still holds {here.label}, the version before that",),
            hint=f"to go back to {version.version} all the same, run "
            f"`mlgit rollback {words([named, *env, *_why(reason), '--local'])}`",
        )


def _target(
    project: Project,
    raw: ModelState,
    state: ModelState,
    here: EnvironmentState,
    to: str | None,
    facts: Facts | None,
) -> tuple[RegisteredVersion, tuple[RegisteredVersion, ...], Soundness | None]:
    """The version to go back to, those that are passed over, and what gates say; no answer if it is there."""
    from mlgit.project.release.relied_promotions import soundness

    require_own_name(project, state.name, here.environment)
    if here.doubt is None and here.version is not None and str(here.version.version) == to:
        return here.version, (), None
    skipped: list[RegisteredVersion] = []
    sound = soundness(project, raw, state, here.environment)

    def counts(version: RegisteredVersion) -> bool:
        if facts is None or was_promoted(version.commit, here, state, facts):
            return True
        skipped.append(version)
        return False

    known = if_known(project, state.name, f"What `{here.environment}` held of `{state.name}` before")
    try:
        with known:
            version = rollback_target(state, here, to, counts=counts, sound=sound)
    except StateError as error:
        earlier = rolled_back_lately(here, project.now)
        error.details = (*error.details, *([earlier] if earlier else []))
        left = left_to_deploy(project, here)
        if isinstance(error, NothingBefore) and left is not None and left[0] is not None:
            # Any other way would leave on the target what no tag says.
            error.details = (*error.details, left[0])
            error.hint = f"to deploy {here.label}, run `{left[1]}`"
        else:
            error.details = (*error.details, *_deployment(project, here))
        raise
    return version, tuple(skipped), sound


def _environment(raw: ModelState, here: EnvironmentState, to: str | None) -> EnvironmentState:
    """The environment to go back in; raises StateError if it is not known what is there."""
    doubt = here.doubt
    if doubt is None:
        return here
    require_changeable(here, to)
    # Going back must work from a tag that does not count, too, but only to a version that counts.
    return here if doubt.unread else by_all_tags(raw.environment(here.environment), here)


def _notes(
    state: ModelState,
    here: EnvironmentState,
    version: RegisteredVersion,
    to: str | None,
    skipped: Sequence[RegisteredVersion],
) -> tuple[str, ...]:
    passed = passed_over(state, here, version) if to is None else ()
    empty, why = emptied(here, state), "is passed over: no promotion that counts put it into"
    forged = [f"`{each.tag}` {why} `{here.environment}`" for each in skipped]
    return (*([] if empty is None else [f"`{here.environment}` was empty: {empty}"]), *passed, *forged)
