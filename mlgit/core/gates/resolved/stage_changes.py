"""Stage changes: which stages before the gates' numbers run another command, or name undeclared files."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.compare.commands import quoted_commands, quoted_difference
from mlgit.core.gates.resolved.findings import Finding, counterparts
from mlgit.core.gates.verdict import Note
from mlgit.core.globs import glob_pattern
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.model_files import meets, stages_before
from mlgit.core.pipeline.moved import moved_files
from mlgit.core.pipeline.origin import is_declared_only, renamed_inputs
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.origin import NumbersOrigin
    from mlgit.core.pipeline.stages import Pipeline, Stage

    _Gates = tuple[Sequence[ResolvedGate], Sequence[ResolvedGate]]

_CODE = "stage_changed"
_MOST = 12
_WORD = re.compile(r"""[^\s'"=,;:|&<>()`$]+""")
_MARK = re.compile(r"[@#{}]")
"""A mark before or after a path, as in `@arguments.txt` and `settings.yaml#part`."""
_GLOB, _CLASS, _NAME = re.compile(r"[*?\[]"), re.compile(r"\[[^\]]+\]"), re.compile(r"\w")


def stage_notes(old: Pipeline, new: Pipeline, gates: _Gates) -> tuple[Note, ...]:
    """A note for each stage that the numbers of the gates come from and that runs another command.

    That is normal work, but a command can write any number, so a reviewer must see it. A stage that is new
    counts if the target has a gate whose number now comes from it. `gates` are those of both sides. First are
    the stages that make the numbers themselves.
    """
    used, there = _used(new, gates[1]), _used(old, gates[0])
    before = predecessors(old, new, there)
    came = _newcomers(old, new, gates, before) if used else set()
    here = {stage.address: stage for stage in old.stages}
    last = {gate.source.origin.name for gate in gates[1] if gate.source}
    changed = [
        (was, stage)
        for stage in sorted(new.stages, key=lambda stage: (stage.address not in last, stage.address))
        if stage.address in used
        for was in [before.get(stage.address, here.get(stage.address))]
        if stage.address in came or (was is not None and _run(stage) != _run(was))
    ]
    numbers = {address for owner in last if owner for address in stages_before(owner, new)}
    texts = [_text(*pair, came, numbers) for pair in changed[:_MOST]]
    if rest := [f"`{stage.address}`" for _, stage in changed[_MOST:]]:
        texts.append(f"Other commands run in {', '.join(rest)} as well; `mlgit diff` lists them")
    texts += _moved_outputs(old, new, before, there, used)
    texts += _made_inputs(old, new, there, used)
    texts += _kept_outputs(old, new, used)
    return tuple(Note(code=_CODE, message=text) for text in texts)


def _newcomers(old: Pipeline, new: Pipeline, gates: _Gates, before: Mapping[str, Stage]) -> set[str]:
    """The stages that a gate's number newly comes from: new ones, and those that the target has elsewhere.

    Of a gate that had no number, only stages that are new everywhere count.
    """
    here = {stage.address for stage in old.stages} | before.keys()
    found: set[str] = set()
    seen: dict[object, set[str]] = {}
    for after in gates[1]:
        same = counterparts(after, gates[0])
        if not same:
            continue
        key = (_place_of(after), *map(_place_of, same))
        if key not in seen:
            now, was = _used(new, [after]), _used(old, same)
            known = any(gate.source for gate in same)
            seen[key] = {
                address
                for address in now
                if address not in here or (known and _was(address, before) not in was)
            }
        found |= seen[key]
    return found


def _was(address: str, before: Mapping[str, Stage]) -> str | None:
    return before[address].address if address in before else None


def _place_of(gate: ResolvedGate) -> tuple[str | None, str | None]:
    return gate.source.origin.name if gate.source else None, gate.path


def _moved_outputs(
    old: Pipeline, new: Pipeline, before: Mapping[str, Stage], there: set[str], used: set[str]
) -> Iterator[str]:
    """What one stage before the numbers made, and another one makes now that was there, perhaps renamed."""
    here = {stage.address for stage in old.stages}
    makers = {out.path: stage.address for stage in old.stages for out in stage.outs}
    for stage in new.stages:
        own = _was(stage.address, before)
        if stage.address not in used or (own is None and stage.address not in here):
            continue
        for out in stage.outs:
            was = makers.get(out.path)
            if was in there and was not in {own, stage.address}:
                yield f"`{out.path}` was made by stage `{was}`; it is now made by stage `{stage.address}`"


def _made_inputs(old: Pipeline, new: Pipeline, there: set[str], used: set[str]) -> Iterator[str]:
    """What stages before the numbers read, no stage made, and one makes now."""
    made = {out.path for stage in old.stages for out in stage.outs}
    deps = {dep for stage in old.stages if stage.address in there for dep in stage.deps}
    read = {dep for dep in deps if not covered(dep, made)}
    tracked = {out.path: out.owner for out in old.tracked}
    for stage in new.stages:
        for out in stage.outs if stage.address in used else ():
            if any(covered(dep, [out.path]) for dep in read):
                was = f"tracked by `{tracked[out.path]}`" if out.path in tracked else "made by no stage"
                yield f"`{out.path}` was {was}; it is now made by stage `{stage.address}`"


def _kept_outputs(old: Pipeline, new: Pipeline, used: set[str]) -> Iterator[str]:
    """Outputs that DVC newly keeps before a run, so that a stage may leave what an earlier one made."""
    kept = {out.path for out in old.outputs if out.persist}
    for stage in new.stages:
        for out in stage.outs:
            if stage.address in used and out.persist and out.path not in kept:
                yield (
                    f"`{out.path}` now has `persist: true`: if stage `{stage.address}` does not write it, it "
                    "stays as it was"
                )


def undeclared_files(
    old: Pipeline,
    new: Pipeline,
    gates: _Gates,
    files: Collection[str],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> Iterator[Finding]:
    """A finding for each such stage that newly names a file which it does not declare.

    `files` are all that Git or DVC has: the number may come from a file whose changes do not make it stale.
    One that the stage named before at another place, by the `places` of both sides, does not count.
    """
    there = _used(old, gates[0])
    before = predecessors(old, new, there)
    named = [stage for stage in old.stages if stage.address in there]
    elsewhere = {path for stage in named for path in (*undeclared(stage, files), *stage.deps)}
    used = _used(new, gates[1])
    read = {dep for stage in new.stages if stage.address in used for dep in stage.deps}
    for stage in new.stages:
        if stage.address not in used:
            continue
        was = before.get(stage.address)
        # What a stage no longer declares is a dropped dependency, which is its own finding.
        known = {*elsewhere, *read} if was is None else {*undeclared(was, files), *was.deps, *read}
        found = [path for path in undeclared(stage, files) if not any(meets(path, each) for each in known)]
        renamed = _renamed_files(named if was is None else [was], found, places) if found else set()
        found = [path for path in found if path not in renamed]
        if found:
            verb = "is" if len(found) == 1 else "are"
            text = (
                f"Stage `{stage.address}` now names {listed(found)}, which {verb} not among its dependencies"
            )
            subject = (stage.address,)
            yield Finding(code="evidence_weakened", subjects=subject, text=text, kind="stage", whole=True)


def _renamed_files(stages: Iterable[Stage], found: Sequence[str], places: tuple[Places, Places]) -> set[str]:
    """Those of the files that the stages named before at another place, which is gone."""
    before, now = places
    there = before.paths()
    named = dict.fromkeys(path for stage in stages for path in undeclared(stage, there))
    moved = moved_files(named, found, before=before, now=now, edited=False)
    return {place for each in moved.values() for place in each.split(", ")}


def input_notes(
    old: Iterable[ResolvedGate],
    new: Sequence[ResolvedGate],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    reported: Collection[str] = (),
) -> tuple[Note, ...]:
    """A note for each dependency or parameter that has another name, and the same content or most of it.

    `places` are what the two sides have, `reported` the old names that another note is about.
    """
    texts: dict[tuple[str, str], None] = {}
    for before in old:
        for after in counterparts(before, new):
            if before.source and after.source:
                origins = before.source.origin, after.source.origin
                renamed = renamed_inputs(*origins, before=places[0], now=places[1])
                texts |= dict.fromkeys(
                    _renamed(*pair, *origins) for pair in renamed.items() if pair[0] not in reported
                )
    return tuple(Note(code=code, message=text) for code, text in texts)


def _renamed(was: str, now: str, old: NumbersOrigin, new: NumbersOrigin) -> tuple[str, str]:
    if is_declared_only(was, now, old, new):
        text = f"Stages declared `{was}`; they now declare `{now}`, which has the same content"
        why = "no command and no program that they declare changed, so they may read neither"
        return "params_changed", f"{text}, but {why}"
    hashes = old.recorded.hashes.get(was), new.recorded.hashes.get(now)
    content = "the same content" if hashes[0] == hashes[1] else "most of its content"
    return "input_renamed", f"Stages read `{was}`; they now read `{now}`, which has {content}"


def predecessors(old: Pipeline, new: Pipeline, there: set[str]) -> Mapping[str, Stage]:
    """Address -> the stage that it was: of the same name, or one that is gone and ran or made the same.

    Only those count that are `there`, before the gates' numbers: others are new to these.
    """
    here = {stage.address for stage in new.stages}
    chain = [stage for stage in old.stages if stage.address in there]
    found = {stage.address: stage for stage in chain if stage.address in here}
    gone = [stage for stage in chain if stage.address not in here]
    by_run = {_run(stage): stage for stage in gone}
    by_out = {out.path: stage for stage in gone for out in stage.outs}
    # With its dvc.yaml in another folder.
    by_name = {(stage.name, *stage.cmd): stage for stage in gone}
    for stage in new.stages:
        made = (by_out[out.path] for out in stage.outs if out.path in by_out)
        was = found.get(stage.address) or by_run.get(_run(stage)) or next(made, None)
        was = was or by_name.get((stage.name, *stage.cmd))
        if was is not None:
            found[stage.address] = was
    return found


def _used(pipeline: Pipeline, gates: Iterable[ResolvedGate]) -> set[str]:
    """The stages that the gates' numbers and models come from."""
    owners = set()
    for gate in gates:
        if gate.source:
            owners.add(gate.source.origin.name)
        path = (gate.path or "").rstrip("/")
        owners |= {stage.address for stage in pipeline.stages if _makes(stage, path)}
    return {address for owner in owners if owner for address in stages_before(owner, pipeline)}


def _makes(stage: Stage, path: str) -> bool:
    return any(meets(out.path, path) for out in stage.outs)


def undeclared(stage: Stage, files: Container[str]) -> list[str]:
    """Those of the files that a stage's commands name, and that it neither reads nor makes by declaration."""
    words = [word for command in stage.cmd for word in _WORD.findall(command)]
    words += [part for word in words if _MARK.search(word) for part in _MARK.split(word) if part]
    paths = dict.fromkeys(posixpath.normpath(posixpath.join(stage.wdir, word)) for word in words)
    return _not_declared(stage, [path for path in paths if path in files])


def _not_declared(stage: Stage, paths: Iterable[str]) -> list[str]:
    declared = (*stage.deps, *stage.params, *(out.path for out in stage.outs))
    return [path for path in paths if not any(meets(path, each) for each in declared)]


def matched(stage: Stage, files: Iterable[str]) -> list[str]:
    """Those of the files that a pattern in a stage's commands matches, and that it does not declare."""
    words = (word for command in stage.cmd for word in _WORD.findall(command))
    globs = [_CLASS.sub("?", word) for word in words if _GLOB.search(word) and _NAME.search(word)]
    patterns = [glob_pattern(posixpath.normpath(posixpath.join(stage.wdir, each))) for each in globs]
    found = [path for path in files if any(each.fullmatch(path) for each in patterns)] if patterns else []
    return _not_declared(stage, found)


def _run(stage: Stage) -> tuple[str, ...]:
    return (stage.wdir or ".", *stage.cmd)


def _text(old: Stage | None, new: Stage, came: set[str], numbers: set[str]) -> str:
    what = "a gate's number" if new.address in numbers else "the model of a gate"
    if old is None:
        return f"Stage `{new.address}` is new before {what}; it runs {quoted_commands(new.cmd)}"
    comes = f"Stage `{new.address}` now comes before {what}" if new.address in came else ""
    if comes and _run(old) == _run(new):
        return f"{comes}; it runs {quoted_commands(new.cmd)}"
    places = [_place(stage) if _run(old)[0] != _run(new)[0] else "" for stage in (old, new)]
    shown = quoted_difference(old.cmd, new.cmd)
    was, now = (f"{text}{place}" for text, place in zip(shown, places, strict=True))
    if old.address != new.address:
        return f"Stage `{old.address}` ran {was}; `{new.address}` in its place runs {now}"
    return f"{comes or f'Stage `{new.address}`'}{'; it' if comes else ''} ran {was}; it now runs {now}"


def _place(stage: Stage) -> str:
    folder = _run(stage)[0]
    return " in the root folder" if folder == "." else f" in `{folder}`"
