"""Opening: DVC repositories below a Git root, with DVC's output kept off stdout and its errors translated."""

from __future__ import annotations

import os
import sys
from contextlib import chdir, contextmanager, redirect_stdout
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dvc.repo import Repo

_PRUNED = frozenset({".git", ".dvc", "node_modules", "__pycache__"})


@contextmanager
def quiet(root: str) -> Iterator[None]:
    """Let DVC work in `root`: relative paths and addresses start there, and nothing reaches stdout."""
    from mlgit.adapters.dvc.engine.failures import translated

    # The user runs mlgit, not the dvc command line: there is nothing to report to DVC's makers.
    os.environ.setdefault("DVC_NO_ANALYTICS", "true")
    with chdir(root), redirect_stdout(sys.stderr), catch_warnings(), translated():
        # Warnings of DVC's libraries are for DVC's makers.
        simplefilter("ignore")
        yield


def dvc_roots(root: str) -> tuple[str, ...]:
    """Folders with a DVC repository, relative to the Git root: `.` for the root itself, then those below it.

    What a .dvc file tracks is data, in which no repository of this one is looked for.
    """
    found = []
    for folder, names, files in os.walk(root):
        if folder != root and os.path.isfile(os.path.join(folder, ".dvc", "config")):
            found.append(os.path.relpath(folder, root).replace(os.sep, "/"))
        data = {file.removesuffix(".dvc") for file in files if file.endswith(".dvc")}
        searched = [name for name in names if name not in _PRUNED and name not in data]
        names[:] = [name for name in searched if not os.path.isfile(f"{folder}/{name}/pyvenv.cfg")]
    own = (".",) if os.path.isdir(os.path.join(root, ".dvc")) else ()
    return (*own, *sorted(found))


def require_dvc_roots(root: str) -> tuple[str, ...]:
    """Like `dvc_roots`; raises StateError if there are none."""
    found = dvc_roots(root)
    if not found:
        raise StateError("This repository does not use DVC", hint="run `dvc init`")
    return found


def by_repository(roots: Sequence[str], targets: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The DVC repositories that have some of the targets, each with its own; without targets all of them."""
    owners = [
        max((root for root in roots if _is_below(each, root)), key=_depth, default=None) for each in targets
    ]
    for relative in roots:
        ours = [each for each, owner in zip(targets, owners, strict=True) if owner == relative]
        if ours or not targets:
            yield relative, ours


def _depth(root: str) -> int:
    return 0 if root == "." else 1 + root.count("/")


def _is_below(target: str, root: str) -> bool:
    return root == "." or target.startswith(f"{root}/")


@contextmanager
def opened(root: str, relative: str = ".") -> Iterator[Repo]:
    """The DVC repository of the working tree at `relative` below the Git root; closed afterwards.

    In a folder without `.dvc`, dvc.yaml can be read, but nothing can be stored.

    Raises:
        ConfigError: one of DVC's files is invalid.
        StateError: another DVC process holds the lock.
        ToolError: DVC failed.
    """
    with quiet(root):
        from dvc.repo import Repo

        folder = os.path.normpath(os.path.join(root, relative))
        repo = Repo(folder, uninitialized=not os.path.isdir(os.path.join(folder, ".dvc")))
        try:
            yield repo
        finally:
            repo.close()
