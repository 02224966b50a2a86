"""Places: placeholders of `deploy:`, filled in, and the folders that two deployments would share."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACEHOLDERS = ("model", "version", "environment")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Clash(NamedTuple):
    """Two deployments whose folders are the same, or one in the other; each `(environment, model)`."""

    first: tuple[str, str]
    second: tuple[str, str]
    folder: str


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order; braces around anything else are no placeholder."""
    return tuple(found[1] for found in _PLACEHOLDER.finditer(text))


def fill(text: str, *, model: str, environment: str, version: str = "") -> str:
    """The text with its placeholders filled in, each once: what is filled in is not read again."""
    values = {"model": model, "environment": environment, "version": version}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def clashes(paths: Iterable[tuple[str, str]], models: Iterable[str]) -> list[Clash]:
    """Those that would write into the folder of another, as far as the paths tell.

    Args:
        paths: environment and its path with placeholders.
        models: the models that are deployed to each of them.
    """
    names = tuple(models)
    return shared(
        ((environment, model), posixpath.normpath(fill(path, model=model, environment=environment)))
        for environment, path in paths
        for model in names
    )


def shared(places: Iterable[tuple[tuple[str, str], str]]) -> list[Clash]:
    """Every folder that another one has already or lies in; `((environment, model), folder)` each.

    One clash each is enough to refuse it: all pairs of thousands of models would be millions.
    """
    listed = list(places)
    first: dict[str, int] = {}
    pairs = []
    for number, (_, place) in enumerate(listed):
        if first.setdefault(place, number) != number:
            pairs.append((number, first[place]))
    for place, number in first.items():
        above = next((first[folder] for folder in _above(place) if folder in first), None)
        if above is not None:
            pairs.append((max(number, above), min(number, above)))
    return [Clash(listed[one][0], listed[other][0], listed[other][1]) for other, one in sorted(pairs)]


def _above(place: str) -> Iterator[str]:
    """The folders that it lies in, the nearest first."""
    while (folder := posixpath.dirname(place)) != place:
        yield folder
        place = folder
