"""Folders: the placeholders of `deploy:`, and folders that two deployments would share."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACEHOLDERS = ("model", "version", "environment")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Clash(NamedTuple):
    """Two deployments, `(environment, model)` each, with the same `folder` or one inside the other."""

    first: tuple[str, str]
    second: tuple[str, str]
    folder: str


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order; other braces are plain text."""
    return tuple(found[1] for found in _PLACEHOLDER.finditer(text))


def fill(text: str, *, model: str, environment: str, version: str = "") -> str:
    """Fill in the placeholders of a text once; braces in a value stay as they are."""
    values = {"model": model, "environment": environment, "version": version}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def place_of(path: str, environment: str) -> str:
    """The folder of a path, placeholders not filled in, below which an environment's models are deployed."""
    filled = fill(path, model="{model}", environment=environment)
    found = _PLACEHOLDER.search(filled)
    return posixpath.dirname(filled if found is None else filled[: found.start()])


def clashes(paths: Iterable[tuple[str, str]], models: Iterable[str]) -> list[Clash]:
    """Find deployments that would write into each other's folders, judging by the paths alone.

    Args:
        paths: `(environment, path with placeholders)`.
        models: the models that are deployed to each environment.
    """
    names = tuple(models)
    return shared(
        ((environment, model), posixpath.normpath(fill(path, model=model, environment=environment)))
        for environment, path in paths
        for model in names
    )


def shared(folders: Iterable[tuple[tuple[str, str], str]]) -> list[Clash]:
    """Find folders that are the same as another one, or inside it; `((environment, model), folder)` each.

    One clash per folder is enough: all pairs of thousands of models would be millions.
    """
    listed = list(folders)
    first: dict[str, int] = {}
    pairs = []
    for number, (_, folder) in enumerate(listed):
        if first.setdefault(folder, number) != number:
            pairs.append((number, first[folder]))
    for folder, number in first.items():
        above = next((first[parent] for parent in _above(folder) if parent in first), None)
        if above is not None:
            pairs.append((max(number, above), min(number, above)))
    return [Clash(listed[one][0], listed[other][0], listed[other][1]) for other, one in sorted(pairs)]


def _above(folder: str) -> Iterator[str]:
    """The folders above it, the nearest first."""
    while (parent := posixpath.dirname(folder)) != folder:
        yield parent
        folder = parent
