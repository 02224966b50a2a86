"""Declared: the stages and top-level lists of one dvc.yaml whose templates are filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.locked import locked_stage
from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.core.pipeline.stages import Artifact, LockedStage, Output, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.adapters.dvc.files.shapes import Path, Shape

PIPELINE_FILE = "dvc.yaml"
DEFAULT_PARAMS = "params.yaml"
_KINDS = ("outs", "metrics", "plots")


def stages(shape: Shape, path: str, *, lock: Shape | None, entries: Mapping[str, object]) -> list[Stage]:
    """The stages of a dvc.yaml with filled-in templates, each with its entry in the dvc.lock next to it."""
    document = shape.fields(shape.root, ())
    if document.get("stages", {}) is None:  # DVC refuses the file
        raise shape.wrong(("stages",), "a mapping")
    declared = shape.mapping(document.get("stages"), ("stages",))
    return [
        _stage(shape, path, name, shape.fields(value, ("stages", name)), lock=lock, entries=entries)
        for name, value in declared.items()
    ]


def _stage(
    shape: Shape,
    path: str,
    name: str,
    fields: dict[str, object],
    *,
    lock: Shape | None,
    entries: Mapping[str, object],
) -> Stage:
    at = ("stages", name)
    if "cmd" not in fields:
        raise shape.wrong(at, "a stage with a `cmd`")
    folder = folder_of(path)
    wdir = join(folder, shape.text(fields["wdir"], (*at, "wdir"))) if fields.get("wdir") else folder or "."
    address = name if path == PIPELINE_FILE else f"{path}:{name}"
    locked = None
    if lock is not None and name in entries:
        locked = locked_stage(lock, entries[name], wdir=wdir, name=name)
    return Stage(
        address=address,
        name=name,
        file=path,
        wdir=wdir,
        cmd=shape.command(fields["cmd"], (*at, "cmd")),
        cmd_listed=isinstance(fields["cmd"], list),
        deps=tuple(join(wdir, dep) for dep in shape.texts(shape.listed(fields, "deps", at), (*at, "deps"))),
        params=_params(shape, shape.listed(fields, "params", at), (*at, "params"), wdir),
        outs=tuple(
            out
            for kind in _KINDS
            if kind in fields
            for out in _outs(shape, fields, kind, at=at, wdir=wdir, owner=address, locked=locked)
        )
        + tuple(_live(shape, fields, at=at, wdir=wdir, owner=address, locked=locked)),
        frozen=bool(fields.get("frozen")),
        always_changed=bool(fields.get("always_changed")),
        locked=locked,
    )


def _params(shape: Shape, items: list[object], at: Path, wdir: str) -> dict[str, tuple[str, ...] | None]:
    keys: dict[str, list[str] | None] = {}
    for number, item in enumerate(items):
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
    fields: dict[str, object],
    kind: str,
    *,
    at: Path,
    wdir: str,
    owner: str,
    locked: LockedStage | None,
) -> list[Output]:
    found = []
    for number, item in enumerate(shape.listed(fields, kind, at)):
        entries: dict[str, object]
        entries = {item: None} if isinstance(item, str) else shape.mapping(item, (*at, kind, number))
        for path, flags in entries.items():
            options = flags if isinstance(flags, dict) else {}
            place = join(wdir, path)
            found.append(
                Output(
                    path=place,
                    owner=owner,
                    pointer=None if locked is None else locked.outs.get(place),
                    cached=options.get("cache") is not False,
                    metric=kind == "metrics",
                    plot=kind == "plots",
                    remote=own_remote(options),
                    push=options.get("push") is not False,
                    persist=options.get("persist") is True,
                )
            )
    return found


def _live(
    shape: Shape, fields: dict[str, object], *, at: Path, wdir: str, owner: str, locked: LockedStage | None
) -> Iterator[Output]:
    """The folder of plots that DVC 2 knew as `live:` of a stage."""
    for path, flags in shape.mapping(fields.get("live"), (*at, "live")).items():
        place = join(wdir, path)
        yield Output(
            path=place,
            owner=owner,
            pointer=None if locked is None else locked.outs.get(place),
            cached=not isinstance(flags, dict) or flags.get("cache") is not False,
            plot=True,
        )


def live_metrics(shape: Shape, folder: str) -> Iterator[str]:
    """The metric files that `live:` of stages wrote."""
    for name, fields in _live_stages(shape):
        wdir = join(folder, str(fields.get("wdir") or "."))
        for path, flags in shape.mapping(fields["live"], ("stages", name, "live")).items():
            if not isinstance(flags, dict) or flags.get("summary") is not False:
                yield join(wdir, f"{path}.json")


def of_dvc_2(shape: Shape) -> str | None:
    """What only DVC 2 took, if it is there: `has the key …`."""
    if isinstance(shape.fields(shape.root, ()).get("plots"), dict):
        return "has `plots` as a mapping"
    return next((f"has the key `stages.{name}.live`" for name, _ in _live_stages(shape)), None)


def _live_stages(shape: Shape) -> Iterator[tuple[str, dict[str, object]]]:
    declared = shape.fields(shape.fields(shape.root, ()).get("stages"), ("stages",))
    for name, fields in declared.items():
        if isinstance(fields, dict) and "live" in fields:
            yield str(name), fields


def own_remote(options: Mapping[str, object]) -> str | None:
    """The `remote:` of an output."""
    remote = options.get("remote")
    return remote if isinstance(remote, str) else None


def listed_paths(shape: Shape, key: str, folder: str) -> list[str]:
    """The files of the top-level list `metrics` or `params`."""
    document = shape.fields(shape.root, ())
    return [join(folder, path) for path in shape.texts(shape.listed(document, key, ()), (key,))]


def plots(shape: Shape, folder: str) -> list[str]:
    """The files of top-level plots: a plot's id, unless `y` names files."""
    value = shape.fields(shape.root, ()).get("plots")
    items: list[tuple[object, object]] = []
    for item in [value] if isinstance(value, dict) else shape.sequence(value, ("plots",)):
        items += item.items() if isinstance(item, dict) else [(item, None)]
    found = []
    for name, fields in items:
        axis = fields.get("y") if isinstance(fields, dict) else None
        found += [join(folder, str(path)) for path in (axis if isinstance(axis, dict) else [name])]
    return found


def artifacts(shape: Shape, folder: str) -> list[Artifact]:
    """The entries of `artifacts:`; a name has the folder in front, as in GTO."""
    document = shape.fields(shape.root, ())
    found = []
    for name, value in shape.mapping(document.get("artifacts"), ("artifacts",)).items():
        at = ("artifacts", name)
        fields = shape.fields(value, at)
        kind, description = fields.get("type"), fields.get("desc")
        labels = shape.sequence(fields.get("labels"), (*at, "labels"))
        found.append(
            Artifact(
                name=f"{folder}:{name}" if folder else name,
                path=join(folder, shape.text(fields.get("path"), (*at, "path"))),
                type=kind if isinstance(kind, str) else None,
                description=description if isinstance(description, str) else None,
                labels=tuple(shape.texts(labels, (*at, "labels"))),
            )
        )
    return found
