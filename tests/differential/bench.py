"""The bench: the repository under test, and how an edit chooses a target."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from unittest import mock

from tests.differential.oracle import parsed_once
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_NS = 1_000_000_000
_DOCUMENTS = (".dvc", ".gitignore", ".dvcignore", "dvc.yaml", "dvc.lock")
PARAMETERS = (
    "params.yaml",
    "settings.json",
    "tune.toml",
    "conf.py",
    "whole.yaml",
    "sub/params.yaml",
    "each/settings.yaml",
    "nested/params.yaml",
)


class Picker:
    """Numbers drawn by Hypothesis, used up as choices; small numbers choose the first items."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(numbers)

    def of(self, choices: Sequence[T]) -> T:
        number = self._numbers.pop(0) if self._numbers else 0
        return choices[number % len(choices)]


class Bench:
    """One repository, which may move, in a folder that is removed at the end."""

    def __init__(self, template: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="machine-"))
        self._places = 0
        self.folder = Folder(self._scratch / "0")
        self.written = 0
        self._clock = contextlib.ExitStack()
        self._whole_seconds = False
        shutil.copytree(template, self.folder.path, symlinks=True)

    def close(self) -> None:
        self._clock.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def new_place(self) -> Path:
        """A path next to the repository that does not exist."""
        self._places += 1
        return self._scratch / str(self._places)

    def count_whole_seconds(self) -> None:
        """From now on mlgit sees times without fractions of seconds, as on some file systems.

        The tick of a real clock is shorter than one look.
        """
        if self._whole_seconds:
            return
        from mlgit.adapters.dvc.data import cache, fingerprints, listing, workspace

        self._whole_seconds = True
        exact, parsed = fingerprints.facts_of, listing._nanoseconds

        def facts_of(stat: os.stat_result) -> fingerprints.Facts:
            size, mtime_ns, ctime_ns, inode = exact(stat)
            return size, mtime_ns // _NS * _NS, ctime_ns // _NS * _NS, inode

        for module in (cache, fingerprints, listing, workspace):
            self._clock.enter_context(mock.patch.object(module, "facts_of", facts_of))
        self._clock.enter_context(
            mock.patch.object(listing, "_nanoseconds", lambda text: parsed(text) // _NS * _NS)
        )

    def path(self, name: str) -> Path:
        return self.folder.path / name

    def files(self, *, inside: str = "") -> list[str]:
        """Files that are neither DVC's nor Git's own, by path from the root; symlinks are files."""
        return [
            name for name in self._walk(inside)[0] if not name.endswith(_DOCUMENTS) and name not in PARAMETERS
        ]

    def folders(self, *, inside: str = "") -> list[str]:
        """All folders except the root."""
        return self._walk(inside)[1]

    def documents(self, ending: str) -> list[str]:
        """DVC's own files with this ending."""
        return [name for name in self._walk("")[0] if name.endswith(ending)]

    def _walk(self, inside: str) -> tuple[list[str], list[str]]:
        files: list[str] = []
        folders: list[str] = []
        root = self.folder.path
        for place, below, names in os.walk(root / inside):
            below[:] = sorted(set(below) - {".git", ".dvc"})
            relative = os.path.relpath(place, root)
            prefix = "" if relative == "." else f"{relative}/"
            links = [name for name in below if os.path.islink(os.path.join(place, name))]
            folders += [f"{prefix}{name}" for name in below if name not in links]
            files += [f"{prefix}{name}" for name in sorted([*names, *links])]
        return sorted(files), sorted(folders)

    def content(self) -> bytes:
        """A content never written before."""
        self.written += 1
        return f"content {self.written}\n".encode()

    def dvc(self, *argv: str) -> str:
        """Run a DVC command that may refuse; its message if it did."""
        try:
            with parsed_once():
                self.folder.dvc(*argv)
        except AssertionError as refused:
            return str(refused).strip().splitlines()[-1]
        return ""

    def git(self, *argv: str) -> bool:
        """Run a git command that may refuse; whether it succeeded."""
        return self.folder.run("git", *argv).status == 0


def remove(path: Path) -> None:
    """Remove a file, link or folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
