"""Contents: what differs in files and folders of data, other than what stages make and what models are."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_about, is_program, is_surely_about
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import is_content, meets
from mlgit.core.pipeline.stages import output_at
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Output

_IN_GIT = "a file in Git"
_ATTRIBUTES = ".gitattributes"


class Contents:
    """The data of both sides that no stage makes.

    `changed` gives the files of which Git has other content on both sides; a
    folder that Git does not track yet ends with `/`. `doubtful` are the texts
    so far about what may not be data.
    """

    def __init__(
        self,
        sides: tuple[Measuring, Measuring],
        places: tuple[Places, Places],
        changed: Callable[[], Collection[str]],
    ) -> None:
        self._sides = tuple(_Side(*each) for each in zip(sides, places, strict=True))
        self.changed = changed
        self.places = _Places(self._sides)
        self.doubtful: set[str] = set()

    def __contains__(self, path: object) -> bool:
        """Whether Git has a file at a path, or in the folder there, on both sides."""
        return isinstance(path, str) and all(side.files(path) for side in self._sides)

    def of(self, path: str, *, folder: bool, model: str | None) -> Iterator[str]:
        """What differs at a path whose record differs; of a folder, only data other than the model.

        Programs explain the record of a folder only if nothing else in it is unknown.
        """
        if any(side.owner(path) for side in self._sides):
            yield f"`{path}` changed"
        elif not folder:
            yield from [] if is_program(path) else [f"`{path}` changed"]
        else:
            found = list(self._differences(path, model))
            data = list(self._data(path, found))
            yield from data
            if not found:
                yield f"`{path}` changed"
            elif not data:
                yield from self._unknown(path, model)

    def inside(self, path: str, model: str | None) -> Iterator[str]:
        """What differs at a path, or in the folder there, of which stages may make a part."""
        yield from self._data(path, self._differences(path, model))

    def _data(self, folder: str, found: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Those of the differences in a folder that are of data, in words.

        What is about the folder is not, unless it is new or gone, may be a text of the data, or is next to
        data of its format, or to no data.
        """
        for name, text in found:
            if self._is_data(name):
                if name == folder or not is_about(name) or self._has_format_of(name, folder):
                    yield text
                elif not (name in self and is_surely_about(name) and self._has_other_data(folder)):
                    self.doubtful.add(text)
                    yield text

    def _has_format_of(self, name: str, folder: str) -> bool:
        """Whether a folder has other files with the same ending that may be data."""
        return posixpath.splitext(name)[1] in {posixpath.splitext(each)[1] for each in self._others(folder)}

    def _has_other_data(self, folder: str) -> bool:
        made = any(meets(out.path, folder) for side in self._sides for out in side.outputs)
        return made or any(map(self._is_data, self._others(folder)))

    def _others(self, folder: str) -> set[str]:
        """The files of Git in a folder that are not about it."""
        return {name for side in self._sides for name in side.files(folder) if not is_about(name)}

    def explains(self, folder: str) -> bool:
        """Whether anything is known to differ in a folder: a file, a program, an output, the model."""
        outs = [
            {out.path: out.pointer for out in side.outputs if meets(out.path, folder)} for side in self._sides
        ]
        return outs[0] != outs[1] or any(True for _ in self._differences(folder, None))

    def behind(self, folder: str, model: str | None) -> Iterator[str]:
        """What differs behind the links in a folder, into which DVC does not look."""
        was, now = (side.links(folder, model) for side in self._sides)
        for name in sorted({*was, *now}):
            if name in was and name in now:
                differ = self._differ(was[name], now[name], model, (folder,))
                yield from [f"what the link `{name}` leads to changed"] if differ else []
            else:
                yield f"the link `{name}` is {'gone' if name in was else 'new'}"

    def has_data(self, path: str) -> bool:
        """Whether a path on either side has anything other than programs; also if it is not known."""
        if any(side.tracked_at(path) for side in self._sides):
            return True
        names = {name for side in self._sides for name in side.files(path)} or {path}
        return any(map(self._is_data, names))

    def owners(self, path: str) -> str | None:
        """Who had and who has what is at a path, in words; None if that is the same."""
        was, now = (side.owner(path) or side.maker(path) or _IN_GIT for side in self._sides)
        return None if was == now else f"`{path}` was {was}; it is now {now}"

    def _is_data(self, name: str) -> bool:
        """Whether it is neither a program nor a file of Git and DVC; a submodule has any name."""
        return self._is_submodule(name) or (not is_program(name) and is_content(name))

    def _is_submodule(self, name: str) -> bool:
        return any(name in side.submodules for side in self._sides)

    def _unknown(self, folder: str, model: str | None) -> Iterator[str]:
        """The links in a folder that lead to nothing in Git or DVC, so that their content may differ."""
        for name, link in sorted(self._sides[1].links(folder, model).items()):
            if not is_program(name) and not link.known:
                yield f"what the link `{name}` leads to is not in Git"

    def _differences(
        self, path: str, model: str | None, seen: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, str]]:
        """(path, what happened to it) of each file of Git and each output of a `.dvc` file there.

        `seen` are the places whose links led here.
        """
        models = [] if model is None else [model]
        files = [{*side.files(path)} for side in self._sides]
        links = [side.links(path, model) for side in self._sides]
        tracked = [{out.path: out for out in side.tracked_at(path)} for side in self._sides]
        same: list[str] = []
        for name in sorted({*files[0], *files[1], *tracked[0], *tracked[1]}):
            there = [name in files[index] or name in tracked[index] for index in (0, 1)]
            # What a stage no longer makes is a finding, and its results are not what no stage makes.
            if (
                covered(name, models)
                or self._sides[0].made(name)
                or (self._sides[1].made(name) and not there[0])
            ):
                continue
            if (all(there) or self._sides[1].made(name)) and (text := self.owners(name)):
                yield name, text
            elif all(there) and name in tracked[0]:
                if tracked[0][name].pointer != tracked[1][name].pointer:
                    yield name, f"`{name}` changed"
            elif not all(there):
                yield name, f"{self._words(name)} is {'gone' if there[0] else 'new'}"
            elif name in links[0] and name in links[1]:
                if self._differ(links[0][name], links[1][name], model, (*seen, path)):
                    yield name, f"what the link `{name}` leads to changed"
            elif self._is_changed(name):
                what = "is at another commit" if self._is_submodule(name) else "changed"
                yield name, f"{self._words(name)} {what}"
            else:
                same.append(name)
        yield from ((name, f"Git checks out `{name}` differently") for name in self._rewritten(same))

    def _differ(self, was: _Link, now: _Link, model: str | None, seen: tuple[str, ...]) -> bool:
        """Whether two links lead to other data, as far as that is known."""
        if was.path != now.path or was.recorded != now.recorded:
            return not was.known or (was.content, was.recorded) != (now.content, now.recorded)
        found = [] if was.path in seen else list(self._differences(was.path, model, seen))
        return any(self._is_data(name) for name, _ in found) if found else was.content != now.content

    def _words(self, name: str) -> str:
        return f"{'the submodule ' if self._is_submodule(name) else ''}`{name}`"

    def _rewritten(self, names: Iterable[str]) -> Iterator[str]:
        """Those of the files, which are the same in Git, for which Git writes other bytes to disk."""
        files = [name for name in names if not self._is_submodule(name)]
        if any(posixpath.basename(each) == _ATTRIBUTES for each in self._all_changed):
            was, now = (side.written(files) for side in self._sides)
            yield from (name for name in files if was.get(name) != now.get(name))

    def _is_changed(self, name: str) -> bool:
        return name in self._all_changed or any(name.startswith(each) for each in self._folders)

    @cached_property
    def _all_changed(self) -> frozenset[str]:
        return frozenset(self.changed())

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        return tuple(each for each in self._all_changed if each.endswith("/"))


