"""Remote data: the outputs of the working tree's pipeline that the DVC remotes lack; nothing is pulled."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.pipeline.remote_data import (
    Recording,
    RemoteData,
    RemoteOutput,
    count_by_remote,
    kept_elsewhere,
    lacking,
)
from mlgit.project.pipeline.declared import outside, record_file
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output, Pointer
    from mlgit.core.progress import Progress
    from mlgit.errors import MlgitError
    from mlgit.project.open import Project

_MOST_TRACED = 20
_COMMIT = "\x01"


def remote_data(
    project: Project,
    state: Evidence,
    progress: Progress | None = None,
    *,
    paths: Collection[str] | None = None,
) -> tuple[RemoteData, tuple[MlgitError, ...]]:
    """The outputs that DVC remotes lack, and the errors of remotes that did not answer.

    `paths`: only these outputs.

    Raises:
        StateError: outputs are recorded, but there is no DVC repository.
    """
    recorded = _recorded(state, paths)
    found = {out.path: kept_elsewhere(out) for out in recorded}
    wanted = [out for out in recorded if found[out.path] is None]
    if not wanted:
        return RemoteData(outputs=tuple(each for each in found.values() if each is not None)), ()
    from mlgit.adapters.dvc.engine.remotes import query_remotes

    answers = query_remotes(project.root, wanted, progress=progress)
    by_path = {holding.path: holding for holding in answers.holdings}
    for out in wanted:
        found[out.path] = lacking(
            out,
            by_path[out.path],
            cached_bytes=partial(_cached_bytes, project, out),
            in_workspace=partial(_in_workspace, project, out),
        )
    outputs = tuple(each for each in found.values() if each is not None)
    data = RemoteData(
        remotes=count_by_remote(answers.holdings),
        outputs=_with_recordings(project, outputs, {out.path: out.pointer for out in wanted}),
        notes=answers.notes,
    )
    return data, answers.failures


def _recorded(state: Evidence, paths: Collection[str] | None) -> list[Output]:
    """The outputs with recorded content that a DVC remote could have."""
    return [
        out
        for out in state.pipeline.outputs
        if out.cached and out.pointer is not None and not outside(out.path)
        if paths is None or out.path in paths
    ]


def _cached_bytes(project: Project, out: Output, pointer: Pointer) -> int | None:
    cache = cache_of(project, out.path)
    try:
        return None if cache is None else os.path.getsize(cache.path(pointer))
    except OSError:
        return None


def _in_workspace(project: Project, out: Output) -> bool:
    pointer = out.pointer
    return pointer is not None and (
        hashes_on_disk(project).md5(out.path, legacy=pointer.legacy) == pointer.md5
    )


def _with_recordings(
    project: Project, outputs: tuple[RemoteOutput, ...], pointers: Mapping[str, Pointer | None]
) -> tuple[RemoteOutput, ...]:
    """Add the recording commit to the first few outputs that are not completely on this machine."""
    lost = [each for each in outputs if each.elsewhere in {"partly", "nowhere"}][:_MOST_TRACED]
    hashes = {each.path: pointer.md5 for each in lost if (pointer := pointers.get(each.path)) is not None}
    if not hashes or project.head.commit is None:
        return outputs
    found = _recordings(project, set(hashes.values()), {record_file(each.owner) for each in lost})
    return tuple(replace(each, recorded=found.get(hashes.get(each.path, ""))) for each in outputs)


def _recordings(project: Project, hashes: set[str], files: set[str]) -> Mapping[str, Recording]:
    """Hash -> the newest commit up to HEAD that added it to one of these files; one call of git for all."""
    pattern = "|".join(re.escape(md5) for md5 in sorted(hashes))
    text = project.git.run(
        "log",
        "--no-color",
        "--no-show-signature",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "-p",
        "-U0",
        f"--format={_COMMIT}%H%x00%an",
        "--extended-regexp",
        f"-G{pattern}",
        "HEAD",
        "--",
        *(f":(literal,top){file}" for file in sorted(files)),
    ).decode("utf-8", "replace")
    found: dict[str, Recording] = {}
    commit, author = "", ""
    for line in text.splitlines():
        if line.startswith(_COMMIT):
            commit, _, author = line.removeprefix(_COMMIT).partition("\0")
        elif line.startswith("+"):
            for md5 in re.findall(pattern, line):
                found.setdefault(md5, Recording(commit=commit, author=author))
    return found
