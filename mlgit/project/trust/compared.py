"""Compared: resolve what something is compared with; tags are read only if the text may name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.project.registry.references import resolve

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project
    from mlgit.project.registry.references import Reference


def compared_reference(project: Project, text: str, *, model: str | None = None) -> Reference:
    """Resolve what something is compared with, for commands that only show.

    An environment is what the tags that count say; a version whose tag does not count gets a note.

    Raises:
        StateError: this clone does not know what the environment holds, or which version is the latest.
        UnknownReference: there is no such thing.
    """
    one_version = "@" in text and not text.endswith("@latest")

    def read(name: str) -> ModelState:
        if one_version and project.trunk_is_unknown:
            from mlgit.project.registry.read import read_model

            return read_model(project, name)
        from mlgit.project.trust.accept import accepted_model

        return accepted_model(project, name)

    return resolve(project, text, model=model, read=read, compares=True)
