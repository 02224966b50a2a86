"""Command line: build the repositories, run the races, write docs/benchmarks.md and its plot."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalog import Catalog
from benchmarks.growth import lines
from benchmarks.measure import FailedError, compete
from benchmarks.page import CURVES, page
from benchmarks.plot import draw
from benchmarks.race import Outcome
from benchmarks.races import races
from benchmarks.tools import Tools, isolate_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.race import Race

_PAGE = "docs/benchmarks.md"
_ROUNDS = 9
_SHORT_ROUNDS = 3


def main() -> int:
    """Returns 1 if something could not be measured, otherwise 0."""
    options = _options()
    rounds = options.rounds or (_SHORT_ROUNDS if options.short else _ROUNDS)
    with _place(options.place) as place:
        isolate_environment(place)
        tools = Tools(place)
        chosen = _chosen(races(tools), short=options.short, only=options.only)
        catalog = Catalog(place, tools)
        outcomes = [_run(race, catalog, rounds) for race in chosen]
    target = options.output or (None if options.short or options.only else _PAGE)
    if target is None:
        print(page(outcomes, rounds=rounds, machine=_machine()))
    else:
        _publish(Path(target), outcomes, rounds)
    return int(any(outcome.failure for outcome in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small sizes, three rounds, printed; for CI")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="this race, or all of a kind (`files`), printed; repeatable",
    )
    parser.add_argument("--rounds", type=int, help=f"of what is quick (default {_ROUNDS})")
    parser.add_argument("--output", help=f"where the page goes (default {_PAGE}, pictures beside it)")
    parser.add_argument("--place", help="build the repositories there, and find them again the next time")
    return parser.parse_args()


@contextlib.contextmanager
def _place(kept: str | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="mlgit-bench-") as folder:
            yield Path(folder)
    else:
        os.makedirs(kept, exist_ok=True)
        yield Path(kept).absolute()


def _chosen(every: Sequence[Race], *, short: bool, only: Sequence[str] | None) -> list[Race]:
    chosen = [
        race
        for race in every
        if (race.short or not short)
        and (only is None or any(race.name == name or race.name.startswith(f"{name}-") for name in only))
    ]
    if not chosen:
        raise SystemExit(f"there are {', '.join(race.name for race in every)}")
    return chosen


def _run(race: Race, catalog: Catalog, rounds: int) -> Outcome:
    _say(race.name)
    folder = catalog.repository(race.repository)
    try:
        results = compete(race.contestants, folder=folder, rounds=rounds, compare=race.compare)
    except FailedError as error:
        _say(f"  {error}")
        return Outcome(race, (), str(error))
    for result in results:
        _say(
            f"  {result.median_ms:8,.0f} ms, {result.cpu_ms:8,.0f} ms of CPU, {result.peak_mb:4.0f} MB"
            f"  {result.label} ({result.rounds} rounds)"
        )
    return Outcome(race, tuple(results))


def _publish(target: Path, outcomes: Sequence[Outcome], rounds: int) -> None:
    """Write the page, and its pictures next to it."""
    names = (f"pictures/{target.stem}-light.svg", f"pictures/{target.stem}-dark.svg")
    curves = {curve: (CURVES[curve][0].replace("`", ""), found) for curve, found in lines(outcomes).items()}
    if curves:
        draw(curves, light=target.parent / names[0], dark=target.parent / names[1])
    text = page(outcomes, rounds=rounds, machine=_machine(), pictures=names if curves else None)
    target.write_text(text, encoding="utf-8")
    _say(f"wrote {target}")


def _machine() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    tools = ", ".join(f"{name} {version(name)}" for name in ("mlgit", "dvc", "gto", "click"))
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, git {git}; {tools}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
