"""Gone tags: fetch all tags, and take away those that the remote had once and has no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.tags.objects import delete_tag_refs, list_tags, tagger_of
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.wording import listed, words
from mlgit.errors import ToolError
from mlgit.project.registry.pushed import ever_seen, record_seen
from mlgit.project.registry.tag_settings import were_elsewhere
from mlgit.project.release.write_tags import WRITE_HERE, no_answer, refresh
from mlgit.project.trust.default_branch import remote_refs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.project.open import Project


_WITHOUT = "check the connection; without `--fetch` you see the tags that are in this clone"


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
