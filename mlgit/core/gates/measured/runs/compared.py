"""Compared: how the programs that stages run on both sides differ."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_code, is_program
from mlgit.core.gates.measured.runs.elsewhere import Elsewhere
from mlgit.core.gates.measured.runs.incomplete import Possible, may_shadow
from mlgit.core.gates.measured.runs.modules import above, without_compiled
from mlgit.core.gates.measured.runs.reached import COMMAND, IN_FOLDER, MAY_RUN, RUNS, Reached
from mlgit.core.gates.measured.runs.reading import pytest_settings
from mlgit.core.gates.measured.runs.reading.meaning import meaning, reads_docstrings
from mlgit.core.pipeline.chain.readers import covered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.imports import Asked
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

    _Both = Sequence[tuple[Stage, Stage]]
    Order = tuple[int, int]
    """How surely a stage runs a program, the most surely first, and how far it is from the command."""

_MANY = 5
"""So many programs are named in any order."""


class Programs:
    """The programs that stages run on both sides; `changed` are the files of which Git has other content."""

    def __init__(
        self,
        places: tuple[Places, Places],
        changed: frozenset[str],
        both: Collection[tuple[Stage, Stage]],
        pipelines: tuple[Pipeline, Pipeline],
    ) -> None:
        stages = [stage for _, stage in both]
        self._places, self._both = places, both
        self.moved: dict[str, tuple[str, tuple[Stage, Stage]]] = {}
        """New -> (old path, stages) of what surely runs and only moved, of the stages compared so far."""
        self._known: dict[str, str] = {}
        texts: dict[tuple[bool, str, bytes], Asked] = {}
        self._quick, self._sides = (
            [Reached(each, texts, exact=exact) for each in places] for exact in (False, True)
        )
        alone = [own.paths - other.paths for own, other in (self._sides, reversed(self._sides))]
        self._apart = [{path for path in each if is_code(path)} for each in alone]
        linked = {each for stage in stages for dep in stage.deps for each in (dep, *above(dep))}
        self.differing = {path for path in changed if is_code(path)}.union(*self._apart)
        self.differing |= {each for each in linked & changed if any(side.link(each) for side in places)}
        self._changed = changed
        self._is_pytest_set = pytest_settings.differ(changed, [each.read for each in places])
        named = {path for side in self._sides for stage in stages for path in self._recipes(side, stage)}
        self.differing |= named & changed
        own = [{pair[index].address for pair in both} for index in (0, 1)]
        others = [
            [stage for stage in each.stages if stage.address not in known]
            for each, known in zip(pipelines, own, strict=True)
        ]
        self._elsewhere = Elsewhere(self._sides, [each.read for each in places], others)
        self._submodules = changed & {path for each in places for path in each.submodules()}

    def differences(
        self, stages: tuple[Stage, Stage], trained: Collection[str]
    ) -> Iterator[tuple[Order, str, str]]:
        """(order, program, how it differs) of the programs of a stage on both sides."""
        was, now = (self._recipes(side, stage) for side, stage in zip(self._sides, stages, strict=True))
        for path in sorted({*was, *now} & self._changed):
            is_other = is_code(path) and path not in self._sides[1].paths
            if was.get(path) != now.get(path) and (is_code(path) or path not in stages[1].deps):
                yield from () if is_other else [((-COMMAND * 2, 0), path, self._change(path))]
        # Most changes are of no program that measures, which a quick look shows.
        near = [
            side.of(stage, trained, self.differing & side.paths)
            for side, stage in zip(self._quick, stages, strict=True)
        ]
        data = self._data(stages, near, trained)
        near_by = {path for each in near for path in self.differing & each.keys()}
        wanted = {path for path in near_by if path in data or self._difference(path)}
        wanted -= was.keys() | now.keys()
        if not wanted:
            return
        # What has moved is known only by all programs of both sides.
        some = near[0].keys().isdisjoint(self._apart[0])
        found = [
            side.of(stage, trained, wanted & own.keys() if some else None)
            for side, stage, own in zip(self._sides, stages, near, strict=True)
        ]
        ranks = {path: max(each.get(path, 0) for each in found) for path in wanted}
        moved = self._moved(found, stages)
        named = {path for path in wanted if ranks[path]}.difference(moved, moved.values())
        named -= self._behind_links(stages, trained) if named and self._links else set()
        named = without_compiled(named)
        named -= self._elsewhere.only(stages, {path for path in named if ranks[path] == IN_FOLDER})
        far = self._distances(stages[1], trained) if len(named) > _MANY else {}
        for path in sorted(named):
            surely = ranks[path]
            is_left = path not in found[1] and (surely == MAY_RUN or path in self._sides[1].paths)
            if not is_left:
                what = self._difference(path) or "changed"
                yield (-surely * 2 + (what == "is new"), far.get(path, len(far))), path, what
        yield from self._newly_run(found) if moved else ()

    def surely_run(self, stage: Stage) -> list[str]:
        """The programs that a stage of the change surely runs."""
        return [path for path, rank in self._sides[1].of(stage, (), None).items() if rank >= RUNS]

    def _recipes(self, side: Reached, stage: Stage) -> dict[str, list[str]]:
        """The files that have commands of a stage, or settings of the pytest that it runs."""
        found = side.recipes(stage)
        for path, lines in side.pytest_settings(stage).items() if self._is_pytest_set else ():
            found.setdefault(path, []).extend(lines)
        return found

    def _distances(self, stage: Stage, trained: Collection[str]) -> dict[str, int]:
        """The place of each program among those that the commands of a stage reach, the nearest first."""
        reached = self._sides[1].of(stage._replace(deps=()), trained, None)
        return {path: index for index, path in enumerate(reached)}

    def run_by(self, stages: Collection[Stage], paths: Collection[str]) -> set[str]:
        """Those of the paths that one of these stages of the change runs, or may run."""
        found: set[str] = set()
        for stage in stages:
            reach = self._quick[1].all_of(stage, ())
            found |= {each for each in paths if each in reach.found or reach.unknown}
            found |= {each for each in paths if may_shadow(each, self._difference(each), reach.folders)}
        return found

    def possible(self, both: _Both, trained: Collection[str]) -> list[Possible]:
        """What else may differ in what stages run: programs that they may load in a way that is not known."""
        return [self._possible(stages, trained) for stages in both if self.differing or self._submodules]

    def _possible(self, stages: tuple[Stage, Stage], trained: Collection[str]) -> Possible:
        deps = {dep for each in stages for dep in each.deps}
        others = [dep for dep in trained if dep not in deps]
        rest = {path: self._difference(path) for path in self.differing if not covered(path, others)}
        rest = {path: what for path, what in rest.items() if what not in {"", "is gone"}}
        submodules = frozenset(path for path in self._submodules if not covered(path, deps))
        if not rest:
            return Possible(stage=stages[1].address, submodules=submodules)
        reaches = [side.all_of(each, trained) for side, each in zip(self._quick, stages, strict=True)]
        reasons = {name: why for each in reaches for name, why in each.unknown.items()}
        folders = reaches[1].folders
        wanted = {path for path, what in rest.items() if reasons or may_shadow(path, what, folders)}
        wanted = without_compiled(wanted).difference(*(each.found for each in reaches))
        wanted -= {*self._same_elsewhere(), *self._elsewhere.programs} if wanted else set()
        return Possible(
            stage=stages[1].address,
            programs={path: rest[path] for path in wanted},
            shadowing=frozenset(path for path in wanted if may_shadow(path, rest[path], folders)),
            submodules=submodules,
            reasons=reasons,
        )

    def _same_elsewhere(self) -> set[str]:
        """The new programs that have the content of one that is gone."""
        was, now = (
            side.read(sorted(paths)) if all(self._apart) else {}
            for side, paths in zip(self._places, self._apart, strict=True)
        )
        return {path for path, content in now.items() if content in was.values()}

    def _data(
        self, stages: tuple[Stage, Stage], near: Sequence[Mapping[str, int]], trained: Collection[str]
    ) -> set[str]:
        """The changed programs that are in a folder which a stage reads, and runs nothing of.

        They may be what it measures with, such as tasks, so that a comment counts.
        """
        folders = {dep for each in stages for dep in each.deps}
        ranks = {path: max(each.get(path, 0) for each in near) for path in near[0].keys() & near[1].keys()}
        found = {
            path
            for path in ranks.keys() & self.differing & self._changed
            if ranks[path] == IN_FOLDER and not self._difference(path)
        }
        if not found or COMMAND not in near[1].values():
            return set()
        reached = [side.of(each, trained, None) for side, each in zip(self._quick, stages, strict=True)]
        ran = [path for each in reached for path in each if each[path] != IN_FOLDER]
        used = {dep for dep in folders if any(covered(path, [dep]) for path in ran)}
        return {path for path in found if path not in ran and not covered(path, used)}

    def _difference(self, path: str) -> str:
        """How a program differs; empty if only what is written for people does."""
        if path not in self._known:
            self._known[path] = self._compared(path)
        return self._known[path]

    def _change(self, path: str) -> str:
        there = [path in side.paths for side in self._sides]
        return "changed" if all(there) else "is gone" if there[0] else "is new"

    def _compared(self, path: str) -> str:
        if (change := self._change(path)) != "changed":
            return change
        was, now = (each.read([path]).get(path) for each in self._places)
        if not was or not now or meaning(path, was) != meaning(path, now):
            return "changed"
        every = [meaning(path, each, docstrings=True) for each in (was, now)]
        return "" if every[0] == every[1] or not self._reads_docstrings else "changed"

    @cached_property
    def _reads_docstrings(self) -> bool:
        """Whether a program that the stages of the target or the change run may read those of another one."""
        for index, (side, places) in enumerate(zip(self._quick, self._places, strict=True)):
            found = {path for pair in self._both for path in side.of(pair[index], (), None)}
            texts = places.read(sorted(path for path in found if is_program(path)))
            if any(map(reads_docstrings, texts.values())):
                return True
        return False

    @cached_property
    def _links(self) -> set[str]:
        """The changed links of both sides."""
        sides = tuple(zip(self._places, self._sides, strict=True))
        return {
            path for path in self._changed if any(path in own.paths and at.link(path) for at, own in sides)
        }

    def _behind_links(self, stages: tuple[Stage, Stage], trained: Collection[str]) -> set[str]:
        """The links with the same programs behind them as before, and these programs."""
        found = [side.of(each, trained, None) for side, each in zip(self._sides, stages, strict=True)]
        same: set[str] = set()
        for path in self._links & (found[0].keys() | found[1].keys()):
            targets = [side.target(path) for side in self._sides]
            own = [side.below(target) for side, target in zip(self._sides, targets, strict=True)]
            was, now = (
                {name[len(target) :]: content for name, content in at.read(names).items()}
                for at, names, target in zip(self._places, own, targets, strict=True)
            )
            if not was or was != now or ("" in was and _asks_next_to({path, *targets}, found)):
                continue
            same.add(path)
            for old, new in ((f"{targets[0]}{rest}", f"{targets[1]}{rest}") for rest in was):
                if found[0].get(old, 0) >= min(found[1].get(new, 0), RUNS):
                    same |= {old, new} & (self._apart[0] | self._apart[1])
        return same

    def _newly_run(self, found: Sequence[Mapping[str, int]]) -> Iterator[tuple[Order, str, str]]:
        """The programs that did not change and that only the change's stage surely runs.

        A program that moved has what it imports next to its new place.
        """
        new = (path for path, rank in found[1].items() if rank >= RUNS and path not in found[0])
        for path in sorted(path for path in new if is_program(path) and path not in self.differing):
            yield (-RUNS * 2, len(found[1])), path, "is now run"

    def _moved(self, found: Sequence[Mapping[str, int]], stages: tuple[Stage, Stage]) -> dict[str, str]:
        """New -> old path of the programs that moved, and that the stage ran as surely before."""
        own = [found[0].keys() & self._apart[0], found[1].keys() - found[0].keys()]
        if not all(own):
            return {}
        was, now = (each.read(sorted(paths)) for each, paths in zip(self._places, own, strict=True))
        moved: dict[str, str] = {}
        for old, content in sorted(was.items()):
            here = sorted(path for path in now if now[path] == content and path not in moved)
            here = [path for path in here if content.strip() or path in self._apart[1]]
            named = [path for path in here if posixpath.basename(path) == posixpath.basename(old)]
            for new in (named or here)[:1]:
                moved |= {new: old} if found[0][old] >= min(found[1][new], RUNS) else {}
        sure = {new: (old, stages) for new, old in moved.items() if found[1][new] >= RUNS}
        self.moved = {**sure, **self.moved}
        return moved


def _asks_next_to(names: Collection[str], found: Sequence[Mapping[str, int]]) -> bool:
    """Whether a stage runs more where a program is, for which Python looks next to where a link leads."""
    others = {path for each in found for path in each if each[path] > MAY_RUN}.difference(names)
    folders = {posixpath.dirname(each) for each in names}
    return any(path.startswith(f"{folder}/") or not folder for path in others for folder in folders)
