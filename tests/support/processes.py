"""Processes: servers that tests start on loopback, each in its own process group and stopped by its id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

# If the test process is killed, its end of the pipe closes, and the shell ends the server's group.
LEASH = 'exec 3<&0; "$@" </dev/null & server=$!; { cat <&3 >/dev/null; kill 0; } & wait "$server"'


def free_port() -> int:
    """A free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether a server answers on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float = 30) -> None:
        """Wait until the server is ready; if it does not start, raise an error with its log."""
        end = time.monotonic() + timeout_s
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                output = self.log.read_text(encoding="utf-8", errors="replace")
                message = f"{self.process.args!r} did not start:\n{output}"
                raise RuntimeError(message)
            time.sleep(0.02)


@contextmanager
def running(argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run a server during the block; its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["sh", "-c", LEASH, "sh", *argv],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=None if env is None else os.environ | env,
            start_new_session=True,
        )
    try:
        yield Server(process, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        assert process.stdin is not None
        process.stdin.close()
