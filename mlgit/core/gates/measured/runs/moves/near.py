"""Near: the files that a program may read from its new place, or from another folder where it runs."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from functools import cached_property
from hashlib import md5
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import TEXTS, is_surely_about
from mlgit.core.gates.measured.runs.moves.named import named
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage

    _Folders = tuple[str, str]

_MOST_FILES = 200
_UNKNOWN = "?"
_OF_TOOLS = re.compile(r"(?:.*/)?(?:dvc\.(?:yaml|lock)|[^/]+\.dvc|\.[^/]*ignore|\.git[^/]*|__init__\.py)")


class Near:
    """The files of both sides, by what programs name from a folder."""

    def __init__(self, places: tuple[Places, Places], pipelines: tuple[Pipeline, Pipeline]) -> None:
        self._sides = [_Files(*each) for each in zip(places, pipelines, strict=True)]
        self._places = places

    def newly_read(self, program: tuple[str, str], stages: tuple[Stage, Stage]) -> list[str]:
        """The files that a program, of these places, may read and that are not what it read before."""
        contents = [side.read([path]).get(path) for side, path in zip(self._places, program, strict=True)]
        if None in contents:
            return []
        was, now = (named(path, each or b"") for path, each in zip(program, contents, strict=True))
        moved = posixpath.dirname(program[0]), posixpath.dirname(program[1])
        runs_in = stages[0].wdir, stages[1].wdir
        every = [(moved, was.own, now.own), (runs_in, was.here, now.here)]
        before = {(_at(folders[0], name), name) for folders, names, _ in every for name in names}
        usual = {*stages[1].deps, *stages[1].params, *(out.path for out in stages[1].outs)}
        found = {
            path
            for folders, _, names in every
            if folders[0] != folders[1]
            for name in names
            for path in self._differing(name, folders)
        }
        others = (path for path in found if not covered(path, usual) and not _is_aside(path))
        return sorted(path for path in others if not any(_has(path, *each) for each in before))

    def _differing(self, name: str, folders: _Folders) -> Iterator[str]:
        """The files of a name in the second folder that are others than those in the first one."""
        was, now = (_at(folder, name) for folder in folders)
        if now.startswith(".."):
            return
        here = self._sides[1].at(now, name)
        there = self._sides[0].at(was, name) if here else {}
        for rest, content in here.items():
            if content == _UNKNOWN or there.get(rest) != content:
                yield f"{now}/{rest}".rstrip("/").removeprefix("./")


class _Files:
    """What Git and DVC have on one side."""

    def __init__(self, places: Places, pipeline: Pipeline) -> None:
        self._places, self._pipeline = places, pipeline

    @cached_property
    def _sorted(self) -> Sequence[str]:
        return sorted(self._places.paths())

    @cached_property
    def _outs(self) -> Mapping[str, Output]:
        return {out.path: out for out in self._pipeline.outputs}

    def at(self, path: str, name: str) -> dict[str, str]:
        """Name -> hash of the file at a path, or of the files in this folder, as the name of it says."""
        if path in self._places.paths():
            return self._hashes([path], len(path))
        if not name.endswith("/"):
            return self._in_dvc(path)
        start = "" if path == "." else f"{path}/"
        inside = self._in_git(start)
        if not name.strip("./"):  # a program has others in the folders below its own one
            inside = [each for each in inside if "/" not in each[len(start) :]]
        found = self._hashes(inside, len(start)) if len(inside) <= _MOST_FILES else {}
        names = [each for each in self._outs if each.startswith(start) and "/" not in each[len(start) :]]
        for each in names:
            found |= {f"{each[len(start) :]}{rest}": own for rest, own in self._in_dvc(each).items()}
        return found

    def _in_git(self, start: str) -> Sequence[str]:
        # `0` follows `/` in ASCII, so this is the end of the range.
        first, last = (bisect_left(self._sorted, each) for each in (start, f"{start[:-1]}0"))
        return self._sorted[first:last] if start else self._sorted

    def _hashes(self, paths: Collection[str], start: int) -> dict[str, str]:
        contents = self._places.read(paths)
        hashes = {path: md5(each, usedforsecurity=False).hexdigest() for path, each in contents.items()}
        return {path[start:]: hashes.get(path, _UNKNOWN) for path in paths}

    def _in_dvc(self, path: str) -> dict[str, str]:
        """The same, of what DVC has at a path; without a name."""
        out = output_at(path, self._outs)
        if out is None:
            return {}
        if out.path == path:
            return {"": _UNKNOWN if out.pointer is None else out.pointer.md5}
        listing = self._places.listing(out.path)
        own = _UNKNOWN if listing is None else listing.get(path[len(out.path) + 1 :])
        return {} if own is None else {"": own}


def _has(path: str, place: str, name: str) -> bool:
    """Whether a file is what a name at a place is of."""
    is_below = name.strip("./") and name.endswith("/")
    return path == place or (covered(path, [place]) if is_below else name.endswith("/") and _in(path, place))


def _in(path: str, folder: str) -> bool:
    return (posixpath.dirname(path) or ".") == folder


def _at(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _is_aside(path: str) -> bool:
    return path.endswith(TEXTS) or is_surely_about(path) or _OF_TOOLS.fullmatch(path) is not None
