"""Params: compare the parameters of stages with those that dvc.lock recorded."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import MAX_BYTES, parse, too_large
from mlgit.core.pipeline.evidence import NotHere, Unreadable
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.adapters.dvc.files.documents import Documents
    from mlgit.adapters.dvc.pipeline.recorded import RecordedHashes
    from mlgit.core.pipeline.stages import Output, Stage
    from mlgit.core.tree import Tree

NOT_READ = "could not be read"
_ABSENT = object()
_SEVERAL = object()


class Stored(NamedTuple):
    """Contents that a state lacks because something else stores them.

    `whole` returns the content for a path and what Git has there, which may be a pointer of Git LFS. `kept`
    returns the file at a path of an output: see `RecordedHashes.content`.
    """

    whole: Callable[[str, bytes], bytes] = lambda _, found: found
    kept: Callable[[Output, str], bytes | None] = lambda *_: None


NOTHING_STORED = Stored()


class ParamFiles:
    """The parameter files of one state, each parsed once.

    `recorded` leads to the files that DVC keeps; without it, those are absent.
    """

    def __init__(
        self,
        tree: Tree,
        documents: Documents,
        stored: Stored = NOTHING_STORED,
        recorded: RecordedHashes | None = None,
    ) -> None:
        self._tree = tree
        self._stored = stored
        self._recorded = recorded
        self._documents = documents
        self._values: dict[str, object] = {}
        self._reasons: dict[str, str] = {}
        self._absent: dict[str, str] = {}

    def check(self, stage: Stage, locked: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, bool]]:
        """(finding, whether it makes the stage stale) for each parameter that differs or is not known."""
        for file, keys in stage.params.items():
            values = self._parsed(file)
            if values is _ABSENT:
                yield f"deleted params file {file}", True
                continue
            recorded = locked.get(file)
            if recorded is None:
                yield f"new params file {file}", True
                continue
            if not isinstance(values, (dict, list)):
                yield f"params file {file} {self._why(file)}", False
                continue
            own = map(str, values) if isinstance(values, dict) else ()
            find = _top_value if keys is None else _find_value
            for name in dict.fromkeys((*own, *recorded)) if keys is None else keys:
                value = find(values, name)
                if value is _SEVERAL:
                    yield f"param {name} matches several values, which DVC refuses", False
                elif word := _compare(value, recorded, name):
                    yield f"{word} param {name}", True

    def has(self, file: str, key: str) -> bool:
        """Whether a file has a value at a dotted key, or any if that is empty; also if it cannot be read."""
        values = self._parsed(file)
        return values is not _ABSENT and (
            not key or not isinstance(values, (dict, list)) or _find_value(values, key) is not _ABSENT
        )

    def _why(self, path: str) -> str:
        """Why there are no values, in words that follow the file's name."""
        if path in self._absent:
            return self._absent[path]
        if self._values[path] is not None:
            return f"{NOT_READ}: it is a single value, not values by name"
        reason = self._reasons.get(path, "")
        cause = reason.removeprefix("cannot be read: ")
        return NOT_READ + (f": {cause}" if cause != reason else f": it {reason}" if reason else "")

    def _parsed(self, path: str) -> object:
        """The value of a file; `_ABSENT`, or None if it cannot be read."""
        if path not in self._values:
            try:
                content = self._tree.read(path, most_bytes=MAX_BYTES)
                if content is None and self._recorded is not None:
                    content = self._recorded.content(path, self._stored.kept)
                self._values[path] = (
                    _ABSENT
                    if content is None
                    else parse(self._stored.whole(path, content), path=path, documents=self._documents)
                )
            except NotHere as error:
                self._values[path] = None
                self._absent[path] = str(error)
            except (Unreadable, OSError) as error:
                self._values[path] = None
                if isinstance(error, Unreadable) or error.errno == errno.EFBIG:
                    self._reasons[path] = too_large(path) if isinstance(error, OSError) else str(error)
        return self._values[path]


def _compare(value: object, recorded: Mapping[str, object], name: str) -> str:
    """`""`, `changed`, `new` or `deleted`."""
    if value is _ABSENT:
        return "deleted"
    if name not in recorded:
        return "new"
    return "" if _same(value, recorded[name]) else "changed"


def _same(value: object, recorded: object) -> bool:
    """Whether the values are equal; NaN is the same as NaN, also in a group or list."""
    if isinstance(value, (tuple, set)):
        value = list(value)
    if isinstance(value, dict) and isinstance(recorded, dict):
        return value.keys() == recorded.keys() and all(_same(value[key], recorded[key]) for key in value)
    if isinstance(value, list) and isinstance(recorded, list):
        return len(value) == len(recorded) and all(map(_same, value, recorded))
    if isinstance(value, float) and isinstance(recorded, float):
        return value == recorded or (value != value and recorded != recorded)  # noqa: PLR0124 (NaN)
    return value == recorded


def _top_value(values: object, name: str) -> object:
    """The value at a key of the file itself, which may have dots; used if the whole file is a parameter."""
    if isinstance(values, dict) and name in values:
        return values[name]
    return _ABSENT if "." in name else _find_value(values, name)


def _find_value(values: object, name: str) -> object:
    """The value at a dotted key, step by step; as in DVC, a key that has dots itself is never found.

    A key may be a pattern that only one value matches.
    """
    if {"*", "?", "["} & {*name}:
        return _matching(values, name)
    for step in name.split("."):
        if isinstance(values, dict):
            if step in values:
                values = values[step]
            elif step.lstrip("-").isdigit() and int(step) in values:
                values = values[int(step)]
            else:
                return _ABSENT
        elif isinstance(values, (list, tuple)) and step.isdigit() and int(step) < len(values):
            values = values[int(step)]
        else:
            return _ABSENT
    return values


def _matching(values: object, pattern: str) -> object:
    """The value whose keys match, as in DVC; `_SEVERAL` if there are more."""
    import dpath
    from dpath.exceptions import InvalidGlob

    try:
        return dpath.get(values, pattern, separator=".")  # type: ignore[arg-type]  # a list, for example
    except KeyError:
        return _ABSENT
    except (ValueError, InvalidGlob):
        return _SEVERAL
