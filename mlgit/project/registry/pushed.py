"""Pushed: which tags this clone has seen at the remote, and which it wrote with `--local`.

A cache file with lines of `+oid` (seen at the remote) and `-oid` (written here with `--local`); the last line
of each oid counts. Without the file, `status` can only guess from the time of the last fetch.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.core.registry.tags import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

# The tags of a pair are dated a second apart, so the second may be slightly in the future.
_TAG_SLACK_S = 5


def seen_at_remote(project: Project) -> Mapping[str, bool]:
    """Tag oid -> whether the remote has it, for the oids in the file."""
    try:
        with open(_file(project), encoding="ascii") as file:
            return {line[1:].rstrip("\n"): line[0] == "+" for line in file if line[:1] in {"+", "-"}}
    except (OSError, UnicodeDecodeError):
        return {}


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
    known = seen_at_remote(project)
    limit = seen_at.timestamp() + _TAG_SLACK_S
    return tuple(sorted(fact.tag for fact in facts if not known.get(fact.oid, fact.tagged_at_s <= limit)))


def once_at_remote(project: Project, facts: Iterable[TagFact]) -> frozenset[str]:
    """Those of these tags that came from the remote, or that it was seen to have.

    Tags of which nothing is recorded came from the remote if another person made them, or if they are among
    the packed refs, where `git clone` writes them. `git gc` also packs refs made here: the safe mistake is
    not to push them.
    """
    facts = tuple(facts)
    if not facts:
        return frozenset()
    known = seen_at_remote(project)
    packed = _packed_tags(project)
    identity = project.git.try_text("var", "GIT_COMMITTER_IDENT") or ""
    mine = identity.rpartition("> ")[0].rpartition("<")[2]
    return frozenset(
        fact.tag
        for fact in facts
        if known.get(fact.oid, packed.get(fact.tag) == fact.oid or fact.email != mine)
    )


def _packed_tags(project: Project) -> Mapping[str, str]:
    """Tag -> object id in the file of packed refs."""
    try:
        with open(os.path.join(project.common_dir, "packed-refs"), "rb") as file:
            lines = file.read().decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return {}
    entries = (line.partition(" ") for line in lines)
    return {ref.removeprefix(TAGS): oid for oid, _, ref in entries if ref.startswith(TAGS)}


def ever_seen(project: Project) -> frozenset[str]:
    """The oids of tags that this clone has seen at the remote, whether or not they are there now."""
    try:
        with open(_file(project), encoding="ascii") as file:
            return frozenset(line[1:].rstrip("\n") for line in file if line[:1] == "+")
    except (OSError, UnicodeDecodeError):
        return frozenset()


def record_seen(project: Project, oids: Iterable[str], *, at_remote: bool) -> None:
    """Record whether the remote has these tags; does nothing in a read-only clone."""
    known = seen_at_remote(project)
    news = [oid for oid in dict.fromkeys(oids) if known.get(oid) is not at_remote]
    if not news:
        return
    mark = "+" if at_remote else "-"
    try:
        os.makedirs(project.cache_dir, exist_ok=True)
        with open(_file(project), "a", encoding="ascii") as file:
            file.write("".join(f"{mark}{oid}\n" for oid in news))
    except OSError:
        return


def _file(project: Project) -> str:
    return os.path.join(project.cache_dir, "published-tags")
