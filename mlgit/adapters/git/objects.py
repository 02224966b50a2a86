"""Objects: read objects with one `git cat-file`, and list the files of a commit with one `ls-tree`."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from mlgit.adapters.git.binary import Git, environment, reading_ended
from mlgit.core.record import NamedTuple
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from io import BufferedReader

    from mlgit.core.tree import OddEntry

_SUBMODULE = "160000"
_SYMLINK = "120000"
_ODD_MODES: Mapping[str, OddEntry] = {
    _SYMLINK: "a symbolic link",
    _SUBMODULE: "a submodule",
    "40000": "a folder",
}
# git's results for a link that leaves the commit, leads nowhere, or is circular.
_BAD_LINKS = {b"symlink", b"dangling", b"loop", b"notdir"}
_AT_ONCE = 5_000
_PIECE_BYTES = 65_536


class GitObject(NamedTuple):
    """One object; `type` is `blob`, `tree`, `commit` or `tag`.

    `too_large` if it is larger than was asked for; the content is then empty.
    """

    oid: str
    type: str
    content: bytes
    too_large: bool = False


class Objects:
    """A running `git cat-file --batch-command`, started by the first query."""

    def __init__(self, git: Git) -> None:
        self.git = git
        self._process: subprocess.Popen[bytes] | None = None

    def get(self, spec: str) -> GitObject | None:
        """The object that `spec` (an id, a ref, `commit:path`) names; None if there is none."""
        return self.get_many([spec])[spec]

    def get_many(
        self, specs: Iterable[str], *, most_bytes: int | None = None
    ) -> Mapping[str, GitObject | None]:
        """The objects that `specs` name, read in one round trip; larger ones without their content."""
        wanted = list(dict.fromkeys(specs))
        return dict(zip(wanted, self._read(wanted, most_bytes), strict=True))

    def each(self, oids: Sequence[str]) -> Iterator[tuple[str, GitObject | None]]:
        """The objects one by one, while git reads the next; no other query may come in between."""
        for start in range(0, len(oids), _AT_ONCE):
            group = oids[start : start + _AT_ONCE]
            responses = self._send(group)
            complete = False
            try:
                for oid in group:
                    yield oid, responses.next()
                complete = True
            finally:
                if not complete:
                    self.close()  # otherwise the next query would read the remaining responses

    def start(self) -> subprocess.Popen[bytes]:
        """Start git before the first query."""
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch-command", "--buffer", "--follow-symlinks"],
                cwd=self.git.folder,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()  # it only reads, and letting it finish takes milliseconds
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):  # a query was not sent, because git had ended
                        stream.close()
            process.wait()

    def _read(self, specs: Sequence[str], most_bytes: int | None) -> list[GitObject | None]:
        valid = [spec for spec in specs if spec and "\n" not in spec and "\0" not in spec]
        found: dict[str, GitObject | None] = {}
        try:
            while len(found) < len(valid):
                left = valid[len(found) :]
                responses = self._send(left)
                for spec in left:
                    found[spec] = one = responses.next(most_bytes)
                    if one is not None and one.too_large:
                        self.close()  # the quickest way to skip its content
                        break
        except ToolError:
            self.close()  # git has ended, and the next query may be about objects that are here
            raise
        return [found.get(spec) for spec in specs]

    def _send(self, specs: Iterable[str]) -> _Responses:
        process = self.start()
        if process.stdin is None or process.stdout is None:  # pragma: no cover (both are pipes)
            raise ToolError("`git cat-file` has no pipes")
        # With `--buffer` git writes large pieces instead of three small ones per response, and only after it
        # has read all queries: neither side can block the other.
        text = "".join(f"contents {spec}\n" for spec in specs) + "flush\n"
        try:
            process.stdin.write(text.encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except BrokenPipeError as error:
            raise reading_ended(self.git) from error
        return _Responses(process.stdout, self.git)


class _Responses:
    """The output of `cat-file`, read from the pipe in large pieces because most responses are small."""

    def __init__(self, pipe: IO[bytes], git: Git) -> None:
        self._pipe = cast("BufferedReader", pipe)
        self._git = git
        self._piece = b""
        self._position = 0

    def next(self, most_bytes: int | None = None) -> GitObject | None:
        """The next object. If it is larger than `most_bytes`, its content stays unread in the pipe."""
        while (end := self._piece.find(b"\n", self._position)) < 0:
            self._more(1)
        words = self._piece[self._position : end].rsplit(b" ", 2)
        self._position = end + 1
        if words[-1] in {b"missing", b"ambiguous"}:
            return None
        if words[0] in _BAD_LINKS and len(words) == 2:  # noqa: PLR2004 (and the size)
            self._take(int(words[1]))
            return None
        oid, kind, count = words
        size = int(count)
        if most_bytes is not None and size > most_bytes:
            return GitObject(oid.decode(), kind.decode(), b"", too_large=True)
        start = self._position
        if start + size < len(self._piece):  # nearly always
            self._position = start + size + 1
            return GitObject(oid.decode(), kind.decode(), self._piece[start : start + size])
        return GitObject(oid.decode(), kind.decode(), self._take(size))

    def _take(self, size: int) -> bytes:
        """The next `size` bytes, without the line break after them."""
        end = self._position + size
        if end >= len(self._piece):
            self._more(end + 1 - len(self._piece))
            end = self._position + size
        content = self._piece[self._position : end]
        self._position = end + 1
        return content

    def _more(self, least: int) -> None:
        """Read at least so many bytes more, and drop the bytes already used."""
        pieces = [self._piece[self._position :]]
        self._position = 0
        while least > 0:
            # `read1` does not wait beyond the end of a small file; a large one is read as a whole.
            piece = self._pipe.read1(_PIECE_BYTES) if least < _PIECE_BYTES else self._pipe.read(least)
            if not piece:
                raise reading_ended(self._git)
            pieces.append(piece)
            least -= len(piece)
        self._piece = b"".join(pieces)


class CommitTree:
    """The files at one commit (a core.tree.Tree)."""

    def __init__(self, git: Git, objects: Objects, commit: str) -> None:
        self.git = git
        self._objects = objects
        self._commit = commit
        self._blobs: dict[str, str] | None = None
        self._links: set[str] = set()
        self._submodules: dict[str, str] = {}
        self.listing: Callable[[], bytes] | None = None

    @property
    def commit(self) -> str:
        return self._commit

    @property
    def label(self) -> str:
        return self._commit[:7]

    def prepare(self) -> Callable[[], bytes]:
        """Start listing the files in the background."""
        if self.listing is None:
            self.listing = self.git.start_in_background("ls-tree", "-r", "-z", "--full-tree", self._commit)
        return self.listing

    def blobs(self) -> Mapping[str, str]:
        """Path -> blob id of all files and links, without submodules."""
        if self._blobs is None:
            blobs = {}
            for entry in self.prepare()().split(b"\0"):
                if entry:
                    facts, _, path = entry.partition(b"\t")
                    mode, _, oid = facts.decode().split(" ")
                    name = path.decode("utf-8", "surrogateescape")
                    if mode == _SUBMODULE:
                        self._submodules[name] = oid
                    else:
                        blobs[name] = oid
                        if mode == _SYMLINK:
                            self._links.add(name)
            self._blobs = blobs
        return self._blobs

    def submodules(self) -> Mapping[str, str]:
        """Path -> commit of every submodule."""
        self.blobs()
        return self._submodules

    def targets(self, paths: Iterable[str], *, files_only: bool = False) -> dict[str, str]:
        """Path -> object id of the file or folder that a link leads to, for the links among these paths.

        A link that leads to nothing in the commit is left out.
        """
        self.blobs()
        specs = {path: f"{self._commit}:{path}" for path in paths if path in self._links}
        found = self._objects.get_many(specs.values(), most_bytes=_PIECE_BYTES)
        hits = {path: found[spec] for path, spec in specs.items()}
        return {
            path: hit.oid
            for path, hit in hits.items()
            if hit is not None and (hit.type == "blob" or not files_only)
        }

    def paths(self) -> Sequence[str]:
        return tuple(self.blobs())

    def identity(self, path: str) -> str | None:
        """The blob id of a file; None for links."""
        return None if path in self._links else self.blobs().get(path)

    def odd_entry(self, path: str) -> OddEntry | None:
        """What the path is in place of a plain file in plain folders; the files need no list."""
        *above, last = path.split("/")
        folder = ""
        for name in (*above, last):
            found = self._objects.get(f"{self._commit}:{folder}")
            if found is None or found.type != "tree":
                return None
            for mode, words in _ODD_MODES.items():
                if f"{mode} {name}\0".encode() in found.content and (words != "a folder" or name == last):
                    return words
            folder = f"{folder}/{name}" if folder else name
        return None

    def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """The bytes of a file, None if there is none; links inside the commit are followed.

        Raises:
            OSError: it is larger than `most_bytes`.
        """
        found = self._get_many([path], most_bytes).get(path)
        if found is not None and found.too_large:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return None if found is None else found.content

    def read_many(self, paths: Iterable[str], *, most_bytes: int | None = None) -> Mapping[str, bytes]:
        found = self._get_many(paths, most_bytes)
        return {path: hit.content for path, hit in found.items() if not hit.too_large}

    def _get_many(self, paths: Iterable[str], most_bytes: int | None) -> Mapping[str, GitObject]:
        # With an id git need not walk the trees; but links are only followed by path.
        known = self._blobs or {}
        specs = {
            path: known[path] if path in known and path not in self._links else f"{self._commit}:{path}"
            for path in paths
        }
        found = self._objects.get_many(specs.values(), most_bytes=most_bytes)
        blobs = {}
        for path, spec in specs.items():
            hit = found[spec]
            if hit is not None and hit.type == "blob":
                blobs[path] = hit
        return blobs