class _Places:
    """Where either side has data: a file of Git or data of DVC, a folder of these, or what is in one."""

    def __init__(self, sides: Sequence[_Side]) -> None:
        self._sides = sides

    def __contains__(self, path: object) -> bool:
        return any(side.files(f"{path}") or side.tracked_at(f"{path}") for side in self._sides)

    def __iter__(self) -> Iterator[str]:
        """The files of Git and the data of DVC."""
        return iter(sorted({path for side in self._sides for path in side.every}))


@record
class _Link:
    """What a link leads to: a place, what Git has there, and what the last runs recorded of outputs there."""

    path: str
    content: str
    recorded: tuple[str, ...]

    @property
    def known(self) -> bool:
        return bool(self.content or self.recorded)


class _Side:
    """What one side has at a path."""

    def __init__(self, measuring: Measuring, places: Places) -> None:
        self.made = measuring.made
        self._outs = {out.path: out for out in measuring.pipeline.outputs if measuring.made(out.path)}
        self.outputs = measuring.pipeline.outputs
        self._tracked = {out.path: out for out in measuring.pipeline.tracked}
        self._places = places
        self.written = places.written

    @cached_property
    def submodules(self) -> frozenset[str]:
        return self._places.submodules()

    def files(self, path: str) -> list[str]:
        """The files and submodules of Git at a path or in the folder there."""
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._sorted, f"{path}{last}") for last in "/0")
        return [path] if path in self._all else self._sorted[start:end]

    def links(self, folder: str, model: str | None) -> Mapping[str, _Link]:
        """The links in a folder, without those that lead to the model; of the others, without the model."""
        models = [] if model is None else [model]
        return {
            name: _Link(
                path=next((each for each in self.submodules if covered(target.path, [each])), target.path),
                content=target.content,
                recorded=tuple(self._recorded(target.path, models)),
            )
            for name, target in self._places.links(folder).items()
            if not covered(target.path, models)
        }

    def _recorded(self, path: str, models: Collection[str]) -> Iterator[str]:
        """What the last runs recorded of the outputs at a path, other than the models."""
        for out in self.outputs:
            if out.pointer is not None and meets(out.path, path) and not covered(out.path, models):
                yield f"{out.path} {out.pointer.md5}"

    @cached_property
    def _all(self) -> frozenset[str]:
        return self._places.paths() | self.submodules

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._all)

    @property
    def every(self) -> frozenset[str]:
        return self._all.union(self._tracked)

    def tracked_at(self, path: str) -> list[Output]:
        """The outputs of `.dvc` files that are a path, in it or above it."""
        return [out for name, out in self._tracked.items() if meets(name, path)]

    def maker(self, path: str) -> str | None:
        """The stage that makes what is at a path, in words."""
        out = output_at(path, self._outs)
        return None if out is None else f"made by stage `{out.owner}`"

    def owner(self, path: str) -> str | None:
        """What tracks or imports a path, in words; None if it is a file of Git."""
        out = output_at(path, self._tracked)
        if out is None:
            return None
        return f"tracked by `{out.owner}`" if out.source is None else f"imported by `{out.owner}`"
