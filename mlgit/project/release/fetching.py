"""Fetching: fetch what a change depends on, or all tags; tags that the remote has no more are taken away."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed, GitTimedOut
from mlgit.adapters.git.push import fetch_refs, list_remote_refs
from mlgit.adapters.git.tags.objects import delete_tag_refs, list_tags, tagger_of
from mlgit.core.config.names import read_model_name
from mlgit.core.dead_remote import explain
from mlgit.core.registry.tags import TAGS, parse_tag, put_back_or_delete, ref_patterns
from mlgit.core.trunk import remote_not_chosen
from mlgit.core.trust.doubt import ways_out
from mlgit.core.wording import listed, words
from mlgit.errors import Again, StateError, ToolError, UsageError
from mlgit.project.history import unshallow
from mlgit.project.registry.completeness import note_fetched
from mlgit.project.registry.pushed import ever_seen, once_at_remote, record_listing, record_seen
from mlgit.project.registry.read import read_model
from mlgit.project.registry.tag_settings import is_new_remote, tag_repair, were_elsewhere
from mlgit.project.release.lost_race import moved_tag, never_published
from mlgit.project.remote_commits import keeping_last_fetch
from mlgit.project.trust.compared import compared_elsewhere, lacks_baseline, undeclared_models
from mlgit.project.trust.default_branch import remote_refs, require_trunk_there

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project

_WITHOUT = "check the connection; without `--fetch` you see the tags that are in this clone"


WRITE_HERE = "check the connection, or run this with `--local`, which writes the tags here only"


class RemoteFailed(ToolError):  # noqa: N818
    """The remote does not answer, or nothing can be fetched from it."""


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
    refresh_compared(project, model)
    state = read_model(project, model)
    if _half_change(state) is not None:
        # A push may be half done: fetch again. If its other tag never arrives, continue from this state.
        refresh(project, model)
        state = read_model(project, model)
    _require_pushed(project, state)
    return state


def refresh_compared(project: Project, model: str) -> None:
    """Fetch what else decides about a model, where there is anything.

    Where its own tags have nothing to compare with, those of models that trunk does not declare may have, and
    only the whole history shows which of them it was.

    Raises:
        ToolError: the remote does not answer, or does not deliver that.
    """
    if project.remote is None:
        return
    lacks = lacks_baseline(project, model)
    if lacks:
        unshallow(project)
    models, refs = compared_elsewhere(project, model)
    asked = [*refs, *([f"{TAGS}*"] if lacks else [])]
    try:
        found = remote_refs(project, project.remote, asked) if asked else {}
    except GitFailed as error:
        raise no_answer(project.remote, error) from error
    here = {TAGS + tag: oid for tag, oid in list_tags(project.git).items()} if lacks else {}
    new = {ref[len(TAGS) :] for ref, oid in found.items() if lacks and here.get(ref) != oid}
    models |= undeclared_models(project, new) - {model}
    there = [ref for ref in found if ref in refs]
    if models or there:
        refresh(project, *models, refs=there)


def refresh(project: Project, *models: str, refs: Collection[str] = ()) -> None:
    """Fetch trunk, the tags of these models and refs that the remote has; all tags without either."""
    remote = project.remote
    if remote is None:
        return
    everything = not models and not refs
    tags = [each for each in refs if each.startswith(TAGS)]
    patterns = [f"{TAGS}*"] if everything else [*tags, *chain.from_iterable(map(ref_patterns, models))]
    refspecs = [f"{pattern}:{pattern}" for pattern in patterns]
    tracking = f"refs/remotes/{remote}/"
    branches = [each.removeprefix("refs/heads/") for each in refs if each not in tags]
    refspecs += [f"+refs/heads/{branch}:{tracking}{branch}" for branch in branches]
    trunk = project.trunk_here
    # In CI, the branch that is checked out may only look like trunk.
    sure = project.default_branch is None or (trunk and trunk.ref == tracking + project.default_branch)
    if sure and trunk is not None and trunk.ref.startswith(tracking):
        refspecs.append(f"+refs/heads/{trunk.ref.removeprefix(tracking)}:{trunk.ref}")
    else:
        refspecs.append(f"+refs/heads/*:{tracking}*")
    with keeping_last_fetch(project):
        _fetch(project, remote, patterns, refspecs, everything=everything)
    project.forget_refs()
    record_listing(project, remote, patterns)
    for model in models or ([None] if everything else []):
        note_fetched(project, model)


def _fetch(
    project: Project, remote: str, patterns: Collection[str], refspecs: list[str], *, everything: bool
) -> None:
    """Fetch these refspecs, the first of which are those of `patterns`; once more if that may help."""
    try:
        fetch_refs(project.git, remote, refspecs, write_fetch_head=everything)
    except GitTimedOut as error:
        raise no_answer(remote, error) from error
    except GitFailed as error:
        missing = _fetchable(project, remote, patterns, error)
        if everything:
            # Another tool's tag was moved, or is in the way of one.
            refspecs[: len(patterns)] = [f"{ref}:{ref}" for ref in missing]
        try:
            # Another git process was changing this clone, or the connection broke.
            fetch_refs(project.git, remote, refspecs, write_fetch_head=everything)
        except GitFailed as again:
            raise RemoteFailed(f"Fetching from `{remote}` failed", details=again.details) from again


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


def no_answer(remote: str, error: GitFailed, *, hint: str = WRITE_HERE) -> RemoteFailed:
    """The error that the remote cannot be read; the hint is another if that is not for its connection."""
    again = Again("this with `--local`", ("--local",)) if hint == WRITE_HERE else None
    found = explain(error.stderr, remote)
    if not found.silent:
        hint = f"{found.repair}; {hint.removeprefix('check the connection').lstrip(',; ')}"
    return RemoteFailed(found.sentence, hint=hint, details=error.details, again=again)


def _fetchable(project: Project, remote: str, patterns: Collection[str], error: GitFailed) -> list[str]:
    """The tags of models that the remote has and this clone lacks.

    Raises if fetching again cannot help: the remote does not answer, or a local tag of a model, or one that
    is named, differs.
    """
    try:
        there = list_remote_refs(project.git, remote, patterns)
    except ToolError:
        raise no_answer(remote, error) from error
    require_trunk_there(project, remote)
    here = {TAGS + tag: oid for tag, oid in list_tags(project.git).items()}
    ours = {ref: oid for ref, oid in there.items() if ref in patterns or parse_tag(ref[len(TAGS) :])}
    differing = sorted(ref for ref, oid in ours.items() if here.get(ref, oid) != oid)
    if differing:
        names = {ref.removeprefix(TAGS) for ref in differing}
        never = never_published(project, remote, names, there)
        if never is not None:
            raise never from error
        ref = differing[0]
        found = moved_tag(project, remote, ref.removeprefix(TAGS), here=here[ref], there=there[ref])
        found.details = tuple(other.removeprefix(TAGS) for other in differing[1:])
        raise found from error
    return sorted(ours.keys() - here.keys())


def fetch_all_tags(project: Project) -> tuple[str, ...]:
    """Fetch all tags and trunk; returns sentences about tags that the remote does not have.

    A tag that was there once is deleted here. One that was never there stays: it waits to be pushed.

    Raises:
        ToolError: the remote does not answer.
        StateError: a tag is another one here than there, or another branch is the default one there.
    """
    remote = project.remote
    try:
        refresh(project)
    except ToolError as error:
        if remote is not None and error.hint == WRITE_HERE:
            error.hint, error.again = _WITHOUT, None
        raise
    if remote is None:
        return ()
    try:
        there = remote_refs(project, remote, [f"{TAGS}*"])
    except GitFailed as error:
        raise no_answer(remote, error, hint=_WITHOUT) from error
    record_seen(project, (oid for ref, oid in there.items() if parse_tag(ref[len(TAGS) :])), at_remote=True)
    here = {tag: oid for tag, oid in list_tags(project.git).items() if parse_tag(tag) is not None}
    absent = {tag: oid for tag, oid in here.items() if TAGS + tag not in there}
    if not absent:
        return ()
    without_tags = not any(parse_tag(ref[len(TAGS) :]) for ref in there)
    gone = {} if without_tags and were_elsewhere(project) else _once_there(project, absent)
    delete_tag_refs(project.git, gone)
    kept = [tag for tag in absent if tag not in gone]
    return _sentences(remote, gone, kept, others=len(project.remotes) > 1)


def _once_there(project: Project, tags: Mapping[str, str]) -> Mapping[str, str]:
    """Those that the remote had: this clone saw them there, or another person made them.

    With several remotes, another person's tag may come from any of them.
    """
    others = len(project.remotes) > 1
    seen = ever_seen(project)
    own = project.git.try_text("config", "--get", "user.email")
    own_too = (project.git.try_text("var", "GIT_COMMITTER_IDENT") or "").rpartition("<")[2].partition(">")[0]
    found = {}
    for tag, oid in tags.items():
        maker = tagger_of(project.objects, oid)
        if oid in seen or (not others and maker and maker not in {own, own_too}):
            found[tag] = oid
    return found


def _sentences(remote: str, gone: Mapping[str, str], kept: list[str], *, others: bool) -> tuple[str, ...]:
    notes = []
    if gone:
        deleted, them = ("it was", "it") if len(gone) == 1 else ("they were", "them")
        refs = [f"{oid}:{TAGS}{tag}" for tag, oid in gone.items()]
        again = f"`{words(('git', 'push', remote, *refs))}` puts {them} back for everyone"
        notes.append(f"`{remote}` no longer has {listed(gone)}, so {deleted} deleted here; {again}")
    if kept and others:
        notes.append(f"not on `{remote}`, but perhaps on another remote: {listed(kept)}")
    elif kept:
        notes.append(f"only here, and not on `{remote}`: {listed(kept)}; `mlgit push` publishes them")
    return tuple(notes)
