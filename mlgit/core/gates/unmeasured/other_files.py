"""Other files: those that changed together with numbers, and that nothing else says anything about."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, model_of
from mlgit.core.gates.measured.programs import SETTINGS, TEXTS, is_code, is_surely_about
from mlgit.core.gates.measured.runs.reading.meaning import meaning
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import joined, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Pointer, Stage

_CODE = "other_files_changed"
_MOST = 12
_QUOTED = re.compile(r"`([^`]+)`")
# Other notes are about these.
_OF_TOOLS = re.compile(
    r"(?:.*/)?(?:dvc\.(?:yaml|lock)|[^/]+\.dvc|\.(?:git|dvc)ignore|\.gitattributes|\.gitmodules)"
)
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
) -> Iterator[Note]:
    """A note with the changed files that may be a reason for other numbers, as far as is known here.

    What a measurement runs and reads is known only when it runs. So all that changed together with a model or
    its number is named, except what only training of the target declares, results, texts for people, tests,
    and what another one of the `notes` names.
    """
    sides = tuple(map(_Side, (old, new), pipelines))
    if not sides[1].measuring or sides[0].results == sides[1].results:
        return
    own = {dep for side in sides for stage in side.measuring for dep in stage.deps}
    named = {name for note in notes for name in _QUOTED.findall(note.message)}
    made = {out.path for each in pipelines for out in each.outputs} | sides[1].metrics
    found = []
    for path in changed():
        is_own = covered(path, own)
        if path in named or _is_other(path) or covered(path, made):
            continue
        if not is_own and (covered(path, sides[0].declared) or _is_aside(path)):
            continue
        found.append((not is_own, not is_code(path), path))
    if any(_may_say_the_same(path) for *_, path in found) and not _reads_source(own, places[1]):
        found = [each for each in found if not _says_the_same(each[-1], places)]
    if found:
        text = joined((quoted(path) for *_, path in sorted(found)), _MOST)
        start = "Other files changed as well, and it is not known whether the numbers depend on them"
        yield Note(code=_CODE, message=f"{start}: {text}")


class _Side:
    """The stages that measure on one side, what they and training made, and what only training declares."""

    def __init__(self, gates: Sequence[ResolvedGate], pipeline: Pipeline) -> None:
        side = Measuring(pipeline)
        measuring: dict[str, Stage] = {}
        self.results: dict[str, Pointer | None] = {}
        self.metrics = {gate.source.file for gate in gates if gate.source is not None}
        trains: dict[str, Stage] = {}
        for gate in map(_with_source, gates):
            makers = side.makers_for(gate) if side.is_known(gate) else frozenset()
            trains |= side.before(makers)
            measuring |= {each.address: each for each in side.stages(gate) if each.address not in makers}
            model = model_of(gate)
            outs = [] if model is None else side.outputs(model)
            number = None if gate.source is None else gate.source.origin.name
            outs += [out for stage in pipeline.stages if stage.address == number for out in stage.outs]
            self.results |= {out.path: out.pointer for out in outs}
        self.measuring = measuring.values()
        self.declared = {dep for name, stage in trains.items() if name not in measuring for dep in stage.deps}
        self.declared |= {file for stage in (*trains.values(), *self.measuring) for file in stage.params}


def _with_source(gate: ResolvedGate) -> ResolvedGate:
    """The gate with the one metric file that has its number, also if that file is not here."""
    alone = gate.source is None and len(gate.unread) == 1
    return replace(gate, source=gate.unread[0]) if alone else gate


def _is_other(path: str) -> bool:
    """Whether a file is one of Git's, DVC's or mlgit's own, which other notes are about."""
    return path.startswith((*SETTINGS, ".dvc/")) or _OF_TOOLS.fullmatch(path) is not None


def _is_aside(path: str) -> bool:
    """Whether a file is a text for people or a test, by its name."""
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
