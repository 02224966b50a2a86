"""Clone: a repository from elsewhere, in a temporary folder, only to be read."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Big files of Git LFS are no model files here, and fetching them is nobody's wish.
_PLAIN = {"GIT_LFS_SKIP_SMUDGE": "1"}


@contextmanager
def temporary_clone(url: str) -> Iterator[str]:
    """All commits and tags of a repository, without file contents until `check_out` asks; removed afterwards.

    Raises:
        ToolError: it cannot be cloned.
    """
    with tempfile.TemporaryDirectory(prefix="mlgit-", ignore_cleanup_errors=True) as folder:
        try:
            Git(folder).run(
                "clone", "--quiet", "--no-checkout", "--filter=blob:none", "--", url, "clone", env=_PLAIN
            )
        except GitFailed as error:
            raise ToolError(
                f"`{url}` cannot be cloned", details=error.details, hint=f"try `git ls-remote {url}`"
            ) from error
        yield f"{folder}/clone"


def check_out(git: Git, commit: str) -> None:
    """Check out a commit, which fetches all its files in one go."""
    git.run("checkout", "--quiet", "--force", "--detach", commit, env=_PLAIN)
