"""Release: register HEAD as a version, if it is clean, up to date, published and passes the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
from mlgit.core.record import record
from mlgit.core.registry.entries import rejection_notes
from mlgit.core.registry.semver import FIRST, Version, is_label, propose
from mlgit.core.release.numbers import numbers_in_use
from mlgit.core.release.options import ReleaseOptions
from mlgit.core.release.promotion import require_counting, split_target, wanted_version
from mlgit.core.release.tag_plan import ChangeReport, plan_release
from mlgit.core.wording import words
from mlgit.errors import StateError, UsageError
from mlgit.project.ci.before_rename import rejected_before
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.readiness import require_usable_name
from mlgit.project.release.bump import next_step
from mlgit.project.release.change import make_change, model_to_change, tags_known
from mlgit.project.release.gate_check import require_gates
from mlgit.project.release.model_data import ModelData, require_model_data
from mlgit.project.release.provenance import release_statement
from mlgit.project.release.readiness import (
    empty_commit,
    rejected_model,
    require_clean,
    require_fresh,
    require_movable,
    require_published,
    same_model,
    trunk_notes,
)
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


@record
class _Candidate:
    """The commit to register as a version of a model; `accepted` is `state` without what does not count."""

    state: ModelState
    accepted: ModelState
    commit: str
    path: str | None
    explicit: Version | None


def release(
    project: Project, target: str, *, options: ReleaseOptions | None = None, progress: Progress | None = None
) -> ChangeReport:
    """Register HEAD as a version of `target` (`tumor` or `tumor@v1.2.0`).

    Raises:
        AnswerNo: the gates block.
        StateError: the repository is dirty, stale or unpublished, or the version or the commit is taken.
        LostRace: someone else registered that version first.
    """
    options = options or ReleaseOptions()
    candidate = _candidate(project, target, options)
    registered = _registered(project, candidate, options)
    if registered is not None:
        note = "HEAD has the same model; `--force` releases it again"
        return make_change(
            project,
            candidate.state,
            (),
            action="release",
            version=registered.version,
            commit=registered.commit,
            notes=() if registered.commit == project.head.commit else (note,),
            local=options.local,
            dry_run=options.dry_run,
        )
    version, notes = _choose(project, candidate, options)
    notes = (*notes, *_rejection(project, candidate, options), *_newer_commit(project, candidate, version))
    require_fresh(project, candidate.path, commit=candidate.commit if options.committed else None)
    require_published(
        project, candidate.state.name, candidate.commit, final=version.final, local=options.local
    )
    if options.commit:
        require_movable(project, final=version.final, local=options.local)
    data = _data(project, candidate, options, progress)
    return _write(project, candidate, version, options, notes, data)


def _data(
    project: Project, candidate: _Candidate, options: ReleaseOptions, progress: Progress | None
) -> ModelData:
    """Require the model where others can fetch it."""
    return require_model_data(
        project,
        candidate.state.name,
        candidate.path,
        candidate.commit,
        push=options.push_data,
        elsewhere=options.data_elsewhere,
        local=options.local,
        dry_run=options.dry_run,
        progress=progress,
    )


def _candidate(project: Project, target: str, options: ReleaseOptions) -> _Candidate:
    name, wanted = split_target(target)
    explicit = None if wanted is None else wanted_version(wanted)
    if options.pre is not None and not is_label(options.pre):
        raise UsageError(
            f"`{options.pre}` cannot be part of a version", expected="a word such as `rc` or `beta`"
        )
    if explicit is not None and (options.pre is not None or options.bump is not None):
        raise UsageError("A version, `--bump` and `--pre` cannot be used together")
    state = model_to_change(project, name, local=options.local)
    project.config(None)  # what is released may be declared otherwise than on trunk
    paths = declared_models(project)
    require_usable_name(project, None, name)
    return _Candidate(
        state=state,
        accepted=accept(project, state),
        commit=require_clean(project),
        path=paths.get(name),
        explicit=explicit,
    )


def _registered(project: Project, candidate: _Candidate, options: ReleaseOptions) -> RegisteredVersion | None:
    """The version that this release would only repeat.

    Raises:
        StateError: the commit or the version number is in use in another way.
    """
    state, explicit = candidate.state, candidate.explicit
    final = options.pre is None if explicit is None else explicit.final
    here = state.at_commit(candidate.commit)
    accepted = candidate.accepted
    # A number is also in use if only the tag that rejected it is left.
    taken = [fact for fact in state.facts if fact.name.version == explicit] if explicit is not None else []
    if taken and (options.commit or all(each.version != explicit for each in here)):
        gone = ", deregistered" if any(fact.name.action == "deregister" for fact in taken) else ""
        raise StateError(
            f"`{state.name}@{explicit}` already exists, at {taken[0].commit[:7]}{gone}",
            hint=f"run `mlgit release {state.name}` for the next number",
        )
    if here and not options.commit:
        require_counting(accepted, here)
        same = here[-1] if explicit is None else state.find(explicit)
        repeated = same is not None and same in here and same.version.final == final and options.bump is None
        if repeated and same is not None and not same.deregistered and not options.force:
            return same
        way_on = _way_on(project, candidate, None if taken else explicit, options, final=final)
        if here[-1].withdrawn:
            raise _rejected(here[-1], way_on)
        raise StateError(
            f"HEAD ({candidate.commit[:7]}) is already `{state.name}@{here[-1].version}`, and a commit "
            "can only be one version of a model",
            hint=way_on or "check out a branch, and release the commit at its tip",
        )
    if options.force or options.commit:
        return None
    return same_model(project, accepted, candidate.commit, candidate.path, final=final)


def _rejection(project: Project, candidate: _Candidate, options: ReleaseOptions) -> tuple[str, ...]:
    """Who deregistered this very model, and why; a note if the release is forced.

    Raises:
        StateError: it was deregistered, and the release is not forced.
    """
    asked = project, candidate.accepted, candidate.commit, candidate.path
    rejected = rejected_model(*asked) or rejected_before(*asked)
    if rejected is None:
        return ()
    if not options.force:
        number = "" if candidate.explicit is None else f"@{candidate.explicit}"
        named = f"{candidate.state.name}{number}"
        command = words(("mlgit", "release", named, *options.typed(force=True)))
        raise _rejected(rejected, f"run `{command}`")
    return rejection_notes(rejected)


def _rejected(version: RegisteredVersion, way_on: str | None) -> StateError:
    """The refusal of a deregistered model: who rejected it and why, before the way to release it again."""
    message = f"This model was rejected before: {rejection_notes(version)[0]}"
    return StateError(message, hint="train another one" + (f", or {way_on}" if way_on else ""))


def _newer_commit(project: Project, candidate: _Candidate, version: Version) -> tuple[str, ...]:
    """A note if a release of a newer commit is there, of which this number makes an older one."""
    latest = candidate.accepted.latest
    if not version.final or latest is None or latest.commit == candidate.commit:
        return ()
    if not is_ancestor(project.git, candidate.commit, latest.commit):
        return ()
    return (f"`{latest.tag}` is of a newer commit than this one, and {version} is a higher number",)


def _way_on(
    project: Project, candidate: _Candidate, wanted: Version | None, options: ReleaseOptions, *, final: bool
) -> str | None:
    """How to release a commit that is a version already; None if HEAD is not on a branch."""
    name, trunk = candidate.state.name, project.trunk
    if final and trunk is not None and not is_ancestor(project.git, candidate.commit, trunk.commit):
        return f"merge it first: final versions are released from `{trunk.short}`"
    if project.head.branch is None:
        return None
    force = options.force or candidate.state.at_commit(candidate.commit)[-1].withdrawn
    named = name if wanted is None else f"{name}@{wanted}"
    typed = options.typed(commit=True, force=force)
    return f"run `{words(('mlgit', 'release', named, *typed))}`, which adds an empty commit"


def _choose(
    project: Project, candidate: _Candidate, options: ReleaseOptions
) -> tuple[Version, tuple[str, ...]]:
    """The version number, and notes about it."""
    if candidate.explicit is not None:
        return candidate.explicit, ()
    released, taken = numbers_in_use(candidate.accepted)
    if options.bump != "auto":
        version = propose(released, taken=taken, bump=options.bump or "patch", pre=options.pre)
        return version, _other_numbers(project, candidate)
    pre = options.pre is not None
    step, why = next_step(project, candidate.accepted, candidate.commit, candidate.path, pre=pre)
    version = propose(released, taken=taken, bump=step, pre=options.pre)
    because = () if version == FIRST else (f"{version} because {why}",)
    return version, (*because, *_other_numbers(project, candidate))


def _other_numbers(project: Project, candidate: _Candidate) -> tuple[str, ...]:
    """A note if numbers may be in use that this clone does not know."""
    known = tags_known(project, candidate.state.name)
    name = candidate.state.name
    return () if known.known == "yes" else (f"other numbers of `{name}` may be in use: {known.why}",)


def _write(
    project: Project,
    candidate: _Candidate,
    version: Version,
    options: ReleaseOptions,
    notes: tuple[str, ...],
    data: ModelData,
) -> ChangeReport:
    state, final = candidate.state, version.final
    checked = require_gates(
        project, purpose="release", model=state.name, commit=candidate.commit, ci=options.ci, pre=not final
    )
    moved = None
    if options.commit:
        moved = empty_commit(project, f"Release {state.name} {version}", write=not options.dry_run)
    statement = release_statement(
        project,
        state,
        version,
        candidate.commit,
        tagged=candidate.commit if moved is None else moved.new,
        path=candidate.path,
        gates=checked.gates,
        ci=options.ci or {},
        data_elsewhere=data.elsewhere,
    )
    return make_change(
        project,
        candidate.accepted,
        plan_release(candidate.accepted, statement, version, now=project.now, text=options.text),
        action="release",
        version=version,
        commit=statement.commit,
        reason=options.text,
        verdict=checked.verdict,
        moved=moved,
        notes=(*notes, *data.notes, *checked.notes, *trunk_notes(project, version)),
        local=options.local,
        dry_run=options.dry_run,
    )
