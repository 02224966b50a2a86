"""Versions: those whose commits show under which paths a model was declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.record import NamedTuple
from mlgit.core.registry.moves import ranked
from mlgit.project.registry.renames.declarations import names_all_paths, under

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project

_MOST_VERSIONS = 100
_MOST_PRE_RELEASES = 20


class VersionsToRead(NamedTuple):
    """The versions to read. Not `whole`: there are more that count as much."""

    read: Sequence[RegisteredVersion]
    whole: bool


def versions_to_read(project: Project, state: ModelState, held: str | None = None) -> VersionsToRead:
    """The versions of a model, one for each text of mlgit.yaml that has its path; `held` is always read."""
    specs = {each.commit: f"{each.commit}:{CONFIG_FILE}" for each in state.versions}
    texts = project.objects.get_many(specs.values())

    def distinct(versions: Iterable[RegisteredVersion]) -> list[RegisteredVersion]:
        found: dict[object, RegisteredVersion] = {}
        for each in versions:
            blob = texts[specs[each.commit]]
            alone = blob is None or each.commit == held or not names_all_paths(under("models", blob.content))
            found.setdefault(each.commit if alone or blob is None else blob.content, each)
        return list(found.values())

    first, pre_releases = map(distinct, ranked(state))
    read = [*first[:_MOST_VERSIONS], *pre_releases[:_MOST_PRE_RELEASES]]
    return VersionsToRead(read, len(first) <= _MOST_VERSIONS)
