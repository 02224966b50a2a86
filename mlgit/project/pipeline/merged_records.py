"""Merged records: find the stages whose entry of dvc.lock a merge made, and no run.

Git is asked once per commit, only about merges in which a lock file differs from that of every parent. The
result is cached by the commit, so that reading it again costs no git process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.pipeline.pointers import LOCK_FILE
from mlgit.adapters.memory import Memory
from mlgit.errors import ConfigError
from mlgit.project.pipeline.declared import record_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.project.open import Project

    _Entries = Mapping[str, object]

_FORMAT = 1
_MAX_BYTES = 1 << 16
_MOST_COMMITS = 16
_CONFIRMED: WeakKeyDictionary[Project, set[tuple[str, str]]] = WeakKeyDictionary()


def merged_by_git(project: Project, commit: str | None, pipeline: Pipeline) -> dict[str, str]:
    """Stage -> digest of its entry, for entries that git merged and that no run confirmed."""
    here = commit or project.head.commit
    locks = sorted({record_file(stage.address) for stage in pipeline.stages if stage.locked is not None})
    locks = [path for path in locks if path.endswith(LOCK_FILE)]
    if here is None or not locks:
        return {}
    suspects = _suspects(project, here, locks)
    if commit is None and suspects:
        from mlgit.core.pipeline.merged_record import entry_digest

        # The working tree may have another entry since.
        entries = _Locks(project, locks).of_worktree()
        now = {stage: entry_digest(entries.get(stage)) for stage in suspects}
        suspects = {stage: digest for stage, digest in suspects.items() if now[stage] == digest}
    known = _CONFIRMED.get(project, set())
    return {stage: digest for stage, digest in suspects.items() if (stage, digest) not in known}


def confirm(project: Project, entries: Mapping[str, str]) -> None:
    """Accept these entries (stage -> digest) for this run: the stages were just run, and gave them."""
    _CONFIRMED.setdefault(project, set()).update(entries.items())


def _suspects(project: Project, here: str, locks: list[str]) -> dict[str, str]:
    """Stage -> digest of its entry at a commit, if a merge before it made that and no commit confirms it."""
    memory = Memory(project.cache_dir, "merged-records", format_number=_FORMAT, limit_bytes=_MAX_BYTES)
    cached = memory.read_json()
    known = cached if isinstance(cached, dict) else {}
    if isinstance(known.get(here), dict):
        return dict(known[here])
    found = _without_confirmed(project, here, _in_history(project, here, locks))
    if not project.shallow:
        memory.write_json(dict([*known.items()][1 - _MOST_COMMITS :]) | {here: found})
    return found


def _in_history(project: Project, here: str, locks: list[str]) -> dict[str, str]:
    from mlgit.core.pipeline.merged_record import entry_digest, is_merged

    listed = project.git.run_text(
        "rev-list", "--min-parents=2", here, "--", *(f":(literal){one}" for one in locks)
    )
    found: dict[str, str] = {}
    reader = _Locks(project, locks)
    for merge in listed.split():
        made, now = reader.at(merge), reader.at(here)
        same = [stage for stage, entry in made.items() if stage not in found and now.get(stage) == entry]
        parents = [reader.at(parent) for parent in reader.parents(merge)] if same else []
        for stage in same:
            if is_merged(made[stage], [parent.get(stage) for parent in parents]):
                found[stage] = entry_digest(made[stage])
    return found


def _without_confirmed(project: Project, here: str, found: dict[str, str]) -> dict[str, str]:
    if not found:
        return found
    from mlgit.core.pipeline.merged_record import TRAILER, confirmed

    messages = project.git.run_text("log", f"--grep={TRAILER}: ", "--fixed-strings", "--format=%B", here)
    known = confirmed(messages)
    return {stage: digest for stage, digest in found.items() if (stage, digest) not in known}


class _Locks:
    """Reads the entries of lock files; each file is parsed once."""

    def __init__(self, project: Project, paths: list[str]) -> None:
        self._project = project
        self._paths = paths
        self._parsed: dict[tuple[str, bytes], _Entries] = {}
        self._known: dict[str, _Entries] = {}

    def at(self, commit: str) -> _Entries:
        """Stage -> its entry at a commit."""
        if commit not in self._known:
            specs = {path: f"{commit}:{path}" for path in self._paths}
            objects = self._project.objects.get_many(specs.values())
            found = {path: objects[spec] for path, spec in specs.items()}
            self._known[commit] = self._all(
                {path: one.content for path, one in found.items() if one is not None and one.type == "blob"}
            )
        return self._known[commit]

    def of_worktree(self) -> _Entries:
        return self._all(self._project.worktree.read_many(self._paths))

    def parents(self, commit: str) -> list[str]:
        found = self._project.objects.get(commit)
        header = b"" if found is None else found.content.partition(b"\n\n")[0]
        lines = header.decode("ascii", "replace").splitlines()
        return [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]

    def _all(self, contents: Mapping[str, bytes]) -> _Entries:
        found: dict[str, object] = {}
        for path, content in contents.items():
            key = (path, content)
            if key not in self._parsed:
                self._parsed[key] = _entries(path, content)
            found |= self._parsed[key]
        return found


def _entries(path: str, content: bytes) -> _Entries:
    """Stage -> its entry in one lock file; empty if the file is damaged."""
    from mlgit.yaml12 import load

    try:
        document = load(content, name=path, strict=False)
    except ConfigError:
        return {}
    stages = document.get("stages") if isinstance(document, dict) else None
    folder = path.rpartition("/")[0]
    entries = stages.items() if isinstance(stages, dict) else ()
    return {f"{folder}/dvc.yaml:{name}" if folder else str(name): entry for name, entry in entries}
