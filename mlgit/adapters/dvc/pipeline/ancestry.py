"""Ancestry: the outputs at, above or below a path, and the stages before a stage; fast for thousands."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.pipeline.stages import Output, Pipeline


class OutputsByPath:
    """All outputs, by their path, by the folders above them and by paths inside them.

    If several have one path, the first counts: that of a stage before that of a .dvc file.
    """

    def __init__(self, outputs: Iterable[Output]) -> None:
        self._at: dict[str, Output] = {}
        self._others: dict[str, set[str]] = {}
        for out in outputs:
            first = self._at.setdefault(out.path, out)
            if first.owner != out.owner:
                self._others.setdefault(out.path, {first.owner}).add(out.owner)
        self._inside: dict[str, list[Output]] = {}
        for path, out in self._at.items():
            for folder in folders_above(path):
                self._inside.setdefault(folder, []).append(out)

    def shared(self) -> dict[str, list[str]]:
        """Path -> its owners, of each output that several stages or .dvc files have, or a folder above it."""
        found = dict(self._others)
        for path, out in self._at.items():
            if "/" not in path:
                continue
            around = {self._at[folder].owner for folder in folders_above(path) if folder in self._at}
            if around - {out.owner}:
                found[path] = {*found.get(path, ()), *around, out.owner}
        return {path: sorted(owners) for path, owners in sorted(found.items())}

    def at(self, path: str) -> Output | None:
        return self._at.get(path)

    def around(self, path: str) -> Output | None:
        """The nearest output above the path."""
        return next((self._at[folder] for folder in folders_above(path) if folder in self._at), None)

    def inside(self, path: str) -> list[Output]:
        """The outputs below a folder."""
        return self._inside.get(path, [])

    def touching(self, path: str) -> list[Output]:
        """The output at a path; if there is none, those above and below it."""
        exact = self._at.get(path)
        if exact is not None:
            return [exact]
        return [self._at[folder] for folder in folders_above(path) if folder in self._at] + self.inside(path)


class Ancestry:
    """For each stage, the marked stages that come before it.

    Only stages after marked ones are visited, in the order of the pipeline, so the time is proportional to
    the sizes of the pipeline and of the results. `past_frozen`: also go on to what is before a frozen stage.
    """

    def __init__(
        self, pipeline: Pipeline, made: OutputsByPath, *, marked: Iterable[str], past_frozen: bool = False
    ) -> None:
        self._marked = frozenset(marked)
        self._before: dict[str, list[str]] = {}
        self._after: dict[str, list[str]] = {}
        for stage in pipeline.stages:
            # Changes before a frozen stage do not run it, nor the stages after it.
            reads = () if stage.frozen and not past_frozen else (*stage.deps, *stage.params)
            owners = dict.fromkeys(out.owner for dep in reads for out in made.touching(dep))
            owners.pop(stage.address, None)
            self._before[stage.address] = list(owners)
            for owner in owners:
                self._after.setdefault(owner, []).append(stage.address)
        self._known: dict[str, dict[str, None]] = {}
        self._below = self._following()
        self._visit_in_order()

    def of(self, address: str) -> list[str]:
        """The marked stages before a stage, the nearest first."""
        return list(self._known.get(address, ()))

    def _following(self) -> set[str]:
        """All stages after a marked one."""
        found: set[str] = set()
        waiting = list(self._marked)
        while waiting:
            for one in self._after.get(waiting.pop(), ()):
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return found

    def _visit_in_order(self) -> None:
        """Visit each stage after all stages before it."""
        left = {one: sum(each in self._below for each in self._before[one]) for one in self._below}
        ready = deque(one for one, count in left.items() if not count)
        while ready:
            one = ready.popleft()
            del left[one]
            before = self._before[one]
            found = dict.fromkeys(each for each in before if each in self._marked)
            for each in before:
                found |= self._known.get(each, {})
            self._known[one] = found
            for each in self._after.get(one, ()):
                if each in left:
                    left[each] -= 1
                    if not left[each]:
                        ready.append(each)
        # Stages in a circle, or after one: DVC would not run them, but their state can be shown.
        self._known.update({one: self._marked_before(one) for one in left})

    def _marked_before(self, address: str) -> dict[str, None]:
        """The marked stages before a stage, found by walking back from it."""
        seen: dict[str, None] = {}
        waiting = deque(self._before[address])
        while waiting:
            one = waiting.popleft()
            if one not in seen and one != address:
                seen[one] = None
                waiting += self._before.get(one, ())
        return {one: None for one in seen if one in self._marked}
