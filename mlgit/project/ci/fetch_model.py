"""Fetch model: download the model of HEAD from the DVC remote if this clone lacks it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.errors import StateError, ToolError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.release.provenance import output_of

if TYPE_CHECKING:
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
