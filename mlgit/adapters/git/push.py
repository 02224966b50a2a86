"""Push: create refs on a remote by compare-and-swap; no local ref exists before the remote took them.

After a push that failed the remote itself is asked what it has: git's own words do not tell a lost race from
a hook that said no. They only tell whether it said anything: who heard nothing cannot know what comes yet.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from mlgit.adapters.git.binary import GitFailed
from mlgit.core.record import record
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.adapters.git.binary import Git

PUSH_TIMEOUT_S = 120.0
ASK_TIMEOUT_S = 60.0
_NO_ANSWER = -1
# What git says of a ref that was refused here or there; of one that nobody told about it says something else.
_REFUSED = "rejected]"
_LOOKS = 4
_BETWEEN_LOOKS_S = 0.1


@record
class BranchMove:
    """A branch that goes from one commit to a later one along with new tags."""

    ref: str
    old: str
    new: str


@record
class PushResult:
    """How a push ended: `landed`, or `lost`, and then to which refs with which object ids.

    Among them is a branch that was to be moved and stands elsewhere by now.
    """

    outcome: Literal["landed", "lost"]
    theirs: Mapping[str, str]


def push_refs(
    git: Git,
    remote: str,
    *,
    create: Mapping[str, str],
    move: Sequence[BranchMove] = (),
    timeout_s: float = PUSH_TIMEOUT_S,
) -> PushResult:
    """Create all these refs (full name -> object id) on the remote, or none.

    Refs that the remote has already with the same ids count as created: the same push may be repeated.

    Raises:
        ToolError: the remote failed, refused, or cannot be asked what it has.
    """
    failed = _try_push(git, remote, create=create, move=move, timeout_s=timeout_s)
    if failed is None:
        return PushResult(outcome="landed", theirs={})
    found = _settled(git, remote, create, move, failed)
    sure = _said_no(failed)
    if found is None and failed.status == _NO_ANSWER:
        raise _not_yet(f"`{remote}` did not answer the push within {timeout_s:g} s", failed)
    if found is None and not sure:
        # The connection broke before anything arrived: the same objects once more are safe.
        failed = _try_push(git, remote, create=create, move=move, timeout_s=timeout_s) or failed
        found = _settled(git, remote, create, move, failed)
    if found is None and sure:
        raise ToolError(
            f"`{remote}` did not take the tags; nothing was changed",
            hint="see what it said, then run the same command again",
            details=failed.details,
        )
    if found is None:
        # Whatever became of the second push, the server may still be busy with the first.
        raise _not_yet(f"The push to `{remote}` broke off", failed)
    return found


def list_remote_refs(git: Git, remote: str, refs: Iterable[str]) -> Mapping[str, str]:
    """Full ref name -> object id, as the remote has them now.

    Raises:
        GitFailed: the remote does not answer.
    """
    output = git.run("ls-remote", "--refs", remote, *refs, timeout_s=ASK_TIMEOUT_S)
    found = {}
    # Not `splitlines`: git lets a ref's name hold what Unicode takes for the end of a line.
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        oid, _, name = line.partition("\t")
        if name:
            found[name] = oid
    return found


def fetch_refs(
    git: Git, remote: str, refspecs: Sequence[str], *, write_fetch_head: bool = False, unshallow: bool = False
) -> None:
    """Fetch exactly these; with `write_fetch_head` the time is kept as the time of the last fetch.

    With `unshallow` the history that a shallow clone lacks comes along.

    Raises:
        GitFailed: the remote does not answer, or a local tag differs from the remote's.
    """
    keep = () if write_fetch_head else ("--no-write-fetch-head",)
    depth = ("--unshallow",) if unshallow else ()
    git.run(
        "fetch", "--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", *keep, *depth, remote,
        *refspecs,
        timeout_s=PUSH_TIMEOUT_S,
    )  # fmt: skip


def try_fetch_refs(git: Git, remote: str, refs: Iterable[str]) -> bool:
    """Fetch refs under their own names; whether that worked."""
    try:
        fetch_refs(git, remote, [f"{ref}:{ref}" for ref in refs])
    except ToolError:
        return False
    return True


def _try_push(
    git: Git, remote: str, *, create: Mapping[str, str], move: Sequence[BranchMove], timeout_s: float
) -> GitFailed | None:
    """Push once; what git said when it failed. An empty lease means: must not exist yet."""
    leases = [f"--force-with-lease={ref}:" for ref in create]
    leases += [f"--force-with-lease={moved.ref}:{moved.old}" for moved in move]
    refspecs = [f"{oid}:{ref}" for ref, oid in create.items()] + [
        f"{moved.new}:{moved.ref}" for moved in move
    ]
    argv = ("push", "--quiet", "--atomic", "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
    try:
        git.run(*argv, *leases, remote, *refspecs, timeout_s=timeout_s)
    except GitFailed as error:
        return error
    except ToolError as error:
        return GitFailed(argv, _NO_ANSWER, error.message)
    return None


def _said_no(failed: GitFailed) -> bool:
    """Whether refs were refused, and not only lost sight of when the connection broke."""
    fates = [line for line in failed.stderr.splitlines() if line.startswith(" ! [")]
    return bool(fates) and all(_REFUSED in line for line in fates)


def _settled(
    git: Git, remote: str, create: Mapping[str, str], move: Sequence[BranchMove], failed: GitFailed
) -> PushResult | None:
    """What the remote has after a failed push; None when it has none of these refs."""
    found = _found(git, remote, create, move, failed)
    for _ in range(_LOOKS):
        # Some of ours and nobody else's: we look while the server is at it, one ref after the other.
        if len(create) == len(create.keys() & found.keys()) or not create.items() & found.items():
            break
        time.sleep(_BETWEEN_LOOKS_S)
        found = _found(git, remote, create, move, failed)
    theirs = {ref: oid for ref, oid in found.items() if create.get(ref) not in {None, oid}}
    ours = [ref for ref, oid in create.items() if found.get(ref) == oid]
    if create and len(ours) == len(create):
        return PushResult(outcome="landed", theirs={})
    if not create and all(found.get(moved.ref) == moved.new for moved in move):
        return PushResult(outcome="landed", theirs={})
    theirs |= {
        moved.ref: found[moved.ref]
        for moved in move
        if moved.ref in found and found[moved.ref] not in {moved.old, moved.new}
    }
    if theirs:
        return PushResult(outcome="lost", theirs=theirs)
    if ours:
        raise ToolError(
            f"`{remote}` took only some of the tags",
            details=(*(f"it has `{ref}`" for ref in ours), *failed.details),
        )
    return None


def _found(
    git: Git, remote: str, create: Mapping[str, str], move: Sequence[BranchMove], failed: GitFailed
) -> Mapping[str, str]:
    try:
        return list_remote_refs(git, remote, [*create, *(moved.ref for moved in move)])
    except ToolError as error:
        raise ToolError(
            f"The push to `{remote}` failed, and `{remote}` does not say whether it took the tags",
            hint="run the same command again: it will see what arrived",
            details=(*failed.details, *error.details),
        ) from error


def _not_yet(what: str, failed: GitFailed) -> ToolError:
    return ToolError(
        f"{what}, and the tags are not there yet",
        hint="they may still arrive; run the same command again, it will see them",
        details=failed.details,
    )
