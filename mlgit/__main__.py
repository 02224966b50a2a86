"""`python -m mlgit` and the `mlgit` script."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from mlgit.cli.main import run

    status = run(sys.argv[1:])
    gc.freeze()  # the last collection would visit every object of a program that ends anyway: 5 ms
    sys.exit(status)


if __name__ == "__main__":
    main()
