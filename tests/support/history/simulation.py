"""Simulation: several users at once, an administrator who packs refs, and the final state."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlgit.core.registry.message import parse_message
from mlgit.errors import Exit
from tests.support.history import hooks
from tests.support.history.calls import Call, CloneEnd, History, Tag
from tests.support.history.commands import Run, load, recorded, run
from tests.support.history.setup import SOURCES, TAKES_PRE, build, set_up
from tests.support.history.spoiler import Spoiler
from tests.support.history.users import User, locks_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tests.support.history.setup import Setup
    from tests.support.shell import Folder

LAST_TRIES = 10
FORMAT = "%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(taggername)%00%(contents)%00%01"
OLD_LOCK_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult:
    """A history, the number of each fault, and the duration."""

    history: History
    faults: Counter[str]
    seconds: float


def simulate(
    template: Path,
    place: Path,
    *,
    transport: str,
    operations: int,
    players: int,
    seed: int,
    also: Collection[str] = (),
) -> SimulationResult:
    """Simulate operations in `place`, which must not exist yet.

    `also`: with "races", users release one commit twice at a time; with "readers", gto and dvc are queried in
    the end; with "spoiled", someone spoils tags meanwhile.
    """
    load()
    work = build(template, place)
    scratch = place / "scratch"
    scratch.mkdir()
    first = [_opening(work, scratch, number) for number in range(3)]
    with set_up(work, transport=transport, players=players, seed=seed) as setup:
        begun = time.monotonic()
        share = operations // players
        parts = [scratch / f"player{number}.pickle" for number in range(players)]
        shared = {"seed": seed, "scratch": scratch, "races": "races" in also}
        children = [
            _start(setup, part, share=share, number=number, **shared) for number, part in enumerate(parts)
        ]
        chance = random.Random(seed)  # noqa: S311 (no secret)
        spoiler = Spoiler(setup, chance, scratch) if "spoiled" in also else None
        locks = _look_after(setup, children, chance, spoiler)
        seconds = time.monotonic() - begun
        calls = list(first)
        for part in parts:
            more, broken = pickle.loads(part.read_bytes())  # noqa: S301 (our own)
            calls += more
            locks += broken
        faults = hooks.counted(setup.bare) + Counter(call.fault for call in calls if call.fault)
        faults["stale lock removed"] += locks
        for log in setup.logs:
            faults += Counter(log.read_text(encoding="utf-8").splitlines() if log.exists() else ())
        _settle(setup, calls)
        if spoiler is not None:
            spoiler.settle()
            calls += spoiler.calls
            faults += spoiler.counts
        if transport == "file":
            # On this transport the server is a child of the killed command.
            faults["stale lock removed"] += remove_old_locks(setup.bare.path, 0)
        return SimulationResult(
            history=replace(
                _end(setup, tuple(calls), scratch, readers="readers" in also),
                wounds=() if spoiler is None else tuple(spoiler.wounds),
            ),
            faults=faults,
            seconds=seconds,
        )


def _opening(work: Folder, scratch: Path, number: int) -> Call:
    argv = ("release", "line", "--commit", "--json")
    command = Run(id=f"first{number}", clone=work, argv=argv)
    ended = run(command, scratch)
    assert ended.status == Exit.DONE, ended.answer
    return recorded(command, ended, verb="release")


def _start(setup: Setup, part: Path, *, share: int, **options: Any) -> int:  # noqa: ANN401
    """Start a user in a process of its own that writes its calls to `part`; return the process id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        user = User(setup, **options)
        while len(user.calls) < share:
            user.play()
        part.write_bytes(pickle.dumps((user.calls, user.broken_locks)))
        status = 0
    except BaseException:  # noqa: BLE001 (nothing may run on in a fork)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _look_after(setup: Setup, children: list[int], chance: random.Random, spoiler: Spoiler | None) -> int:
    """While users run, pack refs at random and remove old locks as an administrator would; count these."""
    left = set(children)
    removed = 0
    try:
        while left:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child in left:
                left.discard(child)
                assert status == 0, f"a user ended with {status}"
                continue
            time.sleep(0.1)
            if spoiler is not None:
                spoiler.tick()
            if chance.random() < 0.05:
                chance.choice([setup.bare, *setup.shared]).run("git", "pack-refs", "--all")
            removed += remove_old_locks(setup.bare.path)
    finally:
        for child in left:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return removed


