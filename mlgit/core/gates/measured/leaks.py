"""Leaks: what a model is measured on and is newly made from as well, also under another name."""

from __future__ import annotations

import posixpath
import re
from hashlib import md5
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import model_of
from mlgit.core.gates.measured.programs import is_code, is_program
from mlgit.core.gates.measured.runs.reached import RUNS, Reached
from mlgit.core.gates.measured.runs.reading.texts import texts_of, ways
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN, place
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import as_text
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import NamedTuple, record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.contents import Contents
    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Stage

_MOST_FILES = 2000
_QUOTED = re.compile(r'"([^"\\]+)"')
_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
"""The MD5 of an empty file."""


@record
class _Side:
    """What a model is measured on, what it is made from, and which of that is the same under another name.

    `contents` are the hashes of the folders of DVC that it is made from, `files` those of single files that
    it is measured on, with their names. `sources` are the dependencies that test data is not split from.
    """

    measured: frozenset[str]
    trained: frozenset[str]
    copies: Mapping[str, str]
    contents: Mapping[str, str]
    files: Mapping[str, str]
    sources: frozenset[str]


def leaks(
    gates: tuple[ResolvedGate, ResolvedGate],
    sides: tuple[Measuring, Measuring],
    contents: Contents,
    places: tuple[Places, Places],
) -> Iterator[str]:
    """What the model of a gate is newly made from and measured on, in words."""
    if any(gate.source is None or gate.source.link == "none" for gate in gates):
        return  # the number is not one of the model
    was, now = (_side(*each) for each in zip(sides, gates, places, strict=True))
    start = f"`{model_of(gates[1])}` is now made from"
    for dep in sorted(was.measured & now.measured):
        trained = [any(meets(dep, each) for each in side.trained) for side in (was, now)]
        if trained == [False, True] and contents.has_data(dep):
            yield f"{start} `{dep}`, which it is measured on"
    known = {*was.copies.values()}
    same = {content for content, dep in was.files.items() if dep in known}  # also at other paths
    known |= {dep for content, dep in now.files.items() if content in same}
    for path, dep in sorted(now.copies.items()):
        if dep not in known and path not in was.copies and contents.has_data(dep):
            yield f"{start} `{path}`, which has the content of `{dep}`, which it is measured on"
    named = {*now.copies}
    for names, dep in (*_shared((was, now), places), *_copied((was, now), places, contents.changed)):
        if added := [name for name in names if name not in named]:
            yield f"{start} {listed(added)}, and `{dep}`, which it is measured on, has the same content"
        named |= {*names}
    declared = was.trained | now.trained
    own = {dep: was.files.get(content, dep) for content, dep in now.files.items()}
    measured = {
        dep: own.get(dep, dep)
        for dep in sorted(now.measured)
        if not is_program(dep) and contents.has_data(dep) and not any(meets(dep, each) for each in declared)
    }
    texts = _named(measured, _readers(gates, sides), contents, places) if measured else ()
    yield from (f"`{model_of(gates[1])}` may now be made from {text}" for text in texts)


def _shared(sides: tuple[_Side, _Side], places: tuple[Places, Places]) -> Iterator[tuple[list[str], str]]:
    """(files that a model is made from, what it is measured on) where files newly are in both.

    Only what DVC has as folders is compared, as far as their listings are here.
    """
    was, now = sides
    for path, content in sorted(now.contents.items()):
        if content == was.contents.get(path) or path in now.copies:
            continue
        before = places[0].listing(path) if path in was.contents else {}
        listing = places[1].listing(path) or {}
        names = {*listing.values()} - {_NOTHING}
        for dep in sorted(now.measured) if names and before is not None else ():
            both = names & {*(places[1].listing(dep) or {}).values()} if not meets(dep, path) else set()
            if both and before is not None and (both := both - {*before.values()}):
                yield [f"{path}/{name}" for name in sorted(listing) if listing[name] in both], dep


def _copied(
    sides: tuple[_Side, _Side], places: tuple[Places, Places], changed: Callable[[], Collection[str]]
) -> Iterator[tuple[list[str], str]]:
    """The same, of files that Git has in the folders of the training."""
    edited = changed() if sides[1].sources else ()
    is_test = any(covered(path, sides[1].measured) for path in edited)
    trained = _trained(sides[1], places[1].paths() if is_test else edited)
    if not trained or len(trained) > _MOST_FILES:
        return
    here = _hashes(trained, places[1])
    for dep in sorted(sides[1].measured):
        known = _measured(dep, sides[1], places[1]) or set()
        if both := {*here.values()} & known - {_NOTHING}:
            before = _before(sides[0], places[0]), _measured(dep, sides[0], places[0])
            if before[0] is not None and before[1] is not None:
                both -= before[0] & before[1]
                yield [path for path, own in here.items() if own in both], dep


def _before(side: _Side, places: Places) -> set[str] | None:
    """The MD5 of the files that a model was made from; None if one is not known here."""
    paths, listings = _trained(side, places.paths()), [places.listing(path) for path in side.contents]
    if len(paths) > _MOST_FILES or (None in listings and any(map(places.data, side.contents))):
        return None
    return {*_hashes(paths, places).values(), *(own for each in listings for own in (each or {}).values())}


def _trained(side: _Side, paths: Iterable[str]) -> list[str]:
    """Those of the files that a model is made from, without programs and what it is measured on."""
    own = sorted(path for path in paths if covered(path, side.sources) and not is_program(path))
    return [path for path in own if not covered(path, side.measured)]


