"""`python -m tests.differential`: many seeds, many steps, and their results."""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.differential.machine import TALLY, DisagreementError, DvcMachine
from tests.support.shell import pinned_environment


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=2000, help="steps over all seeds, at least")
    parser.add_argument("--length", type=int, default=40, help="steps per repository")
    parser.add_argument(
        "--keep-going", action="store_true", help="list every disagreement instead of shrinking the first"
    )
    parser.add_argument(
        "--shrink", action="store_true", help="make a disagreement as short as possible (takes long)"
    )
    asked = parser.parse_args()
    _pin()
    TALLY.keep_going = asked.keep_going
    # Hypothesis begins with the simplest example, which has hardly any steps.
    examples = 1 + math.ceil(1.25 * asked.steps / asked.seeds / asked.length)
    started = time.monotonic()
    failed = 0
    for number in range(asked.first, asked.first + asked.seeds):
        before = TALLY.steps
        failed += _turn(number, asked.length, examples=examples, shrink=asked.shrink)
        print(
            f"seed {number}: {TALLY.steps - before} steps, "
            f"{len(TALLY.disagreements) + failed} disagreements so far, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    _report(asked.seeds, time.monotonic() - started)
    return 1 if failed or TALLY.disagreements else 0


def _turn(number: int, length: int, *, examples: int, shrink: bool) -> int:
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        database=None,
        phases=phases,
        verbosity=Verbosity.normal,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(DvcMachine), settings=chosen)
    except DisagreementError as found:
        print(f"seed {number}: {found}", flush=True)
        return 1
    return 0


def _pin() -> None:
    home = Path(tempfile.mkdtemp(prefix="machine-home-"))
    (home / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n", encoding="utf-8")
    pinned = pinned_environment(home)
    os.environ.clear()
    os.environ.update(pinned)


def _report(seeds: int, seconds: float) -> None:
    print(
        f"\n{seeds} seeds, {TALLY.examples} repositories, {TALLY.steps} steps, "
        f"{len(TALLY.disagreements)} unexplained disagreements, {seconds:.0f} s"
    )
    for title, counted in (
        ("rules", TALLY.rules),
        ("explained", TALLY.explained),
        ("DVC refused", TALLY.complaints),
    ):
        print(f"{title}:")
        for name, number in counted.most_common():
            print(f"  {number:6} {name}")


if __name__ == "__main__":
    sys.exit(main())
