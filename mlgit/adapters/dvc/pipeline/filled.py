"""Filled: templated dvc.yaml files of many commits as DVC fills them in, cached by what they are made from.

`resolved` caches a few results for the current state; those of a leaderboard would push them out. Here a
result has only what says where numbers are, and those that many commits share are kept once.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.needs_dvc import needs_dvc
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.memory import Memory, Table, round_trips_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.progress import Progress
    from mlgit.core.tree import Tree

_FORMAT = 3
MAX_BYTES = 8 << 20
_MOST_BYTES = 64 << 20
_NOT_NEEDED = frozenset({"deps", "desc", "meta"})


class Filled:
    """Results of DVC, kept between runs in `folder`, unless it is None.

    The cache has, by the key of a dvc.yaml, the lists of files that its templates read; by the key and the
    contents of such a list the digest of a result; and by the digest the result.
    """

    def __init__(self, root: str, folder: str | None, progress: Progress) -> None:
        self._root = root
        memory = Memory(folder, "templates", format_number=_FORMAT, limit_bytes=MAX_BYTES)
        self._table = Table(memory, room_bytes=MAX_BYTES // 8)
        self._progress = progress
        self._asked = False

    def fill(self, tree: Tree, shape: Shape, *, path: str) -> Shape:
        """The file with its templates filled in, without commands and dependencies.

        Raises:
            ConfigError: DVC says that it is invalid.
        """
        if needs_dvc(shape) is None:
            return shape
        from mlgit.adapters.dvc.pipeline.resolved import digest, sources_key

        key = sources_key(tree, shape, path=path, root=self._root)
        contents = ({name: digest(tree.read(name)) for name in names} for names in self._lists(key))
        known = (self._known(_name(key, each)) for each in contents)
        found = next((each for each in known if each is not None), None)
        if found is None:
            found = self._ask(tree, shape, key, path=path)
        return Shape(found, name=shape.name, content=shape.content)

    def save(self) -> None:
        """Keep the results of this run; `fill` is not called again."""
        if self._asked:
            self._asked = False
            self._progress.end()
            self._table.save()

    def _ask(self, tree: Tree, shape: Shape, key: str, *, path: str) -> object:
        from mlgit.adapters.dvc.pipeline.resolved import filled_in

        if not self._asked:
            self._asked = True
            self._progress.start("DVC fills in the templates at these commits")
        found, reads = filled_in(tree, shape, path=path, root=self._root)
        document = _numbers_only(found)
        if not round_trips_json(document):
            return document
        if sorted(reads) not in (lists := self._lists(key)):
            self._table.learn(key, [*lists, sorted(reads)])
        text = json.dumps(document, separators=(",", ":")).encode()
        result = blake2b(text, digest_size=16).hexdigest()
        if self._table.get(result) is None:
            self._table.learn(result, b64encode(zlib.compress(text)).decode())
        self._table.learn(_name(key, reads), result)
        return document

    def _lists(self, key: str) -> list[list[str]]:
        """Each list of files that templates read with this key."""
        found = self._table.get(key)
        return found[0] if found is not None and isinstance(found[0], list) else []

    def _known(self, name: str) -> object | None:
        result = self._table.get(name)
        packed = None if result is None else self._table.get(str(result[0]))
        return None if packed is None else _unpacked(packed[0])


def _name(key: str, contents: Mapping[str, str | None]) -> str:
    listed = json.dumps([key, sorted(contents.items())])
    return blake2b(listed.encode(), digest_size=20).hexdigest()


def _numbers_only(document: object) -> object:
    """A dvc.yaml that DVC filled in, with empty commands and without what its stages depend on."""
    stages = document.get("stages") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(stages, dict):
        return document
    return {**document, "stages": {name: _slim(stage) for name, stage in stages.items()}}


def _slim(stage: object) -> object:
    if not isinstance(stage, dict):
        return stage
    kept = {key: value for key, value in stage.items() if key not in _NOT_NEEDED}
    return {**kept, "cmd": ""} if "cmd" in kept else kept


def _unpacked(packed: object) -> object | None:
    """The document; None if it is not one that this module packed."""
    try:
        return json.loads(zlib.decompressobj().decompress(b64decode(str(packed), validate=True), _MOST_BYTES))  # type: ignore[no-any-return]
    except (ValueError, zlib.error, RecursionError):
        return None
