"""Rewritten records: find entries of dvc.lock that a squash, rebase or cherry-pick merged.

Such a commit has one parent, so git does not keep the other side of the merge. It is known where the forge
names the head of the pull request, where this clone itself still has the branch, and where the message names
the commit that was picked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import merge_bases
from mlgit.core.pipeline.merged_record import entry_digest, is_replayed, nearest
from mlgit.core.record import NamedTuple
from mlgit.project.open import LOCAL
from mlgit.project.pipeline.lock_entries import LockEntries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.project.open import Project

_MOST_BRANCHES = 20
_MOST_COMMITS = 50
Made = tuple[str, frozenset[str]]
"""The digest of an entry, and the commits of the history that made it."""
_PICKED = re.compile(rb"(?m)^\(cherry picked from commit ([0-9a-f]{40,64})\)\s*$")


class _Side(NamedTuple):
    """Commits outside of the history.

    `runs` are those that changed a lock file, each with the commit before; the first is the whole side, with
    the commit that both sides started from. `lacks` are the commits of the history that changed a lock file
    and that the side does not have.
    """

    runs: Sequence[tuple[str, str | None]]
    lacks: Sequence[str]


def in_rewritten(
    project: Project, here: str, locks: Sequence[str], branches: Iterable[str], *, paths: Sequence[str]
) -> dict[str, Made]:
    """Stage -> its entry at a commit, if it was merged with a commit outside of the history.

    `branches` are the refs of the branches that it may be from. One that also has the entry proves nothing:
    it may be rewritten, too. `paths` are the pathspecs of all files that were lock files.
    """
    reader = LockEntries(project, locks)
    found: dict[str, Made] = {}
    for side in (*_picked(project, here, paths), *_unmerged(project, here, paths, branches)):
        for commit, stage, entry, onto in _introduced(side, here, reader):
            replayed = [
                (
                    nearest(stage, entry, reader.at(run)),
                    nearest(stage, entry, reader.at(start)) if start else None,
                )
                for run, start in side.runs
            ]
            if any(is_replayed(entry, onto=onto, start=start, change=change) for change, start in replayed):
                makers = found[stage][1] if stage in found else frozenset[str]()
                found[stage] = entry_digest(entry), makers | {commit}
    return found


def _introduced(side: _Side, here: str, reader: LockEntries) -> Iterator[tuple[str, str, object, object]]:
    """(commit, stage, its entry, its entry before) for each commit that the side lacks and that gave it."""
    theirs = frozenset[bytes]().union(*(reader.hashes(run) for run, _ in side.runs))
    for commit in side.lacks:
        parents = reader.parents(commit)
        new = reader.hashes(commit) - reader.hashes(parents[0]) if parents else frozenset[bytes]()
        # Parsing takes long, and most branches have nothing to do with a commit.
        if len(parents) != 1 or (new and new.isdisjoint(theirs)):
            continue
        made, before = reader.at(commit), reader.at(parents[0])
        for stage, entry in reader.at(here).items():
            if entry in made.values() and entry not in before.values():
                yield commit, stage, entry, nearest(stage, entry, before)


def _picked(project: Project, here: str, paths: Sequence[str]) -> Iterator[_Side]:
    """The commits that `git cherry-pick -x` names in the history."""
    listed = _commits(project, "--fixed-strings", "--grep=(cherry picked from commit ", here, "--", *paths)
    messages = project.objects.get_many(listed)
    for commit, found in messages.items():
        names = [] if found is None else _PICKED.findall(found.content)
        picked = project.commit(names[-1].decode()) if names else None
        if picked is not None:
            yield _Side(runs=((picked, project.commit(f"{picked}^")),), lacks=(commit,))


def _unmerged(project: Project, here: str, paths: Sequence[str], branches: Iterable[str]) -> Iterator[_Side]:
    """The newest of the branches that are not merged, and the head of the pull request."""
    refs = sorted({LOCAL if ref.startswith(LOCAL) else ref for ref in branches})
    newest = ("--sort=-committerdate", f"--count={_MOST_BRANCHES}", "--format=%(objectname)")
    listed = project.git.run_text("for-each-ref", f"--no-merged={here}", *newest, *refs) if refs else ""
    head = None if project.change_head is None else project.commit(project.change_head)
    heads = [] if head in {None, here} else [head]
    for commit in dict.fromkeys([*heads, *listed.split()]):
        runs = _commits(project, commit, f"^{here}", "--", *paths)
        if runs:
            starts = merge_bases(project.git, commit, here) or (None,)
            each = [(run, project.commit(f"{run}^")) for run in runs]
            lacks = _commits(project, here, f"^{commit}", "--", *paths)
            yield _Side(runs=(*((commit, start) for start in starts), *each), lacks=lacks)


def _commits(project: Project, *argv: str) -> list[str]:
    """The newest commits with at most one parent."""
    return project.git.run_text("rev-list", "--max-parents=1", f"--max-count={_MOST_COMMITS}", *argv).split()
