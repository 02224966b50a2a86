"""Comment rule: when CI writes a first comment, as trunk says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from mlgit.core.config.file import CommentRule
    from mlgit.project.open import Project


def comment_rule(project: Project) -> CommentRule:
    """Trunk's `ci: {comment: …}`; `always` if trunk is not known or its file is invalid.

    A change is not asked: a pull request cannot silence its own comment.
    """
    if project.trunk is None or project.trunk_is_unknown:
        return "always"
    try:
        return project.config(project.trunk.commit).comment
    except ConfigError:
        return "always"
