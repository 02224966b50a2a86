"""Branch: a commit of a few files on top of HEAD, and a remote's branch moved to it by compare-and-swap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import PUSH_TIMEOUT_S, list_remote_refs
from mlgit.errors import LostRace, StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.adapters.git.binary import Git

_HEADS = "refs/heads/"
# A path is the file of that name, whatever stars and brackets it has.
_LITERALLY = {"GIT_LITERAL_PATHSPECS": "1"}


def is_branch_name(git: Git, name: str) -> bool:
    """Whether git would accept it as the name of a branch."""
    if not name or "\0" in name or name.startswith("-"):
        return False
    return git.try_run("check-ref-format", f"{_HEADS}{name}").returncode == 0


def require_identity(git: Git) -> None:
    """Refuse where git would not know who commits.

    Raises:
        StateError: it does not.
    """
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        try:
            git.run("var", variable)
        except GitFailed as error:
            raise StateError(
                "git does not know who commits",
                hint="set GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL",
                details=error.details,
            ) from error


def commit_files(git: Git, paths: Iterable[str], message: str) -> str | None:
    """Commit these files as they are on disk; the new commit, None when nothing differs from HEAD.

    Raises:
        GitFailed: git refused.
    """
    names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    if not names:
        return None
    git.run("add", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=names, env=_LITERALLY)
    if git.try_run("diff", "--cached", "--quiet").returncode == 0:
        return None
    git.run("commit", "--quiet", "--file=-", stdin=message.encode())
    return git.run_text("rev-parse", "HEAD")


def move_branch(git: Git, remote: str, name: str, *, old: str, new: str) -> None:
    """Take a remote's branch from `old` to its descendant `new`, only while it still stands on `old`.

    Raises:
        LostRace: it stands elsewhere by now, or is gone.
        ToolError: the remote failed or refused.
    """
    ref = f"{_HEADS}{name}"
    try:
        git.run(
            "push", "--quiet", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
            f"--force-with-lease={ref}:{old}", remote, f"{new}:{ref}",
            timeout_s=PUSH_TIMEOUT_S,
        )  # fmt: skip
    except ToolError as error:
        # The remote itself knows whether it took it: git's words do not.
        there = list_remote_refs(git, remote, [ref]).get(ref)
        if there == new:
            return
        if there != old:
            raise moved(remote, name, there) from error
        raise ToolError(f"`{remote}` did not take `{name}`", details=error.details) from error


def moved(remote: str, name: str, there: str | None) -> LostRace:
    """The error for a branch that somebody else moved or removed."""
    where = "is gone" if there is None else f"is on {there[:7]} by now"
    return LostRace(
        f"`{remote}/{name}` {where}; nothing was pushed",
        hint="the run for the newer commit will tell" if there else "the pull request may be merged already",
    )
