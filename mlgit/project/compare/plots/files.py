"""Plot files: the contents of one state's plots, from Git or the disk, otherwise from the DVC cache."""

from __future__ import annotations

import os
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import MAX_BYTES, unread
from mlgit.adapters.dvc.pipeline.pointers import pipeline_shapes
from mlgit.adapters.dvc.plots.declared import declared_plots, live_plots
from mlgit.adapters.dvc.plots.rows import rows
from mlgit.core.pipeline.evidence import Problem, Unreadable
from mlgit.core.pipeline.stages import output_at
from mlgit.core.wording import word
from mlgit.errors import StateError
from mlgit.project.pipeline.declared import outside
from mlgit.project.pipeline.local_files import cache_of, cached_content, cached_listing, local_files

if TYPE_CHECKING:
    from mlgit.adapters.dvc.plots.declared import DeclaredPlot
    from mlgit.adapters.dvc.plots.rows import Row
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.project.open import Project


_MOST_FILES = 1000


class PlotFiles:
    """The plots of a commit, or of the working tree (None), and their rows; each file is read once."""

    def __init__(self, project: Project, commit: str | None, pipeline: Pipeline) -> None:
        self._project = project
        self._tree = project.tree(commit)
        self._outputs = {out.path: out for out in pipeline.outputs}
        self._documents = local_files(project).documents
        self.rows = cache(self._rows)

    def declared(self) -> tuple[DeclaredPlot, ...]:
        """Raises ConfigError: a dvc.yaml is invalid."""
        project = self._project
        shapes = pipeline_shapes(
            self._tree, root=project.root, documents=self._documents, folder=project.cache_dir
        )
        found = declared_plots(shapes)
        known = {path for plot in found for path in (plot.name, *(axis.file for axis in plot.ys))}
        paths = self._tree.paths()
        undeclared = [path for path in paths if not any(f"{path}/".startswith(f"{name}/") for name in known)]
        return (*found, *live_plots(undeclared))

    def files_of(self, path: str) -> list[str]:
        """The files in a folder, or the path itself if it is a file or its files are not known here."""
        inside = [name for name in self._tree.paths() if name.startswith(f"{path}/")] or self._on_disk(path)
        out = self._outputs.get(path)
        if not inside and out is not None and out.pointer is not None and out.pointer.directory:
            inside = [f"{path}/{name}" for name in sorted(cached_listing(self._project, out) or ())]
        return inside or [path]

    def _on_disk(self, path: str) -> list[str]:
        """The files in a folder of the working tree that Git ignores because DVC keeps it."""
        top = os.path.realpath(self._project.root)
        folder = os.path.join(top, path)
        # A link could lead to every file of this machine.
        if self._tree.commit is not None or outside(path) or os.path.realpath(folder) != folder:
            return []
        found = (
            os.path.relpath(os.path.join(place, name), top).replace(os.sep, "/")
            for place, _, names in os.walk(folder)
            for name in names
        )
        return sorted(islice(found, _MOST_FILES))

    def _rows(self, path: str, *, header: bool) -> list[Row] | Problem | None:
        """The points of a file; None if this state does not have the file."""
        content = self._content(path)
        if content is None or isinstance(content, Problem):
            return content
        try:
            return rows(content, path=path, header=header, documents=self._documents)
        except Unreadable as error:
            return Problem(code="unreadable", message=f"`{path}`{self._where} {error}")

    def _content(self, path: str) -> bytes | Problem | None:
        if outside(path):
            return Problem(code="unreadable", message=f"`{path}` is outside the repository")
        try:
            content = self._tree.read(path, most_bytes=MAX_BYTES)
        except OSError as error:
            return unread(path, error)
        if content is not None:
            from mlgit.project.pipeline.large_files import fetched

            return fetched(self._project, content, path)
        out = output_at(path, self._outputs)
        return None if out is None or out.pointer is None or not out.cached else self._cached(path, out)

    def _cached(self, path: str, out: Output) -> bytes | Problem | None:
        try:
            content = cached_content(self._project, out, path)
        except StateError as error:
            return Problem(code="unreadable", message=f"`{path}`{self._where}: {error.message}")
        except OSError as error:
            return unread(path, error)
        if content is not None:
            return content
        listing = None if out.path == path else cached_listing(self._project, out)
        if listing is not None and path[len(out.path) + 1 :] not in listing:
            return None
        cached = cache_of(self._project, path)
        pull = f"dvc pull {word(out.path)}" if self._tree.commit is None else "dvc fetch --all-commits"
        return Problem(
            code="not_fetched",
            message=f"`{out.path}`{self._where} is not in the DVC cache of this machine",
            hint=f"run `{pull}`" if cached is not None and cached.remote is not None else None,
        )

    @property
    def _where(self) -> str:
        return "" if self._tree.commit is None else f" at {self._tree.label}"
