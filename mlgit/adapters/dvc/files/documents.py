"""Documents: YAML texts, parsed once and cached, because parsing takes longer than all other work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.fingerprints import Index, now_ns
from mlgit.adapters.memory import Memory, Table, round_trips_json
from mlgit.core.record import NamedTuple
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlgit.core.tree import Tree

MAX_CACHE_BYTES = 8 << 20
_FORMAT = 5
# No text of YAML begins with it, so that the two values of a text are distinguished.
_EXACT = "\1"


class Document(NamedTuple):
    """A parsed file; `content` gives its bytes, for errors that show the place."""

    value: object
    content: Callable[[], bytes]


def name_at(tree: Tree, path: str) -> str:
    """The name of a file in errors: its path, after the commit if there is one."""
    return path if tree.commit is None else f"{tree.commit[:7]}:{path}"


class Documents:
    """Values of YAML texts, keyed by the text or its blob id, so that nothing can be stale.

    `folder` keeps them between runs; the index recognizes files of the working tree without reading them.
    """

    def __init__(self, folder: str | None, *, index: Index | None = None) -> None:
        memory = Memory(folder, "documents", format_number=_FORMAT, limit_bytes=MAX_CACHE_BYTES)
        self._table = Table(memory, room_bytes=MAX_CACHE_BYTES // 8)
        self._index = index or Index(None)
        # Most files of two states are the same, so parse each content once.
        self._parsed: dict[bytes, object] = {}

    def parse(self, content: bytes, *, name: str, exact: bool = False) -> object:
        """The value of a YAML document; None if it is empty.

        With `exact`, fractions are decimals as they are written.

        Raises:
            ConfigError: it is not YAML; with the place.
        """
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return _parse(content, name, exact=exact)
        if exact:
            return self._parse_exact(content, name, key=f"{_EXACT}{text}")
        known = self._table.get(text)
        if known is None:
            value = _parse(content, name)
            self._table.learn(text, value)
            return value
        return known[0]

    def _parse_exact(self, content: bytes, name: str, *, key: str) -> object:
        from mlgit.adapters.dvc.files.formats.packed import packed, unpacked

        known = self._table.get(key)
        if known is None:
            value = _parse(content, name, exact=True)
            self._table.learn(key, packed(value))
            return value
        return unpacked(known[0])

    def read(
        self,
        tree: Tree,
        paths: Iterable[str],
        *,
        wrong: Callable[[str, bytes, ConfigError], ConfigError] | None = None,
    ) -> dict[str, Document]:
        """The files of a state that exist; cached ones are not read again.

        `wrong` may return a better error for a file.

        Raises:
            ConfigError: a file is not YAML; with the place.
        """
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
                    self._parsed[content] = _parse(content, name_at(tree, path))
                except ConfigError as error:
                    raise (error if wrong is None else wrong(path, content, error)) from error
            value = self._parsed[content]
            found[path] = Document(value, lambda content=content: content)  # type: ignore[misc]
            identity = unread[path]
            if isinstance(identity, str):
                self._table.learn(_blob_key(identity), value)
            elif identity is not None and round_trips_json(value):
                self._index.learn_document(path, identity, value, looked_ns=looked)
        return found

    def _recall(self, path: str, identity: str | tuple[int, int, int, int]) -> tuple[object] | None:
        if not isinstance(identity, str):
            return self._index.document(path, identity)
        return self._table.get(_blob_key(identity))

    def save(self) -> None:
        """Keep what this run used, if it parsed something new."""
        self._table.save()


def _blob_key(oid: str) -> str:
    """The key of a blob in the table. A text is its own key; the two never collide, as YAML has no NUL."""
    return f"\0{oid}"


def _parse(content: bytes, name: str, *, exact: bool = False) -> object:
    from mlgit.yaml12 import load

    return load(content, name=name, strict=False, floats_as_decimal=exact)
