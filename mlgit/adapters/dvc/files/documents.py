"""Documents: YAML texts parsed once and remembered, because parsing costs more than all the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from mlgit.adapters.dvc.data.fingerprints import Index, now_ns, write_whole
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlgit.core.tree import Tree

MAX_CACHE_BYTES = 8 << 20
# It is in the name, too, so that versions of mlgit do not replace each other's all the time.
_FORMAT = 2


class Document(NamedTuple):
    """A parsed file; `content` gives its bytes, for errors that show the place."""

    value: object
    content: Callable[[], bytes]


class Documents:
    """What YAML texts mean, remembered by the text or by Git's id of it, so that nothing can go stale.

    Args:
        folder: where the memory is kept between runs; None keeps none. A folder that cannot be
            written and a file that cannot be read are as good as none.
        index: knows the files of the working tree again without reading them.
        name: the file in the folder; whoever reads thousands of texts keeps them out of everybody's way.
    """

    def __init__(
        self, folder: str | None, *, index: Index | None = None, name: str = "documents-2.json"
    ) -> None:
        self._folder = folder
        self._name = name
        self._index = index or Index(None)
        self._texts = _Table()
        self._blobs = _Table()
        # Most files of two states are the same.
        self._parsed: dict[bytes, object] = {}
        self._loaded = False

    def parse(self, content: bytes, *, name: str) -> object:
        """The value of a YAML document; None when it is empty.

        Raises:
            ConfigError: with the place, when it is none.
        """
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return _parse(content, name)
        self._load()
        known = self._texts.get(text)
        if known is None:
            known = (_parse(content, name),)
            self._texts.learn(text, known[0])
        return known[0]

    def read(
        self,
        tree: Tree,
        paths: Iterable[str],
        *,
        wrong: Callable[[str, bytes, ConfigError], ConfigError] | None = None,
    ) -> dict[str, Document]:
        """The files of a state that exist; those that were seen before are not read again.

        Args:
            tree: the state.
            paths: the files, from the root.
            wrong: may find better words for what is wrong with a file.

        Raises:
            ConfigError: with the place, when one is no YAML.
        """
        prefix = "" if tree.commit is None else f"{tree.commit[:7]}:"
        looked = now_ns()
        found: dict[str, Document] = {}
        unread = {}
        for path in paths:
            identity = tree.identity(path)
            known = None if identity is None else self._recall(path, identity)
            if known is None:
                unread[path] = identity
            else:
                found[path] = Document(known[0], lambda path=path: tree.read(path) or b"")  # type: ignore[misc]
        for path, content in tree.read_many(unread).items():
            if content not in self._parsed:
                try:
                    self._parsed[content] = _parse(content, prefix + path)
                except ConfigError as error:
                    raise (error if wrong is None else wrong(path, content, error)) from error
            value = self._parsed[content]
            found[path] = Document(value, lambda content=content: content)  # type: ignore[misc]
            identity = unread[path]
            if isinstance(identity, str):
                self._blobs.learn(identity, value)
            elif identity is not None and _survives(value):
                self._index.learn_document(path, identity, value, looked_ns=looked)
        return found

    def _recall(self, path: str, identity: str | tuple[int, int, int, int]) -> tuple[object] | None:
        if not isinstance(identity, str):
            return self._index.document(path, identity)
        self._load()
        return self._blobs.get(identity)

    def save(self) -> None:
        """Remember what this run used, when it learned something."""
        if self._folder is None or not (self._texts.grown or self._blobs.grown):
            return
        import json

        tables = {"texts": self._texts.kept(), "blobs": self._blobs.kept()}
        try:
            content = json.dumps({"format": _FORMAT, **tables}).encode()
        except ValueError:
            return
        if len(content) <= MAX_CACHE_BYTES:
            write_whole(self._folder, self._name, [content])

    def _load(self) -> None:
        if self._loaded or self._folder is None:
            return
        self._loaded = True
        import json

        try:
            with open(os.path.join(self._folder, self._name), "rb") as file:
                found = json.loads(file.read())
            if found["format"] == _FORMAT:
                texts, blobs = found["texts"], found["blobs"]
                if isinstance(texts, dict) and isinstance(blobs, dict):
                    self._texts.known, self._blobs.known = texts, blobs
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return


class _Table:
    """Values by key: those of earlier runs, and those of this one."""

    def __init__(self) -> None:
        self.known: dict[str, object] = {}
        self.grown = False
        self._used: dict[str, object] = {}

    def get(self, key: str) -> tuple[object] | None:
        """The value, in a tuple because it may be None."""
        if key in self._used:
            return (self._used[key],)
        if key not in self.known:
            return None
        self._used[key] = self.known[key]
        return (self._used[key],)

    def learn(self, key: str, value: object) -> None:
        """Remember a value."""
        self._used[key] = value
        self.grown = True

    def kept(self) -> dict[str, object]:
        """What this run used, and of the rest as much as there is room for."""
        self.grown = False
        kept = {key: value for key, value in self._used.items() if key in self.known or _survives(value)}
        size = sum(map(len, kept))
        for key, value in self.known.items():
            size += len(key)
            if size > MAX_CACHE_BYTES // 8:
                break
            kept.setdefault(key, value)
        return kept


def _parse(content: bytes, name: str) -> object:
    from mlgit.yaml12 import load

    return load(content, name=name, strict=False)


def _survives(value: object) -> bool:
    """Whether JSON gives the same value back (keys that are numbers would come back as text)."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _survives(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_survives(item) for item in value)
    return value is None or isinstance(value, (str, int, float))
