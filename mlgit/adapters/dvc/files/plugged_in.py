"""Plugged in: loaders of other distributions, whose failures and values are not trusted."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Protocol, runtime_checkable

from mlgit.core.pipeline.evidence import Unreadable
from mlgit.errors import ToolError
from mlgit.plugins import plugin


@runtime_checkable
class Loader(Protocol):
    """Reads one format of metric and parameter files."""

    def __call__(self, content: bytes, /) -> object:
        """The content as mappings with text keys, lists, texts, numbers, booleans and None.

        Raises:
            ValueError: the content is not in this format.
            Unreadable: the same, with a message that continues "`FILE` …".
        """


def plugged_in(ending: str) -> Loader | None:
    """The loader that an installed distribution has for a file ending; None if there is none."""
    try:
        load = plugin("mlgit.metrics", ending[1:], Loader)  # type: ignore[type-abstract]
    except ToolError as error:
        raise Unreadable(f"cannot be read: {error.message}") from error
    return None if load is None else partial(_load, load)


def _load(load: Loader, content: bytes) -> object:
    try:
        tree = load(content)
    except (Unreadable, ValueError):
        raise
    except (Exception, SystemExit) as error:  # a plug-in may raise anything
        raise Unreadable(
            f"cannot be read: its plug-in failed with {type(error).__name__}: {error}"
        ) from error
    if not _is_plain(tree):
        raise Unreadable("cannot be read: its plug-in returned a value that is not of a type in JSON")
    return tree


def _is_plain(tree: object) -> bool:
    if isinstance(tree, dict):
        return all(isinstance(key, str) and _is_plain(value) for key, value in tree.items())
    if isinstance(tree, list):
        return all(map(_is_plain, tree))
    if isinstance(tree, Decimal):
        return not tree.is_snan()
    return tree is None or isinstance(tree, (str, int, float))
