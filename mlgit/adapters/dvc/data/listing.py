"""Listing: all files below a folder with size, times and inode, as fast as possible.

A listing is the output of GNU `find` for `_FORMAT`: one record per file, in the order of the disk. With
10,000 files, `find` saves a fifth of the time of `status`, because it runs while Python and git start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_ISDIR, S_ISREG

from mlgit.adapters.dvc.data.fingerprints import Facts, facts_of, now_ns
from mlgit.core.record import NamedTuple

_FORMAT = r"%y %s %T@ %C@ %i %P\0"
_KINDS = {S_IFREG: "f", S_IFLNK: "l", S_IFDIR: "d"}
_FIND = ("/usr/bin/find", "/bin/find")
_REPOSITORY = ".dvc"  # a folder with this entry is a repository of its own, even if the entry is empty
_WANTED = ("(", "!", "-type", "d", "-o", "-name", _REPOSITORY, ")")
_AT_ONCE = 2
_NS = 1_000_000_000

NO_CONTENT: Facts = (-1, 0, 0, 0)
"""The facts of an entry without content: a pipe, a socket, a device, a broken link."""


class Entry(NamedTuple):
    """An entry below a folder that is not a folder: path from there and facts (for a link, its target's)."""

    name: str
    facts: Facts


class Listing(NamedTuple):
    """The entries below a folder; `links` are the facts of the links' targets, by name."""

    content: bytes
    links: dict[str, Facts | None]
    looked_ns: int

    def digested(self) -> bytes:
        """Bytes that change whenever the folder changes."""
        return self.content + repr(sorted(self.links.items())).encode() if self.links else self.content

    def entries(self) -> list[Entry]:
        """All entries in any order, without folders and links to folders, but with folders named `.dvc`."""
        found = []
        for record in self.content.split(b"\0"):
            kind, _, rest = record.partition(b" ")
            if not kind:
                continue
            size, mtime, ctime, inode, raw = rest.split(b" ", 4)
            name = os.fsdecode(raw)
            facts: Facts | None = NO_CONTENT
            if kind == b"f":
                facts = (int(size), _nanoseconds(mtime), _nanoseconds(ctime), int(inode))
            elif kind == b"l":
                facts = self.links.get(name)
            elif kind == b"d":
                name += "/"
            if facts is not None:
                found.append(Entry(name, facts))
        return found


def list_folder(folder: str) -> Listing:
    """List a folder without `find`. Raises OSError: it, or a folder in it, cannot be read."""
    looked = now_ns()
    records: list[str] = []
    waiting = [""]
    while waiting:  # not recursive: folders may be nested too deeply for that
        below = waiting.pop()
        with os.scandir(os.path.join(folder, below)) as entries:
            for entry in entries:
                name = f"{below}{entry.name}"
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder:
                    waiting.append(f"{name}/")
                if not is_folder or entry.name == _REPOSITORY:
                    records.append(_record(entry, name))
    return _with_links(folder, os.fsencode("".join(records)), looked)


def _record(entry: os.DirEntry[str], name: str) -> str:
    stat = entry.stat(follow_symlinks=False)
    kind = _KINDS.get(S_IFMT(stat.st_mode), "o")
    seconds, part = divmod(stat.st_mtime_ns, _NS)
    changed, changed_part = divmod(stat.st_ctime_ns, _NS)
    return f"{kind} {stat.st_size} {seconds}.{part:09}0 {changed}.{changed_part:09}0 {stat.st_ino} {name}\0"


def _with_links(folder: str, content: bytes, looked_ns: int) -> Listing:
    """A listing with the targets of its links; links to folders do not count, as in DVC."""
    links: dict[str, Facts | None] = {}
    if content.startswith(b"l ") or b"\0l " in content:
        for record in content.split(b"\0"):
            if record.startswith(b"l "):
                name = os.fsdecode(record.split(b" ", 5)[5])
                links[name] = _target(os.path.join(folder, name))
    return Listing(content, links, looked_ns)


def _target(link: str) -> Facts | None:
    try:
        stat = os.stat(link)
    except OSError:
        return NO_CONTENT
    if S_ISDIR(stat.st_mode):
        return None
    return facts_of(stat) if S_ISREG(stat.st_mode) else NO_CONTENT


def _nanoseconds(seconds: bytes) -> int:
    whole, _, part = seconds.partition(b".")
    return int(whole) * _NS + int(part[:9].ljust(9, b"0"))


class Searches:
    """Listings of folders below `root`, made by `find` in the background, two at a time, in this order."""

    def __init__(self, root: str, folders: list[str]) -> None:
        self._root = root
        self._waiting = list(dict.fromkeys(folders))
        self._running: dict[str, _Search] = {}
        program = next((path for path in _FIND if os.path.exists(path)), None)
        if program is None or not sys.platform.startswith("linux"):
            self._waiting = []
        self._program = program or ""
        self._next()

    def take(self, folder: str) -> Listing | None:
        """The listing of a folder, only once; None if `find` failed or did not list it."""
        if folder in self._waiting:
            self._waiting.remove(folder)
            self._start(folder)
        search = self._running.pop(folder, None)
        content = None if search is None else search.finish()
        self._next()
        if search is None or content is None:
            return None
        return _with_links(os.path.join(self._root, folder), content, search.looked_ns)

    def close(self) -> None:
        self._waiting.clear()
        while self._running:
            self._running.popitem()[1].close()

    def _next(self) -> None:
        while self._waiting and len(self._running) < _AT_ONCE:
            self._start(self._waiting.pop(0))

    def _start(self, folder: str) -> None:
        with suppress(OSError):
            self._running[folder] = _Search(self._program, os.path.join(self._root, folder))


class _Search:
    """One `find`, which writes into memory: a pipe would make it wait for the reader."""

    def __init__(self, program: str, folder: str) -> None:
        self.looked_ns = now_ns()
        self._memory = os.memfd_create("listing")
        try:
            self._process = subprocess.Popen(
                # `-H`: an output may itself be a link. With the slash, no name is read as an option.
                [program, "-H", f"{folder}/", *_WANTED, "-printf", _FORMAT],
                env={"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=self._memory,
                stderr=subprocess.DEVNULL,
            )
        except BaseException:
            os.close(self._memory)
            raise

    def finish(self) -> bytes | None:
        """Its output; None if it could not read something or does not have `-printf`."""
        try:
            if self._process.wait():
                return None
            with open(self._memory, "rb", closefd=False) as file:
                file.seek(0)
                return file.read()
        finally:
            os.close(self._memory)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._memory)
