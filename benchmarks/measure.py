"""Measurement: run commands in turn (A B A B), each as a separate process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

Argv = tuple[str, ...]
_LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")
SLOW_ROUND_S = 5.0
SLOW_ROUNDS = 3


# Takes the parsed documents of mlgit, then those of each other contestant; raises FailedError.
Comparison = Callable[[Sequence[Sequence[Any]]], None]


class FailedError(Exception):
    """A command failed, or two tools gave different answers."""


class Sample(NamedTuple):
    """One contestant in one round: the sum over its commands, and the largest peak memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Contestant(NamedTuple):
    """Commands that together answer one question.

    `json_commands` give the same answer as JSON, in the round that does not count. `before` is called in the
    repository before each round, also before that one, and is not timed.
    """

    label: str
    commands: tuple[Argv, ...]
    json_commands: tuple[Argv, ...] = ()
    before: Callable[[Path], None] | None = None


class Result(NamedTuple):
    """All rounds of a contestant."""

    label: str
    rounds: int
    median_ms: float
    minimum_ms: float
    cpu_ms: float
    peak_mb: float


def compete(
    contestants: Sequence[Contestant], *, folder: Path, rounds: int, compare: Comparison | None = None
) -> list[Result]:
    """Run all in turn, after one round that does not count.

    Args:
        contestants: in their order.
        folder: the repository in which they run.
        rounds: how many count; three if a round takes long.
        compare: compares each JSON answer of mlgit with those of all other contestants.

    Raises:
        FailedError: a command ended with an error in some round, or the answers differ.
    """
    started = time.perf_counter()
    answers = [_warm_up(contestant, folder) for contestant in contestants]
    if time.perf_counter() - started > SLOW_ROUND_S:
        rounds = min(rounds, SLOW_ROUNDS)
    if compare is not None:
        _compare(contestants, answers, compare)
    samples: list[list[Sample]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, found in zip(contestants, samples, strict=True):
            found.append(_run_round(contestant, folder))
    return [_result(one.label, found) for one, found in zip(contestants, samples, strict=True)]


def _compare(
    contestants: Sequence[Contestant], answers: Sequence[Sequence[object]], compare: Comparison
) -> None:
    """Compare also the answers of cold starts, which are computed differently."""
    given = [
        (one.label.startswith("`mlgit"), answer)
        for one, answer in zip(contestants, answers, strict=True)
        if answer
    ]
    others = [answer for ours, answer in given if not ours]
    for ours, answer in given:
        if ours:
            compare([answer, *others])


def _warm_up(contestant: Contestant, folder: Path) -> list[object]:
    if not contestant.json_commands:
        _run_round(contestant, folder)
    elif contestant.before is not None:
        contestant.before(folder)
    answers = []
    for argv in contestant.json_commands:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
        _require_success(argv, done.returncode, done.stderr)
        answers.append(json.loads(done.stdout))
    return answers


def _run_round(contestant: Contestant, folder: Path) -> Sample:
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
    errors, _, numbers = done.stderr.rstrip("\n").rpartition("\n")
    _require_success(argv, done.returncode, errors)
    seconds, cpu_seconds, peak_mb = map(float, numbers.split())
    return Sample(seconds, cpu_seconds, peak_mb)


def _require_success(argv: Argv, status: int, errors: str) -> None:
    if status:
        command = " ".join((os.path.basename(argv[0]), *argv[1:]))
        raise FailedError(f"`{command}` ended with {status}: {errors.strip()[:300]}")


def _result(label: str, samples: Sequence[Sample]) -> Result:
    return Result(
        label,
        len(samples),
        1000 * statistics.median(sample.seconds for sample in samples),
        1000 * min(sample.seconds for sample in samples),
        1000 * statistics.median(sample.cpu_seconds for sample in samples),
        max(sample.peak_mb for sample in samples),
    )
