"""Elsewhere: data outside of the repository, of which DVC records another mark than an MD5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.git_changes import UNCHANGED
from mlgit.core.wording import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Pipeline


def with_elsewhere(lines: Mapping[str, str], old: Pipeline, new: Pipeline) -> dict[str, str]:
    """The lines of a report, with what stages read elsewhere and was not the same in their last runs."""
    before, after = (
        {dep: mark for stage in side.stages if stage.locked for dep, mark in stage.locked.marks.items()}
        for side in (old, new)
    )
    changed = [dep for dep in sorted(before.keys() & after.keys()) if before[dep] != after[dep]]
    found = dict(lines)
    if changed and "data" in found:
        texts = [] if found["data"] == UNCHANGED else [found["data"]]
        found["data"] = joined([*texts, *(f"`{dep}` changed" for dep in changed)])
    return found
