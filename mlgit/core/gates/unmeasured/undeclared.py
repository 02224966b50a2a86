"""Undeclared: values in files of parameters that stages may read without declaring them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import measuring_stages
from mlgit.core.gates.measured.parameters import difference
from mlgit.core.gates.measured.runs.reached import Reached
from mlgit.core.gates.measured.spelling import is_yaml, two_meanings
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered, covered_param, param_names
from mlgit.core.pipeline.inputs import EMPTY, key_text, leaves
from mlgit.core.record import NamedTuple
from mlgit.core.wording import joined, quoted_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mlgit.core.gates.measured.spelling import Both
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

    Load = Callable[[str, bytes], object]
    """Gives the value of a file; None if it cannot be read."""

_CODE = "params_changed"
_USUAL = "params.yaml"
_BY_DVC = b"params_show"
_MOST = 12
_WORD = re.compile(rb"\w+")
_QUOTED = re.compile(rb"""['"](\w+)['"]""")


class _Reader(NamedTuple):
    """What of a stage names a file, in words, and what all its programs name, also in quotation marks."""

    words: str
    named: frozenset[bytes]
    quoted: frozenset[bytes]


def undeclared_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
    load: Load = lambda *_: None,
    both: Both = lambda _: None,
) -> Iterator[Note]:
    """Notes about other values in files that programs which measure name, without a declaration.

    DVC does not compare them. What another stage of the target declares is of that one, and so is the rest of
    its group or file, unless a program that measures names it. What only the change lets one declare counts
    if it was there before, or a program names it.
    """
    stages = [stage for each in pipelines for stage in each.stages]
    usual = {posixpath.normpath(posixpath.join(stage.wdir, _USUAL)) for stage in stages}
    files = {file for stage in stages for file in stage.params} | usual | {_USUAL}
    edited = sorted(files & {*changed()})
    if not edited:
        return
    measuring = measuring_stages(old, new, pipelines[1])
    side = Reached(places[1], {}, exact=False)
    declared = _Declared(measuring, pipelines)
    for file in edited:
        readers = [found for stage in measuring for found in [_reader(stage, file, side, places[1])] if found]
        if not readers:
            continue
        who = readers[0].words
        if texts := _other_values(file, places, load, declared, readers):
            what = f"`{file}` has other values that no stage which measures declares, and {who}"
            yield _note(f"{what}: {joined(texts, _MOST)}", texts)
        if texts := _two_meanings(file, places, both, declared, readers):
            what = f"`{file}` now has {joined(texts, _MOST)}"
            yield _note(f"{what}; no stage which measures declares that, and {who}", texts)


def _note(message: str, texts: Iterable[str]) -> Note:
    return Note(code=_CODE, message=message, names=quoted_in(text.partition(" ")[0] for text in texts))


def _other_values(
    file: str, places: tuple[Places, Places], load: Load, declared: _Declared, readers: Sequence[_Reader]
) -> list[str]:
    """The values that differ, in words."""
    was, now = (file_values(file, own, load) for own in places)
    if was is None or now is None:
        return []
    names = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    kept = [name for name in names if declared.may_read(name, readers, is_new=name not in was)]
    return [f"`{name.partition(':')[2]}` {difference(was.get(name), now.get(name))}" for name in kept]


def _two_meanings(
    file: str, places: tuple[Places, Places], both: Both, declared: _Declared, readers: Sequence[_Reader]
) -> list[str]:
    """The values that DVC and a script may read as different ones, of a file that no measuring stage has."""
    if not is_yaml(file) or declared.is_measured(file):
        return []
    was, now = (each.read([file]).get(file, b"") for each in places)
    texts = two_meanings(was, now, both) or {}
    return [
        text for name, text in texts.items() if declared.may_read(f"{file}:{name}", readers, is_new=False)
    ]


def _reader(stage: Stage, file: str, side: Reached, places: Places) -> _Reader | None:
    """What of a stage names a file that is not its dependency; None if nothing does."""
    if covered(file, stage.deps):
        return None
    texts = places.read(sorted(side.of(stage, (), None)))
    every = b"\n".join((*texts.values(), *(line.encode(errors="surrogateescape") for line in stage.cmd)))
    named_there = frozenset(_WORD.findall(every)), frozenset(_QUOTED.findall(every))
    name = posixpath.basename(file).encode(errors="surrogateescape")
    marks = (name, _BY_DVC) if posixpath.basename(file) == _USUAL else (name,)
    named = [path for path, text in texts.items() if any(mark in text for mark in marks)]
    if named:
        return _Reader(f"`{named[0]}` (stage {stage.address}) names it", *named_there)
    if any(file in line or name.decode() in line for line in stage.cmd):
        return _Reader(f"the command of stage {stage.address} names it", *named_there)
    if not texts and posixpath.basename(file) == _USUAL:
        return _Reader(f"what stage {stage.address} reads is not known here", *named_there)
    return None


def file_values(file: str, places: Places, load: Load) -> dict[str, str] | None:
    """`file:key` -> value of all parameters in a file; None if it is not there, or no mapping."""
    content = places.read([file]).get(file)
    value = None if content is None else load(file, content)
    if not isinstance(value, dict):
        return None
    found: dict[str, str] = {}
    for key, inner in value.items():
        found |= leaves(f"{file}:{key_text(key)}", inner)
    return found


class _Declared:
    """The parameters that stages declare: those that measure, and others."""

    def __init__(self, measuring: Sequence[Stage], pipelines: tuple[Pipeline, Pipeline]) -> None:
        self._measured = _names(measuring)
        there, self._here = (_names(each.stages) for each in pipelines)
        self._parts = {each for each in there if not each.endswith(":")}
        self._rest = {each if each.endswith(":") else _group(each) for each in there}

    def is_measured(self, file: str) -> bool:
        """Whether a stage that measures declares the file or a part of it."""
        return any(each.startswith(f"{file}:") for each in self._measured)

    def may_read(self, name: str, readers: Sequence[_Reader], *, is_new: bool) -> bool:
        """Whether programs that measure may read a value that their stages do not declare."""
        if covered_param(name, self._measured) or covered_param(name, self._parts):
            return False
        is_of_change = is_new and covered_param(name, self._here)
        if is_of_change or not self._rest.isdisjoint((f"{name.partition(':')[0]}:", _group(name))):
            return _is_named(name, readers)
        return True


def _names(stages: Iterable[Stage]) -> set[str]:
    return {each for stage in stages for each in param_names(stage.params)}


def _group(name: str) -> str:
    """The file and the first part of the key of a parameter."""
    file, _, key = name.partition(":")
    return f"{file}:{key.partition('.')[0]}"


def _is_named(name: str, readers: Sequence[_Reader]) -> bool:
    key = name.partition(":")[2]
    last = key.rpartition(".")[2].encode(errors="surrogateescape")
    parts = {part.encode(errors="surrogateescape") for part in key.split(".")}
    return any(last in each.named or not parts.isdisjoint(each.quoted) for each in readers)
