"""Moved: which lost dependencies that Git keeps are only at another place now, in other dependencies."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.inputs import Places


def moved_files(
    lost: Iterable[str], deps: Sequence[str], *, before: Places, now: Places
) -> Mapping[str, str]:
    """Old -> new name of each lost dependency that is gone, and most of whose files came to others.

    A file came if its path is new, and if it has the same content, or the same name and most of the lines.
    Nothing that the dependency had may be new anywhere else: a stage might read it there.
    """
    gone = [dep for dep in lost if not now.file(dep) and not before.data(dep)]
    came = now.paths() - before.paths() if gone else frozenset()
    if not came:
        return {}
    old = before.read([path for path in before.paths() if any(_has(dep, path) for dep in gone)])
    new = now.read(sorted(came))
    free = {path: text for path, text in new.items() if any(_has(dep, path) for dep in deps)}
    elsewhere = {path: text for path, text in new.items() if path not in free}
    unread = {path.rpartition("/")[2] for path in came - free.keys()}
    found: dict[str, str] = {}
    for dep in gone:
        files = {path: text for path, text in old.items() if _has(dep, path) and text.strip()}
        pairs = _pairs(files, free)
        missing = {path.rpartition("/")[2] for path in files.keys() - pairs.keys()}
        copied = missing & unread or {*files.values()} & {*elsewhere.values()}
        if len(pairs) * 2 > len(files) and not copied:
            places = {each for each in deps if any(_has(each, path) for path in pairs.values())}
            found[dep] = ", ".join(sorted(places))
            free = {path: text for path, text in free.items() if path not in pairs.values()}
    return found


def _pairs(files: Mapping[str, bytes], free: Mapping[str, bytes]) -> dict[str, str]:
    """Old -> new path of each file that came to one of these, each to another one."""
    left = dict(free)
    pairs: dict[str, str] = {}
    for same in (True, False):
        for path, text in sorted(files.items()):
            if path in pairs:
                continue
            name = path.rpartition("/")[2]
            here = [
                each
                for each, other in left.items()
                if (text == other if same else each.rpartition("/")[2] == name and _alike(text, other))
            ]
            if here:
                pairs[path] = min(here, key=lambda each: (each.rpartition("/")[2] != name, each))
                del left[pairs[path]]
    return pairs


def _alike(old: bytes, new: bytes) -> bool:
    """Whether most of the lines are the same."""
    lines = [Counter(line.strip() for line in text.splitlines() if line.strip()) for text in (old, new)]
    return (lines[0] & lines[1]).total() * 2 > max(each.total() for each in lines)


def _has(dep: str, path: str) -> bool:
    return path == dep or path.startswith(f"{dep}/")
