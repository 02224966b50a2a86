"""Opening: find the repository around a folder, with the first git queries started at once."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.adapters.git.objects import Objects
from mlgit.adapters.git.refs import split_listing, start_listing_refs
from mlgit.adapters.git.worktree import start_listing_files, start_status
from mlgit.core.progress import Progress, Silent
from mlgit.core.wording import word
from mlgit.errors import MlgitError, StateError
from mlgit.project.open import BRANCHES, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mlgit.project.prefetch import Prefetch

_FACTS = (
    "rev-parse",
    "--path-format=absolute",
    "--show-toplevel",
    "--git-dir",
    "--git-common-dir",
    "--is-shallow-repository",
    "--show-prefix",
)


class Opening:
    """Starts the first git queries at once, so that git works while Python still imports mlgit.

    `branches`, `files` and `tags`: whether the command will need the branches and the changed files, the
    files on disk, or all tags.
    """

    def __init__(
        self, folder: str, *, branches: bool = False, files: bool = False, tags: bool = False
    ) -> None:
        self._folder = folder
        self._prefetched: Prefetch | None = None
        self._git = Git(os.path.abspath(folder))
        self._objects = Objects(self._git)
        self._facts: Callable[[], bytes] | None = None
        self._started: dict[str, Callable[[], bytes]] = {}
        if os.path.isdir(self._git.folder):
            with suppress(OSError):  # without git, `finish` fails
                self._facts = self._git.start_in_background(*_FACTS)
                if branches:
                    self._started["head"] = start_status(self._git)
                self._started |= _start_listing(self._git, branches=branches, tags=tags)
                if files:
                    self._started["paths"] = start_listing_files(self._git)
                self._objects.start()
            if files:
                from mlgit.project.prefetch import prefetch

                self._prefetched = prefetch(self._git.folder)

    def finish(
        self, *, now: datetime, default_branch: str | None = None, progress: Callable[[], Progress] = Silent
    ) -> Project:
        """The repository; for the arguments see `Project`.

        Raises:
            StateError: there is none, it is bare, or it belongs to another user.
        """
        try:
            facts = self._git.run(*_FACTS) if self._facts is None else self._facts()
        except GitFailed as error:
            raise _not_usable(self._folder, error) from error
        lines = facts.decode("utf-8", "surrogateescape").split("\n")
        root, git_dir, common_dir, shallow, prefix = lines[:5]
        if self._prefetched is not None and not self._prefetched.belongs_to(root, git_dir):
            self._prefetched.close()
            self._prefetched = None
        return Project(
            Git(root),
            objects=self._objects,
            root=root,
            prefix=prefix,
            git_dir=git_dir,
            common_dir=common_dir,
            shallow=shallow == "true",
            now=now,
            default_branch=default_branch,
            started=self._started,
            prefetched=self._prefetched,
            progress=progress,
        )

    def close(self) -> None:
        """Stop what was started, if `finish` was not called."""
        if self._prefetched is not None:
            self._prefetched.close()
        self._objects.close()
        self._git.close()


def _start_listing(git: Git, *, branches: bool, tags: bool) -> Mapping[str, Callable[[], bytes]]:
    """Start listing branches, tags or both, with one git process."""
    if not tags:
        return {"branches": start_listing_refs(git, *BRANCHES)} if branches else {}
    from mlgit.adapters.git.tags.listed import Started
    from mlgit.adapters.git.tags.objects import REPLACED, require_no_broken_tag, start_listing_tags
    from mlgit.core.registry.tags import TAGS

    if not branches:
        return {"tags": start_listing_tags(git)}
    warnings: list[bytes] = []
    started = Started(lambda: split_listing(require_no_broken_tag(finish(), warnings), REPLACED, TAGS)[1])
    finish = start_listing_refs(git, *BRANCHES, REPLACED, TAGS, warned=warnings.append)
    return {"branches": lambda: split_listing(finish(), REPLACED, TAGS)[0], "tags": started}


def open_project(folder: str, *, now: datetime, default_branch: str | None = None) -> Project:
    """Open the repository around `folder`.

    Raises:
        StateError: there is none, it is bare, or it belongs to another user.
    """
    opening = Opening(folder)
    try:
        return opening.finish(now=now, default_branch=default_branch)
    except MlgitError:
        opening.close()
        raise


def _not_usable(folder: str, error: GitFailed) -> StateError:
    message = error.stderr
    if "dubious ownership" in message:
        return StateError(
            f"The repository at `{folder}` belongs to another user",
            hint="if you trust it, run "
            f"`git config --global --add safe.directory {word(os.path.abspath(folder))}`",
            details=error.details,
        )
    if "must be run in a work tree" in message:
        return StateError(
            f"`{folder}` is in a repository, but not among its files",
            hint="run mlgit in the folder with the files; clone a bare repository first",
        )
    if "not a git repository" in message:
        return StateError(
            f"`{os.path.abspath(folder)}` is not in a Git repository",
            hint="run `git init`, go to your repository, or use `-C DIR`",
        )
    return StateError(f"git cannot open `{folder}`", details=error.details)
