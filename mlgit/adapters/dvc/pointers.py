"""Pointers: dvc.yaml, dvc.lock and .dvc files at one state of the repository, read without DVC.

What this reader is not sure about (templating, `foreach`, `matrix`, `vars`) it asks DVC for.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.documents import Documents
from mlgit.adapters.dvc.shapes import Shape
from mlgit.core.pipeline import Artifact, LockedStage, Output, Pipeline, Pointer, Stage, is_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.tree import Tree

PIPELINE_FILE = "dvc.yaml"
LOCK_FILE = "dvc.lock"
POINTER_SUFFIX = ".dvc"
DEFAULT_PARAMS = "params.yaml"
_TEMPLATE_WORDS = ("${", "foreach", "matrix", "vars")


def read_pipeline(
    tree: Tree, *, root: str, documents: Documents | None = None, paths: Sequence[str] | None = None
) -> Pipeline:
    """Everything DVC knows about a state.

    Args:
        tree: the state.
        root: the root of the working tree, for the hand-over to DVC.
        documents: a memory of parsed texts.
        paths: every path of the tree, when the caller has them already.

    Raises:
        ConfigError: one of the files is invalid.
    """
    documents = documents or Documents(None)
    files = pipeline_files(tree.paths() if paths is None else paths)
    contents = tree.read_many(files)
    prefix = "" if tree.commit is None else f"{tree.commit[:7]}:"
    shapes = {
        path: Shape(documents.parse(content, name=prefix + path), name=prefix + path, content=content)
        for path, content in contents.items()
    }
    if any(_templated(shapes[path], contents[path]) for path in shapes if _is_pipeline(path)):
        from mlgit.adapters.dvc.engine import resolve_pipeline

        return resolve_pipeline(root, tree.commit)
    return assemble(shapes)


def pipeline_files(paths: Sequence[str]) -> list[str]:
    """Those of all paths that tell DVC something."""
    return [
        path
        for path in paths
        if (path.endswith(POINTER_SUFFIX) or _is_pipeline(path) or path.rpartition("/")[2] == LOCK_FILE)
        and not _in_dvc_folder(path)
    ]


def assemble(shapes: Mapping[str, Shape]) -> Pipeline:
    """One pipeline from all parsed files, by path from the Git root."""
    stages: list[Stage] = []
    tracked: list[Output] = []
    metrics: list[str] = []
    params: list[str] = []
    plots: list[str] = []
    artifacts: list[Artifact] = []
    for path in sorted(shapes):
        shape = shapes[path]
        if _is_pipeline(path):
            document = shape.mapping(shape.root, ())
            folder = posixpath.dirname(path)
            locks = _locks(shapes.get(join(folder, LOCK_FILE)))
            stages += _stages(shape, document, path, locks)
            metrics += _places(shape, document, "metrics", folder)
            params += _places(shape, document, "params", folder)
            plots += _plots(shape, document, folder)
            artifacts += _artifacts(shape, document, folder)
        elif path.endswith(POINTER_SUFFIX):
            stage, outputs = _pointer_file(shape, path)
            stages += [stage] if stage is not None else []
            tracked += outputs
    return Pipeline(
        stages=tuple(stages),
        tracked=tuple(tracked),
        metrics=tuple(dict.fromkeys(metrics)),
        params=tuple(dict.fromkeys(params)),
        plots=tuple(dict.fromkeys(plots)),
        artifacts=tuple(artifacts),
    )


def join(folder: str, path: str) -> str:
    """A path from the Git root; absolute paths and URLs stay what they are."""
    if "://" in path or posixpath.isabs(path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def _is_pipeline(path: str) -> bool:
    return path.rpartition("/")[2] == PIPELINE_FILE


def _in_dvc_folder(path: str) -> bool:
    return path.startswith(".dvc/") or "/.dvc/" in path or path.rpartition("/")[2] == POINTER_SUFFIX


def _templated(shape: Shape, content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    if not any(word in text for word in _TEMPLATE_WORDS):
        return False
    if "${" in text:
        return True
    document = shape.mapping(shape.root, ())
    stages = shape.mapping(document.get("stages"), ("stages",))
    return "vars" in document or any(
        isinstance(stage, dict) and not stage.keys().isdisjoint(("foreach", "matrix", "vars"))
        for stage in stages.values()
    )


def _stages(
    shape: Shape, document: Mapping[str, object], path: str, locks: Mapping[str, tuple[Shape, object]]
) -> list[Stage]:
    folder = posixpath.dirname(path)
    found = []
    for name, value in shape.mapping(document.get("stages"), ("stages",)).items():
        at = ("stages", name)
        fields = shape.mapping(value, at)
        if "cmd" not in fields:
            raise shape.wrong(at, "a stage with a `cmd`")
        wdir = join(folder, shape.text(fields.get("wdir") or ".", (*at, "wdir")))
        address = name if path == PIPELINE_FILE else f"{path}:{name}"
        locked = _locked(locks[name], wdir, name) if name in locks else None
        found.append(
            Stage(
                address=address,
                name=name,
                file=path,
                wdir=wdir,
                cmd=shape.command(fields["cmd"], (*at, "cmd")),
                deps=tuple(join(wdir, dep) for dep in shape.texts(fields.get("deps"), (*at, "deps"))),
                params=_params(shape, fields.get("params"), (*at, "params"), wdir),
                outs=tuple(
                    out
                    for kind in ("outs", "metrics", "plots")
                    for out in _outs(
                        shape, fields.get(kind), (*at, kind), wdir=wdir, owner=address, locked=locked
                    )
                ),
                frozen=bool(fields.get("frozen")),
                always_changed=bool(fields.get("always_changed")),
                locked=locked,
            )
        )
    return found


def _params(
    shape: Shape, value: object, at: tuple[str | int, ...], wdir: str
) -> dict[str, tuple[str, ...] | None]:
    keys: dict[str, list[str] | None] = {}
    for number, item in enumerate(shape.sequence(value, at)):
        if isinstance(item, str):
            entries: dict[str, object] = {DEFAULT_PARAMS: [item]}
        else:
            entries = shape.mapping(item, (*at, number))
        for file, names in entries.items():
            place = join(wdir, file)
            if not names or keys.get(place, ()) is None:
                keys[place] = None
            else:
                known = keys.setdefault(place, [])
                if known is not None:
                    known += [str(name) for name in shape.sequence(names, (*at, number, file))]
    return {place: None if names is None else tuple(dict.fromkeys(names)) for place, names in keys.items()}


def _outs(
    shape: Shape,
    value: object,
    at: tuple[str | int, ...],
    *,
    wdir: str,
    owner: str,
    locked: LockedStage | None,
) -> list[Output]:
    found = []
    for number, item in enumerate(shape.sequence(value, at)):
        entries: dict[str, object]
        entries = {item: {}} if isinstance(item, str) else shape.mapping(item, (*at, number))
        for path, flags in entries.items():
            options = flags if isinstance(flags, dict) else {}
            place = join(wdir, path)
            found.append(
                Output(
                    path=place,
                    owner=owner,
                    pointer=None if locked is None else locked.outs.get(place),
                    cached=options.get("cache") is not False,
                    metric=at[-1] == "metrics",
                    plot=at[-1] == "plots",
                )
            )
    return found


def _locks(shape: Shape | None) -> dict[str, tuple[Shape, object]]:
    """Stage name -> its entry. Lock files before schema 2.0 have the stages at the top."""
    if shape is None:
        return {}
    document = shape.mapping(shape.root, ())
    stages = document.get("stages") if "schema" in document else document
    return {name: (shape, value) for name, value in shape.mapping(stages, ("stages",)).items()}


def _locked(entry: tuple[Shape, object], wdir: str, name: str) -> LockedStage:
    shape, value = entry
    at = ("stages", name)
    fields = shape.mapping(value, at)
    params = {
        join(wdir, file): shape.mapping(values, (*at, "params", file))
        for file, values in shape.mapping(fields.get("params"), (*at, "params")).items()
    }
    return LockedStage(
        cmd=shape.command(fields.get("cmd", ""), (*at, "cmd")),
        deps=_hashes(shape, fields.get("deps"), (*at, "deps"), wdir),
        params=params,
        outs=_hashes(shape, fields.get("outs"), (*at, "outs"), wdir),
    )


def _hashes(shape: Shape, value: object, at: tuple[str | int, ...], wdir: str) -> dict[str, Pointer | None]:
    found = {}
    for number, item in enumerate(shape.sequence(value, at)):
        entry = shape.mapping(item, (*at, number))
        path = shape.text(entry.get("path"), (*at, number, "path"))
        found[join(wdir, path)] = _pointer(shape, entry, (*at, number))
    return found


def _pointer(shape: Shape, entry: Mapping[str, object], at: tuple[str | int, ...]) -> Pointer | None:
    """The content that an entry of a lock or .dvc file names; None when it names none by MD5."""
    md5 = entry.get("md5")
    files = entry.get("files")
    if not isinstance(md5, str) and isinstance(files, list):
        from mlgit.adapters.dvc.hashes import listing_md5

        md5 = listing_md5(
            (str(file["relpath"]), str(file["md5"]))
            for file in files
            if isinstance(file, dict) and "relpath" in file and "md5" in file
        )
    if not isinstance(md5, str):
        return None
    if not is_hash(md5):
        raise shape.wrong((*at, "md5"), "a hash of DVC's")
    size, nfiles = entry.get("size"), entry.get("nfiles")
    return Pointer(
        md5=md5,
        size=size if isinstance(size, int) else None,
        nfiles=nfiles if isinstance(nfiles, int) else None,
        legacy="hash" not in entry and not isinstance(files, list),
    )


def _places(shape: Shape, document: Mapping[str, object], key: str, folder: str) -> list[str]:
    return [join(folder, path) for path in shape.texts(document.get(key), (key,))]


def _plots(shape: Shape, document: Mapping[str, object], folder: str) -> list[str]:
    """Files behind top-level plots: the plot's id, unless `y` names files."""
    value = document.get("plots")
    items = list(value.items()) if isinstance(value, dict) else []
    if not isinstance(value, dict):
        for item in shape.sequence(value, ("plots",)):
            items += item.items() if isinstance(item, dict) else [(item, None)]
    found = []
    for name, fields in items:
        axis = fields.get("y") if isinstance(fields, dict) else None
        found += [join(folder, str(path)) for path in (axis if isinstance(axis, dict) else [name])]
    return found


