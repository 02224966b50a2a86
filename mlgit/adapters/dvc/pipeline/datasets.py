"""Datasets: whether a stage used the dataset that dvc.yaml and dvc.lock name, as `dvc status` says.

dvc.yaml declares a dataset, `datasets:` in the dvc.lock next to it has its locked record, and the entry of a
stage there has the record that the stage used.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.core.pipeline.stages import HandedOver
from mlgit.core.wording import word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.dvc.files.shapes import Shape
    from mlgit.core.pipeline.stages import Stage

    _Record = Mapping[str, object]

SCHEME = "ds://"
NOT_IN_SYNC = "not in sync"
_UNDECLARED = "undeclared"
_SPEC = ("name", "url", "type")
# Type -> what dvc.yaml says of such a dataset, and what the lock adds; the last ones are needed.
_FIELDS = {"dvc": (*_SPEC, "path", "rev"), "dc": _SPEC, "url": _SPEC}
_LOCKED = {"dvc": ("rev_lock",), "dc": ("version", "created_at"), "url": ("meta",)}
_DEFAULTS = {"path": "", "rev": None}
# DVC compares these of a file in a remote; another one that is false or missing is the same.
_META = ("isdir", "size", "nfiles", "isexec", "version_id", "etag", "checksum", "md5", "inode", "mtime")


def is_dataset(dep: str) -> bool:
    return dep.startswith(SCHEME)


def handed_over(stage: Stage) -> HandedOver:
    """DVC compares the datasets on disk; `compare` asks it."""
    name = next(filter(is_dataset, stage.deps))
    return HandedOver(path=stage.address, why=f"depends on the dataset `{name}`")


def with_datasets(
    stages: Iterable[Stage], shapes: Mapping[str, Shape], entries: Callable[[Shape], Mapping[str, object]]
) -> list[Stage]:
    """The stages; those that depend on a dataset with how it differs from the one that they used.

    `shapes` are all of DVC's files by path, `entries` reads the stages of a lock file.
    """
    found = []
    for stage in stages:
        names = [dep for dep in stage.deps if is_dataset(dep)]
        lock = shapes.get(join(folder_of(stage.file), "dvc.lock")) if names else None
        used = {} if lock is None else _used(entries(lock).get(stage.name))
        states = {dep: _state(dep, used.get(dep), shapes) for dep in names}
        found.append(stage._replace(datasets=states) if names else stage)
    return found


def compare(
    stages: Mapping[str, Sequence[str]],
    ask: Callable[[Sequence[str]], Mapping[str, Sequence[str]]] | None,
    add: Callable[[str, str], None],
) -> None:
    """Add DVC's reasons about the datasets of these stages on disk."""
    results = ask(list(stages)) if stages and ask is not None else {}
    for address, names in stages.items():
        for reason in results.get(address, ()):
            if reason.endswith(tuple(names)):
                add(address, reason)


def update_of(reasons: Iterable[str]) -> str | None:
    """The command that locks a dataset again, if one of these reasons is that it is not in sync."""
    start = f"{NOT_IN_SYNC} dep {SCHEME}"
    names = [reason.removeprefix(start) for reason in reasons if reason.startswith(start)]
    return f"dvc dataset update {word(names[0])}" if names else None


def _used(entry: object) -> dict[str, object]:
    """Dependency -> the record of its dataset, in the lock entry of a stage."""
    deps = entry.get("deps") if isinstance(entry, dict) else None
    listed = [each for each in deps if isinstance(each, dict)] if isinstance(deps, list) else []
    return {str(each.get("path")): each.get("dataset") for each in listed}


def _state(dep: str, used: object, shapes: Mapping[str, Shape]) -> str:
    """How a dataset differs from the one that a stage used, in DVC's words; empty if it does not."""
    name = dep.removeprefix(SCHEME).partition("/")[0]
    declared = [
        (path, spec)
        for path in shapes
        if path.rpartition("/")[2] == "dvc.yaml"
        for spec in _named(shapes[path], name)
    ]
    if not declared:
        return _UNDECLARED
    path, spec = declared[-1]
    lock = shapes.get(join(folder_of(path), "dvc.lock"))
    locked = None if lock is None else next(iter(_named(lock, name)), None)
    now = None if locked is None else _record(locked)
    if now is None or _spec(now) != _spec(spec):
        return NOT_IN_SYNC
    before = _record(used)
    if before is None:
        return "new"
    return "" if before == now else "changed"


def _named(shape: Shape, name: str) -> list[_Record]:
    listed = shape.root.get("datasets") if isinstance(shape.root, dict) else None
    every = listed if isinstance(listed, list) else []
    return [each for each in every if isinstance(each, dict) and each.get("name") == name]


def _spec(record: _Record) -> object:
    """What dvc.yaml and a lock must both say; None if the type is not known."""
    fields = _FIELDS.get(str(record.get("type")))
    return None if fields is None else {key: _plain(key, record.get(key)) for key in fields}


def _record(value: object) -> dict[str, object] | None:
    """A locked record in a form that can be compared; None if DVC would not take it for one."""
    if not isinstance(value, dict) or (spec := _spec(value)) is None:
        return None
    assert isinstance(spec, dict)  # noqa: S101 (of a known type)
    needed = _LOCKED[str(value["type"])]
    if any(value.get(key) is None for key in (*_SPEC, *needed)):
        return None
    found = {**spec, **{key: _plain(key, value[key]) for key in needed}}
    if value["type"] == "url":
        files = value.get("files")
        every = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
        found["files"] = sorted(
            ((str(each.get("relpath")), _meta(each.get("meta"))) for each in every), key=str
        )
    return found


def _plain(key: str, value: object) -> object:
    if key == "meta":
        return _meta(value)
    if key == "created_at":
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            return value
    return _DEFAULTS.get(key) if value is None else value


def _meta(value: object) -> dict[str, object]:
    given = value if isinstance(value, dict) else {}
    return {key: given[key] for key in _META if given.get(key) is not None and given[key] is not False}
