"""Users: choose each command at random (promote, roll back, release, read); some are killed."""

from __future__ import annotations

import os
import random
import re
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.history.commands import YEARS, Death, Ended, Run, recorded, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.history.calls import Call
    from tests.support.history.setup import Setup
    from tests.support.shell import Folder

ENVIRONMENTS = ("dev", "staging", "prod")
VERSION = re.compile(r"line@(v[^!]+)")
DELETE = re.compile(r"`git tag -d '?([^'`]+)")
DEADLY = 0.16
SKEWED = 0.25


class User:
    """One of several users; `number` seeds its choices and the names of its calls.

    With `races`, users give one commit versions of their own choice at the same time.
    """

    def __init__(self, setup: Setup, *, number: int, seed: int, scratch: Path, races: bool) -> None:
        self.setup = setup
        self.number = number
        self.chance = random.Random(f"{seed}/{number}")  # noqa: S311 (no secret)
        self.scratch = scratch
        self.home = setup.private[number]
        self.fresh: float | None = None
        """The time of the state that `home` knows; None if unknown."""
        self.calls: list[Call] = []
        self.broken_locks = 0
        self.verbs: dict[Callable[[], None], int] = {
            self.promote: 30,
            self.rollback: 14,
            self.unassign: 5,
            self.release: 8,
            self.work: 5 if races else 1,
            self.release_here: 7 if races else 0,
            self.deregister: 3,
            self.promote_stale: 6,
            self.publish: 6,
            self.read: 20,
        }

    def play(self) -> None:
        (verb,) = self.chance.choices([*self.verbs], [*self.verbs.values()])
        verb()

    def promote(self) -> None:
        asked = self._promotion_options()
        self._do(self._somewhere(), _promotion(asked), verb="promote", **asked)

    def promote_stale(self) -> None:
        """Promote without fetching first, as from a mirror that lags behind."""
        if self.fresh is None:
            return self.read()
        asked = self._promotion_options()
        return self._do(self.home, _promotion(asked), verb="promote", fetches=False, **asked)

    def publish(self) -> None:
        """`promote --local`, and later `mlgit push`."""
        if self.fresh is None:
            return
        asked = self._promotion_options()
        first = self._command(self.home, [*_promotion(asked), "--local"])
        first.death = None
        local = run(first, self.scratch)
        if local.status == Exit.DONE and not local.answer["already"]:
            command = Run(id=first.id, clone=self.home, argv=("push", "-q", "--json"), death=self._death())
            pushed = run(command, self.scratch)
            answer = local.answer | {"pushed": True} if pushed.status == Exit.DONE else _error_of(pushed)
            # What a push leaves out, because this clone may not know enough, is as if it had been killed.
            left = pushed.status == Exit.DONE and not _sent(local, pushed)
            status = None if left else pushed.status
            local = Ended(start=local.start, end=pushed.end, status=status, answer={} if left else answer)
            first = command
        self._note(first, local, seen=self.fresh, verb="promote", asked=asked)
        if local.status != Exit.DONE:
            self._discard(first.id)

    def rollback(self) -> None:
        environment = self.chance.choice(ENVIRONMENTS)
        version = self.chance.choice(self._versions()) if self.chance.random() < 0.2 else None
        to = ["--again"] if version is None else ["--to", version]
        argv = ["rollback", "line", "--env", environment, "-m", "it is worse", *to]
        self._do(self._somewhere(), argv, verb="rollback", environment=environment, version=version)

    def unassign(self) -> None:
        environment = self.chance.choice(ENVIRONMENTS)
        argv = ["unassign", "line", "--env", environment]
        self._do(self._somewhere(), argv, verb="unassign", environment=environment)

    def deregister(self) -> None:
        version = self.chance.choice(self._versions())
        self._do(self._somewhere(), ["deregister", f"line@{version}"], verb="deregister", version=version)

    def release(self) -> None:
        """The next number, on an empty commit that goes to trunk with it."""
        self._pull()
        bump = self.chance.choice(["patch", "patch", "minor", "major"])
        pre = ["--pre", "rc"] if self.chance.random() < 0.3 else []
        self._do(self.home, ["release", "line", "--commit", "--bump", bump, *pre], verb="release")

    def work(self) -> None:
        """Push a commit to trunk; undo it if someone else was first."""
        self._pull()
        self.home.git("commit", "-q", "--allow-empty", "-m", "More work")
        if self.home.run("git", "push", "-q", "origin", "HEAD:main").status:
            self.home.git("reset", "-q", "--hard", "HEAD~1")

    def release_here(self) -> None:
        """Release a chosen number on the tip of trunk; two at once have different tags."""
        self._pull()
        version = f"v{self.chance.randrange(50, 500)}.0.0"
        self._do(self.home, ["release", f"line@{version}", "--force"], verb="release", version=version)

    def read(self) -> None:
        clone = self._somewhere()
        kind = self.chance.choice(["models", "show", "history"])
        environment = self.chance.choice(ENVIRONMENTS)
        argv = {
            "models": ["models", "--fetch"],
            "show": ["show", f"line#{environment}", "--fetch"],
            "history": ["history", "line", "--fetch"],
        }[kind]
        self._do(clone, argv, verb=kind, environment=environment if kind == "show" else None)

    def _do(self, clone: Folder, argv: list[str], *, verb: str, fetches: bool = True, **asked: Any) -> None:  # noqa: ANN401
        command = self._command(clone, argv)
        command.fetches = fetches
        ended = run(command, self.scratch)
        self._note(command, ended, seen=None if fetches else self.fresh, verb=verb, asked=asked)
        self._follow(clone, str(ended.answer.get("error", {}).get("hint")))

    def _follow(self, clone: Folder, hint: str) -> None:
        """Delete the tag that a hint says to delete, because the repository has it no more."""
        found = DELETE.search(hint)
        if found is not None:
            clone.run("git", "tag", "-d", found[1])
            self.fresh = None if clone is self.home else self.fresh

    def _note(
        self, command: Run, ended: Ended, *, seen: float | None, verb: str, asked: dict[str, Any]
    ) -> None:
        self.calls.append(recorded(command, ended, seen=seen, verb=verb, **asked))
        if command.clone is self.home and seen is None:
            self.fresh = ended.start if ended.status in {Exit.DONE, Exit.BLOCKED, Exit.STATE} else None
        elif command.clone is self.home and ended.status is None:
            self.fresh = None
        if ended.status is None and command.death is not None and command.death.group:
            self._break_locks(command.clone)

    def _command(self, clone: Folder, argv: list[str]) -> Run:
        name = f"p{self.number}-{len(self.calls):04}"
        return Run(id=name, clone=clone, argv=[*argv, "--json"], death=self._death(), skew=self._skew())

    def _promotion_options(self) -> dict[str, Any]:
        versions = self._versions()
        # Mostly newer ones, because a promotion of an old one is usually refused.
        version = self.chance.choice([*versions, *versions[-4:] * 3, None])
        environment = self.chance.choice(ENVIRONMENTS)
        if environment == "prod" and self.chance.random() < 0.6:
            version = None
        return {
            "environment": environment,
            "version": version,
            "downgrade": self.chance.random() < 0.4,
        }

    def _versions(self) -> list[str]:
        """The versions that this clone knows; sometimes with rejected ones."""
        tags = self.home.git("tag", "--list", "--sort=creatordate", "line@v*").splitlines()
        if self.chance.random() < 0.8:
            tags = [tag for tag in tags if f"{tag}!" not in tags]
        found = (VERSION.fullmatch(tag) for tag in tags)
        return [match[1] for match in found if match] or ["v1.0.0"]

    def _somewhere(self) -> Folder:
        return self.home if self.chance.random() < 0.6 else self.chance.choice(self.setup.shared)

    def _death(self) -> Death | None:
        if self.chance.random() > DEADLY:
            return None
        group = self.chance.random() < 0.5
        if self.chance.random() < 0.4:
            return Death(seconds=self.chance.random() * 0.4, group=group)
        return Death(at_git=self.chance.randrange(1, 22), after=self.chance.random() < 0.6, group=group)

    def _skew(self) -> timedelta:
        if self.chance.random() > SKEWED:
            return timedelta()
        return self.chance.choice([YEARS, -YEARS, timedelta(minutes=7), timedelta(hours=-5)])

    def _pull(self) -> None:
        """Pull trunk before a release; if the server does not answer, keep the local state."""
        if self.home.run("git", "fetch", "-q", "origin", "main").status == 0:
            self.home.git("reset", "-q", "--hard", "FETCH_HEAD")

    def _discard(self, name: str) -> None:
        """Delete tags that were written only in this clone."""
        lines = self.home.git("for-each-ref", "--format=%(refname) %(taggername)", "refs/tags").splitlines()
        for ref, _, by in (line.partition(" ") for line in lines):
            if by == name:
                self.home.git("update-ref", "-d", ref)

    def _break_locks(self, clone: Folder) -> None:
        """Remove the locks that a killed git left."""
        for lock in locks_in(clone / ".git"):
            with suppress(FileNotFoundError):
                lock.unlink()
                self.broken_locks += 1


def locks_in(folder: Path) -> list[Path]:
    """The lock files below a folder that others write to."""
    return [
        folder / place / name for place, _, names in os.walk(folder) for name in names if name[-5:] == ".lock"
    ]


def _promotion(asked: dict[str, Any]) -> list[str]:
    target = "line" if asked["version"] is None else f"line@{asked['version']}"
    more = ["--downgrade"] if asked["downgrade"] else []
    return ["promote", target, "--to", asked["environment"], *more]


def _sent(local: Ended, pushed: Ended) -> bool:
    """Whether a push sent all tags of a change."""
    sent = {each["tag"] for each in pushed.answer["tags"] if each["step"] != "skipped"}
    return sent.issuperset(each["name"] for each in local.answer["tags"])


def _error_of(ended: Ended) -> dict[str, Any]:
    return ended.answer if "error" in ended.answer else {}
