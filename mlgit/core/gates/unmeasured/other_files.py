"""Other files: those that changed together with numbers, and that nothing else says anything about."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, model_of
from mlgit.core.gates.measured.programs import TEXTS, is_code, is_setting, is_surely_about
from mlgit.core.gates.measured.runs.reading.meaning import meaning
from mlgit.core.gates.unmeasured.made import Mentions, other_data, other_inside
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import NamedTuple
from mlgit.core.wording import joined, quoted, quoted_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Pointer, Stage

_CODE = "other_files_changed"
_MOST = 12
_MOST_BEFORE = 5
"""Of what changed before the change itself, which others have looked at, fewer are named."""
# Other notes are about these, or about what they declare.
_OF_TOOLS = re.compile(
    r"(?:.*/)?(?:dvc\.(?:yaml|lock)|[^/]+\.dvc|\.(?:git|dvc)ignore|\.gitattributes|\.gitmodules"
    r"|\.dvc/(?:config(?:\.local)?|plots/.*))"
)
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf")
# Folders in which images are drawn for people.
_OF_TEXTS = frozenset(("docs", "doc", ".github", "assets", "figures", "images", "img", "static"))
_TESTS = re.compile(r"(?:.*/)?(?:tests/.*|test_[^/]*\.py|[^/]*_test\.py|conftest\.py)")
# Programs whose comments no tool reads on the way to a number.
_WITH_COMMENTS = (".py", ".ipynb", ".r", ".jl")
_SOURCE = re.compile(rb"doctest|getsource|getdoc|__doc__|tokenize|\bast\b")
_MOST_READ = 500


def other_files(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
    notes: Iterable[Note] = (),
    since: str | None = None,
) -> Iterator[Note]:
    """A note with the changed files that may be a reason for other numbers, as far as is known here.

    What a measurement runs and reads is known only when it runs. So all that changed together with a model or
    its number is named, except what only training of the target declares, results, texts for people, tests,
    and what another one of the `notes` names. `since` says where the target's numbers are from if the first
    side is not the target, but the commit that made them.
    """
    sides = tuple(map(_Side, (old, new), pipelines))
    if not sides[1].numbers:
        return
    mentions = Mentions(sides[1].numbers, places[1])
    is_run = sides[0].results != sides[1].results or sides[1].is_run_after(sides[0])
    found = [*_in_git(sides, pipelines, changed, notes, places)]
    if is_run:
        found += _in_dvc(sides, pipelines, places, changed, notes, mentions)
    if since is not None:  # the next run recorded what stages declare
        found = [each for each in found if not each.is_own]
    most = _MOST if since is None else _MOST_BEFORE
    if len(found) > most:  # what a measurement names comes first
        found = [each._replace(is_named=mentions.has(each.path)) for each in found]
    if not is_run:
        found = [each for each in found if not each.is_own and _is_meant(each, mentions, places[1])]
        start = "What measures the numbers names files that changed, and `dvc.lock` shows no run with them"
        start = start if since is None else f"{since}; what measures them names files that changed since"
    else:
        start = "Other files changed as well" if since is None else f"{since}; other files changed since"
        start = f"{start}, and it is not known whether the numbers depend on them"
    if found:
        text = joined((quoted(each.path) for each in sorted(found, key=_Found.order)), most)
        yield Note(code=_CODE, message=f"{start}: {text}", names=frozenset(each.path for each in found))


class _Found(NamedTuple):
    """A file; whether a stage that measures declares or names it, and whether it was there before."""

    path: str
    is_own: bool
    is_new: bool
    is_named: bool = False

    def order(self) -> tuple[bool, bool, bool, bool, str]:
        """What trunk's programs may read comes first: data that was there, and programs of which none was."""
        return not self.is_own, not self.is_named, self.is_new, is_code(self.path) != self.is_new, self.path


def _in_git(
    sides: Sequence[_Side],
    pipelines: tuple[Pipeline, Pipeline],
    changed: Callable[[], Collection[str]],
    notes: Iterable[Note],
    places: tuple[Places, Places],
) -> Iterable[_Found]:
    """The files of Git that changed."""
    own = {dep for side in sides for stage in side.measuring for dep in stage.deps}
    named = _names(notes)
    there = places[0].paths()
    results = [
        {out.path for out in each.outputs} | side.metrics for each, side in zip(pipelines, sides, strict=True)
    ]
    # What only the change makes does not take a file of Git out.
    made = results[0] | (results[1] - there)
    declared = sides[0].declared | sides[1].params
    known = sides[1].new_deps(pipelines[0]) - there
    models = sides[0].models | sides[1].models
    found = []
    for path in changed():
        is_own = covered(path, own)
        if (
            path in named
            or is_setting(path)
            or _OF_TOOLS.fullmatch(path)
            or covered(path, made)
            or path in known
        ):
            continue
        if is_own and covered(path, models):  # the number is known to be of the model
            continue
        if not is_own and (covered(path, declared) or _is_aside(path)):
            continue
        found.append(_Found(path, is_own, path not in there))
    if any(_may_say_the_same(each.path) for each in found) and not _reads_source(own, places[1]):
        return [each for each in found if not _says_the_same(each.path, places)]
    return found


