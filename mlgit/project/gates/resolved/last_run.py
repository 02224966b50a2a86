"""Last run: the commit that the record of a stage in dvc.lock is from, by the lines of Git's history."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.pipeline.pointers import LOCK_FILE
from mlgit.core.record import NamedTuple
from mlgit.project.pipeline.lock_entries import LockEntries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlgit.core.pipeline.stages import Stage
    from mlgit.project.open import Project

_MOST = (4, 1000)
"""How many commits are read: most records are from one of the first."""
_MD5 = 32


class _Commit(NamedTuple):
    """A commit that changed a lock file: its tree, and those of these commits that came before it."""

    tree: str
    parents: tuple[str, ...]


def last_run(project: Project, commit: str, stage: Stage) -> str | None:
    """The commit that the record of a stage at a commit is from; None if Git has the same files there.

    A merge has it from a parent with the same, the first one if that has. One from before the oldest commit
    that is read counts as of that one.
    """
    wanted = _hashes(stage)
    if not wanted:
        return None
    lock = posixpath.join(posixpath.dirname(stage.file), LOCK_FILE)
    entries = LockEntries(project, [lock], moved=False)
    found, known = None, False
    history: Mapping[str, _Commit] = {}
    for most in _MOST:
        if not known:
            history = _history(project, commit, lock, most)
            chain, known = _oldest(history, entries, wanted)
            found = _same_record(chain, entries, stage.address)
    tip = project.objects.get(f"{commit}^{{tree}}")
    return None if found is None or tip is None or history[found].tree == tip.oid else found


def _hashes(stage: Stage) -> frozenset[bytes]:
    if stage.locked is None:
        return frozenset()
    pointers = (*stage.locked.deps.values(), *stage.locked.outs.values())
    return frozenset(each.md5[:_MD5].encode() for each in pointers if each is not None)


def _history(project: Project, commit: str, lock: str, most: int) -> Mapping[str, _Commit]:
    arguments = ("--parents", "--format=%T", f"-n{most}", commit, "--", f":(literal){lock}")
    lines = iter(project.git.run_text("rev-list", *arguments).splitlines())
    found: dict[str, _Commit] = {}
    for line in lines:  # `commit`, its name and those of its parents
        _, name, *parents = line.split(" ")
        found[name] = _Commit(tree=next(lines), parents=tuple(parents))
    return found


def _oldest(
    history: Mapping[str, _Commit], entries: LockEntries, wanted: Collection[bytes]
) -> tuple[list[str], bool]:
    """The commits with the hashes of a record, the newest first, and whether what came before was read."""
    commit = next(iter(history), None)
    if commit is None or not entries.hashes(commit).issuperset(wanted):
        return [], True
    chain = [commit]
    while True:
        parents = history[chain[-1]].parents
        before = (each for each in parents if each in history and entries.hashes(each).issuperset(wanted))
        other = next(before, None)
        if other is None:
            return chain, all(each in history for each in parents)
        chain.append(other)


def _same_record(chain: Sequence[str], entries: LockEntries, address: str) -> str | None:
    """The last of these commits that has the first one's record; few of them are parsed."""
    if not chain:
        return None
    record = entries.at(chain[0]).get(address)
    return chain[bisect_left(chain, 1, key=lambda each: record not in entries.at(each).values()) - 1]
