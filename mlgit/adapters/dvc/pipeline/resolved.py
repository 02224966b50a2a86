"""Resolved: what DVC made of a dvc.yaml that is no plain one, remembered by all that it was made from.

An answer is found again only when the file, every file that its templates read (those that were not
there too), DVC's settings and DVC's version are the same, byte by byte: it cannot be stale.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.cache import configuration_files
from mlgit.adapters.dvc.data.fingerprints import write_whole
from mlgit.adapters.dvc.files.paths import folder_of
from mlgit.core.record import record
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.adapters.dvc.files.shapes import Path, Shape
    from mlgit.core.tree import Tree

_FORMAT = 1
_FOLDER = f"resolved-{_FORMAT}"
_MOST_ENTRIES = 32
_MAX_BYTES = 4 << 20


@record
class _Answer:
    """`reads` maps the files that templates read to the hash of their content, None where there was none."""

    key: str
    reads: Mapping[str, str | None]
    why: str
    document: object


def resolved(
    tree: Tree, shape: Shape, *, path: str, said: tuple[str, Path], root: str, folder: str | None
) -> tuple[str, object]:
    """Why DVC had to be asked, and the file with its templates filled in.

    Args:
        tree: the state that the file belongs to.
        shape: the file.
        path: where it stands, from the Git root.
        said: what in it our reader is not sure about, and where.
        root: the root of the working tree.
        folder: where answers are remembered; None remembers none.

    Raises:
        ConfigError: DVC says that the file is invalid.
    """
    content = shape.content
    settings = _settings(tree, path, root)
    key = _key(path, content, settings)
    memory = _Memory(folder, path)
    known = memory.find(key, tree.read)
    if known is not None:
        return known.why, known.document
    from mlgit.adapters.dvc.engine import fill_in

    document, reads = fill_in(root, shape, path=path, read=_inside(tree, shape), settings=settings)
    word, place = said
    line = shape.locate(place).line if place else content[: content.find(b"${")].count(b"\n") + 1
    why = word if line is None else f"{word} (line {line})"
    memory.keep(
        _Answer(
            key=key,
            reads={name: None if text is None else _digest(text) for name, text in reads.items()},
            why=why,
            document=document,
        )
    )
    return why, document


def _inside(tree: Tree, shape: Shape) -> Callable[[str], bytes | None]:
    """How templates read files: those of the state, and no others."""

    def read(path: str) -> bytes | None:
        if path.startswith(("/", "../")):
            raise ConfigError(
                f"`{shape.name}` takes variables from `{path}`, which lies outside the repository",
                location=shape.locate(("vars",)),
                hint="copy the file into the repository: what is outside no commit can tell",
            )
        return tree.read(path)

    return read


def _settings(tree: Tree, path: str, root: str) -> tuple[bytes, ...]:
    """The contents of DVC's configuration files that hold for a path, the weakest first."""
    folder = folder_of(path)
    while folder and tree.read(f"{folder}/.dvc/config") is None:
        folder = folder_of(folder)
    place = os.path.join(root, folder)
    found = []
    for file in configuration_files(place):
        own = os.path.relpath(file, root).replace(os.sep, "/") if file.startswith(place + os.sep) else None
        content = tree.read(own) if own is not None else _content(file)
        found.append(content or b"")
    return tuple(found)


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None


def _key(path: str, content: bytes, settings: Sequence[bytes]) -> str:
    """Everything that is known before DVC was asked."""
    digest = blake2b(digest_size=20)
    for part in (path.encode("utf-8", "surrogateescape"), content, *settings, _version_of_dvc()):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _version_of_dvc() -> bytes:
    """Which DVC would answer, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("dvc")
    if spec is None or spec.origin is None:
        return b""
    place = os.path.dirname(spec.origin)
    version = _content(os.path.join(place, "_version.py"))
    return place.encode("utf-8", "surrogateescape") + (version or b"")


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=20).hexdigest()


class _Memory:
    """The latest answers about one file; one that cannot be read or written is as good as none."""

    def __init__(self, folder: str | None, path: str) -> None:
        name = _digest(path.encode("utf-8", "surrogateescape"))
        self._file = None if folder is None else os.path.join(folder, _FOLDER, f"{name}.json")
        self._answers: list[_Answer] | None = None

    def find(self, key: str, read: Callable[[str], bytes | None]) -> _Answer | None:
        """The answer whose every source is still the same."""
        hashes: dict[str, str | None] = {}
        for answer in self._load():
            if answer.key != key:
                continue
            for name in answer.reads:
                if name not in hashes:
                    content = read(name)
                    hashes[name] = None if content is None else _digest(content)
            if all(hashes[name] == digest for name, digest in answer.reads.items()):
                return answer
        return None

    def keep(self, answer: _Answer) -> None:
        """Remember one more; the oldest go when there are too many."""
        if self._file is None:
            return
        import json

        answers = [answer, *self._load()][:_MOST_ENTRIES]
        try:
            text = json.dumps({"format": _FORMAT, "answers": [_fields(each) for each in answers]})
            if len(text) > _MAX_BYTES:
                text = json.dumps({"format": _FORMAT, "answers": [_fields(answer)]})
            survives = json.loads(text)["answers"][0] == _fields(answer)
        except (ValueError, TypeError):
            return
        if survives and len(text) <= _MAX_BYTES:  # keys that are numbers would come back as text
            write_whole(os.path.dirname(self._file), os.path.basename(self._file), [text.encode()])

    def _load(self) -> list[_Answer]:
        if self._answers is None:
            self._answers = []
            content = None if self._file is None else _content(self._file)
            if content is not None:
                import json

                try:
                    found = json.loads(content)
                    if found["format"] == _FORMAT:
                        self._answers = [_answer(each) for each in found["answers"]]
                except (ValueError, KeyError, TypeError, RecursionError):
                    self._answers = []
        return self._answers


def _fields(answer: _Answer) -> dict[str, object]:
    return {
        "key": answer.key,
        "reads": dict(answer.reads),
        "why": answer.why,
        "document": answer.document,
    }


def _answer(fields: dict[str, object]) -> _Answer:
    reads, document = fields["reads"], fields["document"]
    if not isinstance(reads, dict) or not isinstance(document, dict):
        raise TypeError("no answer of ours")
    return _Answer(key=str(fields["key"]), reads=reads, why=str(fields["why"]), document=document)
