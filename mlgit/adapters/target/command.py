"""Target `command`: run the user's program in its own process group, with a time-out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.children import terminations_interrupt, without_our_tokens
from mlgit.core.deploy.deployment import NOT_STARTED
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GRACE_S = 10.0
_POLL_S = 0.05


def run(
    argv: Sequence[str],
    *,
    folder: str,
    variables: Mapping[str, str],
    timeout_s: float,
    grace_s: float = _GRACE_S,
) -> int | None:
    """Run a program without a shell and wait; its output goes to mlgit's stderr.

    `variables` are added to mlgit's environment. After `timeout_s` its whole process group is terminated, and
    after `grace_s` more it is killed.

    Returns:
        The exit code (negative: the signal that killed it), None if it took too long.

    Raises:
        ToolError: it cannot be started.
    """
    sys.stderr.flush()
    with terminations_interrupt():
        child = _start(argv, folder, without_our_tokens(os.environ) | dict(variables))
        try:
            return child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _stop(child, grace_s)
            return None
        except BaseException:
            _stop(child, grace_s)
            raise


def _start(argv: Sequence[str], folder: str, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            cwd=folder,
            env=variables,
            # A background group that reads from the terminal would be stopped forever.
            stdin=subprocess.DEVNULL,
            stdout=2,
            stderr=2,
            process_group=0,
        )
    except OSError as error:
        raise _not_started(argv[0], folder, error) from error


def _not_started(program: str, folder: str, error: OSError) -> ToolError:
    """The error about a program that the system does not start."""
    problem = f"`{program}` cannot be started: {error.strerror or error}"
    hint = "it must be a program that the user who deploys may run"
    missing = isinstance(error, FileNotFoundError)
    if any(char.isspace() for char in program):
        hint = "the list under `command:` is not a shell line; its first entry is the program alone"
    elif missing and os.sep not in program:
        problem = f"`{program}` was not found on `PATH`"
        hint = "install it here, or deploy on a machine that has it"
    elif missing and os.path.lexists(os.path.join(folder, program)):
        hint = "the program that its first line names, or that it links to, is not on this machine"
    elif missing:
        problem = f"`{program}` is not on this machine"
        hint = "a path under `command:` is from the root of the repository"
    found = ToolError(problem, hint=hint)
    found.code = NOT_STARTED
    return found


def _stop(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Terminate the whole group, then kill the rest of it; a second Ctrl-C kills at once."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    with suppress(KeyboardInterrupt):
        while _alive(child) and time.monotonic() < until:
            time.sleep(_POLL_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _alive(child: subprocess.Popen[bytes]) -> bool:
    """Whether any process of the group still runs."""
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
