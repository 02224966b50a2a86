"""Reference file: the metric file that `vs: {file: path}` names, at the candidate."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.adapters.dvc.files.values import MAX_BYTES, metric_values, unread
from mlgit.core.gates.evaluate import vs_key
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.pipeline.evidence import MetricFile, Problem
from mlgit.errors import MlgitError, StateError
from mlgit.project.compare.baseline_files import found_at
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.large_files import fetched
from mlgit.project.pipeline.local_files import cache_of, local_files

if TYPE_CHECKING:
    from mlgit.core.config.file import FileBaseline
    from mlgit.project.open import Project


def reference_baseline(
    project: Project, candidate: str | None, vs: FileBaseline, *, model: str | None
) -> BaselineFiles:
    """The baseline that a reference file is."""
    baseline = found_at(vs_key(vs), model, f"`{vs.path}`", "a file of the candidate", candidate)
    read: MetricFile | str
    if _is_link(project, candidate, vs.path):
        read = f"`{vs.path}` is a link, which may lead to numbers of the candidate itself"
    else:
        read = read_reference(project, candidate, vs.path)
    if isinstance(read, str):
        return BaselineFiles(replace(baseline, state="unreadable", message=read))
    return BaselineFiles(baseline, (read,))


def read_reference(project: Project, candidate: str | None, path: str) -> MetricFile | str:
    """The metric file, or a sentence that says why it has no numbers."""
    try:
        content = project.tree(candidate).read(path, most_bytes=MAX_BYTES)
        if content is None:
            content = _cached(project, candidate, path)
        if content is None:
            return f"There is no file `{path}`"
    except OSError as error:
        return unread(path, error).message
    except StateError as error:
        return f"`{path}` cannot be trusted: {error.message}"
    except MlgitError as error:
        return f"`{path}` cannot be read: {error.message}"
    found = fetched(project, content, path)
    if isinstance(found, Problem):
        return found.message
    values = metric_values(found, path=path, documents=local_files(project).documents)
    return values.message if isinstance(values, Problem) else MetricFile(path=path, values=values)


def _is_link(project: Project, candidate: str | None, path: str) -> bool:
    """Whether a file, or a folder above it, is a link."""
    places = [path, *folders_above(path)]
    if candidate is None:
        return any(os.path.islink(os.path.join(project.root, place)) for place in places)
    tree = project.tree(candidate)
    here = set(tree.paths()).intersection(places)
    return any(tree.identity(place) is None for place in here)


def _cached(project: Project, candidate: str | None, path: str) -> bytes | None:
    outputs = evidence(project, candidate).pipeline.outputs
    pointer = next((out.pointer for out in outputs if out.path == path), None)
    cache = cache_of(project, path)
    return None if cache is None or pointer is None else cache.read(pointer, most_bytes=MAX_BYTES)
