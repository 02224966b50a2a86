"""Resolved: a dvc.yaml whose templates DVC filled in, cached with the hashes of everything it was made from.

A cached result is used only if the file, every file that its templates read (or that did not exist), DVC's
settings and DVC's version are the same, byte by byte: it cannot be stale.
"""

from __future__ import annotations

import os
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from mlgit.adapters.dvc.data.cache import configuration_files
from mlgit.adapters.dvc.files.documents import name_at
from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.adapters.memory import Memory, fitting, round_trips_json
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlgit.adapters.dvc.files.shapes import Path, Shape
    from mlgit.core.tree import Tree

    _Fields = dict[str, object]

_FORMAT = 2
_FOLDER = "resolved"
_MOST_ENTRIES = 32
_MANY_BYTES = 4 << 20
_MAX_BYTES = 32 << 20
_SECTION = b"parsing"


def resolved(
    tree: Tree, shape: Shape, *, path: str, doubt: tuple[str, Path], root: str, folder: str | None
) -> tuple[str, object]:
    """The reason why DVC was asked, and the file with its templates filled in.

    `doubt` is the result of `needs_dvc`. Results are cached in `folder`, unless it is None.

    Raises:
        ConfigError: DVC says that the file is invalid.
    """
    content = shape.content
    key = sources_key(tree, shape, path=path, root=root)
    earlier = _Cache(folder, path)
    known = earlier.find(key, tree.read)
    if known is not None:
        return str(known["why"]), known["document"]
    document, hashes = filled_in(tree, shape, path=path, root=root)
    word, place = doubt
    line = shape.locate(place).line if place else content[: content.find(b"${")].count(b"\n") + 1
    why = word if line is None else f"{word} (line {line})"
    earlier.keep({"key": key, "reads": hashes, "why": why, "document": document})
    return why, document


def filled_in(tree: Tree, shape: Shape, *, path: str, root: str) -> tuple[object, dict[str, str | None]]:
    """The file as DVC fills it in, and what its templates read: digests by path, None for no file.

    Raises:
        ConfigError: DVC says that the file is invalid.
    """
    from mlgit.adapters.dvc.engine import fill_in

    settings = _settings(tree, path, root)
    document, reads = fill_in(root, shape, path=path, read=_inside(tree, shape), settings=settings)
    return document, {name: digest(text) for name, text in reads.items()}


def sources_key(tree: Tree, shape: Shape, *, path: str, root: str) -> str:
    """A hash of everything but the files that templates read: the file, DVC's settings and version."""
    return _key(path, shape.content, _settings(tree, path, root))


def _inside(tree: Tree, shape: Shape) -> Callable[[str], bytes | None]:
    """A function that reads files of the state, and refuses all others."""
    from mlgit.yaml12 import refuse_repeating

    def read(path: str) -> bytes | None:
        if path.startswith(("/", "../")):
            raise ConfigError(
                f"`{shape.name}` takes variables from `{path}`, which is outside the repository",
                location=shape.locate(("vars",)),
                hint="copy the file into the repository; a commit cannot record files outside it",
            )
        content = tree.read(path)
        if content is not None:  # DVC writes out every alias of a file with variables
            refuse_repeating(content, name=name_at(tree, path))
        return content

    return read


def _settings(tree: Tree, path: str, root: str) -> tuple[bytes, ...]:
    """The contents of DVC's configuration files that say how a path is filled in, the weakest first.

    Those of the repository are of the same state as the path. A file without the section is empty here, so
    that another remote or password does not ask DVC again.
    """
    folder = folder_of(path)
    while folder and tree.read(f"{folder}/.dvc/config") is None:
        folder = folder_of(folder)
    own = join(folder, ".dvc")
    place = os.path.join(root, own)
    found = []
    for file in configuration_files(os.path.join(root, folder)):
        above, name = os.path.split(file)
        content = tree.read(join(own, name)) if above == place else _content(file)
        found.append(content if content is not None and _SECTION in content else b"")
    return tuple(found)


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None


def _key(path: str, content: bytes, settings: Sequence[bytes]) -> str:
    """A hash of everything that is known before DVC is asked."""
    found = blake2b(digest_size=20)
    for part in (path.encode("utf-8", "surrogateescape"), content, *settings, _version_of_dvc()):
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _version_of_dvc() -> bytes:
    """The place and version of DVC, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("dvc")
    if spec is None or spec.origin is None:
        return b""
    place = os.path.dirname(spec.origin)
    version = _content(os.path.join(place, "_version.py"))
    return place.encode("utf-8", "surrogateescape") + (version or b"")


def digest(content: bytes | None) -> str | None:
    """The hash of a content; None if there is no file."""
    return None if content is None else blake2b(content, digest_size=20).hexdigest()


class _Cache:
    """The latest results for one file, the newest first.

    Each has a `key`, the files that its templates `reads` with the hash of their content, the reason `why`
    DVC was asked, and the `document`.
    """

    def __init__(self, folder: str | None, path: str) -> None:
        name = blake2b(path.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()
        folder = None if folder is None else os.path.join(folder, _FOLDER)
        self._memory = Memory(folder, name, format_number=_FORMAT, limit_bytes=_MAX_BYTES)
        cached = self._memory.read_json()
        self._results: list[Any] = cached if isinstance(cached, list) and all(map(_whole, cached)) else []

    def find(self, key: str, read: Callable[[str], bytes | None]) -> _Fields | None:
        """The result whose sources are all unchanged."""
        now = cache(lambda name: digest(read(name)))
        return next(
            (
                result
                for result in self._results
                if result["key"] == key and all(now(name) == known for name, known in result["reads"].items())
            ),
            None,
        )

    def keep(self, result: _Fields) -> None:
        """Add a result, and keep those before it that are small enough to be read each time."""
        if round_trips_json(result):
            self._memory.write_json(fitting([result, *self._results][:_MOST_ENTRIES], most_bytes=_MANY_BYTES))


def _whole(result: object) -> bool:
    return (
        isinstance(result, dict)
        and {"key", "reads", "why"} <= result.keys()
        and isinstance(result["reads"], dict)
        and isinstance(result.get("document"), dict)
    )
