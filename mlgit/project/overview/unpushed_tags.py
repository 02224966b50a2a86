"""Unpushed tags: the tags of models that the remote does not have, as far as this clone knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project

# The tags of a pair are dated a second apart, so the second may be slightly in the future.
_TAG_SLACK_S = 5


def unpushed_tags(
    project: Project, registry: Registry | None, seen_at: datetime | None
) -> tuple[str, ...] | None:
    """Tags that are only here, and tags that are newer than the last fetch; None if that is not known."""
    if registry is None or project.remote is None:
        return None
    facts = [fact for state in registry.models.values() for fact in state.facts]
    if not facts:
        return ()
    if seen_at is None:
        return None
    from mlgit.project.registry.pushed import seen_at_remote

    known = seen_at_remote(project)
    limit = seen_at.timestamp() + _TAG_SLACK_S
    return tuple(sorted(fact.tag for fact in facts if not known.get(fact.oid, fact.tagged_at_s <= limit)))
