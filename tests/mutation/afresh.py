"""The thorough way: import everything again with the mutant in place of its module, and run all tests."""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.mutation.in_place import OPTIONS, has_failed, limited, quietly

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


_LONGEST_S = 600


def fails(file: str, tests: Sequence[str], tree: ast.Module, *, longest_s: int) -> bool:
    """Whether a test fails with this tree as the module."""
    return has_failed(_started(file, tests, tree, longest_s), imports=True)


def seconds(file: str, tests: Sequence[str], tree: ast.Module) -> float | None:
    """The time of the processor that the tests take; None if they fail."""
    _, status, usage = os.wait4(_started(file, tests, tree, _LONGEST_S), 0)
    return None if status else usage.ru_utime + usage.ru_stime


def _started(file: str, tests: Sequence[str], tree: ast.Module, longest_s: int) -> int:
    child = os.fork()
    if not child:
        limited(longest_s)
        sys.meta_path.insert(0, _Mutated(file, tree))
        quietly(lambda: pytest.main([*tests, *OPTIONS]))
    return child


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        self._file = file
        self._name = file.removesuffix(".py").replace("/", ".")
        self._tree = tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name != self._name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=self._file)

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._tree, self._file, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 (our own module, with one change)
