"""Clone: read another repository in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.core.wording import words
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Files in Git LFS are not fetched: mlgit's models are in DVC.
_WITHOUT_LFS = {"GIT_LFS_SKIP_SMUDGE": "1"}


@contextmanager
def temporary_clone(url: str) -> Iterator[str]:
    """Clone all commits and tags; `check_out` fetches file contents. The clone is removed afterwards.

    Raises:
        ToolError: it cannot be cloned.
    """
    with tempfile.TemporaryDirectory(prefix="mlgit-", ignore_cleanup_errors=True) as folder:
        _clone(url, f"{folder}/clone")
        yield f"{folder}/clone"


def whole_clone(url: str, folder: str) -> None:
    """Clone into a folder (absolute), and check the remote's default branch out, if it has a commit.

    Raises:
        ToolError: it cannot be cloned.
    """
    _clone(url, folder)
    git = Git(folder)
    if git.try_text("rev-parse", "--verify", "--quiet", "HEAD") is not None:
        git.run("checkout", "--quiet", "--force", env=_WITHOUT_LFS)


def _clone(url: str, folder: str) -> None:
    # On this disk, git ignores the filter. In a partial clone of a shallow repository it would then ask for
    # the missing history without end.
    part = () if url.startswith("file://") else ("--filter=blob:none",)
    try:
        argv = ("clone", "--quiet", "--no-checkout", *part, "--", url, folder)
        Git(os.path.dirname(folder)).run(*argv, env=_WITHOUT_LFS)
    except GitFailed as error:
        # git would take it for an option, some of which run a program.
        named = ("--", url) if url.startswith("-") else (url,)
        raise ToolError(
            f"`{url}` cannot be cloned", details=error.details, hint=f"try `git ls-remote {words(named)}`"
        ) from error


def check_out(git: Git, commit: str) -> None:
    """Check out a commit, which fetches all its files at once."""
    git.run("checkout", "--quiet", "--force", "--detach", commit, env=_WITHOUT_LFS)
