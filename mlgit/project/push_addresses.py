"""Push addresses: where else a remote is written than where it is read, and which of those took a push.

git pushes to one address after the other, also after one that refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import BranchMove, PushResult, list_remote_refs, push_refs
from mlgit.core.registry.tags import TAGS
from mlgit.core.wording import listed, words
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.project.open import Project

_HEADS = "refs/heads/"
_LOGIN = re.compile(r"(?<=://)[^/@]*@")
_NOTHING = "; nothing was changed"


def push_tags_to(
    project: Project, remote: str, *, create: Mapping[str, str], move: BranchMove | None = None
) -> tuple[PushResult, tuple[str, ...]]:
    """`push_refs`, and a sentence for each further address that differs from the one that is read.

    Raises:
        ToolError: see `push_refs`; its details have those sentences, too.
    """
    refs = {**create, **({} if move is None else {move.ref: move.new})}
    try:
        result = push_refs(project.git, remote, create=create, move=move)
    except ToolError as error:
        took = tuple(taken_elsewhere(project, remote, refs))
        if took:
            error.message = error.message.removesuffix(_NOTHING)
            error.details = (*error.details, *took)
        raise
    if result.outcome == "lost":
        return result, tuple(taken_elsewhere(project, remote, refs))
    return result, tuple(missing_elsewhere(project, remote, refs))


def taken_elsewhere(project: Project, remote: str, refs: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each further address that has some of these refs, which the one that is read refused."""
    for address, there in _there(project, remote, refs):
        took = [] if there is None else [ref for ref, oid in refs.items() if there.get(ref) == oid]
        delete = words(("git", "push", "--delete", address, *(ref for ref in took if ref.startswith(TAGS))))
        if took:
            undo = f"; to delete them there: `{delete}`" if any(ref.startswith(TAGS) for ref in took) else ""
            yield f"{_shown(address)}, where `{remote}` is also pushed to, has {_names(took)}{undo}"


def missing_elsewhere(project: Project, remote: str, refs: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each address that lacks some of these refs: a further one, or the one that is read."""
    if is_read_elsewhere(project, remote):
        read, _ = _addresses(project, remote)
        there = _answer(project, read, refs)
        lost = [ref for ref, oid in refs.items() if (there or {}).get(ref) != oid]
        if lost:
            has = "does not answer; it may lack" if there is None else "does not have"
            same = words(("git", "remote", "set-url", "--push", remote, read))
            yield f"{_shown(read)}, where `{remote}` is read, {has} {_names(lost)}; to push there: `{same}`"
    for address, there in _there(project, remote, refs):
        where = f"{_shown(address)}, where `{remote}` is also pushed to,"
        if there is None:
            yield f"{where} does not answer: it is not known whether it has {_names(refs)}"
            continue
        missing = [ref for ref, oid in refs.items() if there.get(ref) != oid]
        if missing:
            again = words(("git", "push", remote, *missing))
            yield f"{where} does not have {_names(missing)}; to send that again: `{again}`"


def is_read_elsewhere(project: Project, remote: str) -> bool:
    """Whether what is pushed to a remote does not go where it is read, as far as addresses show that."""
    read, written = _addresses(project, remote)
    return read not in written


def _there(
    project: Project, remote: str, refs: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, str] | None]]:
    """Each further address with what it has of these refs; None if it does not answer."""
    read, written = _addresses(project, remote)
    for address in dict.fromkeys(each for each in written if each != read) if written[1:] else ():
        yield address, _answer(project, address, refs)


def _addresses(project: Project, remote: str) -> tuple[str, list[str]]:
    """Where a remote is read, and where it is written."""
    read = project.git.try_text("remote", "get-url", remote) or remote
    return read, (project.git.try_text("remote", "get-url", "--push", "--all", remote) or read).splitlines()


def _answer(project: Project, address: str, refs: Mapping[str, str]) -> Mapping[str, str] | None:
    try:
        return list_remote_refs(project.git, address, refs)
    except GitFailed:
        return None


def _shown(address: str) -> str:
    return f"`{_LOGIN.sub('', address)}`"


def _names(refs: Mapping[str, str] | list[str]) -> str:
    return listed(ref.removeprefix(TAGS).removeprefix(_HEADS) for ref in refs)
