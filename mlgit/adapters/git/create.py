"""Creation: a new repository with its remote and its identity, made by GitPython."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import environment
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The settings of the user and the machine do not apply to the new repository.
_NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def create_repository(
    folder: str, *, bare: bool = False, origin: str | None = None, identity: tuple[str, str] | None = None
) -> None:
    """Create a repository in an absolute folder, which need not exist; its first branch is `main`.

    `origin` is the URL of its remote, `identity` the name and email of the commits made there, instead of the
    user's. Importing GitPython takes a quarter of a second, so only commands that take seconds anyway use it.

    Raises:
        ToolError: git failed.
    """
    from git import GitError, Repo

    with _environment_of_git():
        try:
            with Repo.init(folder, bare=bare, initial_branch="main") as repository:
                if origin is not None:
                    repository.create_remote("origin", origin)
                if identity is not None:
                    with repository.config_writer() as config:
                        config.set_value("user", "name", identity[0])
                        config.set_value("user", "email", identity[1])
        except GitError as error:
            raise ToolError(
                f"git could not create a repository in `{folder}`", details=tuple(str(error).splitlines())
            ) from error


@contextmanager
def _environment_of_git() -> Iterator[None]:
    """GitPython passes our environment on to git; variables such as GIT_DIR must not lead it elsewhere."""
    before = dict(os.environ)
    for name in before.keys() - environment().keys():
        del os.environ[name]
    os.environ.update(_NO_SETTINGS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
