"""Leaks: what a model is measured on and is newly made from as well, also under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import model_of
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record
from mlgit.core.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.core.gates.measured.contents import Contents
    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places

_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
"""The MD5 of an empty file."""


@record
class _Side:
    """What a model is measured on, what it is made from, and which of that is the same under another name.

    `contents` are the hashes of the folders of DVC that it is made from.
    """

    measured: frozenset[str]
    trained: frozenset[str]
    copies: Mapping[str, str]
    contents: Mapping[str, str]


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
    for path, dep in sorted(now.copies.items()):
        if dep not in known and path not in was.copies and contents.has_data(dep):
            yield f"{start} `{path}`, which has the content of `{dep}`, which it is measured on"
    for path, number, dep in _shared((was, now), places):
        what = count(number, "file")
        yield f"{start} {what} of `{path}` that `{dep}` has as well, which it is measured on"


def _shared(sides: tuple[_Side, _Side], places: tuple[Places, Places]) -> Iterator[tuple[str, int, str]]:
    """(what a model is made from, number of files, what it is measured on) where files newly are in both.

    Only what DVC has as folders is compared, as far as their listings are here.
    """
    was, now = sides
    for path, content in sorted(now.contents.items()):
        if content == was.contents.get(path) or path in now.copies:
            continue
        before = places[0].listing(path) if path in was.contents else {}
        names = {*(places[1].listing(path) or {}).values()} - {_NOTHING}
        for dep in sorted(now.measured) if names and before is not None else ():
            both = names & {*(places[1].listing(dep) or {}).values()} if not meets(dep, path) else set()
            if both and before is not None and (number := len(both - {*before.values()})):
                yield path, number, dep


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
    return _Side(measured=frozenset(measured), trained=trained, copies=copies, contents=folders)
