"""Locked: the stages that dvc.lock recorded, and the hashes in it and in .dvc files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import join
from mlgit.core.pipeline.evidence import OLD_LOCK
from mlgit.core.pipeline.stages import LockedStage, Pointer, is_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.dvc.files.shapes import Path, Shape

_SCHEMA = "2.0"
HINT = "DVC wrote it: restore it with `git checkout -- {path}`, or remove it and run `mlgit run`"


def lock_entries(shape: Shape | None) -> dict[str, object]:
    """Stage name -> its entry.

    Lock files before schema 2.0 (DVC 1) have the stages at the top; DVC itself no longer reads them.
    """
    if shape is None:
        return {}
    if shape.root is None:
        raise shape.wrong((), "a lock file that DVC wrote")
    document = shape.mapping(shape.root, ())
    if not has_schema(shape):
        return document
    if document["schema"] != _SCHEMA:
        raise shape.wrong(("schema",), f"`'{_SCHEMA}'`, the one that this version of DVC writes")
    return shape.mapping(document.get("stages"), ("stages",))


def has_schema(shape: Shape) -> bool:
    """Whether a lock file is of DVC 2 or newer."""
    return isinstance(shape.root, dict) and "schema" in shape.root


def locked_stage(shape: Shape, value: object, *, wdir: str, name: str) -> LockedStage:
    """One entry, with paths from the Git root."""
    at: Path = ("stages", name)
    fields = shape.fields(value, at)
    if "cmd" not in fields:
        raise shape.wrong(at, "complete: its `cmd` is missing")
    params = shape.mapping(fields.get("params"), (*at, "params"))
    deps = _hashes(shape, fields, "deps", at=at, wdir=wdir)
    locked = LockedStage(
        cmd=shape.command(fields["cmd"], (*at, "cmd")),
        cmd_listed=isinstance(fields["cmd"], list),
        deps=deps,
        params={
            join(wdir, file): shape.mapping(values, (*at, "params", file)) for file, values in params.items()
        },
        outs=_hashes(shape, fields, "outs", at=at, wdir=wdir),
        unread="" if has_schema(shape) else OLD_LOCK,
    )
    return locked._replace(marks=_marks(deps, fields, wdir=wdir)) if None in deps.values() else locked


def _marks(deps: Mapping[str, Pointer | None], fields: dict[str, object], *, wdir: str) -> Mapping[str, str]:
    """Path -> what the entry says of each dependency without an MD5, such as an ETag or a dataset."""
    import json

    found = {}
    listed = fields.get("deps")
    for entry in listed if isinstance(listed, list) else []:
        path = join(wdir, str(entry["path"]))
        known = {key: value for key, value in entry.items() if key != "path"}
        if deps[path] is None and known:
            found[path] = json.dumps(known, sort_keys=True, default=str)
    return found


def _hashes(
    shape: Shape, fields: dict[str, object], key: str, *, at: Path, wdir: str
) -> dict[str, Pointer | None]:
    found = {}
    names: dict[str, str] = {}
    for number, item in enumerate(shape.listed(fields, key, at)):
        place = (*at, key, number)
        entry = shape.fields(item, place)
        name = shape.text(entry.get("path"), (*place, "path"))
        path = join(wdir, name)
        if names.setdefault(path, name) != name:
            # DVC takes the one that is written as in dvc.yaml; it never writes two.
            raise shape.wrong((*place, "path"), f"a path of its own, because `{names[path]}` is the same")
        found[path] = pointer(shape, entry, place, path=path)
    return found


def pointer(shape: Shape, entry: Mapping[str, object], at: Path, *, path: str) -> Pointer | None:
    """The content that an entry of a lock or .dvc file names for `path`; None if it has no MD5."""
    entry = _with_remote(entry)
    # Outside of the repository, DVC reads `md5` whatever `hash` says.
    inside = not path.startswith(("/", "../"))
    kind = entry.get("hash")
    if kind is not None and shape.text(kind, (*at, "hash")) != "md5" and inside:
        return None
    md5 = entry.get("md5")
    if not isinstance(md5, str):
        files = entry.get("files")
        return _of_files(files) if isinstance(files, list) else None
    if not is_hash(md5):
        raise shape.wrong((*at, "md5"), "a hash of DVC's")
    size, nfiles = entry.get("size"), entry.get("nfiles")
    for key, value in (("size", size), ("nfiles", nfiles)):
        if isinstance(value, int) and value < 0:
            raise shape.wrong((*at, key), "0 or more")
    return Pointer(
        md5=md5,
        size=size if isinstance(size, int) else None,
        nfiles=nfiles if isinstance(nfiles, int) else None,
        # DVC 2 wrote no `hash`. It converted CRLF to LF only inside the repository.
        legacy=inside and entry.get("hash") is None,
    )


def _with_remote(entry: Mapping[str, object]) -> Mapping[str, object]:
    """The entry with what it says about the file in a version-aware remote, which counts first in DVC."""
    remotes = entry.get("cloud")
    if not isinstance(remotes, dict):
        return entry
    there = next(iter(remotes.values()), None)
    return {**entry, **there} if isinstance(there, dict) else entry


def _of_files(files: list[object]) -> Pointer:
    """A directory in a version-aware remote, where every file has its own entry."""
    from mlgit.adapters.dvc.data.hashes import listing_md5

    dicts = [file for file in files if isinstance(file, dict)]
    named = [file for file in dicts if "relpath" in file and isinstance(file.get("md5"), str)]
    md5 = listing_md5((str(file["relpath"]), file["md5"]) for file in named)
    sizes = [file["size"] for file in named if isinstance(file.get("size"), int)]
    return Pointer(md5=md5, size=sum(sizes), nfiles=len(files))
