"""Marks: what commands that only show say about the tags of a model that do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.trust.marks import Marks
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project


def marks(project: Project, state: ModelState, *, reach: bool = False) -> Marks:
    """The marks of one model's tags; with `reach`, git is asked which commits are on trunk."""
    elsewhere = None
    if reach and state.facts:
        from mlgit.project.trust.accept import elsewhere_than_trunk

        commits = {fact.commit for fact in state.facts}
        elsewhere = elsewhere_than_trunk(project, commits, local=project.default_branch is None)
    return Marks(state, foreign=_foreign_allowed(project), elsewhere=elsewhere)


def _foreign_allowed(project: Project) -> bool:
    try:
        config = project.trunk_config
    except ConfigError:
        return True  # the command says so itself
    return not config.declared or config.foreign_tags == "allow"
