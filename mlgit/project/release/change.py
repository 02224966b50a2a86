"""Change: read the current state of a model, write the tags of one change, and report it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import KNOWN, Known
from mlgit.core.release.promotion import NotQualified
from mlgit.core.release.tag_plan import (
    KEPT,
    ChangeAction,
    ChangeReport,
    PlannedTag,
    VerdictSummary,
    future_note,
)
from mlgit.core.wording import format_since
from mlgit.errors import Absent, LostRace, StateError, ToolError, UnknownReference
from mlgit.project.registry.completeness import doubts, was_fetched
from mlgit.project.registry.environments import gto_note
from mlgit.project.registry.models import require_model
from mlgit.project.registry.read import read_registry, tags_as_of, tags_only_here
from mlgit.project.release.fetching import RemoteFailed, fresh_model
from mlgit.project.release.lost_race import look_first
from mlgit.project.release.model_data import kept_back
from mlgit.project.release.write_tags import Written, write_tags

_FRESH_S = 60

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.adapters.git.push import BranchMove
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project


def model_to_change(project: Project, name: str, *, local: bool) -> ModelState:
    """The current state of a model; trunk and its tags are fetched first, unless `local` or without a remote.

    Raises:
        UnknownReference: neither a file nor a tag mentions the model.
        ToolError: the remote does not answer.
        StateError: see `fresh_model`.
    """
    try:
        state = fresh_model(project, name, local=local)
    except RemoteFailed as error:
        error.message = f"{error.message}; nothing was written"
        raise
    with if_known(project, name, f"The model `{name}`"):
        require_model(project, name)
    return state


@contextmanager
def if_known(project: Project, model: str, what: str) -> Iterator[None]:
    """Let nothing be called absent that may be in tags which this clone lacks.

    Raises:
        StateError: `what` seems absent, and this clone may lack tags of the model.
    """
    try:
        yield
    except (UnknownReference, Absent, NotQualified):
        require_known(project, model, what)
        raise


def require_known(project: Project, model: str, what: str) -> None:
    """Refuse to call something absent in a clone that may lack tags of the model.

    Raises:
        StateError: it may.
    """
    known = tags_known(project, model)
    if known.known == "no":
        raise StateError(f"{what} is not known here: {known.why}", hint=f"run `{known.repair}`")


def tags_known(project: Project, model: str) -> Known:
    """Whether this clone has all tags of a model, or has just fetched them."""
    return KNOWN if was_fetched(project, model) else doubts(project, {}).clone


def require_unchanged(here: EnvironmentState, counter: int | None) -> None:
    """Refuse to change an environment whose highest counter is another one by now.

    Raises:
        LostRace: someone else changed it.
    """
    if counter is not None and here.counter != counter:
        raise LostRace(
            f"Someone else just changed `{here.environment}` of `{here.model}`; nothing was written",
            hint=look_first(here),
        )


def make_change(  # noqa: PLR0913 (the fields of the report)
    project: Project,
    state: ModelState,
    plan: Sequence[PlannedTag],
    *,
    action: ChangeAction,
    version: Version | None,
    commit: str | None,
    environment: EnvironmentState | None = None,
    reason: str | None = None,
    verdict: VerdictSummary | None = None,
    moved: BranchMove | None = None,
    notes: tuple[str, ...] = (),
    local: bool,
    dry_run: bool,
) -> ChangeReport:
    """Write the tags as `write_tags` does, and report the change; an empty plan was carried out earlier."""
    written = None
    if plan:
        written = write_tags(project, plan, local=local, dry_run=dry_run, moved=moved)
        warnings = _warnings(project, state, environment if action == "promote" else None)
        notes = (*notes, *warnings, *_written_notes(project, moved, written, dry_run=dry_run))
    return ChangeReport(
        model=state.name,
        version=None if version is None else str(version),
        environment=None if environment is None else environment.environment,
        action=action,
        before=None if environment is None else environment.label,
        reason=reason,
        tags=() if written is None else written.tags,
        commit=commit,
        pushed=written is not None and written.pushed,
        remote=project.remote,
        already=written is None,
        dry_run=dry_run,
        at=project.now,
        verdict=verdict,
        next=None if written is None or dry_run else publishing(project, pushed=written.pushed),
        notes=(*notes, *(_age(project) if local else ())),
    )


def _written_notes(
    project: Project, moved: BranchMove | None, written: Written, *, dry_run: bool
) -> tuple[str, ...]:
    """The notes of what was written, and one about the empty commit that a release adds to its branch."""
    if moved is None:
        return written.notes
    branch = moved.ref.removeprefix("refs/heads/")
    if dry_run:
        return (f"an empty commit would be added to `{branch}`", *written.notes)
    where = f"pushed to `{project.remote}`" if written.pushed else "only here"
    return (f"`{branch}` has a new, empty commit, {moved.new[:7]}, {where}", *written.notes)


def _age(project: Project) -> tuple[str, ...]:
    """A note about how old the tags are by which a change was decided that asked no remote."""
    if project.remote is None:
        return ()
    seen = tags_as_of(project)
    if seen is not None and (project.now - seen).total_seconds() < _FRESH_S:
        return ()
    age = "" if seen is None else f", fetched {format_since(seen, project.now)}"
    return (f"`{project.remote}` was not asked: this was decided by the tags of this clone{age}",)


def publishing(project: Project, *, pushed: bool) -> str | None:
    """The command that publishes tags which were written here; None if they are, or there is no remote.

    Without a DVC remote, a push may keep all of them here: `mlgit doctor` says how to have one.
    """
    if pushed or project.remote is None:
        return None
    with suppress(ToolError):  # the tags are written, whatever git says now
        registry = read_registry(project)
        tags = tags_only_here(project, registry) or ()
        facts = (fact for state in registry.models.values() for fact in state.facts)
        if kept_back(project, facts, tags) is not None:
            return KEPT
    return "mlgit push"


def _warnings(project: Project, state: ModelState, promoted: EnvironmentState | None) -> tuple[str, ...]:
    ahead = future_note(state, project.now)
    return ahead if promoted is None else (*ahead, *gto_note(project, promoted.environment))
