"""Objects: contents at commits, read by one `cat-file --batch` and one `ls-tree` a commit."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

from mlgit.adapters.git.binary import Git, environment
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_SUBMODULE = "160000"
_SYMLINK = "120000"
# What git answers for a link that leaves the commit, leads nowhere, or turns in circles.
_LED_AWAY = {b"symlink", b"dangling", b"loop", b"notdir"}
_PIPE_BYTES = 32_768


class GitObject(NamedTuple):
    """One object: its id, its type (`blob`, `tree`, `commit`, `tag`) and its bytes."""

    oid: str
    type: str
    content: bytes


class Objects:
    """A running `git cat-file --batch`, started by the first question."""

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

    def start(self) -> subprocess.Popen[bytes]:
        """Start git, so that it is there when the first question comes."""
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch", "--follow-symlinks"],
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
        # In groups that fit into the pipe: with more, git and we could each wait for the other to read.
        found: list[GitObject | None] = []
        group: list[str] = []
        size = 0
        for spec in specs:
            size += len(spec.encode("utf-8", "surrogateescape")) + 1
            if group and size > _PIPE_BYTES:
                found += self._read_group(group)
                group, size = [], len(spec.encode("utf-8", "surrogateescape")) + 1
            group.append(spec)
        return found + self._read_group(group) if group else found

    def _read_group(self, specs: Sequence[str]) -> list[GitObject | None]:
        askable = [spec for spec in specs if spec and "\n" not in spec and "\0" not in spec]
        process = self.start()
        if process.stdin is None or process.stdout is None:  # pragma: no cover (both are pipes)
            raise ToolError("`git cat-file` has no pipes")
        text = "".join(f"{spec}\n" for spec in askable)
        try:
            process.stdin.write(text.encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except BrokenPipeError as error:
            raise ToolError("`git cat-file` ended unexpectedly") from error
        answers = {spec: self._answer(process) for spec in askable}
        return [answers.get(spec) for spec in specs]

    @staticmethod
    def _answer(process: subprocess.Popen[bytes]) -> GitObject | None:
        assert process.stdout is not None  # noqa: S101 (checked by the caller)
        head = process.stdout.readline()
        if not head:
            raise ToolError("`git cat-file` ended unexpectedly")
        words = head.rstrip(b"\n").rsplit(b" ", 2)
        if words[-1] in {b"missing", b"ambiguous"}:
            return None
        if words[0] in _LED_AWAY and len(words) == 2:  # noqa: PLR2004 (and the size)
            process.stdout.read(int(words[1]) + 1)
            return None
        oid, kind, size = (word.decode() for word in words)
        content = process.stdout.read(int(size) + 1)
        return GitObject(oid, kind, content[:-1])


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
            self._listing = self._git.start("ls-tree", "-r", "-z", "--full-tree", self._commit)
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
