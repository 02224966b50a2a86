"""Dying: run mlgit and kill it (SIGKILL) at the n-th change of a folder: `python dying.py FOLDER ARGUMENT…`.

Each line of stdin is one n. Each run is a fork of one process, so mlgit and DVC are imported once. The output
is a line with the exit status (negative for a signal) and the number of changes begun. With n = 0 the run is
not killed. A write is killed half-way. mlgit itself is not changed for this.
"""

from __future__ import annotations

import mmap
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WATCHED = ("mkdir", "rename", "replace", "symlink", "unlink", "rmdir", "fsync", "ftruncate")
# Modules that a deployment imports late.
LOADED = (
    "mlgit.cli.deploy",
    "mlgit.cli.main",
    "mlgit.operations.deploy",
    "mlgit.project.deploy.local",
    "mlgit.project.opening",
    "mlgit.adapters.dvc.engine.contents",
    "mlgit.render.pages.deploy",
    "dvc.repo",
    "dvc_data.hashfile.hash",
)
_COUNT_BYTES = 8


class Death:
    """Counts the changes of a folder, and kills the process at one of them."""

    def __init__(self, folder: str, at: int) -> None:
        self.folder = os.path.realpath(folder)
        self.at = at
        # Shared with the parent process, which reads it after this one was killed.
        self._count = mmap.mmap(-1, _COUNT_BYTES)

    @property
    def count(self) -> int:
        return int.from_bytes(self._count[:], "little")

    def concerns(self, argument: Any) -> bool:  # noqa: ANN401 (a path or a descriptor)
        if isinstance(argument, int):
            argument = os.readlink(f"/proc/self/fd/{argument}")
        path = os.fsdecode(argument)
        return path == self.folder or path.startswith(self.folder + os.sep)

    def due(self) -> bool:
        self._count[:] = (self.count + 1).to_bytes(_COUNT_BYTES, "little")
        return self.count == self.at

    def watch(self) -> None:
        for name in WATCHED:
            setattr(os, name, self._before(getattr(os, name)))
        os.pwrite = self._torn_write(os.pwrite)
        shutil.copyfile = self._torn_copy(shutil.copyfile)

    def _before(self, function: Any) -> Any:  # noqa: ANN401 (any function of os)
        def watched(first: Any, *more: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            named = [first, *(each for each in more[:1] if isinstance(each, (str, bytes)))]
            if any(self.concerns(each) for each in named) and self.due():
                die()
            return function(first, *more, **kwargs)

        return watched

    def _torn_write(self, function: Any) -> Any:  # noqa: ANN401
        def watched(descriptor: int, content: bytes, offset: int) -> int:
            if self.concerns(descriptor) and self.due():
                function(descriptor, content[: len(content) // 2], offset)
                die()
            written: int = function(descriptor, content, offset)
            return written

        return watched

    def _torn_copy(self, function: Any) -> Any:  # noqa: ANN401
        def watched(source: str, target: str) -> Any:  # noqa: ANN401
            if self.concerns(target) and self.due():
                with open(source, "rb") as whole, open(target, "wb") as half:
                    half.write(whole.read()[:5])
                die()
            return function(source, target)

        return watched


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Ended(NamedTuple):
    """The exit status of a run, and the number of changes it had begun."""

    status: int
    changes: int


@contextmanager
def deaths(folder: Path, *argv: str, cwd: Path, log: Path) -> Iterator[Callable[[int], Ended]]:
    """Yield a function that runs mlgit and kills it at the n-th change; output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder), *argv],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": os.getcwd()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )

    def die_at(at: int) -> Ended:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{at}\n")
        process.stdin.flush()
        status, changes = process.stdout.readline().split()
        return Ended(int(status), int(changes))

    try:
        yield die_at
    finally:
        process.communicate(timeout=60)


def main() -> int:
    for name in LOADED:
        import_module(name)
    folder, *argv = sys.argv[1:]
    for line in sys.stdin:
        death = Death(folder, int(line))
        child = os.fork()
        if child == 0:
            os._exit(_run(death, argv))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {death.count}\n")
        sys.stdout.flush()
    return 0


def _run(death: Death, argv: list[str]) -> int:
    from mlgit.cli.main import run

    # The parent reads results from stdout.
    os.dup2(2, 1)
    death.watch()
    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
