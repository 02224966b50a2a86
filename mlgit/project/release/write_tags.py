"""Write tags: create the tags of a plan on the remote; locally without a remote or with `--local`.

The remote decides (compare-and-swap), and a local ref is created only for a tag that the remote accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed, GitTimedOut
from mlgit.adapters.git.push import BranchMove, fetch_refs, list_remote_refs
from mlgit.adapters.git.tags.objects import (
    create_tag_refs,
    list_tags,
    local_tags,
    make_tag,
    object_id,
    tag_content,
    user_identity,
)
from mlgit.adapters.git.tags.signing import make_signed_tag, signs_tags
from mlgit.core.config.names import read_model_name
from mlgit.core.dead_remote import explain
from mlgit.core.record import record
from mlgit.core.registry.tags import TAGS, parse_tag, put_back_or_delete, ref_patterns
from mlgit.core.release.collisions import collisions
from mlgit.core.release.tag_plan import PlannedTag, WrittenTag
from mlgit.core.stated_time import as_time
from mlgit.core.trunk import remote_not_chosen
from mlgit.core.trust.doubt import ways_out
from mlgit.core.trust.marks import unless_needed
from mlgit.core.wording import listed, word, words
from mlgit.errors import Again, StateError, ToolError, UsageError
from mlgit.project.push_addresses import push_tags_to
from mlgit.project.registry.completeness import note_fetched
from mlgit.project.registry.pushed import once_at_remote, record_listing, record_seen
from mlgit.project.registry.read import read_model
from mlgit.project.registry.tag_settings import is_new_remote, tag_repair
from mlgit.project.release.lost_race import (
    fetch_models,
    interrupted,
    lost,
    moved_tag,
    never_published,
    states_of,
    written_elsewhere,
)
from mlgit.project.trust.default_branch import remote_refs, require_trunk_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.fetch_settings import Pruning
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


class RemoteFailed(ToolError):  # noqa: N818
    """The remote does not answer, or nothing can be fetched from it."""


@record
class Written:
    """The tags of a plan, and whether the remote has them."""

    tags: tuple[WrittenTag, ...]
    pushed: bool
    notes: tuple[str, ...] = ()


def fresh_model(project: Project, model: str, *, local: bool) -> ModelState:
    """The current state of a model; its tags and trunk are fetched first, unless `local` or without a remote.

    Raises:
        ToolError: the remote does not answer.
        StateError: a local tag differs from the remote's tag of that name or was never pushed, none of
            several remotes is chosen, or trunk is unknown.
    """
    if read_model_name(model) is None:
        named = f"`{model}` cannot be the name of a model"
        what = named if model.strip() else "The name of the model is empty"
        raise UsageError(what, hint="see `mlgit models`")
    if local:
        project.require_trunk()
        return _require_whole(project, read_model(project, model))
    if project.remote is None and project.remotes:
        raise remote_not_chosen(project.remotes)
    refresh(project, model)
    project.require_trunk()
    state = read_model(project, model)
    if _half_change(state) is not None:
        # A push may be half done: fetch again. If its other tag never arrives, continue from this state.
        refresh(project, model)
        state = read_model(project, model)
    _require_pushed(project, state)
    return state


def refresh(project: Project, model: str | None = None) -> None:
    """Fetch trunk and the tags of one model or all; does nothing without a remote."""
    remote = project.remote
    if remote is None:
        return
    patterns = (f"{TAGS}*",) if model is None else ref_patterns(model)
    refspecs = [f"{pattern}:{pattern}" for pattern in patterns]
    tracking = f"refs/remotes/{remote}/"
    trunk = project.trunk_here
    # In CI, the branch that is checked out may only look like trunk.
    sure = project.default_branch is None or (trunk and trunk.ref == tracking + project.default_branch)
    if sure and trunk is not None and trunk.ref.startswith(tracking):
        refspecs.append(f"+refs/heads/{trunk.ref.removeprefix(tracking)}:{trunk.ref}")
    else:
        refspecs.append(f"+refs/heads/*:{tracking}*")
    try:
        fetch_refs(project.git, remote, refspecs, write_fetch_head=model is None)
    except GitTimedOut as error:
        raise no_answer(remote, error) from error
    except GitFailed as error:
        _require_fetchable(project, remote, patterns, error)
        try:
            # Another git process was changing this clone, or the connection broke.
            fetch_refs(project.git, remote, refspecs, write_fetch_head=model is None)
        except GitFailed as again:
            raise RemoteFailed(f"Fetching from `{remote}` failed", details=again.details) from again
    project.forget_refs()
    record_listing(project, remote, patterns)
    note_fetched(project, model)


def write_tags(
    project: Project,
    plan: Sequence[PlannedTag],
    *,
    local: bool,
    dry_run: bool,
    moved: BranchMove | None = None,
) -> Written:
    """Write a plan completely or not at all, and move a branch with it; in a dry run, only report the tags.

    Raises:
        LostRace: the remote has another tag of one of these names.
        ToolError: the remote failed, or git could not sign a tag.
    """
    _require_numbers(project, plan)
    signed = signs_tags(project.git)
    tags = _tag_objects(project, plan, write=not dry_run, signed=signed)
    if dry_run:
        notes = ("git signs these tags, so their ids are only known once they are written",)
        return Written(tags=tags, pushed=False, notes=notes if signed else ())
    remote = None if local else project.remote
    refs = {tag.name: tag.oid for tag in tags}
    if remote is not None:
        return Written(tags=tags, pushed=True, notes=_push(project, remote, refs, moved))
    create_tag_refs(project.git, refs, moved=moved)
    record_seen(project, refs.values(), at_remote=False)
    prunes = "A `git fetch` that prunes deletes these tags (`{0.setting}`): run `mlgit push` before, "
    prunes += "or `{0.repair}`"
    return Written(tags=tags, pushed=False, notes=tuple(map(prunes.format, _pruning(project))))


def _require_numbers(project: Project, plan: Sequence[PlannedTag]) -> None:
    """Refuse a tag whose counter no reader takes, because the one before has the highest there is."""
    lost = next((each.name for each in plan if parse_tag(str(each.name)) is None), None)
    if lost is None:
        return
    before = lost._replace(counter=(lost.counter or 1) - 1)
    names = [str(before._replace(action=action)) for action in ("unassign", "assign")]
    tags = sorted(local_tags(project.git, names))
    raise StateError(
        f"No number is left for `{lost.environment}` of `{lost.model}` after {listed(tags)}",
        hint=unless_needed(tags, project.remote, why=""),
    )


def _pruning(project: Project) -> tuple[Pruning, ...]:
    from mlgit.core.fetch_settings import pruning
    from mlgit.project.registry.tag_settings import fetch_settings

    return () if project.remote is None else pruning(fetch_settings(project, project.remote), project.remote)


def _tag_objects(
    project: Project, plan: Sequence[PlannedTag], *, write: bool, signed: bool
) -> tuple[WrittenTag, ...]:
    """The planned tags with their object ids; without `write`, the ids that they would have unsigned."""
    identity = user_identity(project.git)
    tags = []
    for planned in plan:
        name, commit, at_s, message = str(planned.name), planned.commit, planned.at_s, planned.message
        if write and signed:
            oid = make_signed_tag(
                project.git, tag=name, commit=commit, tagger=identity, at_s=at_s, message=message
            )
        else:
            content = tag_content(tag=name, commit=commit, tagger=identity, at_s=at_s, message=message)
            oid = make_tag(project.git, content) if write else object_id(project.git, content)
        tags.append(WrittenTag(name=name, oid=oid, commit=commit, at=as_time(at_s)))
    return tuple(tags)


def _half_change(state: ModelState) -> TagFact | None:
    return next((each.unfinished for each in state.environments.values() if each.unfinished), None)


def _require_whole(project: Project, state: ModelState) -> ModelState:
    """Refuse half of a change: without the remote it is unknown whether the other half exists."""
    half = _half_change(state)
    if half is None:
        return state
    raise StateError(
        f"The tag `{half.tag}` is half of a change, and its other half is not here",
        hint=ways_out(half, fetch=tag_repair(project), remote=project.remote),
    )


def _require_pushed(project: Project, state: ModelState) -> None:
    """Refuse tags that are only in this clone: later tags depend on them, so others must see them."""
    if project.remote is None or not state.facts:
        return
    try:
        there = remote_refs(project, project.remote, ref_patterns(state.name))
    except GitFailed as error:
        raise no_answer(project.remote, error) from error
    record_seen(project, there.values(), at_remote=True)
    here_only = [fact for fact in state.facts if TAGS + fact.tag not in there]
    is_new = here_only and not there and is_new_remote(project, project.remote)
    withdrawn = frozenset[str]() if is_new else once_at_remote(project, here_only)
    record_seen(project, (fact.oid for fact in here_only if fact.tag not in withdrawn), at_remote=False)
    if withdrawn:
        tag = min(withdrawn)
        raise StateError(
            f"`{project.remote}` no longer has the tag `{tag}`",
            hint=f"{put_back_or_delete(sorted(withdrawn), project.remote)}; then run this again",
            details=tuple(sorted(withdrawn - {tag})),
        )
    if here_only:
        only = [fact.tag for fact in here_only]
        them = "it" if len(only) == 1 else "them"
        raise StateError(
            f"The tag `{here_only[0].tag}` is only here, and the next tags would depend on it",
            hint=f"run `mlgit push`, which publishes {them}, or `git tag -d {words(only)}`",
            details=tuple(only[1:]),
        )


def _push(
    project: Project, remote: str, tags: Mapping[str, str], moved: BranchMove | None
) -> tuple[str, ...]:
    refs = {TAGS + name: oid for name, oid in tags.items()}
    try:
        pushed, elsewhere = push_tags_to(project, remote, create=refs, move=moved)
    except KeyboardInterrupt as error:
        raise interrupted(remote, tags) from error
    if pushed.outcome == "lost":
        raise lost(project, remote, pushed.theirs, elsewhere)
    fetched = fetch_models(project, remote, tags)
    if fetched and local_tags(project.git, tags).keys() != tags.keys():
        raise written_elsewhere(project, remote, tags)
    record_seen(project, refs.values(), at_remote=True)
    if moved is not None:
        # The new commit has the files of its parent, so the working tree does not change.
        project.git.run("update-ref", moved.ref, moved.new, moved.old)
        project.forget_refs()
    if not fetched:
        hint = f"run `git fetch {word(remote)} --tags`"
        return (f"`{remote}` has the tags, but they could not be fetched back; {hint}", *elsewhere)
    return (*elsewhere, *(note for state in states_of(project, tags) for note in collisions(state, tags)))


WRITE_HERE = "check the connection, or run this with `--local`, which writes the tags here only"


def no_answer(remote: str, error: GitFailed, *, hint: str = WRITE_HERE) -> RemoteFailed:
    """The error that the remote cannot be read; the hint is another if that is not for its connection."""
    again = Again("this with `--local`", ("--local",)) if hint == WRITE_HERE else None
    found = explain(error.stderr, remote)
    if not found.silent:
        hint = f"{found.repair}; {hint.removeprefix('check the connection').lstrip(',; ')}"
    return RemoteFailed(found.sentence, hint=hint, details=error.details, again=again)


def _require_fetchable(project: Project, remote: str, patterns: Sequence[str], error: GitFailed) -> None:
    """Raise if fetching again cannot help: the remote does not answer, or a local tag differs."""
    try:
        there = list_remote_refs(project.git, remote, patterns)
    except ToolError:
        raise no_answer(remote, error) from error
    require_trunk_there(project, remote)
    here = {TAGS + tag: oid for tag, oid in list_tags(project.git).items()}
    differing = sorted(ref for ref, oid in there.items() if here.get(ref, oid) != oid)
    if differing:
        names = {ref.removeprefix(TAGS) for ref in differing}
        never = never_published(project, remote, names, there)
        if never is not None:
            raise never from error
        ref = differing[0]
        found = moved_tag(project, remote, ref.removeprefix(TAGS), here=here[ref], there=there[ref])
        found.details = tuple(other.removeprefix(TAGS) for other in differing[1:])
        raise found from error
