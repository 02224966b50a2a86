"""Merged records: find the stages whose entry of dvc.lock a merge made, and no run.

Git is asked once per commit and branches, only about merges in which a lock file differs from that of every
parent, and about branches that are not merged. The result is cached, so that reading it again costs no git
process.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.data.fingerprints import checksum
from mlgit.adapters.dvc.pipeline.pointers import LOCK_FILE
from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.memory import Memory
from mlgit.core.pipeline.evidence import DELETED
from mlgit.core.record import NamedTuple
from mlgit.project.open import LOCAL
from mlgit.project.pipeline.declared import record_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.gates.verdict import Note
    from mlgit.core.pipeline.evidence import StageState
    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project
    from mlgit.project.pipeline.rewritten_records import Made

_FORMAT = 7
_MAX_BYTES = 1 << 16
_MOST_COMMITS = 16
_CONFIRMED: WeakKeyDictionary[Project, set[tuple[str, str]]] = WeakKeyDictionary()


class _Merged(NamedTuple):
    """Stage -> digest of its entry that git merged, and for each what confirms it: (commit, author)."""

    entries: Mapping[str, str] = {}
    confirmed: Mapping[str, Iterable[tuple[str, str]]] = {}


def merged_by_git(project: Project, commit: str | None, pipeline: Pipeline) -> dict[str, str]:
    """Stage -> digest of its entry, for entries that git merged and that no run confirmed."""
    found = _merged(project, commit, pipeline)
    return {stage: digest for stage, digest in found.entries.items() if stage not in found.confirmed}


def with_deleted_locks(
    project: Project, tree: Tree, states: tuple[StageState, ...]
) -> tuple[StageState, ...]:
    """The states of the working tree: a stage whose dvc.lock was deleted here is not one that never ran."""
    found = []
    for each in states:
        lock = record_file(each.address) if each.reasons == ("never run",) else ""
        gone = lock.endswith(LOCK_FILE) and lock in project.head.changed and tree.read(lock) is None
        found.append(replace(each, reasons=(f"{DELETED}{lock}",)) if gone else each)
    return tuple(found)


def confirmation_notes(
    project: Project, commit: str | None, pipeline: Pipeline, *, target: str | None
) -> Iterable[Note]:
    """A note for each merged entry that only commits of the change target..commit confirm."""
    found = _merged(project, commit, pipeline).confirmed
    tip = commit or project.head.commit
    if not found or tip is None or target is None:
        return
    from mlgit.core.gates.verdict import Note
    from mlgit.core.wording import word

    change = {*project.git.run_text("rev-list", tip, f"^{target}", "--").split()}
    for stage, commits in sorted(found.items()):
        own = [(each, author) for each, author in commits if each in change]
        if own and len(own) == len([*commits]):
            file, (first, author) = record_file(stage), own[-1]
            text = (
                f"Git merged the entry of stage `{stage}` in {file}; that a run gave the same is only known"
            )
            yield Note(
                code="merge_confirmed",
                message=f"{text} from the message of {first[:7]} by `{author}`",
                hint=f"`mlgit run --force {word(stage)}` leaves {file} as it is if that is true",
            )


def _merged(project: Project, commit: str | None, pipeline: Pipeline) -> _Merged:
    """The merged entries but for those that were just run."""
    here = commit or project.head.commit
    locks = sorted({record_file(stage.address) for stage in pipeline.stages if stage.locked is not None})
    locks = [path for path in locks if path.endswith(LOCK_FILE)]
    if here is None or not locks:
        return _Merged()
    suspects, confirmed = _suspects(project, here, locks)
    if commit is None and suspects:
        from mlgit.core.pipeline.merged_record import entry_digest
        from mlgit.project.pipeline.lock_entries import LockEntries

        # The working tree may have another entry since.
        entries = LockEntries(project, locks).of_worktree()
        now = {stage: entry_digest(entries.get(stage)) for stage in suspects}
        suspects = {stage: digest for stage, digest in suspects.items() if now[stage] == digest}
    known = _CONFIRMED.get(project, set())
    left = {stage: digest for stage, digest in suspects.items() if (stage, digest) not in known}
    return _Merged(left, {stage: commits for stage, commits in confirmed.items() if stage in left})


def confirm(project: Project, entries: Mapping[str, str]) -> None:
    """Accept these entries (stage -> digest) for this run: the stages were just run, and gave them."""
    _CONFIRMED.setdefault(project, set()).update(entries.items())


def _other_sides(project: Project, here: str) -> dict[str, str]:
    """Ref -> commit of what a squash or rebase may come from.

    These are this clone's own branches, and the remote's one of a branch at `here`, which may be as it was
    before a rebase. Others on the remote have nothing to do with the commit: anyone may push them.
    """
    local = {ref: commit for ref, commit in project.branches.items() if ref.startswith(LOCAL)}
    names = [ref.removeprefix(LOCAL) for ref, commit in local.items() if commit == here]
    pushed = {f"refs/remotes/{project.remote}/{name}" for name in names} & project.branches.keys()
    found = local | {ref: project.branches[ref] for ref in pushed}
    return {ref: commit for ref, commit in found.items() if commit != here}


def _suspects(project: Project, here: str, locks: list[str]) -> _Merged:
    """The entries at a commit that a merge before it made."""
    memory = Memory(project.cache_dir, "merged-records", format_number=_FORMAT, limit_bytes=_MAX_BYTES)
    cached = memory.read_json()
    known = cached if isinstance(cached, dict) else {}
    sides = _other_sides(project, here)
    others = {*sides.values(), project.change_head or here} - {here}
    key = f"{here} {checksum(' '.join(sorted(others)).encode())}" if others else here
    if isinstance(known.get(key), list):
        return _Merged(*known[key])
    from mlgit.project.pipeline.lock_entries import lock_history
    from mlgit.project.pipeline.rewritten_records import in_rewritten

    paths, changed = lock_history(project, here, locks)
    made = in_rewritten(project, here, locks, sides, paths=paths)
    for stage, (digest, merges) in _in_history(project, here, locks, changed).items():
        made[stage] = digest, merges | made.get(stage, ("", frozenset()))[1]
    entries = {stage: digest for stage, (digest, _) in made.items()}
    found = _Merged(entries, _confirmed(project, here, made, locks))
    if not project.shallow:
        memory.write_json(dict([*known.items()][1 - _MOST_COMMITS :]) | {key: found})
    return found


def _in_history(
    project: Project, here: str, locks: list[str], merges: Mapping[str, Iterable[str]]
) -> dict[str, Made]:
    """The entries that merges in the history made; each with the files that differ there."""
    from mlgit.core.pipeline.merged_record import entry_digest, is_merged
    from mlgit.project.pipeline.lock_entries import LockEntries

    found: dict[str, Made] = {}
    now = LockEntries(project, locks).at(here) if merges else {}
    # A stage may have been in any of these files, also in one that is gone.
    reader = LockEntries(
        project, sorted({*locks, *(path for each in merges.values() for path in each)}), moved=False
    )
    for merge in merges:
        made = [*reader.at(merge).values()]
        same = {stage: entry for stage, entry in now.items() if entry in made}
        parents = [reader.at(parent).values() for parent in reader.parents(merge)] if same else []
        for stage, entry in same.items():
            if is_merged(entry, parents):
                found[stage] = entry_digest(entry), found.get(stage, ("", frozenset[str]()))[1] | {merge}
    return found


def _confirmed(
    project: Project, here: str, made: Mapping[str, Made], locks: list[str]
) -> dict[str, list[tuple[str, str]]]:
    """Stage -> the commits that confirm its entry, each with its author, the newest first.

    What was not merged yet cannot have been run: they come after a merge that made the entry, or are on the
    other side of a rewritten one and have it.
    """
    if not made:
        return {}
    from mlgit.core.pipeline.merged_record import TRAILER, confirmed, entry_digest
    from mlgit.project.pipeline.lock_entries import LockEntries

    def follows(commit: str, stage: str) -> bool:
        digest, merges = made[stage]
        if any(is_ancestor(project.git, merge, commit) for merge in merges):
            return True
        if is_ancestor(project.git, commit, here):
            return False
        return digest in map(entry_digest, LockEntries(project, locks).at(commit).values())

    head = None if project.change_head is None else project.commit(project.change_head)
    tips = [here] if head is None else [here, head]
    form = ("-z", "--no-mailmap", "--format=%H%n%ae%n%B")
    output = project.git.run("log", f"--grep={TRAILER}: ", "--fixed-strings", *form, *tips)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in output.decode("utf-8", "replace").split("\0"):
        commit, _, rest = each.partition("\n")
        author, _, message = rest.partition("\n")
        for stage, digest in sorted(confirmed(message)):
            if stage in made and made[stage][0] == digest and follows(commit, stage):
                found.setdefault(stage, []).append((commit, author))
    return found
