"""Places: placeholders of `deploy:`, filled in, and the folders that two deployments would share."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACEHOLDERS = ("model", "version", "environment")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Clash(NamedTuple):
    """Two deployments whose folders are the same, or one in the other; each `(environment, model)`."""

    first: tuple[str, str]
    second: tuple[str, str]
    place: str


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order; braces around anything else are no placeholder."""
    return tuple(found[1] for found in _PLACEHOLDER.finditer(text))


def fill(text: str, *, model: str, environment: str, version: str = "") -> str:
    """The text with its placeholders filled in, each once: what is filled in is not read again."""
    values = {"model": model, "environment": environment, "version": version}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def clashes(paths: Iterable[tuple[str, str]], models: Iterable[str]) -> list[Clash]:
    """The pairs that would write into one folder, as far as the paths tell.

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
    """The pairs whose folders are the same, or one in the other; `((environment, model), folder)` each."""
    seen: list[tuple[tuple[str, str], str]] = []
    found = []
    for owner, place in places:
        found += [Clash(other, owner, place) for other, taken in seen if _meets(place, taken)]
        seen.append((owner, place))
    return found


def _meets(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
