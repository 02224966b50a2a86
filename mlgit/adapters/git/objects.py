"""Objects: contents at commits, read by one `cat-file` and one `ls-tree` a commit."""

from __future__ import annotations

import subprocess
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from mlgit.adapters.git.binary import Git, environment
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from io import BufferedReader

_SUBMODULE = "160000"
_SYMLINK = "120000"
# What git answers for a link that leaves the commit, leads nowhere, or turns in circles.
_LED_AWAY = {b"symlink", b"dangling", b"loop", b"notdir"}
_AT_ONCE = 5_000
_PIECE_BYTES = 65_536


class GitObject(NamedTuple):
    """One object: its id, its type (`blob`, `tree`, `commit`, `tag`) and its bytes."""

    oid: str
    type: str
    content: bytes


class Objects:
    """A running `git cat-file --batch-command`, started by the first question."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def get(self, spec: str) -> GitObject | None:
        """The object that `spec` (an id, a ref, `commit:path`) names, or None."""
        return self.get_many([spec])[spec]

    def get_many(self, specs: Iterable[str]) -> Mapping[str, GitObject | None]:
        """The objects that `specs` name, each read once, in one round trip."""
        wanted = list(dict.fromkeys(specs))
        return dict(zip(wanted, self._read(wanted), strict=True))

    def each(self, oids: Sequence[str]) -> Iterator[tuple[str, GitObject | None]]:
        """The objects one by one, while git looks for the next; nothing else may be asked in between."""
        for start in range(0, len(oids), _AT_ONCE):
            group = oids[start : start + _AT_ONCE]
            answers = self._ask(group)
            whole = False
            try:
                for oid in group:
                    yield oid, answers.next()
                whole = True
            finally:
                if not whole:
                    self.close()  # or the rest would be taken for answers to the next question

    def start(self) -> subprocess.Popen[bytes]:
        """Start git, so that it is there when the first question comes."""
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch-command", "--buffer", "--follow-symlinks"],
                cwd=self._git.folder,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()  # it only reads, and taking leave of it politely takes milliseconds
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            process.wait()

    def _read(self, specs: Sequence[str]) -> list[GitObject | None]:
        askable = [spec for spec in specs if spec and "\n" not in spec and "\0" not in spec]
        answers = self._ask(askable)
        found = {spec: answers.next() for spec in askable}
        return [found.get(spec) for spec in specs]

    def _ask(self, specs: Iterable[str]) -> _Answers:
        process = self.start()
        if process.stdin is None or process.stdout is None:  # pragma: no cover (both are pipes)
            raise ToolError("`git cat-file` has no pipes")
        # With a buffer that we flush git says all in few pieces, not each answer in three, and nothing before
        # it has read every question, so that we never wait for each other.
        text = "".join(f"contents {spec}\n" for spec in specs) + "flush\n"
        try:
            process.stdin.write(text.encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except BrokenPipeError as error:
            raise ToolError("`git cat-file` ended unexpectedly") from error
        return _Answers(process.stdout)


class _Answers:
    """What `cat-file` says, taken from the pipe in large pieces: thousands of answers are small."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = cast("BufferedReader", pipe)
        self._piece = b""
        self._place = 0

    def next(self) -> GitObject | None:
        """The next answer."""
        while (end := self._piece.find(b"\n", self._place)) < 0:
            self._more(1)
        words = self._piece[self._place : end].rsplit(b" ", 2)
        self._place = end + 1
        if words[-1] in {b"missing", b"ambiguous"}:
            return None
        if words[0] in _LED_AWAY and len(words) == 2:  # noqa: PLR2004 (and the size)
            self._take(int(words[1]))
            return None
        oid, kind, count = words
        size = int(count)
        place = self._place
        if place + size < len(self._piece):  # as it is of nearly all
            self._place = place + size + 1
            return GitObject(oid.decode(), kind.decode(), self._piece[place : place + size])
        return GitObject(oid.decode(), kind.decode(), self._take(size))

    def _take(self, size: int) -> bytes:
        """So many bytes, and the end of the line behind them."""
        end = self._place + size
        if end >= len(self._piece):
            self._more(end + 1 - len(self._piece))
            end = self._place + size
        content = self._piece[self._place : end]
        self._place = end + 1
        return content

    def _more(self, least: int) -> None:
        """Have so many bytes more, forgetting what was taken."""
        pieces = [self._piece[self._place :]]
        self._place = 0
        while least > 0:
            # A small file is not waited for beyond its end; a large one is read as a whole.
            piece = self._pipe.read1(_PIECE_BYTES) if least < _PIECE_BYTES else self._pipe.read(least)
            if not piece:
                raise ToolError("`git cat-file` ended unexpectedly")
            pieces.append(piece)
            least -= len(piece)
        self._piece = b"".join(pieces)


class CommitTree:
    """The files at one commit (implements core.tree.Tree)."""

    def __init__(self, git: Git, objects: Objects, commit: str) -> None:
        self._git = git
        self._objects = objects
        self._commit = commit
        self._blobs: dict[str, str] | None = None
        self._links: set[str] = set()
        self._listing: Callable[[], bytes] | None = None

    @property
    def commit(self) -> str:
        """The full object id of the commit."""
        return self._commit

    @property
    def label(self) -> str:
        """Seven hex digits."""
        return self._commit[:7]

    def prepare(self) -> Callable[[], bytes]:
        """Have git list the files while we do something else."""
        if self._listing is None:
            self._listing = self._git.start_in_background("ls-tree", "-r", "-z", "--full-tree", self._commit)
        return self._listing

    def blobs(self) -> Mapping[str, str]:
        """Path -> blob id, for all files and links; submodules are left out."""
        if self._blobs is None:
            blobs = {}
            for entry in self.prepare()().split(b"\0"):
                if entry:
                    facts, _, path = entry.partition(b"\t")
                    mode, _, oid = facts.decode().split(" ")
                    if mode != _SUBMODULE:
                        name = path.decode("utf-8", "surrogateescape")
                        blobs[name] = oid
                        if mode == _SYMLINK:
                            self._links.add(name)
            self._blobs = blobs
        return self._blobs

    def paths(self) -> Sequence[str]:
        """Every file of the commit."""
        return tuple(self.blobs())

    def identity(self, path: str) -> str | None:
        """The id of a file's blob; None for links."""
        return None if path in self._links else self.blobs().get(path)

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, None when the commit has no such file; links are followed inside it."""
        return self.read_many([path]).get(path)

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of those that exist."""
        # An id spares git the way through the commit's trees; a link can only be followed by its path.
        known = self._blobs or {}
        specs = {
            path: known[path] if path in known and path not in self._links else f"{self._commit}:{path}"
            for path in paths
        }
        found = self._objects.get_many(specs.values())
        contents = {}
        for path, spec in specs.items():
            hit = found[spec]
            if hit is not None and hit.type == "blob":
                contents[path] = hit.content
        return contents
