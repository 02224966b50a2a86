"""Build the repositories, let the tools run in turn, write docs/benchmarks.md and its plot."""

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

from benchmarks.growth import lines
from benchmarks.measure import FailedError, compete
from benchmarks.page import CURVES, page
from benchmarks.plot import draw
from benchmarks.race import Finish
from benchmarks.races import races
from benchmarks.tools import Tools, quiet_surroundings
from benchmarks.yard import Yard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.race import Race

_PAGE = "docs/benchmarks.md"
_ROUNDS = 9
_SHORT_ROUNDS = 3


def main() -> int:
    """Run it; 1 when something could not be measured."""
    options = _options()
    rounds = options.rounds or (_SHORT_ROUNDS if options.short else _ROUNDS)
    with _place(options.place) as place:
        quiet_surroundings(place)
        tools = Tools(place)
        chosen = _chosen(races(tools), short=options.short, only=options.only)
        yard = Yard(place, tools)
        finishes = [_run(race, yard, rounds) for race in chosen]
    target = options.output or (None if options.short or options.only else _PAGE)
    if target is None:
        print(page(finishes, rounds=rounds, machine=_machine()))
    else:
        _publish(Path(target), finishes, rounds)
    return int(any(finish.failure for finish in finishes))


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


def _run(race: Race, yard: Yard, rounds: int) -> Finish:
    _say(race.name)
    folder = yard.repository(race.repository)
    try:
        results = compete(race.contestants, folder=folder, rounds=rounds, agree=race.agree)
    except FailedError as error:
        _say(f"  {error}")
        return Finish(race, (), str(error))
    for result in results:
        _say(
            f"  {result.median_ms:8,.0f} ms, {result.cpu_ms:8,.0f} ms of CPU, {result.peak_mb:4.0f} MB"
            f"  {result.label} ({result.rounds} rounds)"
        )
    return Finish(race, tuple(results))


def _publish(target: Path, finishes: Sequence[Finish], rounds: int) -> None:
    """Write the page, and its pictures beside it."""
    names = (f"pictures/{target.stem}-light.svg", f"pictures/{target.stem}-dark.svg")
    curves = {curve: (CURVES[curve][0].replace("`", ""), found) for curve, found in lines(finishes).items()}
    if curves:
        draw(curves, light=target.parent / names[0], dark=target.parent / names[1])
    text = page(finishes, rounds=rounds, machine=_machine(), pictures=names if curves else None)
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
