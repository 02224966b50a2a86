"""Spoiler: someone who spoils tags of the bare repository with plain git while others work."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tests.support.history.calls import Call, Wound
from tests.support.history.commands import Run, recorded, run
from tests.support.shell import Folder

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.support.history.setup import Setup

ENVIRONMENTS = ("dev", "staging", "prod")
NEWCOMER = "newcomer"
"""The clones of those who begin while a tag is spoiled are named like this."""
_NEVER = float("inf")
_FORMAT = "%(refname:strip=2)%00%(objectname)%00%(*objectname)"


class _Ref(NamedTuple):
    """An object of a tag, and the commit that it is on."""

    oid: str
    commit: str


class Spoiler:
    """Spoils one tag at a time; `wounds` are those so far, `calls` what newcomers saw of them."""

    def __init__(self, setup: Setup, chance: random.Random, scratch: Path) -> None:
        self.setup = setup
        self.chance = chance
        self.scratch = scratch
        self.wounds: list[Wound] = []
        self.calls: list[Call] = []
        self._open: Wound | None = None
        self._repair: tuple[str, ...] = ()
        self._kept: list[tuple[str, ...]] = []
        self._next = time.monotonic() + 0.5

    @property
    def counts(self) -> Counter[str]:
        return Counter(f"{wound.kind} tag" for wound in self.wounds)

    def tick(self) -> None:
        """Spoil a tag or repair it if it is time, and let a newcomer look."""
        if time.monotonic() < self._next:
            return
        if self._open is not None:
            self.repair()
        else:
            kinds = (self._foreign, self._lightweight, self._deleted, self._moved)
            self.chance.choice(kinds)(self.chance.choice(ENVIRONMENTS), self._refs())
            if self._open is not None and self.chance.random() < 0.5:
                self._newcomer()
        # A moved release stops the commands of all who know it.
        moved = self._open is not None and self._open.kind == "moved"
        self._next = time.monotonic() + self.chance.uniform(0.1, 0.5 if moved else 2.0)

    def repair(self) -> None:
        """Put back what is spoiled now, and try again until git did it.

        A tag that was added stays to the end if others went on after it: its number must not be free again.
        """
        if self._open is None:
            return
        name = self._open.environment
        added = self._open.kind in {"foreign", "lightweight"}
        if added and name is not None and _newest(name, self._refs()) > self._open.counter:
            self._kept.append(self._repair)
            self._open = None
            return
        healing = time.monotonic()
        if self._git(*self._repair):
            closed = replace(self._open, healing=healing, healed=time.monotonic())
            self.wounds[-1] = closed
            self._open = None

    def settle(self) -> None:
        """Repair all, and take from the clones what the repository has no more."""
        while self._open is not None:
            self.repair()
        for repair in self._kept:
            self._git(*repair)
        there = self._refs()
        for clone in self.setup.clones:
            for tag in {wound.tag for wound in self.wounds}:
                ref = f"refs/tags/{tag}"
                if tag in there:
                    clone.git("fetch", "-q", "--force", str(self.setup.bare.path), f"{ref}:{ref}")
                else:
                    clone.git("update-ref", "-d", ref)

    def _foreign(self, name: str, refs: dict[str, _Ref]) -> None:
        tag, commit = self._next_tag(name, refs), self._some_commit(refs)
        self._hurt("foreign", tag, ("tag", "-a", "-m", "by hand", tag, commit), _deletes(tag))

    def _lightweight(self, name: str, refs: dict[str, _Ref]) -> None:
        tag, commit = self._next_tag(name, refs), self._some_commit(refs)
        self._hurt("lightweight", tag, ("tag", tag, commit), _deletes(tag))

    def _deleted(self, name: str, refs: dict[str, _Ref]) -> None:
        """The tag that puts a version there is deleted, and the one that takes the former one out stays."""
        number = _newest(name, refs)
        tag = f"line#{name}#{number}"
        if tag in refs and f"line#{name}!#{number}" in refs:
            oid = refs[tag].oid
            delete = ("update-ref", "-d", f"refs/tags/{tag}", oid)
            self._hurt("deleted", tag, delete, ("update-ref", f"refs/tags/{tag}", oid, "0" * len(oid)))

    def _moved(self, name: str, refs: dict[str, _Ref]) -> None:
        """The release of what was promoted last is put onto another commit."""
        live = refs.get(f"line#{name}#{_newest(name, refs)}")
        mine = [tag for tag in _releases(refs) if live is not None and refs[tag].commit == live.commit]
        if mine:
            tag = mine[-1]
            others = [refs[other].commit for other in _releases(refs) if other not in mine]
            spoil = ("tag", "-f", "-a", "-m", "moved", tag, self.chance.choice(others))
            repair = ("update-ref", f"refs/tags/{tag}", refs[tag].oid)
            self._hurt("moved", tag, spoil, repair)

    def _hurt(self, kind: str, tag: str, spoil: tuple[str, ...], repair: tuple[str, ...]) -> None:
        start = time.monotonic()
        if self._git(*spoil):
            done = time.monotonic()
            self._open = Wound(kind=kind, tag=tag, start=start, done=done, healing=_NEVER, healed=_NEVER)
            self._repair = repair
            self.wounds.append(self._open)

    def _newcomer(self) -> None:
        """Someone clones the repository now, and looks."""
        place = self.scratch / f"{NEWCOMER}{len(self.calls)}"
        if self.setup.bare.run("git", "clone", "-q", str(self.setup.bare.path), str(place)).status:
            return
        command = Run(id=place.name, clone=Folder(place), argv=("models", "--fetch", "--json"))
        self.calls.append(recorded(command, run(command, self.scratch), verb="models"))

    def _next_tag(self, name: str, refs: dict[str, _Ref]) -> str:
        return f"line#{name}#{_newest(name, refs) + 1}"

    def _some_commit(self, refs: dict[str, _Ref]) -> str:
        return refs[self.chance.choice(_releases(refs))].commit

    def _refs(self) -> dict[str, _Ref]:
        lines = self.setup.bare.git("for-each-ref", f"--format={_FORMAT}", "refs/tags").splitlines()
        parts = [line.split("\0") for line in lines]
        return {name: _Ref(oid, commit or oid) for name, oid, commit in parts}

    def _git(self, *argv: str) -> bool:
        """Whether git did it; without the hooks, which are those of pushes."""
        return self.setup.bare.run("git", "-c", "core.hooksPath=/dev/null", *argv).status == 0


def _deletes(tag: str) -> tuple[str, ...]:
    return ("update-ref", "-d", f"refs/tags/{tag}")


def _releases(refs: dict[str, _Ref]) -> list[str]:
    return [tag for tag in refs if tag.startswith("line@") and not tag.endswith("!")]


def _newest(name: str, refs: dict[str, _Ref]) -> int:
    """The highest counter of an environment."""
    numbers = [
        int(tag.rpartition("#")[2]) for tag in refs if tag.startswith((f"line#{name}#", f"line#{name}!#"))
    ]
    return max(numbers, default=0)
