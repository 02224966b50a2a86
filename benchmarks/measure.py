"""Measure commands in turn (A B A B), each as a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.answers import Agreement

Argv = tuple[str, ...]
_LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")
SLOW_ROUND_S = 5.0
SLOW_ROUNDS = 3


class FailedError(Exception):
    """A command did not succeed, or two tools gave different answers."""


class Sample(NamedTuple):
    """What one contestant needed in one round; several commands are summed, memory is the largest."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Contestant(NamedTuple):
    """Commands that together answer one question.

    `asked` is the same question put for a program to read, in the round that does not count; `before` is
    called in the repository before each round, that one too, and is not timed.
    """

    label: str
    commands: tuple[Argv, ...]
    asked: tuple[Argv, ...] = ()
    before: Callable[[Path], None] | None = None


class Result(NamedTuple):
    """A contestant's rounds in numbers."""

    label: str
    rounds: int
    median_ms: float
    minimum_ms: float
    cpu_ms: float
    peak_mb: float


def compete(
    contestants: Sequence[Contestant], *, folder: Path, rounds: int, agree: Agreement | None = None
) -> list[Result]:
    """All in turn, `rounds` times after one round that does not count; three times when a round takes long.

    Args:
        contestants: who plays, in this order.
        folder: the repository they play in.
        rounds: how often, when it is quick.
        agree: looks at the answers of those that are asked: each one of mlgit's beside those of all others.

    Raises:
        FailedError: a command ended with an error in some round, or the answers differ.
    """
    started = time.perf_counter()
    answers = [_warm_up(contestant, folder) for contestant in contestants]
    if time.perf_counter() - started > SLOW_ROUND_S:
        rounds = min(rounds, SLOW_ROUNDS)
    if agree is not None:
        _compare(contestants, answers, agree)
    samples: list[list[Sample]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, found in zip(contestants, samples, strict=True):
            found.append(_play(contestant, folder))
    return [_result(one.label, found) for one, found in zip(contestants, samples, strict=True)]


def _compare(
    contestants: Sequence[Contestant], answers: Sequence[Sequence[object]], agree: Agreement
) -> None:
    """A cold start is another way to the answer, and has to lead to the same."""
    told = [
        (one.label.startswith("`mlgit"), answer)
        for one, answer in zip(contestants, answers, strict=True)
        if answer
    ]
    others = [answer for ours, answer in told if not ours]
    for ours, answer in told:
        if ours:
            agree([answer, *others])


def _warm_up(contestant: Contestant, folder: Path) -> list[object]:
    if not contestant.asked:
        _play(contestant, folder)
    elif contestant.before is not None:
        contestant.before(folder)
    answers = []
    for argv in contestant.asked:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
        _require_success(argv, done.returncode, done.stderr)
        answers.append(json.loads(done.stdout))
    return answers


def _play(contestant: Contestant, folder: Path) -> Sample:
    if contestant.before is not None:
        contestant.before(folder)
    done = [_once(argv, folder) for argv in contestant.commands]
    seconds, cpu_seconds, peaks = zip(*done, strict=True)
    return Sample(sum(seconds), sum(cpu_seconds), max(peaks))


def _once(argv: Argv, folder: Path) -> Sample:
    done = subprocess.run(
        [sys.executable, "-I", "-S", _LAUNCH, *argv],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    said, _, numbers = done.stderr.rstrip("\n").rpartition("\n")
    _require_success(argv, done.returncode, said)
    seconds, cpu_seconds, peak_mb = map(float, numbers.split())
    return Sample(seconds, cpu_seconds, peak_mb)


def _require_success(argv: Argv, status: int, said: str) -> None:
    if status:
        command = " ".join((os.path.basename(argv[0]), *argv[1:]))
        raise FailedError(f"`{command}` ended with {status}: {said.strip()[:300]}")


def _result(label: str, samples: Sequence[Sample]) -> Result:
    return Result(
        label,
        len(samples),
        1000 * statistics.median(sample.seconds for sample in samples),
        1000 * min(sample.seconds for sample in samples),
        1000 * statistics.median(sample.cpu_seconds for sample in samples),
        max(sample.peak_mb for sample in samples),
    )
