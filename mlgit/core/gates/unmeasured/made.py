"""Made: data that DVC keeps, of other content, that a number may depend on and no stage of it declares."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring
from mlgit.core.gates.measured.runs.reached import Reached
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage


class Mentions:
    """What the programs and commands of stages name, as far as their text shows it."""

    def __init__(self, stages: Sequence[Stage], places: Places) -> None:
        self._stages, self._places = stages, places

    @cached_property
    def _texts(self) -> Mapping[str, bytes]:
        side = Reached(self._places, {}, exact=False)
        paths = {stage.address: sorted(side.of(stage, (), None)) for stage in self._stages}
        contents = self._places.read(sorted({path for each in paths.values() for path in each}))
        lines = {
            stage.address: [line.encode(errors="surrogateescape") for line in stage.cmd]
            for stage in self._stages
        }
        return {
            address: b"\n".join((*lines[address], *(contents[path] for path in each if path in contents)))
            for address, each in paths.items()
        }

    def has(self, path: str, *, maker: str | None = None, whole: bool = False) -> bool:
        """Whether a stage other than its `maker` names the path, or its last part if that will do."""
        name = posixpath.basename(path)
        wanted = (path if whole or "." not in name else name).encode(errors="surrogateescape")
        return any(wanted in text for address, text in self._texts.items() if address != maker)


class OtherData(NamedTuple):
    """A path, whether it is new or was there, and whether a stage makes it before or after the model.

    What is `apart` counts as a whole; else, only what the measurement names in a folder.
    """

    path: str
    is_new: bool
    is_usual: bool
    is_apart: bool


def other_data(
    pipelines: tuple[Pipeline, Pipeline],
    known: Collection[str],
    ends: Collection[str],
    *,
    mentions: Mentions,
    changed: Callable[[], Collection[str]] = frozenset,
) -> Iterator[OtherData]:
    """Each output that has other content, or is on one side only.

    `known` are the stages before a model and its number, `ends` those that make these. What a stage makes
    before or after them differs with each training, so that it counts only where the measurement names it.
    """
    was, now = ({out.path: out for out in each.outputs} for each in pipelines)
    files = frozenset(changed())
    differing = [path for path in sorted({*was, *now}) if _differs(was.get(path), now.get(path), files)]
    if not differing:
        return
    usual = {*known}.union(*(_after(each, ends) for each in pipelines))
    for path in differing:
        out = now.get(path) or was[path]
        is_usual = out.owner in usual or out.metric or out.plot
        is_apart = not is_usual or mentions.has(path, maker=out.owner)
        if is_apart or (out.pointer is not None and out.pointer.directory):
            yield OtherData(path, path not in was, is_usual, is_apart)


def other_inside(
    data: OtherData, places: tuple[Places, Places], mentions: Mentions, *, is_read: bool
) -> Iterator[OtherData]:
    """The files of other content in such an output that is a folder.

    Of what differs with each training, only those that the measurement names. The folder itself, if its files
    are not known here and `is_read` says that the measurement declares a part.
    """
    was, now = (each.listing(data.path) for each in places)
    if was is None or now is None:
        yield from [data] if is_read and not data.is_usual else []
        return
    for name in sorted({*was, *now}):
        path = f"{data.path}/{name}"
        if was.get(name) != now.get(name) and (not data.is_usual or mentions.has(path)):
            yield data._replace(path=path, is_new=name not in was)


def _differs(was: Output | None, now: Output | None, changed: Collection[str]) -> bool:
    """Whether the content differs; without a hash, whether the file that declares it does."""
    if was is None or now is None:
        return was is not now
    if was.pointer is None or now.pointer is None:
        return was.pointer != now.pointer or now.owner in changed
    return was.pointer.md5 != now.pointer.md5


def _after(pipeline: Pipeline, ends: Collection[str]) -> set[str]:
    """The stages that read, also through others, what these stages make."""
    side = Measuring(pipeline)
    readers: dict[str, list[str]] = {}
    for stage in pipeline.stages:
        for dep in stage.deps:
            for out in side.outputs(dep):
                readers.setdefault(out.owner, []).append(stage.address)
    found: set[str] = set()
    waiting = [*ends]
    while waiting:
        new = [each for each in readers.get(waiting.pop(), ()) if each not in found]
        found |= {*new}
        waiting += new
    return found
