"""Renames: environments that one version of `mlgit.yaml` has under another name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Environment


def renamed_environments(old: Mapping[str, Environment], new: Mapping[str, Environment]) -> dict[str, str]:
    """Old -> new name of each environment that is the same under another name."""
    added = {name: each for name, each in sorted(new.items()) if name not in old}
    found: dict[str, str] = {}
    for name, environment in sorted(old.items()):
        same = [each for each in added if replace(added[each], name=name) == environment]
        if name not in new and same:
            found[name] = same[0]
            del added[same[0]]
    return found


def replaced_by(name: str, old: Mapping[str, Environment], new: Mapping[str, Environment]) -> list[str]:
    """The environments of `old` whose place `name` takes in `new`."""
    if name in old or name not in new:
        return []
    renamed = renamed_environments(old, new)
    same = [each for each, after in renamed.items() if after == name]
    return same or sorted(each for each in old if each not in new and each not in renamed)