def _measured(dep: str, side: _Side, places: Places) -> set[str] | None:
    """The MD5 of the files at a path that a model is measured on; None if they are not known here."""
    inside = sorted(path for path in places.paths() if covered(path, [dep]))
    listing = places.listing(dep)
    own = {content for content, each in side.files.items() if each == dep}
    if len(inside) > _MOST_FILES or (listing is None and not own and places.data(dep)):
        return None
    return {*_hashes(inside, places).values(), *(listing or {}).values(), *own}


def _hashes(paths: Collection[str], places: Places) -> dict[str, str]:
    """The MD5 of files of Git, which is that of DVC."""
    contents = places.read(paths)
    return {path: md5(content, usedforsecurity=False).hexdigest() for path, content in contents.items()}


def _side(side: Measuring, gate: ResolvedGate, places: Places) -> _Side:
    chain = side.before(side.makers_for(gate))
    stages = [stage for stage in side.stages(gate) if stage.address not in chain]
    measured = side.read(stages, model_of(gate))
    contents = {
        content: dep
        for stage in stages
        for dep in stage.deps
        if dep in measured and stage.locked is not None and (content := stage.locked.content(dep))
    }
    contents.pop(_NOTHING, None)
    copies = {}
    folders: dict[str, str] = {}
    # What test data is split from has its files as well.
    split = side.before(out.owner for dep in measured for out in side.outputs(dep))
    for stage in chain.values():
        for dep in stage.deps:
            content = None if stage.locked is None else stage.locked.content(dep)
            if content and content.endswith(".dir") and stage.address not in split:
                folders[dep] = content
            own = None if stage.locked is None else contents.get(stage.locked.content(dep) or "")
            if own is not None and not meets(own, dep):
                copies[dep] = own
            for name, target in places.links(dep).items():
                own = next((each for each in sorted(measured) if meets(target.path, each)), None)
                copies |= {} if own is None else {name: own}
    trained = frozenset(dep for stage in chain.values() for dep in stage.deps)
    sources = {dep for stage in chain.values() if stage.address not in split for dep in stage.deps}
    return _Side(
        measured=frozenset(measured),
        trained=trained,
        copies=copies,
        contents=folders,
        files=contents,
        sources=frozenset(sources),
    )


class _Readers(NamedTuple):
    """The stages of a side that a model is made by, without those that make its test data; and the others."""

    training: Sequence[Stage]
    measuring: Sequence[Stage]

    def runs(self) -> list[tuple[str, ...]]:
        return [(each.wdir, *each.cmd) for each in self.training]

    def values(self) -> dict[str, frozenset[str]]:
        """File of parameters -> the texts in the values that stages read there."""
        found: dict[str, frozenset[str]] = {}
        for stage in self.training:
            for file, values in stage.locked.params.items() if stage.locked is not None else ():
                own = frozenset(_QUOTED.findall(as_text(values)))
                found[file] = found.get(file, frozenset()) | own
        return found


def _readers(gates: Sequence[ResolvedGate], sides: Sequence[Measuring]) -> list[_Readers]:
    found = []
    for side, gate in zip(sides, gates, strict=True):
        chain = side.before(side.makers_for(gate))
        measuring = [stage for stage in side.stages(gate) if stage.address not in chain]
        deps = side.read(measuring, model_of(gate))
        split = side.before(out.owner for dep in deps for out in side.outputs(dep))
        training = [stage for name, stage in chain.items() if name not in split]
        found.append(_Readers(training, measuring))
    return found


def _named(
    measured: Mapping[str, str],
    readers: Sequence[_Readers],
    contents: Contents,
    places: tuple[Places, Places],
) -> Iterator[str]:
    """What a model is measured on, and what it is made by newly names without a declaration.

    `measured` has the name that the same content had at the target. A program that measures as well has to
    name it, and counts only if the training did not run it before.
    """
    values = [each.values() for each in readers]
    edited = {path for path in contents.changed() if is_code(path)}
    edited |= {file for file in values[1] if values[1][file] != values[0].get(file)}
    if not edited and readers[0].runs() == readers[1].runs():
        return
    reached = [Reached(each, {}, exact=False) for each in places]
    was, now = (_texts(*each) for each in zip(readers, reached, places, strict=True))
    shared = {path for stage in readers[1].measuring for path in _surely(reached[1], stage)}
    shared = {path for path in shared if path in was or path not in places[0].paths()}
    was, now = was | values[0], {path: own for path, own in now.items() if path not in shared} | values[1]
    before, after = (frozenset[str]().union(*each.values()) for each in (was, now))
    for dep, name in measured.items():
        known = ways(dep, before) | ways(name, before)
        new = ways(dep, after) - known
        if not new or any(len(way) == 1 for way in known):
            continue
        used = frozenset[str]().union(*new)
        files = [path for path, own in now.items() if own & used and (path in edited or path not in was)]
        start = "named in" if any(len(way) == 1 for way in new) else "parts of its name are in"
        if files:
            yield f"`{dep}`, which it is measured on: {start} {listed(sorted(files))}"


def _texts(readers: _Readers, side: Reached, places: Places) -> dict[str, frozenset[str]]:
    """Program -> the texts in it, with paths from the root, of the stages that make a model."""
    found: dict[str, frozenset[str]] = {}
    for stage in readers.training:
        for path, content in places.read(sorted(_surely(side, stage))).items():
            own = texts_of(path, content)
            at = {
                place(text, posixpath.dirname(path), stage.wdir)
                for text in own
                if text[:1] not in {"", UNKNOWN}
            }
            found[path] = found.get(path, frozenset()) | own | at
    return found


def _surely(side: Reached, stage: Stage) -> list[str]:
    return [path for path, rank in side.of(stage, (), None).items() if rank >= RUNS]
