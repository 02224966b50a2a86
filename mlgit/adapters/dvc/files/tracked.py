"""Tracked: the data, import or (before DVC 1) stage in one .dvc file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.declared import own_remote
from mlgit.adapters.dvc.files.locked import pointer
from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.core.pipeline.evidence import OLD_STAGE
from mlgit.core.pipeline.stages import LockedStage, Origin, Output, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.adapters.dvc.files.shapes import Shape


_KNOWN = frozenset({"always_changed", "deps", "desc", "frozen", "locked", "md5", "meta", "outs", "wdir"})
_PLAIN = frozenset({"hash", "md5", "nfiles", "path", "size"})


def tracked_file(shape: Shape, path: str) -> tuple[Stage | None, list[Output]]:
    """The stage of an old .dvc file, or the outputs of any other."""
    document = shape.fields(shape.root, ())
    folder = folder_of(path)
    if document.get("wdir"):
        folder = join(folder, shape.text(document["wdir"], ("wdir",)))
    stage = "cmd" in document
    deps = _deps(shape, document)
    source = _source(deps) if deps and not stage else None
    origin = None if source is None else _origin(shape, deps, folder, frozen=_frozen(shape, document))
    outputs = []
    for number, item in enumerate(shape.sequence(document.get("outs"), ("outs",))):
        entry = shape.fields(item, ("outs", number))
        name = entry.get("path")
        place = join(folder, name if isinstance(name, str) else shape.text(name, ("outs", number, "path")))
        recorded = pointer(shape, entry, ("outs", number), path=place)
        if source is None and entry.keys() <= _PLAIN:  # the usual case; there may be thousands
            outputs.append(Output(path=place, owner=path, pointer=recorded))
            continue
        outputs.append(
            Output(
                path=place,
                owner=path,
                pointer=recorded,
                cached=entry.get("cache") is not False,
                metric=bool(entry.get("metric")),
                plot=bool(entry.get("plot")),
                source=source,
                foreign=source is not None and "repo" in deps[0],
                remote=own_remote(entry),
                push=entry.get("push") is not False,
                origin=origin,
            )
        )
    if not stage:
        return None, outputs
    return _old_stage(shape, document, path=path, wdir=folder or ".", deps=deps, outputs=outputs), []


def unknown_keys(shape: Shape) -> list[str]:
    """The keys at the top that DVC does not know; `cmd` is that of a stage before DVC 1."""
    return sorted(map(str, shape.fields(shape.root, ()).keys() - _KNOWN))


def _old_stage(
    shape: Shape,
    document: dict[str, object],
    *,
    path: str,
    wdir: str,
    deps: Sequence[dict[str, object]],
    outputs: Sequence[Output],
) -> Stage:
    command = shape.command(document["cmd"], ("cmd",)) if document["cmd"] else ()
    places = {}
    for number, dep in enumerate(deps):
        if "params" not in dep:
            place = join(wdir, str(dep.get("path")))
            places[place] = pointer(shape, dep, ("deps", number), path=place)
    return Stage(
        address=path,
        name=path,
        file=path,
        wdir=wdir,
        cmd=command,
        deps=tuple(places),
        outs=tuple(outputs),
        frozen=_frozen(shape, document),
        always_changed=bool(document.get("always_changed")),
        locked=LockedStage(
            cmd=command,
            deps=places,
            params={},
            outs={out.path: out.pointer for out in outputs},
            unread=OLD_STAGE,
        ),
    )


def _deps(shape: Shape, document: dict[str, object]) -> list[dict[str, object]]:
    items = shape.sequence(document.get("deps"), ("deps",))
    deps = [shape.fields(item, ("deps", number)) for number, item in enumerate(items)]
    for number, dep in enumerate(deps):
        if "path" in dep:
            shape.text(dep["path"], ("deps", number, "path"))
    return deps


def _frozen(shape: Shape, document: dict[str, object]) -> bool:
    for key in ("frozen", "locked"):
        if not isinstance(document.get(key, False), bool):
            raise shape.wrong((key,), "true or false")
    return bool(document.get("frozen") or document.get("locked"))


def _source(deps: Sequence[dict[str, object]]) -> str | None:
    """The source of imported data."""
    for dep in deps:
        repository = dep.get("repo")
        if isinstance(repository, dict):
            return str(repository.get("url"))
        if isinstance(dep.get("path"), str):
            return str(dep["path"])
        if "db" in dep:
            return "a database"
    return None


def _origin(shape: Shape, deps: Sequence[dict[str, object]], folder: str, *, frozen: bool) -> Origin | None:
    """The path that data was imported from, if it is local: it can be checked without the network."""
    dep = deps[0]
    path = dep.get("path")
    if len(deps) != 1 or "repo" in dep or "db" in dep or not isinstance(path, str) or "://" in path:
        return None
    place = join(folder, path)
    return Origin(path=place, pointer=pointer(shape, dep, ("deps", 0), path=place), frozen=frozen)
