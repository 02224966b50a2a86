"""Declared: the stages of one dvc.yaml without templates, and the lists at its top."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.locked import locked_stage
from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.core.pipeline.stages import Artifact, LockedStage, Output, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.dvc.files.shapes import Path, Shape

    _Doubt = tuple[str, Path]

PIPELINE_FILE = "dvc.yaml"
DEFAULT_PARAMS = "params.yaml"
_TOP = frozenset({"artifacts", "datasets", "metrics", "params", "plots", "stages", "vars"})
_STAGE = frozenset(
    {"always_changed", "cmd", "deps", "desc", "frozen", "meta", "metrics", "outs", "params", "plots", "wdir"}
)
_SWITCH, _TEXT = (bool, "true or false"), (str, "text")
_SIMPLE = {"frozen": _SWITCH, "always_changed": _SWITCH, "desc": _TEXT, "wdir": _TEXT}
_TEMPLATED = ("foreach", "matrix", "vars")
_FLAGS = frozenset({"cache", "checkpoint", "desc", "labels", "meta", "persist", "push", "remote", "type"})
_PLOT_FLAGS = _FLAGS | {"header", "template", "title", "x", "x_label", "y", "y_label"}
_SWITCHES_OF_OUTPUTS = frozenset({"cache", "checkpoint", "header", "persist", "push"})
_OF_ARTIFACTS = frozenset({"desc", "labels", "meta", "path", "type"})
_OF_PLOTS = frozenset({"template", "title", "x", "x_label", "y", "y_label"})
_KINDS = (("outs", _FLAGS), ("metrics", _FLAGS), ("plots", _PLOT_FLAGS))


def needs_dvc(shape: Shape) -> _Doubt | None:
    """The first thing in a dvc.yaml that only DVC can interpret, and its place; None if there is none.

    The place is empty for `${}`, which may be anywhere.
    """
    document = shape.fields(shape.root, ())
    if not document:
        return None
    if "vars" in document:
        return "uses `vars`", ("vars",)
    if not document.keys() <= _TOP:
        return _unknown(document.keys() - _TOP, ())
    stages = shape.fields(document.get("stages"), ("stages",))
    for name, fields in stages.items():
        doubt = _odd_stage(name, fields) if isinstance(fields, dict) else None
        if doubt is not None:
            return doubt
    if b"${" in shape.content:
        return "uses `${}`", ()
    return _odd_plots(document.get("plots", [])) or _odd_artifacts(document.get("artifacts"))


def _odd_stage(name: object, fields: dict[str, object]) -> _Doubt | None:
    at: Path = ("stages", name if isinstance(name, (str, int)) else str(name))
    if not isinstance(name, str):
        return "has a name that is not text", at
    if not fields.keys() <= _STAGE:
        word = next((word for word in _TEMPLATED if word in fields), None)
        return _unknown(fields.keys() - _STAGE, at) if word is None else (f"uses `{word}`", (*at, word))
    for word, (kind, what) in _SIMPLE.items():
        if word in fields and not isinstance(fields[word], kind):
            return f"has `{word}` that is not {what}", (*at, word)
    for key, known in _KINDS:
        outs = fields.get(key)
        for number, out in enumerate(outs if isinstance(outs, list) else ()):
            for path, flags in out.items() if isinstance(out, dict) else ():
                doubt = _odd_output(flags, known, (*at, key, number, path))
                if doubt is not None:
                    return doubt
    return None


def _odd_output(flags: object, known: frozenset[str], at: Path) -> _Doubt | None:
    for each in flags if isinstance(flags, list) else (flags,):
        if not isinstance(each, dict):
            return "has an output that is not a path with its properties", at
        if not each.keys() <= known:
            return _unknown(each.keys() - known, at)
        doubt = _odd_values(each, at)
        if doubt is not None:
            return doubt
    return None


def _odd_values(fields: dict[str, object], at: Path) -> _Doubt | None:
    """The first odd property of an output or an artifact."""
    for key, value in fields.items():
        if key in _SWITCHES_OF_OUTPUTS:
            if not isinstance(value, bool):
                return f"has `{key}` that is not true or false", (*at, key)
        elif key == "labels":
            if not isinstance(value, list):
                return "has `labels` that are not a list", (*at, key)
        elif key != "meta" and not isinstance(value, str):
            return f"has `{key}` that is not text", (*at, key)
    return None


def _odd_plots(items: object) -> _Doubt | None:
    """The first odd plot at the top; a mapping of plots is from DVC 2."""
    if items is None:
        return "has `plots` without a value", ("plots",)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for name, fields in item.items() if isinstance(item, dict) else ():
            at: Path = ("plots", number, name)
            if not isinstance(fields, (dict, NoneType)):
                return "has a plot that is not a mapping", at
            if fields is not None and not fields.keys() <= _OF_PLOTS:
                return _unknown(fields.keys() - _OF_PLOTS, at)
    return None


def _odd_artifacts(artifacts: object) -> _Doubt | None:
    for name, fields in artifacts.items() if isinstance(artifacts, dict) else ():
        at: Path = ("artifacts", name)
        if not isinstance(fields, dict):
            continue
        if not fields.keys() <= _OF_ARTIFACTS:
            return _unknown(fields.keys() - _OF_ARTIFACTS, at)
        doubt = _odd_values(fields, at)
        if doubt is not None:
            return doubt
    return None


def _unknown(keys: set[str], at: Path) -> _Doubt:
    key = min(map(str, keys))
    return f"has the key `{key}`, which mlgit does not know", (*at, key)


def known_keys(at: Path) -> frozenset[str]:
    """The keys that the mapping at a place may have."""
    if not at:
        return _TOP
    if at[0] != "stages":
        return frozenset()
    if len(at) == 2:  # noqa: PLR2004 (stages, name)
        return _STAGE.union(_TEMPLATED)
    return _PLOT_FLAGS if "plots" in at else _FLAGS


def stages(shape: Shape, path: str, *, lock: Shape | None, entries: Mapping[str, object]) -> list[Stage]:
    """The stages of a dvc.yaml, with what dvc.lock recorded of each.

    Args:
        shape: the file, templates filled in.
        path: its path from the Git root.
        lock: the dvc.lock next to it.
        entries: the entries of dvc.lock by the name of the stage.
    """
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
            for kind, _ in _KINDS
            if kind in fields
            for out in _outs(shape, fields, kind, at=at, wdir=wdir, owner=address, locked=locked)
        ),
        frozen=bool(fields.get("frozen")),
        always_changed=bool(fields.get("always_changed")),
        locked=locked,
    )


def _params(shape: Shape, items: list[object], at: Path, wdir: str) -> dict[str, tuple[str, ...] | None]:
    if not items:
        return {}
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
                )
            )
    return found


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
    document = shape.fields(shape.root, ())
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
