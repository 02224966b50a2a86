"""Measure commands in turn (A B A B), each as a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Argv = tuple[str, ...]
_LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")


class Sample(NamedTuple):
    """What one contestant needed in one round; several commands are summed, memory is the largest."""

    seconds: float
    peak_mb: float


class Contestant(NamedTuple):
    """Commands that together answer one question; `before` is not timed."""

    label: str
    commands: tuple[Argv, ...]
    before: Callable[[], None] | None = None


class Result(NamedTuple):
    """A contestant's rounds in numbers."""

    label: str
    median_ms: float
    minimum_ms: float
    peak_mb: float


def duel(ours: Contestant, theirs: Contestant, *, folder: Path, rounds: int) -> tuple[Result, Result]:
    """Both in turn, `rounds` times after one round that does not count."""
    samples: tuple[list[Sample], list[Sample]] = ([], [])
    for turn in range(rounds + 1):
        for contestant, found in zip((ours, theirs), samples, strict=True):
            sample = _play(contestant, folder)
            if turn:
                found.append(sample)
    return _result(ours.label, samples[0]), _result(theirs.label, samples[1])


def _play(contestant: Contestant, folder: Path) -> Sample:
    if contestant.before is not None:
        contestant.before()
    done = [_once(argv, folder) for argv in contestant.commands]
    return Sample(sum(sample.seconds for sample in done), max(sample.peak_mb for sample in done))


def _once(argv: Argv, folder: Path) -> Sample:
    done = subprocess.run(
        [sys.executable, "-I", "-S", _LAUNCH, *argv],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    said, _, numbers = done.stderr.rstrip("\n").rpartition("\n")
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}\n{said}")
    seconds, peak_mb = map(float, numbers.split())
    return Sample(seconds, peak_mb)


def _result(label: str, samples: Sequence[Sample]) -> Result:
    return Result(
        label,
        1000 * statistics.median(sample.seconds for sample in samples),
        1000 * min(sample.seconds for sample in samples),
        max(sample.peak_mb for sample in samples),
    )
