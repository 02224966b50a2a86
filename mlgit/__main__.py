"""`python -m mlgit` and the `mlgit` script."""

from __future__ import annotations

import gc
import os
import sys

# What they loaded has things to finish when the program ends: temporary files, threads, measurements.
_TIDY_AT_EXIT = ("dvc", "coverage")


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Most runs last a tenth of a second: looking for garbage in them, and taking every module apart at the
    # end, cost together as much as comparing fifty metric files.
    gc.set_threshold(100_000, 50, 50)
    from mlgit.cli.main import run

    status = run(sys.argv[1:])
    if any(name in sys.modules for name in _TIDY_AT_EXIT):
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue  # `run` flushed already and told what went wrong
    os._exit(status)


if __name__ == "__main__":
    main()
