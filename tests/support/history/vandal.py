"""Vandal: one person works, another spoils tags with plain git, and a model of its own has the right answers.

`python -m tests.support.history.vandal --operations 300 --seed 7` plays foreign, lightweight, deleted and
moved tags between promotions, rollbacks, unassignments and releases. After each operation `models` and `get`
must answer what the model has: the version, nothing, or that it is not known. Commands that act on what is
not known must end with an error.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.history.setup import build
from tests.support.history.wounds import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Done, Folder

ENVIRONMENTS = ("dev", "staging")


@dataclass(slots=True)
class Step:
    """One change of an environment; `version` is None if it was emptied, `foreign` if another tool did it."""

    version: str | None
    tags: tuple[str, ...]
    rollback: bool = False
    foreign: bool = False


@dataclass(slots=True)
class Wound:
    """What is spoiled now: the environments that are not known because of it, and how to undo it."""

    kind: str
    unknown: frozenset[str]
    heal: Callable[[], None]
    version: str | None = None


@dataclass(slots=True)
class Vandal:
    """The repository, the model of it, and what was found wrong."""

    folder: Folder
    chance: random.Random
    steps: dict[str, list[Step]] = field(default_factory=lambda: {name: [] for name in ENVIRONMENTS})
    released: list[str] = field(default_factory=list)
    wound: Wound | None = None
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def play(self) -> None:
        """One random operation, and a look at the result."""
        name = self.chance.choice(ENVIRONMENTS)
        verb: Callable[[str], None]
        if self.wound is not None:
            verb = self.chance.choice((self.heal, self.try_to_act, self.try_to_act))
        else:
            verb = self.chance.choice(
                (
                    *(self.promote, self.promote, self.promote, self.rollback, self.unassign, self.release),
                    *(self.foreign, self.lightweight, self.deleted, self.moved),
                )
            )
        verb(name)
        self.look(self.chance.choice(ENVIRONMENTS))

    def live(self, name: str) -> str | None:
        return next((step.version for step in reversed(self.steps[name]) if not step.foreign), None)

    def known(self, name: str) -> bool:
        """Whether it is known what is there: an empty environment with a foreign tag may not be empty."""
        if self.wound is not None and name in self.wound.unknown:
            return False
        steps = self.steps[name]
        return self.live(name) is not None or not steps or not steps[-1].foreign

    def release(self, _: str = "") -> None:
        done = self._run("release", "line", "--commit", "--force")
        self.released.append(done.json()["version"])

    def promote(self, name: str) -> None:
        version = self.chance.choice(self.released)
        done = self._run("promote", f"line@{version}", "--to", name, "--downgrade")
        self._note(name, done, version)

    def rollback(self, name: str) -> None:
        earlier = self._earlier(name)
        if not self.known(name):
            return
        argv = ("rollback", "line", "--env", name, "-m", "worse", "--again")
        done = self._run(*argv, status=Exit.DONE if earlier else Exit.STATE)
        if earlier:
            self._note(name, done, earlier[-1], rollback=True)

    def unassign(self, name: str) -> None:
        if self.live(name) is not None:
            self._note(name, self._run("unassign", "line", "--env", name), None)

    def foreign(self, name: str) -> None:
        """A tag without a statement, as another tool makes it."""
        tag = self._next_tag(name)
        self.folder.git("tag", "-a", "-m", "by hand", tag, f"line@{self.chance.choice(self.released)}^{{}}")
        self._push(tag)
        self.steps[name].append(Step("?", (tag,), foreign=True))
        self.counts["spoiled: foreign tag"] += 1

    def lightweight(self, name: str) -> None:
        tag = self._next_tag(name)
        self.folder.git("tag", tag, f"line@{self.chance.choice(self.released)}^{{}}")
        self._push(tag)
        self._hurt(Wound("lightweight tag", frozenset({name}), lambda: self._delete(tag)))

    def deleted(self, name: str) -> None:
        """One of the two tags of the newest change is deleted."""
        newest = next((step for step in reversed(self.steps[name]) if not step.foreign), None)
        if newest is None or len(newest.tags) < 2:  # nothing shows that a single tag was there
            return
        tag = newest.tags[-1]
        oid = self.folder.git("rev-parse", f"refs/tags/{tag}")
        self._delete(tag)
        heal = self._restorer(tag, oid)
        self._hurt(Wound("deleted tag", frozenset({name}), heal, version=newest.version))

    def moved(self, name: str) -> None:
        """The release of what is live is put onto another commit."""
        version = self.live(name)
        others = [each for each in self.released if each != version]
        if version is None or not others:
            return
        tag = f"line@{version}"
        oid = self.folder.git("rev-parse", f"refs/tags/{tag}")
        self.folder.git("tag", "-f", "-a", "-m", "moved", tag, f"line@{self.chance.choice(others)}^{{}}")
        self._push(tag)
        unknown = frozenset(each for each in ENVIRONMENTS if self.live(each) == version)
        self._hurt(Wound("moved release", unknown, self._restorer(tag, oid)))

    def heal(self, _: str) -> None:
        assert self.wound is not None
        self.wound.heal()
        self.wound = None
        self.counts["healed"] += 1

    def try_to_act(self, _: str) -> None:
        """Commands that act on an environment that is not known; none may succeed."""
        wound = self.wound
        assert wound is not None
        name = self.chance.choice(sorted(wound.unknown))
        argvs = [("get", f"line#{name}", "-o", "never"), ("diff", f"line#{name}")]
        others = [each for each in self.released if each != wound.version]
        if wound.kind != "moved release":
            argvs.append(("rollback", "line", "--env", name, "-m", "worse"))
            argvs += [("promote", f"line@{each}", "--to", name, "--downgrade") for each in others[:1]]
        self._run(*self.chance.choice(argvs), status=Exit.STATE)
        self.counts["refused"] += 1

    def look(self, name: str) -> None:
        """What `models` and `get` say about the environments."""
        right = {each: self.live(each) if self.known(each) else None for each in ENVIRONMENTS}
        (model,) = self._run("models").json()["models"]
        for entry in model["environments"]:
            each = entry["environment"]
            if each in right and shown(entry) != right[each]:
                self.wrong.append(f"models shows {shown(entry)} in {each}, and {right[each]} is right")
        status = Exit.STATE if right[name] is None else Exit.DONE
        done = self._run("get", f"line#{name}", "-o", "got", "--force", status=status)
        if done.status == Exit.DONE and done.json()["version"] != right[name]:
            self.wrong.append(f"get takes {done.json()['version']} from {name} instead of {right[name]}")

    def _run(self, *argv: str, status: int = Exit.DONE) -> Done:
        self.counts[argv[0]] += 1
        done = self.folder.here(*argv, "--json")
        if done.status != status:
            wound = "nothing" if self.wound is None else self.wound.kind
            self.wrong.append(f"{' '.join(argv)} ends with {done.status}, spoiled: {wound}: {done.err}")
        return done

    def _note(self, name: str, done: Done, version: str | None, *, rollback: bool = False) -> None:
        if done.status != Exit.DONE:
            return
        answer = done.json()
        if version is not None and answer["version"] != version:
            self.wrong.append(f"{answer['action']} of {name} takes {answer['version']}, not {version}")
        if not answer["already"]:
            tags = tuple(tag["name"] for tag in answer["tags"])
            self.steps[name].append(Step(version, tags, rollback=rollback))

    def _earlier(self, name: str) -> list[str]:
        """The versions that a rollback can go back to, the first choice last."""
        earlier = [version for version in self._stack(name) if version != self.live(name)]
        mine = [step.version for step in self.steps[name] if not step.foreign]
        emptied = mine[-2] if mine[-1:] == [None] else None
        return earlier if emptied is None else [*earlier, emptied]

    def _stack(self, name: str) -> list[str]:
        """The versions that were put there and not taken out since, the newest last."""
        found: list[str] = []
        for step in self.steps[name]:
            if step.foreign:
                continue
            if step.version is None:
                found = found[:-1]
            elif step.rollback and step.version in found:
                del found[found.index(step.version) + 1 :]
            else:
                found = [*(each for each in found if each != step.version), step.version]
        return found

    def _next_tag(self, name: str) -> str:
        numbers = [int(tag.rpartition("#")[2]) for step in self.steps[name] for tag in step.tags]
        return f"line#{name}#{max(numbers, default=0) + 1}"

    def _hurt(self, wound: Wound) -> None:
        self.wound = wound
        self.counts[f"spoiled: {wound.kind}"] += 1

    def _push(self, tag: str) -> None:
        self.folder.git("push", "-q", "--force", "origin", f"refs/tags/{tag}")

    def _delete(self, tag: str) -> None:
        self.folder.git("push", "-q", "origin", f":refs/tags/{tag}")
        self.folder.git("tag", "-d", tag)

    def _restorer(self, tag: str, oid: str) -> Callable[[], None]:
        def restore() -> None:
            self.folder.git("update-ref", f"refs/tags/{tag}", oid)
            self._push(tag)

        return restore


def ravage(template: Path, place: Path, *, operations: int, seed: int) -> Vandal:
    """Play operations in `place`, which must not exist yet."""
    vandal = Vandal(build(template, place), random.Random(seed))  # noqa: S311 (no secret)
    for _ in range(3):
        vandal.release()
    for number in range(operations):
        vandal.play()
        if vandal.wrong:
            vandal.wrong = [f"operation {number}: {each}" for each in vandal.wrong]
            break
    return vandal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.history.vandal", description=__doc__)
    parser.add_argument("--operations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    from tests.support.history.__main__ import _pin

    with tempfile.TemporaryDirectory(prefix="mlgit-vandal-") as folder:
        place = Path(folder)
        _pin(place)
        pipeline.build(place / "template")
        begun = time.monotonic()
        vandal = ravage(place / "template", place / "work", operations=asked.operations, seed=asked.seed)
    print(f"{asked.operations} operations in {time.monotonic() - begun:.0f} s")
    for what, count in sorted(vandal.counts.items()):
        print(f"  {count:5} {what}")
    for each in vandal.wrong:
        print(f"WRONG {each}")
    return 1 if vandal.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
