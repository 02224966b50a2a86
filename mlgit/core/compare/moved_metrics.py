"""Moved metrics: metric files that have another path now, so that their numbers are neither gone nor new."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_MOST_PARTS = 8


def moved_metrics(old: Mapping[str, Collection[str]], new: Mapping[str, Collection[str]]) -> dict[str, str]:
    """New -> old path of the files, given with their keys, that moved: each is only on its side.

    Files with the longest common end of their paths belong together, if they share a key; otherwise those
    with the same keys, and at last the only two that are left, if they share most keys. Nothing is guessed:
    where two files could be meant, none is.
    """
    gone = {path: frozenset(keys) for path, keys in old.items() if path not in new and keys}
    came = {path: frozenset(keys) for path, keys in new.items() if path not in old and keys}
    found: dict[str, str] = {}
    for parts in range(_MOST_PARTS, 0, -1):
        if not gone or not came:
            return found
        for before, after in _only(
            _groups((path, _end(path, parts)) for path in gone),
            _groups((path, _end(path, parts)) for path in came),
        ):
            if gone[before] & came[after]:
                found[after] = before
                del gone[before], came[after]
    for before, after in _only(_groups(gone.items()), _groups(came.items())):
        found[after] = before
        del gone[before], came[after]
    if len(gone) == len(came) == 1:
        (before, keys), (after, others) = *gone.items(), *came.items()
        if 2 * len(keys & others) > max(len(keys), len(others)):
            found[after] = before
    return found


def _end(path: str, parts: int) -> tuple[str, ...]:
    """The last parts of a path; empty if it has fewer."""
    found = path.split("/")
    return tuple(found[-parts:]) if len(found) >= parts else ()


def _groups(items: Iterable[tuple[str, Collection[str]]]) -> dict[Collection[str], list[str]]:
    """Paths by what they have in common; paths with nothing are left out."""
    found: dict[Collection[str], list[str]] = {}
    for path, common in items:
        if common:
            found.setdefault(common, []).append(path)
    return found


def _only(
    old: Mapping[Collection[str], list[str]], new: Mapping[Collection[str], list[str]]
) -> list[tuple[str, str]]:
    """(old, new) path of each group that has exactly one on both sides."""
    return [(old[key][0], new[key][0]) for key in old if len(old[key]) == len(new.get(key, ())) == 1]
