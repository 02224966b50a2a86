"""Verified: models of whose tags every rule was asked, with nothing to add to what costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.memory import Memory
from mlgit.core.config.file import CONFIG_FILE
from mlgit.project.trust.default_branch import own_trunk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project

_FORMAT = 3
_MAX_BYTES = 1 << 20
_AT_ONCE = 2
"""So many models a run verifies, so that the first screen in a clone with many does not take seconds."""


class Verified:
    """What one run knows: model -> digest of its tags, under the rules that trunk has.

    What counted still counts while trunk only grows and its mlgit.yaml stays the same. Models of which a tag
    did not count are verified again, in turn, after those that were never asked.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._memory = Memory(project.cache_dir, "verified", format_number=_FORMAT, limit_bytes=_MAX_BYTES)
        self._digests: dict[str, str] = {}
        self._known, self._asked = self._read()
        self._turns: Collection[str] | None = None
        self._left = _AT_ONCE

    def choose(self, states: Iterable[ModelState]) -> None:
        """Give the turns of this run to some of all models that it shows."""
        waiting = [(each.name, self._digest(each)) for each in states if not self.knows(each)]
        self._turns = chosen(waiting, self._asked, _AT_ONCE)

    def knows(self, state: ModelState) -> bool:
        """Whether every tag of a model is known to count."""
        return not state.facts or self._known.get(state.name) == self._digest(state)

    def has_turn(self, state: ModelState) -> bool:
        """Whether this run verifies a model; without `choose`, the first ones."""
        if self._turns is not None:
            return state.name in self._turns
        self._left -= 1
        return self._left >= 0

    def note(self, state: ModelState, *, counts: bool) -> None:
        """Keep that a model was verified, and whether all of its tags count."""
        before = self._known.get(state.name), list(self._asked.items())
        self._asked.pop(state.name, None)
        (self._known if counts else self._asked)[state.name] = self._digest(state)
        if before == (self._known.get(state.name), list(self._asked.items())):
            return
        import json

        config, tips = self._rules()
        content = {"config": config, "tips": tips, "models": self._known, "asked": self._asked}
        self._memory.write(json.dumps(content).encode())

    def _digest(self, state: ModelState) -> str:
        if state.name not in self._digests:
            self._digests[state.name] = _digest(state)
        return self._digests[state.name]

    def _rules(self) -> tuple[str | None, list[str]]:
        """The object id of trunk's mlgit.yaml; the commits of trunk and of the branch here of that name."""
        trunk = self._project.trunk
        if trunk is None:
            return None, []
        found = self._project.objects.get(f"{trunk.commit}:{CONFIG_FILE}")
        own = own_trunk(self._project)
        return None if found is None else found.oid, [trunk.commit, *([] if own is None else [own.commit])]

    def _read(self) -> tuple[dict[str, str], dict[str, str]]:
        match self._memory.read_json():
            case {"config": config, "tips": [*tips], "models": {**models}, "asked": {**asked}} if self._hold(
                config, tips
            ):
                return _texts(models), _texts(asked)
        return {}, {}

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


def chosen(waiting: Iterable[tuple[str, str]], asked: Mapping[str, str], most: int) -> Collection[str]:
    """The models that have a turn: those never asked with these tags, then those asked longest ago.

    `waiting` are models with the digests of their tags; `asked` the same, in the order of their last turn.
    """
    order = {each: number for number, each in enumerate(asked.items())}
    return [name for name, _ in sorted(waiting, key=lambda each: order.get(each, -1))[:most]]


def _texts(found: Mapping[object, object]) -> dict[str, str]:
    return {str(name): each for name, each in found.items() if isinstance(each, str)}


def _digest(state: ModelState) -> str:
    from hashlib import blake2b

    tags = [f"{fact.tag} {fact.oid}" for fact in state.facts]
    ignored: Mapping[str, str] = state.ignored
    return blake2b("\n".join(sorted([*tags, *ignored])).encode(), digest_size=16).hexdigest()