def remove_old_locks(folder: Path, age_s: float = OLD_LOCK_S) -> int:
    """Remove locks that no process holds any more; count them."""
    removed = 0
    for lock in locks_in(folder):
        with suppress(FileNotFoundError):
            if time.time() - lock.stat().st_mtime >= age_s:
                lock.unlink()
                removed += 1
    return removed


def _settle(setup: Setup, calls: list[Call]) -> None:
    """Wait for servers that still work on pushes that their clients gave up."""
    unsure = [call.end for call in calls if call.unsure]
    if unsure:
        time.sleep(max(0.0, max(unsure) + hooks.HANG_S + 1 - time.monotonic()))
    for name in ("pre-receive", "update", "reference-transaction", "post-receive"):
        (setup.bare / "hooks" / name).unlink()


def _end(setup: Setup, calls: tuple[Call, ...], scratch: Path, *, readers: bool) -> History:
    folders = [setup.bare.path, *(clone / ".git" for clone in setup.clones)]
    leftovers = [path for folder in folders for path in locks_in(folder)]
    clones = {}
    for clone in setup.clones:
        tags = {tag.name: tag.oid for tag in read_tags(clone)}
        clones[clone.path.name] = CloneEnd(tags=tags, answer=_last_answer(clone, scratch))
    lines = setup.bare.git("log", "--format=%H %cn", "main").splitlines()
    assigned = {tag.means.environment for tag in read_tags(setup.bare) if tag.means.action == "assign"}
    return History(
        calls=calls,
        tags=tuple(read_tags(setup.bare)),
        clones=clones,
        trunk=dict(line.split(" ", 1) for line in lines),
        leftovers=tuple(str(path) for path in leftovers),
        sources=SOURCES,
        takes_pre=TAKES_PRE,
        readers=ask_others(setup.shared[0], sorted(filter(None, assigned))) if readers else {},
    )


READERS = """\
import dvc.api, json, subprocess, sys
for name in sys.argv[1:]:
    gto = subprocess.run(["gto", "show", "line#" + name, "--version"], capture_output=True, text=True)
    try:
        dvc_answer = dvc.api.artifacts_show("line", stage=name)["rev"]
    except Exception as error:
        dvc_answer = repr(error)
    print(json.dumps([name, gto.stdout.strip() or gto.stderr, dvc_answer]))
"""


def _last_answer(clone: Folder, scratch: Path) -> Mapping[str, Any]:
    """A clone's answer after a fetch, tried again because connections still break."""
    answer: Mapping[str, Any] = {}
    for _ in range(LAST_TRIES):
        ended = run(Run(id="last", clone=clone, argv=("models", "--fetch", "--json")), scratch)
        (scratch / "last.out").unlink()
        answer = ended.answer
        if ended.status == Exit.DONE:
            break
    return answer


def ask_others(clone: Folder, environments: Iterable[str]) -> dict[str, dict[str, str]]:
    """The answers of gto and dvc about these environments."""
    answers = [
        json.loads(line) for line in clone.ok(sys.executable, "-c", READERS, *environments).splitlines()
    ]
    return {"gto": {each[0]: each[1] for each in answers}, "dvc": {each[0]: each[2] for each in answers}}


def read_tags(repository: Folder) -> list[Tag]:
    """The annotated tags of a repository, with their statements' action and version."""
    tags = []
    for entry in repository.git("for-each-ref", f"--format={FORMAT}", "refs/tags").split("\x01"):
        if not entry.strip():
            continue
        name, oid, commit, by, message, _ = entry.lstrip("\n").split("\0")
        statement = parse_message(message)
        tags.append(
            Tag(
                name=name,
                oid=oid,
                commit=commit,
                by=by,
                action=getattr(statement, "action", None),
                version=getattr(statement, "version", None),
            )
        )
    return tags
