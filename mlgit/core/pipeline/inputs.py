"""Inputs: the content that stages read in their last run: a renamed input is not a dropped one."""

from __future__ import annotations

import json
import re
from dataclasses import field
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.stages import Stage

# A key that is not also a number, a truth value or null, and has no dots.
_PLAIN = re.compile(r"(?!(?i:true|false|null|nan|inf|yes|no|on|off)$)[^\W\d][^.\"']*")
# Values that many parameters have.
_COMMON = frozenset({"true", "false", "null", "0", "1", "-1", "0.0", "1.0", "-1.0", '""', "[]", "{}"})


@record
class Recorded:
    """What dvc.lock has: dependency -> hash, and `file:key` -> value as text, of single values only."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Recorded) -> Recorded:
        return Recorded(
            hashes={**self.hashes, **other.hashes},
            values={**self.values, **other.values},
        )


def _nowhere(_: str) -> bool:
    return False


def _nothing(_: Iterable[str]) -> Mapping[str, bytes]:
    return {}


class LinkTarget(NamedTuple):
    """Where a link of Git leads: `path` from the root, `content` for what Git has there; empty if nothing."""

    path: str
    content: str


def _no_links(_: str) -> Mapping[str, LinkTarget]:
    return {}


def _no_link(_: str) -> LinkTarget | None:
    return None


def _unlisted(_: str) -> Mapping[str, str] | None:
    return None


def _unwritten(_: Iterable[str]) -> Mapping[str, str]:
    return {}


@record
class Places:
    """What a side has, whether a stage reads it or not.

    `file` says whether there is a file or folder at a path, `param` whether `file:key` has a value, `data`
    whether DVC keeps something at a path, below or above it. `paths` are the files of Git, `read` reads some,
    `link` gives where a path leads that is a link of Git or in one, `links` the links in a folder,
    `submodules` are all of them, and `written` gives a text for the bytes that Git writes to disk for each of
    some files. `listing` gives name -> hash of the files that DVC keeps in a folder, None if that is not
    known here.
    """

    file: Callable[[str], bool] = _nowhere
    param: Callable[[str], bool] = _nowhere
    data: Callable[[str], bool] = _nowhere
    paths: Callable[[], frozenset[str]] = frozenset
    read: Callable[[Iterable[str]], Mapping[str, bytes]] = _nothing
    link: Callable[[str], LinkTarget | None] = _no_link
    links: Callable[[str], Mapping[str, LinkTarget]] = _no_links
    submodules: Callable[[], frozenset[str]] = frozenset
    written: Callable[[Iterable[str]], Mapping[str, str]] = _unwritten
    listing: Callable[[str], Mapping[str, str] | None] = _unlisted


EMPTY = Places()


def recorded_inputs(stages: Iterable[Stage]) -> Recorded:
    """The content of all inputs of some stages, as their last runs recorded it."""
    hashes: dict[str, str] = {}
    values: dict[str, str] = {}
    for stage in stages:
        if stage.locked is None:
            continue
        hashes |= {dep: pointer.md5 for dep, pointer in stage.locked.deps.items() if pointer is not None}
        for file, params in stage.locked.params.items():
            for key, value in params.items():
                values |= leaves(f"{file}:{key}", value)
    return Recorded(hashes=hashes, values=values)


def same_files(
    lost: Iterable[str], added: Sequence[str], old: Recorded, new: Recorded, *, now: Places = EMPTY
) -> Mapping[str, str]:
    """Old -> new name of each lost dependency that is gone, and has the content of an added one.

    One that is still there was copied: the stage may read it as before.
    """
    found: dict[str, str] = {}
    for dep in lost:
        md5 = old.hashes.get(dep)
        here = [each for each in added if each not in found.values() and new.hashes.get(each) == md5]
        if md5 is not None and here and not now.file(dep):
            found[dep] = here[0]
    return found


def same_values(
    lost: Sequence[str], old: Recorded, new: Recorded, *, before: Places = EMPTY, now: Places = EMPTY
) -> Mapping[str, str]:
    """Old -> new name of each lost parameter that is gone, and whose values are those of added ones."""
    added = {name: value for name, value in new.values.items() if name not in old.values}
    parts = {name: {each: old.values[each] for each in old.values if _is_part(each, name)} for name in lost}
    found: dict[str, str] = {}
    for name, values in parts.items():
        if now.param(name):
            continue
        if len(values) == 1:
            ((leaf, own),) = values.items()
            count = sum(own in other.values() for other in parts.values())
            places = _place_of(leaf, own, added, before=before, alone=count == 1)
        else:
            places = _places(values, added)
        if places is not None:
            found[name] = ", ".join(places)
            added = {each: value for each, value in added.items() if each not in places}
    return found


def _place_of(
    name: str, value: str, added: Mapping[str, str], *, before: Places, alone: bool
) -> list[str] | None:
    """The added parameter that a single value moved to; None if it may be equal by accident.

    One with the same last name is the same. With another name, it must be new in the same group, and the
    only one with the value, which must be rarer than `true` or `1`. `alone`: no other one was lost with it.
    """
    here = [each for each, other in added.items() if other == value]
    same = [each for each in here if _last(each) == _last(name)]
    if same:
        return same[:1]
    unsure = not alone or len(here) != 1 or value in _COMMON
    if unsure or _group(here[0]) != _group(name) or before.param(here[0]):
        return None
    return here


def _places(values: Mapping[str, str], added: Mapping[str, str]) -> list[str] | None:
    """The added parameter for each value, one with the same last name first; None if one is missing."""
    free = dict(added)
    found = []
    for name, value in values.items():
        here = [each for each, other in free.items() if other == value]
        if not here:
            return None
        best = min(here, key=lambda each: _last(each) != _last(name))
        found.append(best)
        del free[best]
    return found or None


def _is_part(leaf: str, name: str) -> bool:
    """Whether a value belongs to a parameter, which may be a group or a whole file."""
    return leaf == name or leaf.startswith(name if name.endswith(":") else f"{name}.")


def _last(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2]


def _group(name: str) -> str:
    """The file and group that a parameter is in."""
    file, _, key = name.partition(":")
    return f"{file}:{key.rpartition('.')[0]}"


def leaves(name: str, value: object) -> dict[str, str]:
    """The single values in a parameter by their full names; a list is one value, as an empty group is."""
    if not isinstance(value, dict) or not value:
        return {name: as_text(value)}
    found: dict[str, str] = {}
    for key, inner in value.items():
        found |= leaves(f"{name}.{key_text(key)}", inner)
    return found


def recorded_orders(stages: Iterable[Stage]) -> Mapping[str, Sequence[str]]:
    """The keys in the order of the last runs, by the name of each group, or list of groups."""
    found: dict[str, Sequence[str]] = {}
    for stage in stages:
        for file, params in stage.locked.params.items() if stage.locked else ():
            for key, value in params.items():
                found |= _orders(f"{file}:{key}", value)
    return found


def _orders(name: str, value: object) -> dict[str, Sequence[str]]:
    if not isinstance(value, dict):
        keys = [*_keys_in("", value)]
        return {name: keys} if keys else {}
    found: dict[str, Sequence[str]] = {name: [*map(key_text, value)]}
    for key, inner in value.items():
        found |= _orders(f"{name}.{key_text(key)}", inner)
    return found


def _keys_in(place: str, value: object) -> Iterator[str]:
    """The places of all keys in a list, in order."""
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, each in inner:
        yield from [f"{place}.{key}"] if isinstance(value, dict) else []
        yield from _keys_in(f"{place}.{key}", each)


def key_text(key: object) -> str:
    """A key in a name: in quotation marks if it looks like two keys, or like one that is not text."""
    return json.dumps(key) if isinstance(key, str) and not _PLAIN.fullmatch(key) else str(key)


def as_text(value: object) -> str:
    """A value as text, in which the order of keys does not matter and their types do."""
    if isinstance(value, dict):
        pairs = sorted((as_text(key), as_text(inner)) for key, inner in value.items())
        return f"{{{', '.join(f'{key}: {inner}' for key, inner in pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_text, value))}]"
    return json.dumps(value) if isinstance(value, (str, int, float, type(None))) else str(value)
