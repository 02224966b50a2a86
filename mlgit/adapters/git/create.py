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

    `origin` is the URL of its remote, whose default branch is `main`, as a clone would know it. `identity` is
    the name and email of the commits made there, instead of the user's. Importing GitPython takes a quarter
    of a second, so only commands that take seconds anyway use it.

    Raises:
        ToolError: git failed.
    """
    settings = dict[tuple[str, str], str]()
    if origin is not None:
        settings['remote "origin"', "url"] = origin
        settings['remote "origin"', "fetch"] = "+refs/heads/*:refs/remotes/origin/*"
    if identity is not None:
        settings["user", "name"], settings["user", "email"] = identity
        # The user's key is not that of this identity.
        settings["commit", "gpgSign"] = settings["tag", "gpgSign"] = "false"
        settings["tag", "forceSignAnnotated"] = "false"
    with _environment_of_git():
        from git import Git, GitError, Repo

        try:
            # `Repo.init` and `create_remote` expand variables in the path, and a folder may be named `$HOME`.
            Git().init(folder, bare=bare, initial_branch="main")
            with Repo(folder, expand_vars=False) as repository, repository.config_writer() as config:
                for (section, key), value in settings.items():
                    config.set_value(section, key, value)
            if origin is not None:
                Git(folder).symbolic_ref("refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        except GitError as error:
            raise ToolError(
                f"git could not create a repository in `{folder}`", details=tuple(str(error).splitlines())
            ) from error


@contextmanager
def _environment_of_git() -> Iterator[None]:
    """GitPython passes our environment on to git; variables such as GIT_DIR must not lead it elsewhere.

    Its own variables may name another git than the one that every other command runs.
    """
    before = dict(os.environ)
    kept = {name for name in environment() if not name.startswith("GIT_PYTHON_")}
    for name in before.keys() - kept:
        del os.environ[name]
    os.environ.update(_NO_SETTINGS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
