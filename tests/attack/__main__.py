"""`python -m tests.attack`: many seeds, many steps, and their results."""

from __future__ import annotations

import argparse
import math
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.attack.machine import TALLY, AttackMachine, FooledError
from tests.differential.__main__ import _pin


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=2000, help="steps of each seed, at least")
    parser.add_argument("--length", type=int, default=6, help="steps per repository")
    parser.add_argument("--keep-going", action="store_true", help="list every case instead of the first")
    parser.add_argument("--shrink", action="store_true", help="make a case as short as possible")
    asked = parser.parse_args()
    _pin()
    TALLY.keep_going = asked.keep_going
    started = time.monotonic()
    failed = 0
    for number in range(asked.first, asked.first + asked.seeds):
        failed += _turn(number, asked)
        print(
            f"seed {number}: {TALLY.steps} steps, {failed + len(TALLY.fooled)} fooled verdicts so far, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    print(f"\n{asked.seeds} seeds, {TALLY.examples} repositories, {TALLY.steps} steps")
    for title, counted in (("edits", TALLY.edits), ("answers", TALLY.answers)):
        print(f"{title}:")
        for name, times in counted.most_common():
            print(f"  {times:6} {name}")
    return 1 if failed or TALLY.fooled else 0


def _turn(number: int, asked: argparse.Namespace) -> int:
    before, failed, part = TALLY.steps, 0, 0
    while TALLY.steps - before < asked.steps and not failed:
        examples = 1 + math.ceil((asked.steps - TALLY.steps + before) / asked.length)
        chosen = settings(
            max_examples=examples,
            stateful_step_count=asked.length,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink) if asked.shrink else (Phase.generate,),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            run_state_machine_as_test(seed(f"{number}.{part}")(AttackMachine), settings=chosen)
        except FooledError as found:
            print(f"seed {number}: {found}", flush=True)
            failed = 1
        part += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
