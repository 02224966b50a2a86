"""Compiled modules: which functions a mutant changes, so that they can be replaced without a new import."""

from __future__ import annotations

import gc
import inspect
from functools import _lru_cache_wrapper
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

Name = tuple[str, int]
"""The qualified name of a function and its first line."""


class Compiled(NamedTuple):
    """A module: all of it, its outermost functions and methods, and what runs at its import (parts)."""

    whole: CodeType
    functions: Mapping[Name, CodeType]
    imported: tuple[CodeType, ...]


def compiled(tree: ast.Module, file: str) -> Compiled:
    whole = compile(tree, file, "exec", dont_inherit=True)
    functions: dict[Name, CodeType] = {}
    return Compiled(whole, functions, tuple(_parts(whole, functions)))


def _parts(code: CodeType, functions: dict[Name, CodeType]) -> Iterator[CodeType]:
    """The code of a module and its classes without their functions, which are put aside."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    yield code.replace(co_consts=tuple(each for each in code.co_consts if each not in inner))
    for each in inner:
        if each.co_flags & inspect.CO_OPTIMIZED:
            functions[name_of(each)] = each
        else:
            yield from _parts(each, functions)


def name_of(code: CodeType) -> Name:
    return code.co_qualname, code.co_firstlineno


def changed(old: Compiled, new: Compiled) -> set[Name] | None:
    """The functions that differ; None if what runs at the import differs."""
    if old.imported != new.imported or old.functions.keys() != new.functions.keys():
        return None
    return {name for name, code in old.functions.items() if code != new.functions[name]}


def living(file: str) -> dict[Name, list[FunctionType]]:
    """The functions of an imported module, wherever they are kept."""
    found: dict[Name, list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename.endswith(f"/{file}"):
            found.setdefault(name_of(each.__code__), []).append(each)
    return found


def caches(file: str) -> list[_lru_cache_wrapper[object]]:
    """The caches of an imported module's functions, which may have what these returned without a change."""
    found = [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
    return [each for each in found if each.__wrapped__.__code__.co_filename.endswith(f"/{file}")]