def _in_dvc(
    sides: Sequence[_Side],
    pipelines: tuple[Pipeline, Pipeline],
    places: tuple[Places, Places],
    changed: Callable[[], Collection[str]],
    notes: Iterable[Note],
    mentions: Mentions,
) -> Iterator[_Found]:
    """What DVC keeps and no stage of the number declares."""
    measured = {dep for side in sides for stage in side.measuring for dep in stage.deps}
    models = {path for side in sides for path in side.models}
    own = measured | sides[0].declared | sides[0].metrics | sides[1].metrics | models | _names(notes)
    # A folder that has the model may have other files next to it.
    results = {path for side in sides for path in side.results}
    own |= {path for path in results if path in models or not any(covered(each, [path]) for each in models)}
    known = {each for side in sides for each in side.known}
    ends = {each for side in sides for each in side.ends}
    tracked = {out.path for each in pipelines for out in each.tracked}
    for data in other_data(pipelines, known, ends, mentions=mentions, changed=changed):
        if covered(data.path, own):
            continue
        whole = [data] if data.is_apart and not any(meets(data.path, each) for each in own) else []
        is_read = any(covered(dep, [data.path]) for dep in measured)
        for each in whole or other_inside(data, places, mentions, is_read=is_read):
            is_drawn = data.path not in tracked and each.path.endswith(TEXTS)
            if not is_drawn and not covered(each.path, own):
                yield _Found(each.path, is_own=False, is_new=each.is_new)


def _is_meant(found: _Found, mentions: Mentions, places: Places) -> bool:
    """Whether the measurement names a file, and not only one of the same name elsewhere."""
    name = posixpath.basename(found.path)
    if not mentions.has(found.path):
        return False
    alone = sum(posixpath.basename(path) == name for path in places.paths()) <= 1
    return alone or mentions.has(found.path, whole=True)


def _names(notes: Iterable[Note]) -> set[str]:
    return {name for note in notes for name in (*note.names, *quoted_in([note.message]))}


class _Side:
    """The stages that measure on one side, what they and training made, and what only training declares."""

    def __init__(self, gates: Sequence[ResolvedGate], pipeline: Pipeline) -> None:
        side = Measuring(pipeline)
        measuring: dict[str, Stage] = {}
        self.results: dict[str, Pointer | None] = {}
        self.metrics = {gate.source.file for gate in gates if gate.source is not None}
        self.models = {path for gate in gates if (path := model_of(gate)) is not None}
        trains: dict[str, Stage] = {}
        last: dict[str, Stage] = {}
        for gate in map(_with_source, gates):
            makers = side.makers_for(gate) if side.is_known(gate) else frozenset()
            trains |= side.before(makers)
            measuring |= {each.address: each for each in side.stages(gate) if each.address not in makers}
            model = model_of(gate)
            outs = [] if model is None else side.outputs(model)
            number = None if gate.source is None else gate.source.origin.name
            last |= {each.address: each for each in pipeline.stages if each.address == number}
            outs += [out for stage in last.values() if stage.address == number for out in stage.outs]
            self.results |= {out.path: out.pointer for out in outs}
        self.measuring = measuring.values()
        # One that also trains may read all that the training reads, and more.
        self.numbers = [*(measuring | last).values()]
        self.declared = {dep for name, stage in trains.items() if name not in measuring for dep in stage.deps}
        self.known = {*trains, *measuring}
        self.ends = {out.owner for path in (*self.results, *self.models) for out in side.outputs(path)}
        self.params = {file for stage in (*trains.values(), *self.measuring) for file in stage.params}
        self.declared |= self.params
        self._stages = [*trains.values(), *self.measuring]

    def new_deps(self, earlier: Pipeline) -> set[str]:
        """What stages declare that the target does not have, which have notes of their own."""
        before = {stage.address for stage in earlier.stages}
        return {dep for stage in self._stages if stage.address not in before for dep in stage.deps}

    def is_run_after(self, earlier: _Side) -> bool:
        """Whether a stage that measures has the record of another run."""
        before = {stage.address: stage.locked for stage in earlier.numbers}
        return any(before.get(stage.address, stage.locked) != stage.locked for stage in self.numbers)


def _with_source(gate: ResolvedGate) -> ResolvedGate:
    """The gate with the one metric file that has its number, also if that file is not here."""
    alone = gate.source is None and len(gate.unread) == 1
    return replace(gate, source=gate.unread[0]) if alone else gate


def _is_aside(path: str) -> bool:
    """Whether a file is a text for people or a test, by its name, or an image in a folder of texts."""
    if path.lower().endswith(_IMAGES):
        return not _OF_TEXTS.isdisjoint(path.lower().split("/")[:-1])
    return path.endswith(TEXTS) or is_surely_about(path) or _TESTS.fullmatch(path) is not None


def _may_say_the_same(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() in _WITH_COMMENTS


def _reads_source(own: Collection[str], places: Places) -> bool:
    """Whether what the measurement declares may read comments or docstrings, as `doctest` does."""
    programs = (path for path in sorted(places.paths()) if path.endswith(".py") and covered(path, own))
    texts = places.read(islice(programs, _MOST_READ))
    return len(texts) == _MOST_READ or any(map(_SOURCE.search, texts.values()))


def _says_the_same(path: str, places: tuple[Places, Places]) -> bool:
    """Whether only what is written for people differs."""
    if not _may_say_the_same(path):
        return False
    was, now = (each.read([path]).get(path) for each in places)
    return was is not None and now is not None and meaning(path, was) == meaning(path, now)
