"""Repository: create a Git repository with DVC's settings, files and cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

START_S = 1_750_000_000
DVC_IGNORES = "/config.local\n/tmp\n/cache\n"
_PERSON = {"NAME": "Bench", "EMAIL": "bench@example.org", "DATE": f"{START_S} +0000"}
_IDENTITY = {f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in _PERSON.items()}


class Stored(NamedTuple):
    """An output in dvc.lock and `.dvc` files: hash, size, and the number of files of a folder."""

    md5: str
    size: int
    nfiles: int | None = None

    def entry(self, path: str) -> dict[str, object]:
        """The output as an entry of dvc.lock and `.dvc` files."""
        count = {} if self.nfiles is None else {"nfiles": self.nfiles}
        return {"path": path, "hash": "md5", "md5": self.md5, "size": self.size} | count


class Repository:
    """A new repository with an origin next to it; `dvc=True` does what `dvc init` does."""

    def __init__(self, folder: Path, *, dvc: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        origin = folder.with_name(f"{folder.name}-origin.git")
        self.git("init", "-q", "--bare", "-b", "main", str(origin))
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", str(origin))
        if dvc:
            self.write(".dvc/config", "")
            self.write(".dvc/.gitignore", DVC_IGNORES)
            self.write(".dvcignore", "")

    def git(self, *argv: str, stdin: str | None = None) -> str:
        """Run git with a fixed identity and time."""
        done = subprocess.run(
            ["git", *argv],
            cwd=self.folder,
            env=os.environ | _IDENTITY,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def call(self, *argv: str) -> str:
        """Run a program in the repository; its standard output."""
        done = subprocess.run(argv, cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def commit(self, message: str) -> None:
        """Commit everything that is not ignored."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def push(self) -> None:
        """Push the branch and pack the refs, as they are in a clone."""
        self.git("push", "-q", "-u", "origin", "main")
        self.git("pack-refs", "--all")

    def write(self, name: str, text: str) -> Stored:
        """Write a file that Git tracks."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        path.write_bytes(content)
        return Stored(md5(content), len(content))

    def store(self, name: str, text: str) -> Stored:
        """Write a file that DVC tracks, and its cache object."""
        stored = self.write(name, text)
        self._cache(stored.md5, text.encode())
        return stored

    def store_folder(self, name: str, texts: Mapping[str, str]) -> Stored:
        """Write a folder that DVC tracks as one output, and its cache objects."""
        files = {inner: self.store(f"{name}/{inner}", text) for inner, text in texts.items()}
        listing = json.dumps(
            [{"md5": files[inner].md5, "relpath": inner} for inner in sorted(files)]
        ).encode()
        stored = Stored(f"{md5(listing)}.dir", sum(file.size for file in files.values()), len(files))
        self._cache(stored.md5, listing)
        return stored

    def _cache(self, digest: str, content: bytes) -> None:
        path = self.folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)


def require_clean(folder: Path, dvc: str) -> None:
    """Check that DVC finds everything up to date.

    Raises:
        SystemExit: it does not, so the generator is wrong.
    """
    report = subprocess.run([dvc, "status", "--json"], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    if json.loads(report):
        raise SystemExit(f"{folder.name} was generated wrong: `dvc status` says {report.decode()[:500]}")


def md5(content: bytes) -> str:
    """The hash that DVC uses."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
