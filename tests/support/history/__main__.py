"""`python -m tests.support.history --operations 1000 --seed 7`: simulate, check and report a history."""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.history.checker import check
from tests.support.history.setup import TRANSPORTS
from tests.support.history.simulation import SimulationResult, simulate
from tests.support.shell import pinned_environment

if TYPE_CHECKING:
    from tests.support.history.calls import Call


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="mlgit-history-") as folder:
        place = Path(folder)
        _pin(place)
        template = asked.template
        if template is None:
            template = place / "template"
            pipeline.build(template)
        result = simulate(
            template,
            place / "setup",
            transport=asked.transport,
            operations=asked.operations,
            players=asked.players,
            seed=asked.seed,
            also=[name for name in ("races", "readers", "spoiled") if getattr(asked, name)],
        )
    if asked.keep:
        asked.keep.write_bytes(pickle.dumps(result))
    problems = check(result.history)
    report(result)
    for problem in problems:
        print(f"ILLEGAL {problem}")
    return 1 if problems else 0


def report(result: SimulationResult) -> None:
    """Print what was tried and how it ended."""
    calls = result.history.calls
    print(f"{len(calls)} operations in {result.seconds:.0f} s, {len(result.history.tags)} tags in the end")
    by_verb: dict[str, Counter[str]] = {}
    for call in calls:
        by_verb.setdefault(call.verb, Counter())[outcome(call)] += 1
    for verb, outcomes in sorted(by_verb.items()):
        counts = ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
        print(f"  {verb:11} {outcomes.total():5}: {counts}")
    print(f"{result.faults.total()} faults")
    for fault, count in sorted(result.faults.items()):
        print(f"  {count:5} {fault}")


def outcome(call: Call) -> str:
    """How a call ended, in a word."""
    if call.status is None:
        return "killed"
    if call.status == Exit.DONE:
        return "already" if call.answer.get("already") else "done"
    if call.error.get("code") == "lost_race":
        return "lost"
    words = {Exit.BLOCKED: "refused", Exit.STATE: "not possible"}
    words[Exit.TOOL] = "unsure" if call.unsure else "failed"
    return words.get(call.status, f"ended with {call.status}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.history", description=__doc__)
    parser.add_argument("--operations", type=int, default=200)
    parser.add_argument("--players", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--transport", choices=TRANSPORTS, default="file")
    parser.add_argument("--template", type=Path, help="a project of tests/support/pipeline.py, to save time")
    parser.add_argument("--races", action="store_true", help="also release one commit twice at a time")
    parser.add_argument("--readers", action="store_true", help="also query gto and dvc in the end")
    parser.add_argument("--spoiled", action="store_true", help="also spoil tags with plain git meanwhile")
    parser.add_argument("--keep", type=Path, help="write the whole history to this file (pickle)")
    return parser.parse_args()


def _pin(place: Path) -> None:
    home = place / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[advice]\n\tdetachedHead = false\n",
        encoding="utf-8",
    )
    pinned = pinned_environment(home)
    os.environ.clear()
    os.environ.update(pinned)


if __name__ == "__main__":
    sys.exit(main())
