"""The quick way: collect the tests once, and for each mutant replace a function and run its tests."""

from __future__ import annotations

import ast
import gc
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.mutation.code import Compiled, Name, caches, changed, compiled, living, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from functools import _lru_cache_wrapper
    from types import CodeType, FrameType, FunctionType

    from tests.mutation.mutants import Mutant

_BROKEN = 70
OPTIONS = [
    "-xqq",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:randomly",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]


class Quick(NamedTuple):
    """The numbers of mutants that a test notices, and of those that need another import."""

    noticed: frozenset[int]
    unclear: frozenset[int]


def run(file: str, tests: Sequence[str], mutants: Sequence[Mutant], *, longest_s: int) -> Quick | None:
    """Run the tests of each mutant; None if they fail without a change."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        loop = _Loop(file, mutants, writing, longest_s)
        quietly(lambda: pytest.main([*tests, *OPTIONS], plugins=[loop]))
    os.close(writing)
    with os.fdopen(reading, encoding="ascii") as stream:
        lines = [line.split() for line in stream]
    os.waitpid(child, 0)
    found: dict[str, set[int]] = {"noticed": set(), "unclear": set(), "passes": set()}
    for number, word in lines:
        found[word].add(int(number))
    if len(lines) != len(mutants):
        return None
    return Quick(frozenset(found["noticed"]), frozenset(found["unclear"]))


def quietly(work: Callable[[], int]) -> None:
    """Do the work of a fork without output; ends the process with its result."""
    status = 1
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        status = int(work())
    finally:
        os._exit(status)


def has_failed(child: int, *, imports: bool = False) -> bool:
    """Whether tests in a fork failed or went on for too long; that they could not be run is an error.

    If the fork `imports` the mutant, an import that fails is a failure, too.
    """
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    failed = {1, int(pytest.ExitCode.INTERRUPTED)} if imports else {1}
    if status not in {0, -signal.SIGXCPU, -signal.SIGKILL} | failed:
        raise RuntimeError(f"the tests of a mutant ended with {status}")
    return status != 0


def limited(seconds: int) -> None:
    """A loop without an end is noticed, too, by the time of the processor: other programs do not matter."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


class _Loop:
    """A plugin of pytest: runs the collected tests once as they are, then those of each mutant in a fork."""

    def __init__(self, file: str, mutants: Sequence[Mutant], results: int, longest_s: int) -> None:
        self._file = file
        self._mutants = mutants
        self._results = results
        self._longest_s = longest_s
        self._living: dict[Name, list[FunctionType]] = {}
        self._caches: list[_lru_cache_wrapper[object]] = []
        self._callers: dict[Name, list[pytest.Item]] = defaultdict(list)
        self._seconds: dict[pytest.Item, float] = {}
        self._early: set[Name] = set()
        sys.settrace(self._noting(self._early))  # what is called by an import would not be called again

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.settrace(None)
        for item in session.items:
            self._learn(item, session)
        self._living = living(self._file)
        self._caches = caches(self._file)
        gc.freeze()  # forks then share the memory of what is there
        with open(self._file, encoding="utf-8") as stream:
            original = compiled(ast.parse(stream.read()), self._file)
        if session.testsfailed or not session.items or self._fails(session, original, set()):
            return True
        for number, mutant in enumerate(self._mutants):
            word = self._judged(session, original, compiled(mutant.tree, self._file))
            os.write(self._results, f"{number} {word}\n".encode())
        return True

    def _judged(self, session: pytest.Session, original: Compiled, new: Compiled) -> str:
        names = changed(original, new)
        if names is None:
            return "unclear"
        if self._fails(session, new, names):
            return "noticed"
        return "unclear" if names & self._early else "passes"

    def _noting(self, called: set[Name]) -> Callable[[FrameType, str, object], None]:
        def trace(frame: FrameType, _event: str, _argument: object) -> None:
            if frame.f_code.co_filename.endswith(self._file):
                called.add(name_of(frame.f_code))

        return trace

    def _learn(self, item: pytest.Item, session: pytest.Session) -> None:
        """Run a test and note which functions of the module it calls."""
        called: set[Name] = set()
        start = time.process_time()
        sys.settrace(self._noting(called))
        try:
            _run(item, session)
        finally:
            sys.settrace(None)
        self._seconds[item] = time.process_time() - start
        for name in called:
            self._callers[name].append(item)

    def _fails(self, session: pytest.Session, new: Compiled, names: set[Name]) -> bool:
        """Whether a test notices new code; without names, whether the tests fail in a fork as they are."""
        child = os.fork()
        if not child:
            status = _BROKEN
            try:
                limited(self._longest_s)
                self._replace({name: new.functions[name] for name in names or new.functions})
                status = int(_any_fails(self._items(names) if names else session.items, session))
            finally:
                os._exit(status)
        return has_failed(child)

    def _replace(self, codes: dict[Name, CodeType]) -> None:
        for name, code in codes.items():
            for function in self._living.get(name, []):
                function.__code__ = code
        for cache in self._caches:
            cache.cache_clear()

    def _items(self, names: set[Name]) -> list[pytest.Item]:
        items = {item for name in names for item in self._callers[name]}
        return sorted(items, key=lambda item: self._seconds[item])


def _any_fails(items: Iterable[pytest.Item], session: pytest.Session) -> bool:
    for item in items:
        _run(item, session)
        if session.testsfailed:
            return True
    return False


def _run(item: pytest.Item, session: pytest.Session) -> None:
    """Run a test; what belongs to the session stays, what belongs to its file is taken down."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)
