"""Fetch plots: download plots that DVC keeps, for the two commits that a report compares.

In CI the DVC cache is empty after a checkout, and a plot would have no curve.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import MAX_BYTES
from mlgit.core.pipeline.stages import output_at
from mlgit.errors import ConfigError, StateError, ToolError
from mlgit.project.pipeline.evidence import evidence, forget_evidence
from mlgit.project.pipeline.local_files import cache_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlgit.core.compare.plots import Plot
    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project


def fetch_plots(
    project: Project, plots: Iterable[Plot], commits: Iterable[str], progress: Progress | None = None
) -> bool:
    """Fetch what these plots lack at these commits; whether any came.

    Outputs that are larger than a file which is read are left out. What cannot be fetched is named in the
    report.
    """
    files = [plot.file for plot in plots if not plot.known]
    wanted = [out for commit in dict.fromkeys(commits) for out in _lacking(project, commit, files)]
    if not wanted:
        return False
    from mlgit.adapters.dvc.engine import fetch_outputs, has_remote

    with suppress(StateError, ToolError):
        if has_remote(project.root) and fetch_outputs(project.root, wanted, progress):
            forget_evidence(project)
            return True
    return False


def _lacking(project: Project, commit: str, files: Iterable[str]) -> Iterator[Output]:
    try:
        outputs = {out.path: out for out in evidence(project, commit, staleness=False).pipeline.outputs}
    except ConfigError:  # the verdict reports that
        return
    for out in {out.path: out for path in files if (out := output_at(path, outputs)) is not None}.values():
        cache = cache_of(project, out.path)
        if not out.cached or out.pointer is None or cache is None:
            continue
        # The listing of a folder may be here without its files.
        there = not out.pointer.directory and cache.has(out.pointer)
        if not there and (out.pointer.size or 0) <= MAX_BYTES:
            yield out
