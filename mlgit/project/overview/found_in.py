"""Found in: the branch or former commit that records what is there instead of an output."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.project.open import Project

_MOST_REFS = 40
_MOST_FORMER = 10
_LOG_BYTES = 1 << 13
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_BYTES = 4 << 20


def found_in(project: Project, contents: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Path -> branch or commit, from path -> owner and MD5 on disk; only the first few are looked at.

    A commit is one that was checked out here before, as before `git pull`.
    """
    if not contents:
        return {}
    refs = list(_refs(project))
    files = {path: _record(owner) for path, (owner, _) in contents.items()}
    specs = [f"{commit}:{file}" for _, commit in refs for file in set(files.values())]
    records = project.objects.get_many(specs, most_bytes=_MOST_BYTES)
    found: dict[str, str] = {}
    for path, (_, md5) in contents.items():
        line = f"md5: {md5}\n".encode()
        for name, commit in refs:
            record = records.get(f"{commit}:{files[path]}")
            if record is not None and line in record.content:
                found[path] = name
                break
    return found


def _record(owner: str) -> str:
    """The file that records an output: its .dvc file, or the dvc.lock of its stage."""
    if owner.endswith(".dvc"):
        return owner
    folder = owner.rpartition(":")[0].rpartition("/")[0]
    return f"{folder}/dvc.lock" if folder else "dvc.lock"


def _refs(project: Project) -> Iterator[tuple[str, str]]:
    """The newest commits of branches, those here first, each once."""
    seen = {project.head.commit}
    order = sorted(project.branches.items(), key=lambda item: not item[0].startswith("refs/heads/"))
    for ref, commit in order[:_MOST_REFS]:
        if commit not in seen:
            seen.add(commit)
            yield ref.removeprefix("refs/heads/").removeprefix("refs/remotes/"), commit
    for commit in _former_heads(project):
        if commit not in seen:
            seen.add(commit)
            yield commit[:7], commit


def _former_heads(project: Project) -> Iterator[str]:
    """The commit before a merge or rebase, and those that HEAD named before, the last one first."""
    with suppress(OSError), open(os.path.join(project.git_dir, "ORIG_HEAD"), encoding="ascii") as file:
        commit = file.read().strip()
        if _COMMIT.fullmatch(commit):
            yield commit
    try:
        with open(os.path.join(project.git_dir, "logs", "HEAD"), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            lines = file.read().splitlines()[-_MOST_FORMER:]
    except OSError:
        return
    for line in reversed(lines):
        old = line.partition(b" ")[0].decode("ascii", "replace")
        # The first line may be cut off, and a new branch begins with zeros.
        if _COMMIT.fullmatch(old) and old.strip("0"):
            yield old
