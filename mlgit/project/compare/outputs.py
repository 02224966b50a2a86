"""Outputs: their content at one state: hash, size, number of files, rows of tables."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import LEFT_OUT, UNREADABLE
from mlgit.core.compare.changes import Content
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk, local_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output
    from mlgit.project.open import Project

_TABLES = {".csv": 1, ".tsv": 1, ".jsonl": 0, ".ndjson": 0}
_MAX_ROWS_BYTES = 256 << 20
_CHUNK = 1 << 20
_MOST_READ = 64 << 20


def contents(project: Project, state: Evidence) -> Mapping[str, Content]:
    """Path -> content of every output that is not a metric file."""
    found = {}
    for out in state.pipeline.outputs:
        if out.metric or "://" in out.path:
            continue
        here = _on_disk(project, out) if state.commit is None else _committed(project, out, state.commit)
        if here is not None:
            found[out.path] = here
    return found


def in_git(project: Project, state: Evidence, paths: Iterable[str]) -> Mapping[str, Content]:
    """Path -> content of what Git has at these paths, which DVC does not list in this state.

    The content of a folder and of a file too large to read is not known, but it is there.
    """
    wanted = set(paths)
    if not wanted:
        return {}
    from mlgit.adapters.dvc.data.hashes import bytes_md5

    tree = project.tree(state.commit)
    there = set(tree.paths())
    read = tree.read_many(sorted(wanted & there), most_bytes=_MOST_READ)
    found = {
        path: Content(bytes_md5(read[path]), len(read[path])) if path in read else Content(None)
        for path in wanted & there
    }
    for path in wanted - there:
        if inside := sum(name.startswith(f"{path}/") for name in there):
            found[path] = Content(None, None, inside)
    return found


def unreadable(project: Project) -> Iterable[tuple[str, str]]:
    """(path, why) of what is on disk and cannot be read; it counts as it was recorded."""
    hashes = local_files(project).hashes
    return () if hashes is None else hashes.unreadable.items()


def table_rows(project: Project, state: Evidence, path: str, md5: str | None) -> int | None:
    """The number of rows of a table; None if it is not one, or cannot be read on this machine."""
    header = _TABLES.get(os.path.splitext(path)[1].lower())
    if header is None or md5 is None or md5.endswith(".dir"):
        return None
    local_path = os.path.join(project.root, path)
    if state.commit is None and os.path.exists(local_path):
        return _rows(local_path, header)
    out = next((out for out in state.pipeline.outputs if out.path == path), None)
    if (out is None or not out.cached) and state.commit is not None:
        found = project.tree(state.commit).read(path)
        return None if found is None else _data_rows(found.splitlines(), header)
    cache = cache_of(project, path)
    return (
        None
        if cache is None or out is None or out.pointer is None
        else _rows(cache.path(out.pointer), header)
    )


def _on_disk(project: Project, out: Output) -> Content | None:
    """The content in the workspace, or as recorded if it is not checked out."""
    legacy = out.pointer is not None and out.pointer.legacy
    hashes = hashes_on_disk(project)
    md5 = hashes.md5(out.path, legacy=legacy)
    if md5 is None:
        return None if out.pointer is None or _in_git(project, out) else _recorded(out)
    if md5 in {UNREADABLE, LEFT_OUT}:
        return _recorded(out)
    if out.pointer is not None and out.pointer.md5 == md5:
        return _recorded(out)
    size, nfiles = hashes.extent(out.path)
    return Content(md5, size, nfiles if md5.endswith(".dir") else None)


def _in_git(project: Project, out: Output) -> bool:
    """Whether Git has the output; what `.gitignore` hides is in no clone, and is as dvc.lock records it."""
    if out.cached:
        return False
    return any(path == out.path or path.startswith(f"{out.path}/") for path in project.worktree.paths())


def _committed(project: Project, out: Output, commit: str) -> Content | None:
    if out.cached or out.pointer is not None:
        return _recorded(out)
    from mlgit.adapters.dvc.data.hashes import bytes_md5

    found = project.tree(commit).read(out.path)
    return None if found is None else Content(bytes_md5(found), len(found))


def _recorded(out: Output) -> Content | None:
    pointer = out.pointer
    return None if pointer is None else Content(pointer.md5, pointer.size, pointer.nfiles)


def _rows(local_path: str, header: int) -> int | None:
    """Rows of a file on disk; None if it is missing, too large or not a table."""
    try:
        if os.path.getsize(local_path) > _MAX_ROWS_BYTES:
            return None
        with open(local_path, "rb") as file:
            header = header if _is_header(file.readline(_CHUNK)) else 0
            file.seek(0)
            lines, last, quoted = 0, b"\n", False
            while chunk := file.read(_CHUNK):
                lines += chunk.count(b"\n")
                quoted = quoted or b'"' in chunk
                last = chunk[-1:]
    except OSError:
        return None
    if quoted and header:
        # A quoted field may contain a line break, so lines are not rows.
        return _parsed_rows(local_path)
    return max(0, lines + (last != b"\n") - header)


def _data_rows(lines: list[bytes], header: int) -> int:
    return max(0, len(lines) - (header if lines and _is_header(lines[0]) else 0))


def _is_header(line: bytes) -> bool:
    """Whether a first line may name columns: one in which every cell is a number does not."""
    try:
        for cell in re.split(rb"[,;\t]", line.strip()):
            float(cell)
    except ValueError:
        return True
    return False


def _parsed_rows(local_path: str) -> int | None:
    import csv

    try:
        with open(local_path, encoding="utf-8", newline="") as file:
            delimiter = "\t" if local_path.endswith(".tsv") else ","
            return max(0, sum(1 for row in csv.reader(file, delimiter=delimiter) if row) - 1)
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
