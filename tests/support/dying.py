"""Run mlgit and be killed (SIGKILL) at the n-th change of a folder: `python dying.py FOLDER N ARGUMENT…`.

With N = 0 it is only counted, and the count is written to the file that `DYING_COUNT` names. A write dies
half way. Nothing in mlgit knows about this.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import Any

WATCHED = ("mkdir", "rename", "replace", "symlink", "unlink", "rmdir", "fsync", "ftruncate")


class Death:
    """Counts what is done to a folder, and ends the process when its time has come."""

    def __init__(self, folder: str, at: int) -> None:
        self.folder = os.path.realpath(folder)
        self.at = at
        self.count = 0

    def concerns(self, argument: Any) -> bool:  # noqa: ANN401 (a path or a descriptor)
        if isinstance(argument, int):
            argument = os.readlink(f"/proc/self/fd/{argument}")
        path = os.fsdecode(argument)
        return path == self.folder or path.startswith(self.folder + os.sep)

    def due(self) -> bool:
        self.count += 1
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


def main() -> int:
    from mlgit.cli.main import run

    death = Death(sys.argv[1], int(sys.argv[2]))
    death.watch()
    status = run(sys.argv[3:])
    if death.at == 0:
        with open(os.environ["DYING_COUNT"], "w", encoding="utf-8") as file:
            file.write(str(death.count))
    return status


if __name__ == "__main__":
    sys.exit(main())
