"""Terminal: run mlgit where a person types the answers."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.support.shell import Done

if TYPE_CHECKING:
    from tests.support.shell import Folder


def typed(folder: Folder, answers: str, *argv: str) -> Done:
    """Run mlgit with a terminal for stdin and stderr, and type these answers; stdout is a pipe."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mlgit", *argv],
        cwd=folder.path,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        os.write(ours, answers.encode())
        assert process.stdout is not None
        out, shown = process.stdout.read(), b""
        with suppress(OSError):  # the other end is closed
            while part := os.read(ours, 4096):
                shown += part
    os.close(ours)
    return Done(process.returncode, out, shown.decode().replace("\r\n", "\n"))
