"""Branch: commit a few files on top of HEAD, and move a remote branch to it by compare-and-swap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.adapters.git.credentials import without_secrets
from mlgit.adapters.git.push import PUSH_TIMEOUT_S, as_no_mirror, list_remote_refs
from mlgit.adapters.git.tags.signing import signs_commits
from mlgit.core.record import record
from mlgit.core.wording import words
from mlgit.errors import LostRace, StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence


_HEADS = "refs/heads/"
_SOME_REFS = "error: failed to push some refs"
# Stars and brackets in a path mean themselves.
_LITERALLY = {"GIT_LITERAL_PATHSPECS": "1"}


@record
class BranchResult:
    """The result of pushing a branch: whether it worked, and all lines of git, its hooks and the server.

    `stopped_here`: a hook of this clone refused before anything was sent.
    """

    landed: bool
    lines: tuple[str, ...]
    stopped_here: bool = False


def push_branch(git: Git, remote: str, name: str, *, sets_upstream: bool) -> BranchResult:
    """Push a branch under its own name, without force and with the hooks of this clone."""
    ref = f"{_HEADS}{name}"
    upstream = ("--set-upstream",) if sets_upstream else ()
    argv = ("push", "--quiet", *upstream, "--no-follow-tags", remote, f"{ref}:{ref}")
    done = git.try_run(*argv, hooks=True, env=as_no_mirror(remote))
    # A pre-push hook may give its reason on standard output.
    text = without_secrets((done.stdout + b"\n" + done.stderr).decode("utf-8", "replace"), os.environ)
    lines = tuple(line.rstrip() for line in text.splitlines() if line.strip())
    # Of a ref that the remote refused git prints a line with ` ! [`, of a remote that is away no "some refs".
    sent = not any(_SOME_REFS in line for line in lines) or any(line.startswith(" ! [") for line in lines)
    return BranchResult(
        landed=done.returncode == 0, lines=lines, stopped_here=not sent and has_hook(git, "pre-push")
    )


def has_hook(git: Git, name: str) -> bool:
    """Whether git would run this hook, from `core.hooksPath` or the Git directory."""
    path = git.try_run("rev-parse", "--path-format=absolute", "--git-path", f"hooks/{name}", hooks=True)
    return os.access(path.stdout.decode("utf-8", "surrogateescape").rstrip("\n"), os.X_OK)


def is_branch_name(git: Git, name: str) -> bool:
    if not name or "\0" in name or name.startswith("-"):
        return False
    return git.try_run("check-ref-format", f"{_HEADS}{name}").returncode == 0


def require_identity(git: Git) -> None:
    """Raise a StateError if git does not know the author or committer of a new commit."""
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        try:
            git.run("var", variable)
        except GitFailed as error:
            raise StateError(
                "git does not know who commits",
                hint="set GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL",
                details=error.details,
            ) from error


def commit_files(git: Git, paths: Sequence[str], message: str) -> str | None:
    """Commit these files as they are on disk; returns the new commit, None if nothing differs from HEAD.

    Raises:
        ToolError: git could not make the commit, for example because it could not sign it.
    """
    names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    if not names:
        return None
    git.run("add", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=names, env=_LITERALLY)
    if git.try_run("diff", "--cached", "--quiet").returncode == 0:
        return None
    try:
        return _committed(git, message)
    except GitFailed as error:
        git.try_run("reset", "--quiet")
        again = f"commit it with `git add -- {words(paths)} && git commit`"
        raise _not_committed(git, error, f"the results of the run are still here: {again}") from error


def commit_nothing(git: Git, message: str) -> str:
    """Make a commit without changes, for its message; returns it.

    Raises:
        ToolError: git could not make the commit.
    """
    try:
        return _committed(git, message, "--allow-empty")
    except GitFailed as error:
        raise _not_committed(git, error, "then run this again") from error


def _committed(git: Git, message: str, *options: str) -> str:
    git.run("commit", "--quiet", *options, "--file=-", stdin=message.encode())
    return git.run_text("rev-parse", "HEAD")


def _not_committed(git: Git, error: GitFailed, then: str) -> ToolError:
    signing = "see `git config user.signingKey` and `gpg.format`, or run `git config commit.gpgSign false`; "
    return ToolError(
        "git could not commit what the run wrote; nothing was committed or pushed",
        details=error.details,
        hint=f"{signing if signs_commits(git) else ''}{then}",
    )


def move_branch(git: Git, remote: str, name: str, *, old: str, new: str) -> None:
    """Move a remote branch from `old` to its descendant `new`, only if it is still at `old`.

    Raises:
        LostRace: it is at another commit by now, or gone.
        ToolError: the remote failed or refused.
    """
    ref = f"{_HEADS}{name}"
    try:
        git.run(
            "push", "--quiet", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
            f"--force-with-lease={ref}:{old}", remote, f"{new}:{ref}",
            env=as_no_mirror(remote), timeout_s=PUSH_TIMEOUT_S,
        )  # fmt: skip
    except ToolError as error:
        # Only the remote knows whether it moved the branch; git's message does not say.
        there = list_remote_refs(git, remote, [ref]).get(ref)
        if there == new:
            return
        if there != old:
            raise moved(remote, name, there) from error
        raise ToolError(f"`{remote}` refused `{name}`", details=error.details) from error


def moved(remote: str, name: str, there: str | None) -> LostRace:
    """The error for a branch that someone else moved or removed."""
    where = "is gone" if there is None else f"is already at {there[:7]}"
    return LostRace(
        f"`{remote}/{name}` {where}; nothing was pushed",
        hint="the run for the newer commit checks it" if there else "the pull request may be merged already",
    )
