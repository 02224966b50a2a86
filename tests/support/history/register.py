"""Register: the state of an environment after each change, computed independently of mlgit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from mlgit.core.registry.semver import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tests.support.history.calls import History, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an environment holds; `by` is the tagger, `stack` the commits that rollbacks return to.

    `emptied` is the commit that was taken out last, while nothing is there. `qualified` are the commits that
    may be promoted to environments whose source this is.
    """

    commit: str | None = None
    version: str | None = None
    by: str | None = None
    held: bool = False
    stack: tuple[str, ...] = ()
    emptied: str | None = None
    qualified: frozenset[str] = frozenset()

    @property
    def earlier(self) -> tuple[str, ...]:
        """The commits that a rollback may return to, the first choice last."""
        below = tuple(each for each in self.stack if each != self.commit)
        return below if self.emptied is None else (*below, self.emptied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The tags of one counter: `out` unassigns and `into` assigns."""

    counter: int
    out: Tag | None
    into: Tag | None

    @property
    def main_tag(self) -> Tag:
        tag = self.into or self.out
        assert tag is not None
        return tag

    @property
    def action(self) -> str | None:
        return self.main_tag.action


def after(state: State, step: Step) -> State:
    """The state after a step; after an illegal step, the nearest one."""
    gone = state.commit
    if step.into is None:
        return replace(
            state,
            commit=None,
            version=None,
            by=None,
            stack=tuple(each for each in state.stack if each != gone),
            emptied=gone,
            qualified=state.qualified - {gone} if gone else state.qualified,
        )
    commit = step.into.commit
    held = State(
        commit=commit,
        version=step.into.version,
        by=step.into.by,
        held=step.action == "rollback",
        stack=(*(each for each in state.stack if each != commit), commit),
        qualified=state.qualified | {commit},
    )
    if not held.held:
        return held
    below = state.stack[: state.stack.index(commit)] if commit in state.stack else state.stack
    left = state.qualified - {gone} if gone else state.qualified
    return replace(held, stack=(*below, commit), qualified=left | {commit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One environment of one model; `states[n]` is its state after `steps[:n]`."""

    model: str
    environment: str
    steps: tuple[Step, ...]
    states: tuple[State, ...]

    @property
    def tags(self) -> Iterator[Tag]:
        for step in self.steps:
            yield from (tag for tag in (step.out, step.into) if tag is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The tags of the repository: registers by environment, versions by number, tags by tagger."""

    registers: Mapping[str, Register] = field(default_factory=dict)
    released: Mapping[str, Tag] = field(default_factory=dict)
    rejected: Mapping[str, Tag] = field(default_factory=dict)
    by: Mapping[str, Sequence[Tag]] = field(default_factory=dict)

    def register(self, environment: str) -> Register:
        """The environment; empty if no tag mentions it."""
        empty = Register(model="", environment=environment, steps=(), states=(State(),))
        return self.registers.get(environment, empty)

    def version_at(self, commit: str) -> list[str]:
        return [version for version, tag in self.released.items() if tag.commit == commit]


def sort_out(history: History) -> Log:
    """Sort the tags by subject; a history has one model."""
    released: dict[str, Tag] = {}
    rejected: dict[str, Tag] = {}
    moves: dict[str, list[Tag]] = {}
    by: dict[str, list[Tag]] = {}
    for tag in history.tags:
        name = tag.means
        by.setdefault(tag.by, []).append(tag)
        if name.environment is not None:
            moves.setdefault(name.environment, []).append(tag)
        elif name.action == "register":
            released[str(name.version)] = tag
        else:
            rejected[str(name.version)] = tag
    registers = {name: _register(name, tags) for name, tags in moves.items()}
    return Log(registers=registers, released=released, rejected=rejected, by=by)


def _register(environment: str, tags: Iterable[Tag]) -> Register:
    def counter(tag: Tag) -> int:
        return tag.means.counter or 0

    steps = []
    states = [State()]
    model = ""
    for number, group in groupby(sorted(tags, key=counter), key=counter):
        out = into = None
        for tag in group:
            model = tag.means.model
            if tag.means.action == "assign":
                into = tag
            else:
                out = tag
        steps.append(Step(counter=number, out=out, into=into))
        states.append(after(states[-1], steps[-1]))
    return Register(model=model, environment=environment, steps=tuple(steps), states=tuple(states))


def lower(one: str | None, other: str | None) -> bool:
    """Whether the first version is lower."""
    first, second = Version.parse(one or ""), Version.parse(other or "")
    return first is not None and second is not None and first < second


def is_final(version: str | None) -> bool:
    found = Version.parse(version or "")
    return found is not None and found.final
