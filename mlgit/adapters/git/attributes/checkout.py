"""Checkout: the bytes that git writes to disk for files of a commit, by the commit's own `.gitattributes`.

Line endings, `ident` and `working-tree-encoding` change them. Attributes and line endings that only this
clone sets do not count, so that a commit is the same in every clone. A filter that is configured here may
change them, too, and is never run: a hostile clone may have configured it.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.adapters.git.binary import Git
    from mlgit.core.tree import Tree

_NAME = ".gitattributes"
_NO_FILTER = "unspecified"
_UNFILTERED = {_NO_FILTER, "unset", "set"}
_NOT_REWRITING = {b"unspecified", b"unset"}
_REWRITING = ("working-tree-encoding", "ident")
_AS_ANYWHERE = ("-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", f"core.attributesFile={os.devnull}")


class Checkout:
    """The files of one commit as they are on disk; git is only asked if something has attributes.

    `git_dir` is the working tree's git directory, `common_dir` the one that all working trees share.
    """

    def __init__(self, git: Git, tree: Tree, *, git_dir: str, common_dir: str) -> None:
        self._git = git
        self._tree = tree
        self._git_dir = git_dir
        self._common_dir = common_dir
        self._filters: dict[str, str] = {}

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of the files that exist; those of a file with a filter are what the commit has."""
        wanted = list(paths)
        converted = self.converted(wanted)
        left = [path for path in wanted if path not in converted]
        return {**self._tree.read_many(left), **converted}

    def converted(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of those of the files that have no filter; none where nothing has attributes."""
        if not self._has_attributes:
            return {}
        files = [path for path in paths if self._blob(path) is not None]
        filtered = self.filtered(files)
        return self._convert([path for path in files if path not in filtered])

    def filtered(self, paths: Iterable[str]) -> Collection[str]:
        """Those of the files that have a filter which is configured here."""
        found = self.filters(paths)
        return {path for path in found if found[path] in self._configured}

    def filters(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Path -> the filter that its attributes name, or git's word for none."""
        wanted = list(paths)
        unasked = [path for path in wanted if path not in self._filters]
        if unasked and self._has_attributes:
            query = b"".join(os.fsencode(path) + b"\0" for path in unasked)
            words = self._run("check-attr", "-z", "--stdin", "filter", stdin=query).split(b"\0")
            for path, value in zip(words[::3], words[2::3], strict=False):
                self._filters[os.fsdecode(path)] = value.decode("utf-8", "replace")
        return {path: self._filters.get(path, _NO_FILTER) for path in wanted}

    def rewritten(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Path -> the attribute by which git writes other text to disk than it keeps.

        Ends of lines and filters are left out. git is only asked if an attribute is named somewhere.
        """
        named = [word for word in _REWRITING if any(word.encode() in text for text in self._texts())]
        query = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if not named or not query:
            return {}
        words = self._run("check-attr", "-z", "--stdin", *named, stdin=query).split(b"\0")
        triples = zip(words[::3], words[1::3], words[2::3], strict=False)
        return {
            os.fsdecode(path): name.decode() for path, name, value in triples if value not in _NOT_REWRITING
        }

    def _texts(self) -> Iterable[bytes]:
        return self._tree.read_many(self._files).values()

    def _blob(self, path: str) -> str | None:
        """The blob id of a file; None for links."""
        found = self._tree.identity(path)
        return found if isinstance(found, str) else None

    @cached_property
    def _has_attributes(self) -> bool:
        return bool(self._files)

    @cached_property
    def _files(self) -> Sequence[str]:
        return [
            path
            for path in self._tree.paths()
            if path.endswith(_NAME)
            and path.rpartition("/")[2] == _NAME
            and self._tree.identity(path) is not None
            # git writes no such entries, but a tree object can have them
            and os.path.normpath(path) == path
            and not path.startswith(("/", "../"))
        ]

    @cached_property
    def _configured(self) -> Collection[str]:
        """The names of the filters that git would run here."""
        if _UNFILTERED.issuperset(self._filters.values()):
            return set()
        keys = self._git.try_run("config", "--name-only", "-z", "--get-regexp", r"^filter\.").stdout
        return {key.decode("utf-8", "replace")[7:].rpartition(".")[0] for key in keys.split(b"\0") if key}

    def _convert(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes of files that no filter changes; without those that git cannot read."""
        # git writes the size of the blob and then the converted bytes: only a word that no file has separates
        # them.
        mark = os.urandom(16).hex()
        query = b"".join(f"{self._blob(path)} ".encode() + os.fsencode(path) + b"\0" for path in paths)
        output = self._run("cat-file", f"--batch={mark}", "--filters", "-z", stdin=query) if paths else b""
        pieces = output.split(f"{mark}\n".encode())[1:]
        if len(pieces) != len(paths):
            return {}
        return {path: piece[:-1] for path, piece in zip(paths, pieces, strict=True)}

    def _run(self, *argv: str, stdin: bytes) -> bytes:
        """Run git in a folder that has the attributes of the commit and nothing else."""
        import tempfile

        from mlgit.adapters.git.binary import Git

        with tempfile.TemporaryDirectory() as folder:
            for path, content in self._tree.read_many(self._files).items():
                place = os.path.join(folder, path)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "wb") as file:
                    file.write(content)
            env = {"GIT_DIR": self._git_dir, "GIT_WORK_TREE": folder, "GIT_ATTR_NOSYSTEM": "1"}
            env["GIT_INDEX_FILE"] = os.path.join(folder, ".git-index")
            if os.path.exists(os.path.join(self._common_dir, "info", "attributes")):
                env |= self._without_own(os.path.join(folder, ".git"))
            return Git(folder).run(*_AS_ANYWHERE, *argv, stdin=stdin, env=env)

    def _without_own(self, place: str) -> Mapping[str, str]:
        """Variables for a git directory with this clone's objects and settings, and not its attributes."""
        import shutil

        os.makedirs(os.path.join(place, "refs"))
        with open(os.path.join(place, "HEAD"), "w", encoding="ascii") as file:
            file.write("ref: refs/heads/none\n")
        shutil.copy(os.path.join(self._common_dir, "config"), place)
        return {"GIT_DIR": place, "GIT_OBJECT_DIRECTORY": os.path.join(self._common_dir, "objects")}
