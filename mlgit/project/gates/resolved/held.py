"""Held: what environments hold of a model, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.project.open import Project


def held(project: Project, model: str) -> Mapping[str, str]:
    """Environment -> version of the model that it holds, by the tags that count."""
    from mlgit.project.registry.read import read_model
    from mlgit.project.trust.accept import accept

    return {
        name: f"a version that is not known here (t{state.doubt.sentence[1:]})"
        if state.doubt is not None
        else (f"{model}@{state.version.version}" if state.version else (state.commit or "")[:7])
        + (", held by a rollback" if state.held else "")
        for name, state in accept(project, read_model(project, model)).environments.items()
        if state.commit is not None or state.doubt is not None
    }
