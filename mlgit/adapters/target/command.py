"""Target `command`: the user's program, in a process group of its own, with a time-out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.children import terminations_interrupt, without_our_tokens
from mlgit.core.record import record
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GRACE_S = 10.0
_EVERY_S = 0.05


@record
class Ended:
    """How it ended: the exit code (negative: the signal that killed it), None when it was too slow."""

    status: int | None


def run(
    argv: Sequence[str],
    *,
    folder: str,
    variables: Mapping[str, str],
    timeout_s: float,
    grace_s: float = _GRACE_S,
) -> Ended:
    """Run a program and wait; what it prints goes to our stderr.

    Args:
        argv: program and arguments; no shell reads them.
        folder: where it is started.
        variables: added to our environment.
        timeout_s: when it must have ended; then its whole group is asked to end, and killed.
        grace_s: how long it may take to end when it is asked to.

    Raises:
        ToolError: it cannot be started.
    """
    env = without_our_tokens(os.environ) | dict(variables)
    sys.stderr.flush()
    with terminations_interrupt():
        try:
            child = subprocess.Popen(
                list(argv),
                cwd=folder,
                env=env,
                # A group in the background that reads from the terminal would be stopped for ever.
                stdin=subprocess.DEVNULL,
                stdout=2,
                stderr=2,
                process_group=0,
            )
        except OSError as error:
            raise _cannot_start(argv[0], error) from error
        try:
            return Ended(status=child.wait(timeout_s))
        except subprocess.TimeoutExpired:
            _stop(child, grace_s)
            return Ended(status=None)
        except BaseException:
            _stop(child, grace_s)
            raise


def _cannot_start(program: str, error: OSError) -> ToolError:
    reason = error.strerror or str(error)
    return ToolError(
        f"`{program}` cannot be started: {reason}",
        hint="the list under `command:` is no shell line: the program is its first entry",
    )


def _stop(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """End the whole group: ask, then kill what is left of it; a second Ctrl-C kills at once."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    with suppress(KeyboardInterrupt):
        while _alive(child) and time.monotonic() < until:
            time.sleep(_EVERY_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _alive(child: subprocess.Popen[bytes]) -> bool:
    """Whether anybody of the group is left."""
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
