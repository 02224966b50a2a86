"""Push: create refs on a remote by compare-and-swap; a local ref is created only after the remote has it.

After a failed push mlgit asks the remote what it has, because git's message does not distinguish a lost race
from a hook that refused. The message only shows whether the remote responded: without a response the push may
still succeed later.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal

from mlgit.adapters.git.binary import NO_RESPONSE, Git, GitFailed
from mlgit.core.record import record
from mlgit.core.registry.tags import TAGS, deletion
from mlgit.core.trunk import head_of
from mlgit.core.wording import words
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


PUSH_TIMEOUT_S = 120.0
ASK_TIMEOUT_S = 60.0
# How git marks a ref that was refused, here or there; a ref without a response is marked otherwise.
_REFUSED = "rejected]"
_NOT_ATOMIC = "support --atomic"
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
    """The result of a push.

    `theirs` maps the refs that were lost to the object ids that the remote has. The branch to move is among
    them if it is at another commit.
    """

    outcome: Literal["landed", "lost"]
    theirs: Mapping[str, str]


def push_refs(
    git: Git,
    remote: str,
    *,
    create: Mapping[str, str],
    move: BranchMove | None = None,
    timeout_s: float = PUSH_TIMEOUT_S,
) -> PushResult:
    """Create all these refs (full name -> object id) on the remote, or none.

    Refs that the remote has already with the same ids count as created: the same push may be repeated.

    Raises:
        ToolError: the remote failed, refused, or does not say what it has.
    """
    push = _Push(git, remote, create, move)
    failed = push.run(timeout_s)
    if failed is None:
        return PushResult(outcome="landed", theirs={})
    if _NOT_ATOMIC in failed.stderr:
        raise push.not_atomic(failed)
    found = push.result(failed)
    refused = _is_refused(failed)
    if found is None and failed.status == NO_RESPONSE:
        raise _not_yet(f"`{remote}` did not answer the push within {timeout_s:g} s", failed)
    if found is None and not refused:
        # The connection broke before anything arrived: pushing the same objects again is safe.
        failed = push.run(timeout_s) or failed
        found = push.result(failed)
    if found is None and refused:
        raise push.refusal(failed)
    if found is None:
        # Even if the second push was refused, the server may still be writing the first.
        raise _not_yet(f"The push to `{remote}` was interrupted", failed)
    return found


def as_no_mirror(remote: str) -> Mapping[str, str]:
    """The variable with which git pushes single refs to a remote that is set to mirror all of them."""
    stated, setting = os.environ.get("GIT_CONFIG_PARAMETERS", ""), f"remote.{remote}.mirror=false"
    quoted = setting.replace("'", "'\\''")
    return {"GIT_CONFIG_PARAMETERS": f"{stated} '{quoted}'".strip()}


def list_remote_refs(
    git: Git, remote: str, refs: Iterable[str], *, peeled: bool = False
) -> Mapping[str, str]:
    """Full ref name -> object id, as the remote has them now.

    With `peeled`, the object of an annotated tag is also there, under the tag's name and `^{}`.

    Raises:
        GitFailed: the remote does not answer.
    """
    plain = () if peeled else ("--refs",)
    return _listed_refs(git.run("ls-remote", *plain, remote, *refs, timeout_s=ASK_TIMEOUT_S))


def list_refs_and_head(git: Git, remote: str, refs: Iterable[str]) -> tuple[Mapping[str, str], str | None]:
    """`list_remote_refs`, and the name of the remote's default branch in the same question, None without one.

    Raises:
        GitFailed: the remote does not answer.
    """
    output = git.run("ls-remote", "--symref", remote, "HEAD", *refs, timeout_s=ASK_TIMEOUT_S)
    found = _listed_refs(output)
    head = head_of(output.decode("utf-8", "surrogateescape"))
    return {ref: oid for ref, oid in found.items() if ref != "HEAD" and not ref.endswith("^{}")}, head


def _listed_refs(output: bytes) -> dict[str, str]:
    found = {}
    # Not `splitlines`: ref names may hold characters that Unicode treats as line breaks.
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        oid, _, name = line.partition("\t")
        if name and not oid.startswith("ref: "):
            found[name] = oid
    return found


def fetch_refs(
    git: Git, remote: str, refspecs: Sequence[str], *, write_fetch_head: bool = False, unshallow: bool = False
) -> None:
    """Fetch exactly these refs; with `unshallow`, also the history that a shallow clone lacks.

    `write_fetch_head` records the time as that of the last fetch.

    Raises:
        GitFailed: the remote does not answer, or a local tag differs from the remote's.
    """
    keep = () if write_fetch_head else ("--no-write-fetch-head",)
    depth = ("--unshallow",) if unshallow else ()
    # Otherwise the settings of a mirror also move its own branches.
    only = ("--refmap=",) if refspecs else ()
    git.run(
        "fetch", "--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", *keep, *depth, *only,
        remote, *refspecs,
        timeout_s=PUSH_TIMEOUT_S,
    )  # fmt: skip


def try_fetch_refs(git: Git, remote: str, refs: Iterable[str]) -> bool:
    """Fetch refs under their own names; returns whether that worked."""
    try:
        fetch_refs(git, remote, [f"{ref}:{ref}" for ref in refs])
    except ToolError:
        return False
    return True


class _Push:
    """One set of refs on its way to a remote."""

    def __init__(self, git: Git, remote: str, create: Mapping[str, str], move: BranchMove | None) -> None:
        self._git = git
        self._remote = remote
        self._create = create
        self._move = move

    def run(self, timeout_s: float) -> GitFailed | None:
        """Push once; returns the failure, if any. An empty lease means: must not exist yet."""
        leases, refspecs = [f"--force-with-lease={ref}:" for ref in self._create], self._refspecs
        if self._move is not None:
            leases.append(f"--force-with-lease={self._move.ref}:{self._move.old}")
        # One ref alone arrives whole or not at all, also where the server knows no atomic pushes.
        atomic = ("--atomic",) if len(refspecs) > 1 else ()
        argv = ("push", "--quiet", *atomic, "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
        try:
            env = as_no_mirror(self._remote)
            self._git.run(*argv, *leases, self._remote, *refspecs, env=env, timeout_s=timeout_s)
        except GitFailed as error:
            return error
        except ToolError as error:
            return GitFailed(argv, NO_RESPONSE, error.message)
        return None

    @property
    def _refspecs(self) -> list[str]:
        refspecs = [f"{oid}:{ref}" for ref, oid in self._create.items()]
        return refspecs if self._move is None else [*refspecs, f"{self._move.new}:{self._move.ref}"]

    def not_atomic(self, failed: GitFailed) -> ToolError:
        """The error about a server that knows no atomic pushes; git sent it nothing."""
        why = "does not support atomic pushes: a part could arrive alone; nothing was changed"
        return ToolError(
            f"`{self._remote}` {why}",
            hint=f"allow them there (`receive.advertiseAtomic`), or push this without that promise: "
            f"`{words(('git', 'push', self._remote, *self._refspecs))}`",
            details=failed.details,
        )

    def result(self, failed: GitFailed) -> PushResult | None:
        """The result after a failed push, from what the remote has; None if it has none of these refs."""
        create, move = self._create, self._move
        found = self._at_remote(failed)
        for _ in range(_LOOKS):
            # Only some of our refs and no one else's: the server may still be writing the rest.
            if len(create) == len(create.keys() & found.keys()) or not create.items() & found.items():
                break
            time.sleep(_BETWEEN_LOOKS_S)
            found = self._at_remote(failed)
        theirs = {ref: oid for ref, oid in found.items() if create.get(ref) not in {None, oid}}
        ours = [ref for ref, oid in create.items() if found.get(ref) == oid]
        branch = None if move is None else found.get(move.ref)
        done = len(ours) == len(create) if create else move is None or branch == move.new
        if done:
            return PushResult(outcome="landed", theirs={})
        if move is not None and branch not in {None, move.old, move.new}:
            theirs[move.ref] = str(branch)
        if theirs:
            return PushResult(outcome="lost", theirs=theirs)
        if ours:
            raise ToolError(
                f"`{self._remote}` accepted only some of the tags",
                details=(*(f"it has `{ref}`" for ref in ours), *failed.details),
            )
        return None

    def refusal(self, failed: GitFailed) -> ToolError:
        """The error about refs that the remote refused; it names one that is in the way of theirs."""
        remote = self._remote
        for ref, other in self._in_the_way():
            theirs = other.removeprefix(TAGS)
            return ToolError(
                f"`{remote}` cannot take `{ref.removeprefix(TAGS)}`, because it has `{theirs}`: "
                "Git cannot have both",
                hint=f"if no one needs `{theirs}`, `{deletion([theirs], remote)}` deletes it for everyone",
                details=failed.details,
            )
        return ToolError(
            f"`{remote}` refused the tags; nothing was changed",
            hint="read its message above, then run the same command again",
            details=failed.details,
        )

    def _in_the_way(self) -> Iterator[tuple[str, str]]:
        """Each ref that the remote cannot have, with the one there that is or has its folder."""
        try:
            there = list_remote_refs(self._git, self._remote, [])
        except ToolError:
            return
        for ref in self._create:
            folders = {ref[:place] for place, letter in enumerate(ref) if letter == "/"}
            yield from ((ref, other) for other in there if other in folders or other.startswith(f"{ref}/"))

    def _at_remote(self, failed: GitFailed) -> Mapping[str, str]:
        refs = [*self._create, *(() if self._move is None else (self._move.ref,))]
        try:
            return list_remote_refs(self._git, self._remote, refs)
        except ToolError as error:
            raise ToolError(
                f"The push to `{self._remote}` failed, and `{self._remote}` does not say "
                "whether it took the tags",
                hint="run the same command again to check what arrived",
                details=(*failed.details, *error.details),
            ) from error


def _is_refused(failed: GitFailed) -> bool:
    """Whether the remote refused the refs; otherwise the connection may have broken."""
    states = [line for line in failed.stderr.splitlines() if line.startswith(" ! [")]
    return bool(states) and all(_REFUSED in line for line in states)


def _not_yet(what: str, failed: GitFailed) -> ToolError:
    return ToolError(
        f"{what}, and the tags are not there yet",
        hint="they may still arrive; run the same command again to check",
        details=failed.details,
    )
