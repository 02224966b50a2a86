"""The page: machine, method, table."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.race import Finish

_METHOD = """\
# Benchmarks

Written by `python -m benchmarks` (extra `bench`); the numbers are of one machine on one day, the ratios
travel better. Not tuned for the benchmark: the repositories are generated in `benchmarks/repositories.py`.

## Machine

{machine}

## Method

- Every measurement is a whole process as a user starts it, from the console script to its end, standard
  output thrown away. The contestants run in turn, A B A B, {rounds} rounds after one that does not count.
- *median* and *min* are wall-clock; *peak* is the largest resident memory of a process or its children
  (`wait4`). Where one mlgit command replaces several commands, their times are summed.
- *small repository*: 100 data files under one `.dvc` file, 5 stages, 5 metric files, 8 tags, an origin.
  *50 metric files*: ten numbers each, compared with the commit before; either of one stage each (the
  budget's reading), or listed under `metrics:` with no stage at all, which DVC reads faster.
  *tags*: annotated, ten models, messages with full mlgit statements.
- *no cache*: `.git/mlgit/` is removed before every round.
- The budget is the project's own; a missed one is shown as missed.

## Results

| question | mlgit | median | min | peak | against | median | min | peak | faster | budget | met |
|---|---|--:|--:|--:|---|--:|--:|--:|--:|---|---|
{rows}

Where the budget is a ceiling (*at most*), *faster* is below 1 when mlgit takes longer than what it stands
beside.
"""


def page(finishes: Sequence[Finish], *, rounds: int) -> str:
    """The whole page as Markdown."""
    rows = "\n".join(_row(finish) for finish in finishes)
    return _METHOD.format(machine=_machine(), rounds=rounds, rows=rows)


def _row(finish: Finish) -> str:
    ours, theirs = finish.ours, finish.theirs
    cells = [
        finish.race.question,
        ours.label,
        f"{ours.median_ms:.0f} ms",
        f"{ours.minimum_ms:.0f} ms",
        f"{ours.peak_mb:.0f} MB",
        theirs.label,
        f"{theirs.median_ms:.0f} ms",
        f"{theirs.minimum_ms:.0f} ms",
        f"{theirs.peak_mb:.0f} MB",
        f"**{finish.ratio:.1f} x**",
        finish.race.budget,
        _verdict(finish),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(finish: Finish) -> str:
    if not finish.race.at_least:
        return "-"
    return "yes" if finish.met else "**missed**"


def _machine() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    tools = ", ".join(f"{name} {version(name)}" for name in ("mlgit", "dvc", "gto", "click"))
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, git {git}; {tools}"
    )
