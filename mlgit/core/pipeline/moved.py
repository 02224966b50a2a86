"""Moved: which lost dependencies that Git keeps are only at another place now, in other dependencies."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.inputs import Places

_LEAST_LINES = 5
_MOST_COMPARED = 50
# Of a file with another name, so many lines have to be the same in five.
_OF_FIVE = 4


def moved_files(
    lost: Iterable[str], deps: Sequence[str], *, before: Places, now: Places, edited: bool = True
) -> Mapping[str, str]:
    """Old -> new name of each lost dependency that is gone, and most of whose files came to others.

    A file came if its path is new, and if it has the same content, the same name and most of the lines, or
    another name and nearly all of them; also if nearly all its lines are new in a file that was there.
    Nothing that the dependency had may be new anywhere else: a stage might read it there. Unless `edited`,
    what has another name must have the same content.
    """
    gone = [dep for dep in lost if not now.file(dep) and not before.data(dep)]
    if not gone:
        return {}
    came = now.paths() - before.paths()
    old = before.read([path for path in before.paths() if any(_has(dep, path) for dep in gone)])
    new = now.read(sorted(came))
    free = {path: text for path, text in new.items() if any(_has(dep, path) for dep in deps)}
    elsewhere = {path: text for path, text in new.items() if path not in free}
    unread = {path.rpartition("/")[2] for path in came - free.keys()}
    found: dict[str, str] = {}
    for dep in gone:
        files = {path: text for path, text in old.items() if _has(dep, path) and text.strip()}
        pairs = _pairs(files, free, edited=edited)
        if len(files) == 1 and not pairs and edited:
            pairs = _taken_in(files, deps, before=before, now=now)
        missing = {path.rpartition("/")[2] for path in files.keys() - pairs.keys()}
        copied = missing & unread or {*files.values()} & {*elsewhere.values()}
        if len(pairs) * 2 > len(files) and not copied:
            places = {each for each in deps if any(_has(each, path) for path in pairs.values())}
            found[dep] = ", ".join(sorted(places))
            free = {path: text for path, text in free.items() if path not in pairs.values()}
    return found


def _pairs(files: Mapping[str, bytes], free: Mapping[str, bytes], *, edited: bool) -> dict[str, str]:
    """Old -> new path of each file that came to one of these, each to another one."""
    left = dict(free)
    pairs: dict[str, str] = {}
    for is_same in (_equal, _same_name, _nearly) if edited else (_equal, _same_name):
        for path, text in sorted(files.items()):
            if path in pairs or (is_same is _nearly and len(left) > _MOST_COMPARED):
                continue
            name = path.rpartition("/")[2]
            here = [each for each, other in left.items() if is_same((path, text), (each, other))]
            if here:
                pairs[path] = min(here, key=lambda each: (each.rpartition("/")[2] != name, each))
                del left[pairs[path]]
    return pairs


def _equal(old: tuple[str, bytes], new: tuple[str, bytes]) -> bool:
    return old[1] == new[1]


def _same_name(old: tuple[str, bytes], new: tuple[str, bytes]) -> bool:
    """Whether most of the lines are the same, in a file of the same name."""
    if old[0].rpartition("/")[2] != new[0].rpartition("/")[2]:
        return False
    lines = _lines(old[1]), _lines(new[1])
    return (lines[0] & lines[1]).total() * 2 > max(each.total() for each in lines)


def _nearly(old: tuple[str, bytes], new: tuple[str, bytes]) -> bool:
    """Whether nearly all the lines are the same, in a file of the same kind."""
    if old[0].rpartition(".")[2] != new[0].rpartition(".")[2]:
        return False
    lines = _lines(old[1]), _lines(new[1])
    most = max(each.total() for each in lines)
    return most >= _LEAST_LINES and (lines[0] & lines[1]).total() * 5 >= most * _OF_FIVE


def _taken_in(
    files: Mapping[str, bytes], deps: Sequence[str], *, before: Places, now: Places
) -> dict[str, str]:
    """The file with the dependency that was there and has nearly all its lines now, but not before."""
    ((path, text),) = files.items()
    lines = _lines(text)
    there = [dep for dep in deps if dep.rpartition(".")[2] == path.rpartition(".")[2]]
    there = [dep for dep in there if dep in before.paths() and dep in now.paths()][:_MOST_COMPARED]
    was, has = before.read(there), now.read(there)
    for dep in there if lines.total() >= _LEAST_LINES else ():
        added = _lines(has.get(dep, b"")) - _lines(was.get(dep, b""))
        if (lines & added).total() * 5 >= lines.total() * _OF_FIVE:
            return {path: dep}
    return {}


def _lines(text: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def _has(dep: str, path: str) -> bool:
    return path == dep or path.startswith(f"{dep}/")
