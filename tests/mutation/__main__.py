"""Command: `python -m tests.mutation [MODULE ...]` prints the mutants that no unit test notices.

Each mutant runs in a fork, with the unit tests of its module. Modules are those of `TESTS`, by file.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mutation.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

TESTS = {
    "mlgit/core/gates/limits.py": ["gates/test_limits.py", "gates/test_evaluate.py"],
    "mlgit/core/gates/waivers.py": ["gates"],
    "mlgit/core/gates/evaluate.py": ["gates"],
    "mlgit/core/gates/places.py": ["gates"],
    "mlgit/core/gates/decision.py": ["gates"],
    "mlgit/core/gates/gate_changes.py": ["gates"],
    "mlgit/core/registry/replay.py": ["registry"],
    "mlgit/core/registry/semver.py": ["registry", "release"],
    "mlgit/core/ci/after_merge.py": ["ci/test_after_merge.py"],
}
_LONGEST_S = 120


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a mutant's tree."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        self._name = file.removesuffix(".py").replace("/", ".")
        self._code = compile(tree, file, "exec")

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102 (our own module, with one change)


def run(file: str, mutant: Mutant) -> int:
    """Start the tests of a mutant; returns the id of the process, which ends with 0 if they pass."""
    child = os.fork()
    if child:
        return child
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    signal.alarm(_LONGEST_S)  # a loop without an end is noticed, too
    sys.meta_path.insert(0, _Mutated(file, mutant.tree))
    paths = [f"tests/unit/{each}" for each in TESTS[file]]
    status = 1
    try:
        status = pytest.main([*paths, "-xqq", "-p", "no:cacheprovider", "-p", "no:xdist"])
    finally:
        os._exit(int(status))


def survivors(file: str, jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Every mutant of a module, and whether its tests passed."""
    running: dict[int, Mutant] = {}
    waiting = list(mutants(Path(file).read_text(encoding="utf-8")))[::-1]
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[run(file, mutant)] = mutant
        child, status = os.wait()
        yield running.pop(child), status == 0


def _passes(file: str) -> bool:
    """Whether the tests pass without a change; otherwise every mutant would seem to be noticed."""
    run(file, Mutant(0, "nothing", ast.parse(Path(file).read_text(encoding="utf-8"))))
    return os.wait()[1] == 0


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="files of `TESTS`; default: all")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    for file in options.modules:
        if not _passes(file):
            print(f"{file}: its tests fail without a change")
            return 1
        total, alive = 0, 0
        for mutant, passed in survivors(file, options.jobs):
            total += 1
            alive += passed
            if passed:
                print(f"  {file}:{mutant.line}: {mutant.change}", flush=True)
        share = (total - alive) / total
        print(f"{file}: {total - alive} of {total} mutants noticed ({share:.1%})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
