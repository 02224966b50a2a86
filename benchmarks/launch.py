"""Launcher: run one command, then print its seconds, CPU seconds and peak memory as the last line of stderr.

It is a separate process that imports little: on Linux a child's peak memory is never below that of the
process that started it, and the benchmark itself is larger than some commands that it measures.
"""

from __future__ import annotations

import os
import sys
import time

_TO_MB = 1024 if sys.platform.startswith("linux") else 1024 * 1024


def main() -> int:
    """Run `sys.argv[1:]` without its output."""
    nothing = os.open(os.devnull, os.O_RDWR)
    started = time.perf_counter()
    child = os.posix_spawn(
        sys.argv[1],
        sys.argv[1:],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, nothing, 1)],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    cpu = usage.ru_utime + usage.ru_stime
    sys.stderr.write(f"\n{seconds} {cpu} {usage.ru_maxrss / _TO_MB}\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