def _artifacts(shape: Shape, document: Mapping[str, object], folder: str) -> list[Artifact]:
    found = []
    for name, value in shape.mapping(document.get("artifacts"), ("artifacts",)).items():
        at = ("artifacts", name)
        fields = shape.mapping(value, at)
        kind, description = fields.get("type"), fields.get("desc")
        found.append(
            Artifact(
                name=f"{folder}:{name}" if folder else name,
                path=join(folder, shape.text(fields.get("path"), (*at, "path"))),
                type=kind if isinstance(kind, str) else None,
                description=description if isinstance(description, str) else None,
                labels=tuple(shape.texts(fields.get("labels"), (*at, "labels"))),
            )
        )
    return found


def _pointer_file(shape: Shape, path: str) -> tuple[Stage | None, list[Output]]:
    """A .dvc file: tracked data, an import, or (before DVC 1) a stage of its own."""
    document = shape.mapping(shape.root, ())
    wdir = join(posixpath.dirname(path), str(document.get("wdir") or "."))
    entries = [
        shape.mapping(item, ("outs", number))
        for number, item in enumerate(shape.sequence(document.get("outs"), ("outs",)))
    ]
    deps = [
        shape.mapping(item, ("deps", number))
        for number, item in enumerate(shape.sequence(document.get("deps"), ("deps",)))
    ]
    source = None if "cmd" in document else _source(deps)
    outputs = [
        Output(
            path=join(wdir, shape.text(entry.get("path"), ("outs", number, "path"))),
            owner=path,
            pointer=_pointer(shape, entry, ("outs", number)),
            cached=entry.get("cache") is not False,
            metric=bool(entry.get("metric")),
            plot=bool(entry.get("plot")),
            source=source,
        )
        for number, entry in enumerate(entries)
    ]
    if "cmd" not in document:
        return None, outputs
    command = shape.command(document["cmd"], ("cmd",)) if document["cmd"] else ()
    places = {
        join(wdir, str(dep.get("path"))): _pointer(shape, dep, ("deps", number))
        for number, dep in enumerate(deps)
        if "params" not in dep
    }
    stage = Stage(
        address=path,
        name=path,
        file=path,
        wdir=wdir,
        cmd=command,
        deps=tuple(places),
        outs=tuple(outputs),
        frozen=bool(document.get("frozen") or document.get("locked")),
        always_changed=bool(document.get("always_changed")),
        locked=LockedStage(
            cmd=command, deps=places, params={}, outs={out.path: out.pointer for out in outputs}
        ),
    )
    return stage, []


def _source(deps: Sequence[Mapping[str, object]]) -> str | None:
    """Where imported data comes from."""
    for dep in deps:
        repository = dep.get("repo")
        if isinstance(repository, dict):
            return str(repository.get("url"))
        if isinstance(dep.get("path"), str):
            return str(dep["path"])
        if "db" in dep:
            return "a database"
    return None
