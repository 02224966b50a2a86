"""Catalog: build each repository by its name when the first race needs it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.repositories.history import runs
from benchmarks.repositories.outputs import pointer_files, tracked_folder
from benchmarks.repositories.repository import require_clean
from benchmarks.repositories.small import small
from benchmarks.repositories.stages import chained, metric_list, metric_stages, plain
from benchmarks.repositories.tags import gto_registry, registry, tags_and_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.tools import Tools


class Plan(NamedTuple):
    """How to build a repository, and whether DVC must find nothing to do in it."""

    build: Callable[[Path], None]
    clean: bool = True


class Catalog:
    """Builds repositories by name, such as `stages-50`."""

    def __init__(self, place: Path, tools: Tools) -> None:
        self._place = place
        self._tools = tools

    def repository(self, name: str) -> Path:
        """The folder of this repository, which is built if it does not exist.

        Raises:
            SystemExit: DVC finds something to do in it, so the generator is wrong.
        """
        folder, built = self._place / name, self._place / f"{name}.built"
        if not built.exists():
            plan = self._plan(name)
            plan.build(folder)
            if plan.clean:
                require_clean(folder, self._tools.program("dvc"))
            built.touch()
        return folder

    def _plan(self, name: str) -> Plan:
        kind, _, size = name.rpartition("-")
        count = int(size) if size.isdigit() else 0
        plans = {
            "": Plan(partial(small, tools=self._tools.folder)),
            "stages": Plan(partial(chained, count=count)),
            "plain-stages": Plan(partial(plain, count=count)),
            "metric-stages": Plan(partial(metric_stages, count=count)),
            "metric-list": Plan(partial(metric_list, count=count)),
            "pointers": Plan(partial(pointer_files, count=count)),
            "files": Plan(partial(tracked_folder, count=count)),
            "tags": Plan(partial(registry, count=count), clean=False),
            "gto-tags": Plan(partial(gto_registry, count=count), clean=False),
            "tagged-pointers": Plan(partial(tags_and_data, tags=20, pointers=count)),
            "tagged-10000-pointers": Plan(partial(tags_and_data, tags=10_000, pointers=count)),
            "runs": Plan(partial(runs, commits=count, files=50), clean=False),
            "listed-runs": Plan(partial(runs, commits=count, files=50, listed=True), clean=False),
        }
        return plans[kind]
