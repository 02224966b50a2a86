"""Bulk: hash many files with progress, and with two threads if that is faster."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import file_md5
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.core.progress import Progress

# Below this, hashing takes no noticeable time, and a progress bar would load its library.
_SHOW_BYTES = 32 << 20
_SHOW_FILES = 2_000
# Only long contents are hashed without Python's global lock.
_PARALLEL_BYTES = 64 << 20
_PARALLEL_MEAN_BYTES = 1 << 18
_SLICE = 1_000
_STEP_BYTES = 1 << 20


class Job(NamedTuple):
    """A file to hash; `legacy` as DVC 2 did."""

    path: str
    size_bytes: int
    legacy: bool = False


def hash_files(jobs: Sequence[Job], *, progress: Callable[[], Progress]) -> list[str | OSError]:
    """The MD5 of each file, or the error of reading it, in the order of the jobs."""
    total = sum(job.size_bytes for job in jobs)
    if total < _SHOW_BYTES and len(jobs) < _SHOW_FILES:
        return [_hash(job, None) for job in jobs]
    shown = progress()
    steps = _Steps(shown, total)
    long = total >= _PARALLEL_BYTES and total >= _PARALLEL_MEAN_BYTES * len(jobs)
    try:
        if long and len(jobs) > 1 and (os.cpu_count() or 1) > 1:
            return list(_by_two(jobs, steps.add))
        return [_hash(job, steps.add) for job in jobs]
    finally:
        shown.end()


def _by_two(jobs: Sequence[Job], on_read: Callable[[int], None]) -> Iterator[str | OSError]:
    from concurrent.futures import ThreadPoolExecutor

    workers = ThreadPoolExecutor(max_workers=2)
    try:
        for start in range(0, len(jobs), _SLICE):
            yield from workers.map(lambda job: _hash(job, on_read), jobs[start : start + _SLICE])
    finally:  # an interrupted run does not hash the waiting files
        workers.shutdown(wait=True, cancel_futures=True)


def _hash(job: Job, on_read: Callable[[int], None] | None) -> str | OSError:
    try:
        return file_md5(job.path, legacy=job.legacy, on_read=on_read)
    except OSError as error:
        return error


class _Steps:
    """Shows bytes as mebibytes; from any thread."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._lock = Lock()
        self._left = 0
        progress.start("hashing changed data (MiB)", total=max(1, total // _STEP_BYTES))

    def add(self, size_bytes: int) -> None:
        with self._lock:
            steps, self._left = divmod(self._left + size_bytes, _STEP_BYTES)
            if steps:
                self._progress.advance(steps)
