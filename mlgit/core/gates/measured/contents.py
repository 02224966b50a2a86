"""Contents: what differs in files and folders of data, other than what stages make and what models are."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import is_content, meets
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Output

_IN_GIT = "a file in Git"
_PROGRAMS = frozenset(
    """
    .py .pyi .ipynb .r .rmd .jl .sh .bash .sql .java .scala .c .cc .cpp .h .hpp .cu .rs .go .js .ts
    .cfg .lock .dvc
    """.split()  # noqa: SIM905 (a word list reads better than 25 quoted lines)
)
_OF_TOOLS = frozenset(("mlgit.yaml", "dvc.yaml", "pyproject.toml", "package.json", "Makefile", "Dockerfile"))


class Contents:
    """The data of both sides that no stage makes.

    `changed` gives the files of which Git has other content on both sides; a
    folder that Git does not track yet ends with `/`.
    """

    def __init__(
        self,
        sides: tuple[Measuring, Measuring],
        places: tuple[Places, Places],
        changed: Callable[[], Collection[str]],
    ) -> None:
        self._sides = tuple(_Side(*each) for each in zip(sides, places, strict=True))
        self._changed = changed

    def __contains__(self, path: object) -> bool:
        """Whether Git has a file at a path, or in the folder there, on both sides."""
        return isinstance(path, str) and all(side.files(path) for side in self._sides)

    def of(self, path: str, *, folder: bool, model: str | None) -> Iterator[str]:
        """What differs at a path whose record differs; of a folder, only data other than the model."""
        if any(side.owner(path) for side in self._sides):
            yield f"`{path}` changed"
        elif not folder:
            yield from [] if is_program(path) else [f"`{path}` changed"]
        else:
            found = list(self._differences(path, model))
            yield from (text for name, text in found if not is_program(name))
            yield from [] if found else [f"`{path}` changed"]

    def inside(self, path: str, model: str | None) -> Iterator[str]:
        """What differs at a path, or in the folder there, of which stages may make a part."""
        yield from (text for name, text in self._differences(path, model) if not is_program(name))

    def behind(self, folder: str) -> Iterator[str]:
        """What differs behind the links in a folder, into which DVC does not look."""
        was, now = (side.links(folder) for side in self._sides)
        for name in sorted({*was, *now}):
            if name in was and name in now:
                yield from [] if was[name] == now[name] else [f"what the link `{name}` leads to changed"]
            else:
                yield f"the link `{name}` is {'gone' if name in was else 'new'}"

    def has_data(self, path: str) -> bool:
        """Whether a path on either side has anything other than programs; also if it is not known."""
        if any(side.tracked_at(path) for side in self._sides):
            return True
        names = {name for side in self._sides for name in side.files(path)} or {path}
        return any(not is_program(name) and is_content(name) for name in names)

    def owners(self, path: str) -> str | None:
        """Who had and who has what is at a path, in words; None if that is the same."""
        was, now = (side.owner(path) or _IN_GIT for side in self._sides)
        return None if was == now else f"`{path}` was {was}; it is now {now}"

    def _differences(self, path: str, model: str | None) -> Iterator[tuple[str, str]]:
        """(path, what happened to it) of each file of Git and each output of a `.dvc` file there."""
        models = [] if model is None else [model]
        files = [{*side.files(path)} for side in self._sides]
        tracked = [{out.path: out for out in side.tracked_at(path)} for side in self._sides]
        for name in sorted({*files[0], *files[1], *tracked[0], *tracked[1]}):
            if covered(name, models) or any(side.made(name) for side in self._sides):
                continue
            there = [name in files[index] or name in tracked[index] for index in (0, 1)]
            if all(there) and (text := self.owners(name)):
                yield name, text
            elif all(there) and name in tracked[0]:
                if tracked[0][name].pointer != tracked[1][name].pointer:
                    yield name, f"`{name}` changed"
            elif not is_content(name):
                continue
            elif not all(there):
                yield name, f"`{name}` is {'gone' if there[0] else 'new'}"
            elif self._is_changed(name):
                yield name, f"`{name}` changed"

    def _is_changed(self, name: str) -> bool:
        return name in self._all_changed or any(name.startswith(each) for each in self._folders)

    @cached_property
    def _all_changed(self) -> frozenset[str]:
        return frozenset(self._changed())

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        return tuple(each for each in self._all_changed if each.endswith("/"))


class _Side:
    """What one side has at a path."""

    def __init__(self, measuring: Measuring, places: Places) -> None:
        self.made = measuring.made
        self._tracked = {out.path: out for out in measuring.pipeline.tracked}
        self._places = places
        self.links = places.links

    def files(self, path: str) -> list[str]:
        """The files of Git at a path or in the folder there."""
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._sorted, f"{path}{last}") for last in "/0")
        return [path] if path in self._places.paths() else self._sorted[start:end]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._places.paths())

    def tracked_at(self, path: str) -> list[Output]:
        """The outputs of `.dvc` files that are a path, in it or above it."""
        return [out for name, out in self._tracked.items() if meets(name, path)]

    def owner(self, path: str) -> str | None:
        """What tracks or imports a path, in words; None if it is a file of Git."""
        out = output_at(path, self._tracked)
        if out is None:
            return None
        return f"tracked by `{out.owner}`" if out.source is None else f"imported by `{out.owner}`"


def is_program(path: str) -> bool:
    """Whether a file is run, by its name, or says how: a stage that reads a text reads it as data."""
    name = posixpath.basename(path)
    ending = posixpath.splitext(name)[1].lower()
    named = name in _OF_TOOLS or (name.startswith("requirements") and ending == ".txt")
    return named or ending in _PROGRAMS
