"""Command: `python -m tests.mutation [MODULE ...]` prints the mutants that no unit test notices.

A module's tests are collected once; each mutant runs in a fork in which the function that it changes is
replaced, with the tests that call this function. A change of what an import runs is followed by a new import
and all tests. Both ways are first tried without a change: then the tests have to pass.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import Phase, settings

from tests.mutation import afresh, in_place
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.modules import TESTS
from tests.mutation.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Sequence

WANTED = 0.95


class Measured(NamedTuple):
    """The mutants of a module, and those that no test notices."""

    all: tuple[Mutant, ...]
    alive: tuple[Mutant, ...]


def measure(file: str, tests: Sequence[str]) -> Measured | None:
    """Run the tests with each mutant of a module; None if they fail without a change."""
    source = Path(file).read_text(encoding="utf-8")
    found = tuple(mutants(source))
    usual_s = afresh.seconds(file, tests, ast.parse(source))
    if usual_s is None:
        return None
    longest_s = math.ceil(2 + 3 * usual_s)
    quick = in_place.run(file, tests, found, longest_s=longest_s)
    if quick is None:
        return None
    alive = (
        each
        for number, each in enumerate(found)
        if number not in quick.noticed
        and (number not in quick.unclear or not afresh.fails(file, tests, each.tree, longest_s=longest_s))
    )
    return Measured(found, tuple(alive))


def report(file: str, measured: Measured) -> bool:
    """Print what no test notices, and the share of the others; whether it is large enough."""
    reasons = EQUIVALENT.get(file, {})
    alive = [each for each in measured.alive if each.change not in reasons]
    for mutant in alive:
        print(f"  {file}:{mutant.line}: {mutant.change}", flush=True)
    same = sum(each.change in reasons for each in measured.all)
    outdated = reasons.keys() - {each.change for each in measured.alive}
    for change in sorted(outdated):
        print(f"  {file}: `{change}` is listed as equivalent, and is noticed or gone")
    total = len(measured.all) - same
    share = (total - len(alive)) / total if total else 1.0
    print(
        f"{file}: {total - len(alive)} of {total} mutants noticed ({share:.1%}), {same} equivalent",
        flush=True,
    )
    return share >= WANTED and not outdated


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="files of `TESTS`; default: all")
    parser.add_argument("--tests", nargs="+", help="the tests of these modules, if not those of the table")
    options = parser.parse_args(argv)
    settings.register_profile(
        "mutation",
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
    )
    os.environ["MLGIT_TEST_PROFILE"] = "mutation"
    enough = True
    for file in options.modules:
        measured = measure(file, options.tests or TESTS[file])
        if measured is None:
            print(f"{file}: its tests fail without a change")
            return 1
        enough = report(file, measured) and enough
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
