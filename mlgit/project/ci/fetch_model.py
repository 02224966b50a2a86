"""Fetch model: download what this clone lacks of models from the DVC remote."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.errors import ConfigError, StateError, ToolError
from mlgit.project.pipeline.evidence import evidence, forget_evidence
from mlgit.project.pipeline.local_files import cached_listing
from mlgit.project.registry.models import declared_models
from mlgit.project.release.provenance import output_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project


def fetch_model(
    project: Project, path: str | None, *, fetched: set[str], progress: Progress | None = None
) -> None:
    """Fetch the model of HEAD, so that its release can state a sha256.

    A model that is already on this machine is kept, unless this run fetched it: it is the user's. `fetched`
    are the outputs that the run fetched; this one is added. If the DVC remote lacks the model, the release
    reports that.
    """
    from mlgit.adapters.dvc.engine import has_remote, pull

    output = output_of(evidence(project, project.head.commit, staleness=False).pipeline, path)
    if output is None or not output.cached or not has_remote(project.root):
        return
    if output.path in fetched or not os.path.exists(os.path.join(project.root, output.path)):
        fetched.add(output.path)
        with suppress(StateError, ToolError):
            pull(project.root, (output.path,), progress)


def fetch_model_listings(project: Project, commits: Iterable[str], progress: Progress | None = None) -> bool:
    """Fetch the listings of tracked folders in which these commits have models; whether any came.

    Without them, it is not known whether the model is another one. A folder that is the model needs one if
    Git has files in it, or if it differs: there may be data in it. What cannot be fetched is reported there.
    """
    found = [pair for commit in dict.fromkeys(commits) for pair in _folders(project, commit)]
    known = {output.path: output.pointer for output, _ in found}
    changed = {output.path for output, _ in found if output.pointer != known[output.path]}
    wanted = [
        output
        for output, whole in found
        if (not whole or output.path in changed) and cached_listing(project, output) is None
    ]
    if not wanted:
        return False
    from mlgit.adapters.dvc import engine

    with suppress(StateError, ToolError):
        if engine.has_remote(project.root) and engine.fetch_listings(project.root, wanted, progress):
            forget_evidence(project)
            return True
    return False


def _folders(project: Project, commit: str) -> Iterator[tuple[Output, bool]]:
    """Each tracked folder in which the commit has a model, and whether it is that as a whole."""
    try:
        pipeline = evidence(project, commit, staleness=False).pipeline
        paths = declared_models(project, commit).values()
    except ConfigError:
        return
    for path in paths:
        output = output_of(pipeline, path)
        if path is None or output is None or not output.cached or output.pointer is None:
            continue
        if output.pointer.directory:
            in_git = any(each.startswith(f"{path}/") for each in project.tree(commit).paths())
            yield output, output.path == path.rstrip("/") and not in_git
