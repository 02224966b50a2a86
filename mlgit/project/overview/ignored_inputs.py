"""Ignored inputs: what Git ignores, and DVC counts, in a folder that a stage depends on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.ignore import Ignores
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Pointer
    from mlgit.project.open import Project

CODE = "ignored_in_dependency"
_MOST = 3


def ignored_inputs(project: Project, state: Evidence) -> tuple[Note, ...]:
    """A note for each folder that may have changed only because of files that Git ignores."""
    found: dict[str, Note] = {}
    for dep, pointer in _changed_folders(state):
        if dep not in found and not any(f"{out.path}/".startswith(dep) for out in state.pipeline.outputs):
            commit = state.commit
            note = _on_disk(project, dep) if commit is None else _at_commit(project, commit, dep, pointer)
            if note is not None:
                found[dep] = note
    return tuple(found.values())


def _changed_folders(state: Evidence) -> Iterator[tuple[str, Pointer]]:
    """The folders, with a slash at the end, that stale stages recorded otherwise."""
    locked = {stage.address: stage.locked for stage in state.pipeline.stages}
    for each in state.stages:
        record = locked.get(each.address)
        for reason in each.reasons if record is not None else ():
            dep = reason.removeprefix("changed dep ")
            pointer = None if record is None else record.deps.get(dep)
            if pointer is not None and pointer.directory and not dep.startswith(("/", "../")):
                yield f"{dep}/", pointer


def _at_commit(project: Project, commit: str, dep: str, pointer: Pointer) -> Note | None:
    here = sum(path.startswith(dep) for path in project.tree(commit).paths())
    if pointer.nfiles is None or pointer.nfiles <= here:
        return None
    was = f"dvc.lock recorded {count(pointer.nfiles, 'file')} in `{dep}`, and this commit has {here}"
    return Note(
        code=CODE,
        message=f"{was}: DVC also counts files that Git ignores",
        hint="if no stage reads them, add a line such as `__pycache__/` to `.dvcignore` and run `mlgit run`",
    )


def _on_disk(project: Project, dep: str) -> Note | None:
    options = ("-z", "--others", "--ignored", "--exclude-standard", "--directory")
    output = project.git.run("ls-files", *options, "--", f":(top,literal){dep.rstrip('/')}")
    ignores = Ignores(project.root)
    names = [
        name
        for name in map(os.fsdecode, output.split(b"\0"))
        if name.startswith(dep) and not ignores.hidden(name.rstrip("/"), is_folder=name.endswith("/"))
    ]
    if not names:
        return None
    line = names[0].rstrip("/").rpartition("/")[2] + ("/" if names[0].endswith("/") else "")
    return Note(
        code=CODE,
        message=f"DVC counts what Git ignores in `{dep}`: {listed(names, _MOST)}",
        hint=f"if no stage reads it, add the line `{line}` to `.dvcignore`, then run `mlgit run`",
    )
