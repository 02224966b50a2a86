"""Written: programs that another stage writes for those that measure, and does not declare as an output."""

from __future__ import annotations

import posixpath
import re
import sys
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import measuring_stages
from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.measured.runs.compared import Programs
from mlgit.core.gates.measured.runs.imports import asked, asked_in_commands
from mlgit.core.gates.measured.runs.reached import Reached
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN, place
from mlgit.core.gates.measured.runs.reading.written import written_by
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import joined, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

_MOST_STAGES = 200
_FILE = r"""[^\s'"|;&<>()]+\.\w+"""
_WRITES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"""\bopen\(\s*[rfu]?['"]({_FILE})['"]\s*,\s*(?:mode\s*=\s*)?['"][wax]""",
        rf"""['"]({_FILE})['"]\s*\)\s*\.\s*(?:write_text|write_bytes|symlink_to|open\(\s*['"][wax])""",
        rf""">\s*['"]?({_FILE})""",
        rf"""\s(?:-o|--out(?:put)?)[=\s]\s*['"]?({_FILE})""",
    )
)
"""What writes the file that is in parentheses: in a program of Python, or in a shell."""
# None reads a long line to its end from each place where it begins: that takes the square of its length.
_COPY = re.compile(r"\b(?:copy\w*|move|rename|replace|symlink|link)\(")
_COPIED = re.compile(rf"""[^)]*,\s*[rfu]?['"]({_FILE})['"]\s*(?:,\s*)?\Z""")
_TEE = re.compile(r"\btee\s+(?:-\S+\s+)*")
_NAMED = re.compile(rf"""['"]?({_FILE})""")
_MOVE = re.compile(r"\b(?:cp|mv|ln|install)\s")
_SED = re.compile(r"\bsed\s")
_IN_PLACE = re.compile(r"\s-(?:[A-Za-z]*i|-in-place)")
_LAST = re.compile(rf"""\s['"]?({_FILE})['"]?\s*(?:$|\))""")
_SEPARATOR = re.compile(r"[\n;|&]")


def written_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
) -> Iterator[Note]:
    """Notes about stages that are new or do something else, and that may write a program of a measurement.

    Only of stages that do not measure, and of what they do not declare: nothing connects both for DVC.
    """
    measuring = measuring_stages(old, new, pipelines[1])
    known = {stage.address for stage in measuring}
    was = {stage.address: stage for stage in pipelines[0].stages}
    files = frozenset(changed()) if measuring else frozenset()
    is_code = any(map(is_program, files))
    others = [stage for stage in pipelines[1].stages if measuring and stage.address not in known]
    others = [each for each in others if is_code or _run(was.get(each.address)) != _run(each)]
    if not others:
        return
    side = Reached(places[1], {}, exact=False)
    users = _users(measuring, side, places[1])
    for stage in others[:_MOST_STAGES]:
        written = _written(stage, users, side, places[1])
        before = was.get(stage.address)
        why = (
            _why(before, stage, Programs(places, files, [(before or stage, stage)], pipelines))
            if written
            else []
        )
        if why:
            ran = listed(dict.fromkeys(written.values()))
            start = f"Stage `{stage.address}` may write {listed(written)}, which stage {ran} may run"
            text = f"{start}, and does not declare that: {joined(why)}"
            yield Note(code="code_changed", message=text)


def _run(stage: Stage | None) -> tuple[str, ...]:
    return () if stage is None else (stage.wdir, *stage.cmd)


def _users(measuring: Sequence[Stage], side: Reached, places: Places) -> dict[str, str]:
    """Program -> the stage that runs it; `*/NAME` of one that is asked for and not in Git."""
    found: dict[str, str] = {}
    for stage in measuring:
        paths = side.of(stage, (), None)
        found |= {path: stage.address for path in paths if path not in found}
        here = {posixpath.basename(path.removesuffix("/__init__.py")) for path in paths}
        contents = places.read(sorted(paths)).items()
        texts = [asked(path, content, exact=False) for path, content in contents]
        for text in (asked_in_commands(stage.cmd), *texts):
            names = {f"{part}.py" for _, name in text.modules for part in name.split(".") if part}
            names |= {posixpath.basename(word) for word in text.words if is_program(word)}
            for name in sorted(names - here):
                if name.removesuffix(".py") not in {*sys.stdlib_module_names, *here}:
                    found.setdefault(f"*/{name}", stage.address)
    return found


def _written(stage: Stage, users: dict[str, str], side: Reached, places: Places) -> dict[str, str]:
    """Program that a stage may write and does not declare -> the stage that runs it."""
    contents = places.read(sorted(side.of(stage, (), None)))
    texts = [*stage.cmd, *(each.decode("utf-8", "replace") for each in contents.values())]
    declared = [out.path for out in stage.outs]
    named = {
        posixpath.normpath(posixpath.join(stage.wdir, each)) for text in texts for each in written_files(text)
    }
    for program, content in contents.items():
        own = (each for each in written_by(program, content) if is_program(each))
        named |= {_placed(each, posixpath.dirname(program), stage.wdir, users) for each in own}
    whole = {posixpath.basename(path) for path in named if "/" in path}
    found: dict[str, str] = {}
    for path in (each for each in named if "/" in each or each not in whole):
        user = users.get(path) or users.get(f"*/{posixpath.basename(path)}")
        if user is not None and is_program(path) and not covered(path, declared):
            found[path] = user
    return dict(sorted(found.items()))


def _placed(name: str, folder: str, here: str, users: Collection[str]) -> str:
    """Where a written file is; below a folder that is not known, where a program of a measurement is."""
    _, mark, end = name.rpartition(UNKNOWN)
    if not mark:
        return place(name, folder, here)
    is_path = end.startswith("/") and "/" in end[1:]
    same = (each for each in sorted(users) if is_path and f"/{each}".endswith(end))
    return next(same, end[1:] if end.startswith("/") else "")


def written_files(text: str) -> Iterator[str]:
    """The files that a program or commands may write, by their text."""
    for pattern in _WRITES:
        yield from (match[1] for match in pattern.finditer(text))
    for part in text.split(")")[:-1]:
        if _COPY.search(part) and (found := _COPIED.match(part)):
            yield found[1]
    for tee in _TEE.finditer(text):
        yield from (found[1] for found in [_NAMED.match(text, tee.end())] if found)
    for line in _SEPARATOR.split(text):
        sed = _SED.search(line)
        in_place = None if sed is None else _IN_PLACE.search(line, sed.end() - 1)
        for start in [each for each in (_MOVE.search(line), in_place) if each is not None][:1]:
            yield from (found[1] for found in _LAST.finditer(line, start.end() - 1))


def _why(before: Stage | None, stage: Stage, programs: Programs) -> list[str]:
    """What a stage does otherwise, in words."""
    if before is None:
        return ["it is new"]
    found = ["it runs another command"] if _run(before) != _run(stage) else []
    differ = sorted(programs.differences((before, stage), ())) if programs.differing else []
    return [*found, *(f"`{path}` {what}" for _, path, what in differ)]
