"""Promote: put a version into an environment, if policy and gates allow it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
from mlgit.core.registry.moves import emptied, how_it_left
from mlgit.core.release.promotion import (
    check_promotion,
    choose_version,
    promotion_command,
    require_changeable,
    same_model_note,
    split_target,
    when_and_why,
)
from mlgit.core.release.tag_plan import ChangeReport, Move, plan_assignment
from mlgit.core.trust.newest_release import refused_releases
from mlgit.core.wording import listed, word
from mlgit.errors import AnswerNo
from mlgit.project.ci.after_change import with_target
from mlgit.project.registry.environments import require_environment
from mlgit.project.registry.read import read_model
from mlgit.project.registry.readiness import require_usable_name, require_usable_version
from mlgit.project.release.change import if_known, make_change, model_to_change, require_unchanged
from mlgit.project.release.gate_check import UNFIT, require_gates, way_on
from mlgit.project.release.readiness import bad_twin
from mlgit.project.trust.accept import accept, policy_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.project.open import Project


def promote(  # noqa: PLR0913 (one parameter per option)
    project: Project,
    target: str,
    *,
    environment: str,
    reason: str | None = None,
    downgrade: bool = False,
    local: bool = False,
    dry_run: bool = False,
    ci: Mapping[str, str] | None = None,
    counter: int | None = None,
) -> ChangeReport:
    """Put `target` (`tumor` or `tumor@v1.2.0`) into an environment.

    With `counter`, only while it is still the environment's highest: the caller decided by that state.

    Raises:
        AnswerNo: the version does not qualify, or the gates block.
        UnknownReference: no such model, version or environment.
        LostRace: someone else changed the environment first.
    """
    name, wanted = split_target(target)
    raw = model_to_change(project, name, local=local)
    state = accept(project, raw, local=local, fetch=True)
    declared = _declared(project, environment)
    version = _chosen(project, state, declared, wanted)
    here, doubted = _environment(raw, state, environment, counter, version)
    change = partial(make_change, project, state, action="promote", version=version.version, local=local)
    change = partial(change, commit=version.commit, environment=here, dry_run=dry_run)
    passed = _passed_over(state, version) if wanted is None else ()
    if not doubted and not here.held and _holds(here, version):
        return with_target(project, change((), notes=passed))
    _require_allowed(project, raw, state, declared, version, downgrade=downgrade)
    require = partial(require_gates, project, purpose="promote", environment=environment, ci=ci)
    gates = require(model=name, commit=version.commit, keeps=None if doubted else here.label)
    policy = policy_commit(project, version.commit if local else None)
    move = Move(action="promote", now=project.now, reason=reason, gates=gates.gates, policy=policy)
    done = partial(change, plan_assignment(state, here, version, move), reason=reason, verdict=gates.verdict)
    about = _about(project, here, state, version, local=local)
    return with_target(project, done(notes=(*passed, *about, *gates.notes)))


def _chosen(
    project: Project, state: ModelState, environment: Environment, wanted: str | None
) -> RegisteredVersion:
    """`choose_version`, in a clone that may lack tags."""
    model, source = state.name, environment.source
    what = f"The newest version of `{model}`" if source is None else f"What `{source}` holds of `{model}`"
    with if_known(project, model, what if wanted is None else f"`{model}@{wanted}`"):
        return choose_version(state, environment, wanted)


def _require_allowed(
    project: Project,
    raw: ModelState,
    state: ModelState,
    environment: Environment,
    version: RegisteredVersion,
    *,
    downgrade: bool,
) -> None:
    with if_known(project, state.name, f"What `{environment.source}` held of `{state.name}`"):
        check_promotion(state, environment, version, downgrade=downgrade)
    require_usable_version(project, version)
    _require_unblocked(project, version, raw)
    if environment.source is not None:
        _require_unblocked_before(project, environment.source, version, raw, state)


def _require_unblocked_before(
    project: Project, source: str, version: RegisteredVersion, raw: ModelState, state: ModelState
) -> None:
    """Refuse a version that only promotions which gates block brought to the environment in `from`."""
    from mlgit.project.release.relied_promotions import source_problem

    found = source_problem(project, source, version, raw, state)
    if found is not None:
        fact, problem = found
        again = f"run `{promotion_command(state, source, version)}` first"
        back = f"to take it out, run `mlgit rollback {word(version.model)} --env {word(source)} -m REASON`"
        raise AnswerNo(
            f"The gates block `{fact.tag}`, which put `{version.tag}` into `{source}`; nothing was written",
            details=(problem,),
            hint=back if state.environment(source).commit == version.commit else again,
        )


def _require_unblocked(project: Project, version: RegisteredVersion, raw: ModelState) -> None:
    """Refuse a release that states other files, or that gates passed which its own numbers fail.

    It is judged by what was there before it: later tags that do not count say nothing about it, either.

    Raises:
        AnswerNo: its commit has other files, or a gate of its commit blocks it.
    """
    from mlgit.project.pipeline.proof import fetch_inputs
    from mlgit.project.release.relied_promotions import release_problem
    from mlgit.project.trust.tag_proof import wrong_files

    rejects = f"to reject it, run `mlgit deregister {version.model}@{version.version} -m REASON`"
    wrong = wrong_files(project, version.fact)
    if wrong is not None:
        raise AnswerNo(
            f"`{version.tag}`, which {version.author} released, does not state the files of its commit; "
            "nothing was written",
            details=(wrong,),
            hint=rejects,
        )
    fetch_inputs(project, version.commit)
    problem = release_problem(project, version, raw)
    if problem is not None:
        # What is missing here may be no fault of the release.
        hint = problem.hint if problem.outcome == "error" and problem.hint else rejects
        raise AnswerNo(
            f"The gates block `{version.tag}`, which {version.author} released; nothing was written",
            details=(f"{problem.gate}: {problem.message}",),
            hint=way_on([problem.gate]) if problem.reason in UNFIT else hint,
        )


def _declared(project: Project, name: str) -> Environment:
    # The first to read trunk's rules: they have to be valid for a promotion.
    require_usable_name(project, None if project.trunk is None else project.trunk.commit, name)
    return require_environment(project, name)


def _about(
    project: Project, here: EnvironmentState, state: ModelState, version: RegisteredVersion, *, local: bool
) -> tuple[str, ...]:
    """What to know about the version in this environment, and about the environment."""
    from mlgit.project.ci.before_rename import environment_before

    renamed = None
    if not here.changes:
        renamed = environment_before(project, here.model, here.environment, None, local=local)
    there = here if renamed is None else renamed
    known = (
        *(_taken_out(project, there, version) or _same_as_bad(project, state, there, version)),
        *_older(project, there, version),
        *_ended(there, state, version),
    )
    return (*known, *_undeclared(project, here.model), *_left(project, here, local=local))


def _taken_out(project: Project, here: EnvironmentState, version: RegisteredVersion) -> tuple[str, ...]:
    """A note if the version was there, and someone rolled it back or took it out."""
    for change in reversed(here.changes):
        if change.held is not None and change.held.commit == version.commit:
            if change.action == "promote":
                return ()
            did = f"{change.fact.tagger} {how_it_left(change)} {when_and_why(change.fact, project.now)}"
            return (f"{version.version} was in `{here.environment}`; {did}",)
    return ()


def _same_as_bad(
    project: Project, state: ModelState, here: EnvironmentState, version: RegisteredVersion
) -> tuple[str, ...]:
    """A note if the same model has another number that someone deregistered, or took out of here."""
    found = bad_twin(project, state, here, version)
    return () if found is None else (same_model_note(version, *found, here.environment, project.now),)


def _older(project: Project, here: EnvironmentState, version: RegisteredVersion) -> tuple[str, ...]:
    """A note if a higher number of an older commit takes the place of what an environment holds."""
    held = here.version
    if held is None or version.version < held.version or version.commit == held.commit:
        return ()
    if not is_ancestor(project.git, version.commit, held.commit):
        return ()
    return (f"`{version.tag}` is of an older commit than {here.label}, which `{here.environment}` held",)


def _undeclared(project: Project, name: str) -> tuple[str, ...]:
    """A note if trunk declares models, and not this one."""
    from mlgit.project.registry.models import declared_models

    trunk = project.trunk
    known = {} if trunk is None else declared_models(project, trunk.commit)
    if trunk is None or not known or name in known:
        return ()
    return (f"`{trunk.short}` does not declare `{name}`; it declares {listed(sorted(known))}",)


def _left(project: Project, here: EnvironmentState, *, local: bool) -> tuple[str, ...]:
    """A note for each version that a renamed or removed model or environment still holds."""
    from mlgit.project.registry.former_environments import replaced_holders
    from mlgit.project.registry.former_names import undeclared

    def read(name: str) -> ModelState:
        return accept(project, read_model(project, name), local=local)

    models = undeclared(project, here.environment, read)
    places = () if here.changes else replaced_holders(project, here.model, here.environment, read)
    found = [
        *((each, "which no declared model has") for each in models if each.model != here.model),
        *((each, f"but trunk put `{here.environment}` in its place") for each in places),
    ]
    return tuple(_still(held, why) for held, why in found if (held.holder or held.doubt) is not None)


def _still(held: EnvironmentState, why: str) -> str:
    if held.doubt is not None:
        what = f"what `{held.environment}` holds of `{held.model}`, {why}"
        return f"{what}, is not known here: `{held.doubt.fact.tag}` does not count; see `mlgit doctor`"
    take_out = f"`mlgit unassign {word(held.model)} --env {word(held.environment)}`"
    return f"`{held.environment}` holds `{held.model}@{held.label}`, {why}; to take it out: {take_out}"


def _ended(here: EnvironmentState, state: ModelState, version: RegisteredVersion) -> tuple[str, ...]:
    if here.held:
        return (f"this ends the hold on `{here.environment}`",)
    held = here.changes[-1].held if here.changes else None
    if held is not None and held.commit == version.commit:
        return ()  # `_taken_out` names who did that
    why = emptied(here, state)
    return () if why is None else (f"`{here.environment}` was empty: {why}",)


def _environment(
    raw: ModelState, state: ModelState, name: str, counter: int | None, version: RegisteredVersion
) -> tuple[EnvironmentState, bool]:
    """The environment, and whether its newest tag does not count; a promotion takes what that says out.

    Raises:
        LostRace: its counter is not `counter`.
        StateError: it is not known what is there, and the promotion is not the one that was cut off.
    """
    here = state.environment(name)
    require_unchanged(here, counter)
    require_changeable(here, str(version.version))
    if here.doubt is None or here.doubt.unread:
        return here, here.doubt is not None
    return raw.environment(name), True


def _holds(here: EnvironmentState, version: RegisteredVersion) -> bool:
    """Compared by number, because one commit may have two versions."""
    return here.version is not None and here.version.version == version.version


def _passed_over(state: ModelState, version: RegisteredVersion) -> tuple[str, ...]:
    """A note if a higher version was not chosen because its tag does not count."""
    higher = [
        each
        for each in refused_releases(state)
        if each.fact.name.version is not None and each.fact.name.version > version.version
    ]
    return (f"{higher[-1].sentence}; {higher[-1].hint}",) if higher else ()
