"""Verified: models of whose tags every rule was asked, with nothing to add to what costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.memory import Memory
from mlgit.core.config.file import CONFIG_FILE
from mlgit.project.trust.default_branch import own_trunk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project

_FORMAT = 2
_MAX_BYTES = 1 << 20
_AT_ONCE = 2
"""So many models a run verifies, so that the first screen in a clone with many does not take seconds."""


class Verified:
    """What one run knows: model -> digest of its tags, under the rules that trunk has.

    What counted still counts while trunk only grows and its mlgit.yaml stays the same.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._memory = Memory(project.cache_dir, "verified", format_number=_FORMAT, limit_bytes=_MAX_BYTES)
        self._known = self._read()
        self._left = _AT_ONCE

    def needs_none(self, state: ModelState) -> bool:
        """Whether a model was verified, or too many others were in this run."""
        if self._known.get(state.name) == _digest(state):
            return True
        self._left -= 1
        return self._left < 0

    def note(self, state: ModelState) -> None:
        self._known[state.name] = _digest(state)
        import json

        config, tips = self._rules()
        content = {"config": config, "tips": tips, "models": self._known}
        self._memory.write(json.dumps(content).encode())

    def _rules(self) -> tuple[str | None, list[str]]:
        """The object id of trunk's mlgit.yaml; the commits of trunk and of the branch here of that name."""
        trunk = self._project.trunk
        if trunk is None:
            return None, []
        found = self._project.objects.get(f"{trunk.commit}:{CONFIG_FILE}")
        own = own_trunk(self._project)
        return None if found is None else found.oid, [trunk.commit, *([] if own is None else [own.commit])]

    def _read(self) -> dict[str, str]:
        match self._memory.read_json():
            case {"config": config, "tips": [*tips], "models": {**models}} if self._hold(config, tips):
                return {str(name): digest for name, digest in models.items() if isinstance(digest, str)}
        return {}

    def _hold(self, config: object, tips: list[object]) -> bool:
        """Whether what counted under these rules counts now."""
        rules, now = self._rules()
        return rules == config and all(self._follows(tip, now) for tip in tips) and bool(now) == bool(tips)

    def _follows(self, tip: object, now: list[str]) -> bool:
        """Whether a commit is still on trunk."""
        git = self._project.git
        return tip in now or (isinstance(tip, str) and any(is_ancestor(git, tip, each) for each in now))


_RUNS: WeakKeyDictionary[Project, Verified] = WeakKeyDictionary()


def verified(project: Project) -> Verified:
    """What this run knows; read once."""
    if project not in _RUNS:
        _RUNS[project] = Verified(project)
    return _RUNS[project]


def _digest(state: ModelState) -> str:
    from hashlib import blake2b

    tags = [f"{fact.tag} {fact.oid}" for fact in state.facts]
    ignored: Mapping[str, str] = state.ignored
    return blake2b("\n".join(sorted([*tags, *ignored])).encode(), digest_size=16).hexdigest()
