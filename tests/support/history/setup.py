"""Setup: a bare repository and its clones, joined by a path, `git daemon` or smart HTTP."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import pipeline
from tests.support.git_server import git_server
from tests.support.history import hooks
from tests.support.processes import free_port, listens, running
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSPORTS = ("file", "daemon", "http")
CONFIG = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  r2-floor: {metric: r2, min: 0.5}
environments:
  dev: {pre: true}
  staging: {}
  prod: {from: staging}
"""
SOURCES = {"prod": "staging"}
TAKES_PRE = frozenset({"dev"})
SHARED = 2
REPOSITORY = "acme/line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`private` clones belong to one user each; several users share the `shared` ones."""

    bare: Folder
    private: tuple[Folder, ...]
    shared: tuple[Folder, ...]
    logs: tuple[Path, ...] = field(default=())

    @property
    def clones(self) -> tuple[Folder, ...]:
        return (*self.private, *self.shared)


def build(template: Path, place: Path) -> Folder:
    """A copy of the template of tests/support/pipeline.py with three environments."""
    work = pipeline.copy(template, place)
    work.write("mlgit.yaml", CONFIG)
    work.commit("Declare environments")
    work.git("push", "-q", "origin", "main")
    return work


@contextmanager
def set_up(work: Folder, *, transport: str, players: int, seed: int) -> Iterator[Setup]:
    """Serve the bare repository over a transport and make the clones; hooks fail from the first push on."""
    place = work.path.parent
    bare = Folder(place / "origin.git")
    url = str(bare.path)
    logs = []
    with ExitStack() as stack:
        if transport == "daemon":
            bare.git("config", "daemon.receivepack", "true")
            behind = stack.enter_context(_daemon(place))
            logs.append(place / "proxy.log")
            url = f"git://127.0.0.1:{stack.enter_context(_proxy(behind, seed, logs[0]))}/origin.git"
        elif transport == "http":
            server = stack.enter_context(git_server())
            bare = server.add(REPOSITORY, source=bare.path)
            logs.append(place / "proxy.log")
            front = stack.enter_context(_proxy(server.port, seed, logs[0]))
            url = server.url(REPOSITORY, user="release-app").replace(f":{server.port}/", f":{front}/")
        clones = [_clone(work, place / f"clone{number}", url) for number in range(players + SHARED)]
        hooks.install(bare)
        yield Setup(
            bare=bare, private=tuple(clones[:players]), shared=tuple(clones[players:]), logs=tuple(logs)
        )


def _clone(work: Folder, place: Path, url: str) -> Folder:
    """A copy of the clone and its data; its origin is accessed over the transport."""
    shutil.copytree(work.path, place, symlinks=True)
    clone = Folder(place)
    clone.git("remote", "set-url", "origin", url)
    return clone


@contextmanager
def _daemon(place: Path) -> Iterator[int]:
    port = free_port()
    argv = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={place}"]
    with running([*argv, "--export-all", str(place)], log=place / "daemon.log") as server:
        server.wait_until(lambda: listens(port))
        yield port


@contextmanager
def _proxy(behind: int, seed: int, log: Path) -> Iterator[int]:
    port = free_port()
    argv = [sys.executable, str(Path(__file__).with_name("proxy.py")), *map(str, (port, behind, seed, log))]
    with running(argv, log=log.with_name("proxy.err")) as server:
        server.wait_until(lambda: listens(port))
        yield port
