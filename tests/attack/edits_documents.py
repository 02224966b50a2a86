"""Edits of documents: mlgit.yaml, dvc.yaml, dvc.lock and other YAML files, changed at a random place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_MODELS = ("line", "line2", "other")
_METRICS = (
    *("mae", "r2", "rows", "train.mae", "test.mae", "metrics/train.json:mae", "metrics/test.json:mae"),
    *("metrics/train.json:train.mae", "metrics/hand.json:mae", "hand.json:mae"),
)
_PLACES = ("base", "prod", "staging", "mark", "main", "release", "HEAD", "topic", "line@v1.0.0", "empty")
_FILES = (
    "metrics/hand.json",
    "metrics/train.json",
    "metrics/test.json",
    "reference.json",
    "models/line.json",
)
_STAGES = ("evaluate", "train", "prepare", "score")
_VALUES: dict[str, tuple[object, ...]] = {
    "metric": _METRICS,
    "vs": (*_PLACES, *({"file": path} for path in _FILES)),
    "file": _FILES,
    "model": _MODELS,
    "models": (["line"], ["line2"], ["line", "line2"]),
    "metrics": (["metrics/hand.json"], ["metrics/train.json"], ["metrics/*.json"], [], ["reference.json"]),
    "path": (*_FILES, "models/other.json", "models"),
    "severity": ("error", "warn", "info"),
    "when": ("check", "promote"),
    "on_no_baseline": ("skip", "fail"),
    "numbers": ("pipeline", "committed"),
    "on_loosened": ("warn", "fail"),
    "foreign_tags": ("refuse", "allow"),
    "gates": ([], ["r2-floor"]),
    "from": ("staging", "prod"),
    "frozen": (True, False),
    "always_changed": (True, False),
    "cache": (True, False),
    "cmd": ("true", "python src/evaluate.py"),
    "deps": (["src/evaluate.py"], [], ["data/clean.csv"]),
    "outs": (["models/line.json"], [], ["metrics/hand.json"]),
    "params": (["train.slope"], []),
    "wdir": (".", "sub"),
    "md5": ("d41d8cd98f00b204e9800998ecf8427e", None),
}
_NUMBERS = (0, 0.01, 0.05, 0.1, 1, 1000, "5%", "1000%")
_NEW_KEYS: dict[str, tuple[str, ...]] = {
    "mlgit.yaml": (
        *("numbers", "on_loosened", "foreign_tags", "min", "max", "max_rise", "max_drop", "vs", "metric"),
        *("model", "models", "metrics", "severity", "when", "on_no_baseline", "path", "gates", "from"),
    ),
    "dvc.yaml": (
        *("cmd", "deps", "outs", "metrics", "params", "frozen", "wdir", "always_changed", "cache", "path"),
    ),
    "dvc.lock": ("md5", "size", "path", "cmd", "deps", "outs", "params"),
}
_NEW_NAMES = {
    "models": _MODELS,
    "gates": ("mae-gate", "r2-floor", "new"),
    "environments": ("prod", "staging", "mark", "main", "empty"),
    "stages": _STAGES,
    "artifacts": _MODELS,
}
_MAX_DEPTH = 6


def edit_gates(world: World, pick: Picker) -> str:
    return _edit(world, pick, "mlgit.yaml")


def edit_pipeline(world: World, pick: Picker) -> str:
    return _edit(world, pick, "dvc.yaml")


def edit_lock(world: World, pick: Picker) -> str:
    return _edit(world, pick, "dvc.lock")


def add_metrics_of_a_model(world: World, pick: Picker) -> str:
    """Say which files are the model's, or declare another model."""
    document = world.document("mlgit.yaml")
    models = document.get("models") if isinstance(document, dict) else None
    if not isinstance(models, dict):
        return ""
    name = pick.of(_MODELS)
    entry = models.get(name)
    models[name] = (entry if isinstance(entry, dict) else {}) | {"metrics": pick.of(_VALUES["metrics"])}
    world.path("mlgit.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return f"models.{name}: {models[name]}"


def edit_waivers(world: World, pick: Picker) -> str:
    """A pull request's own waivers never count."""
    gate = pick.of(("mae-gate", "gates_loosened:mae-gate"))
    waiver = {"id": "w1", "gate": gate, "floor": 1000, "reason": "trust me", "approver": "boss@example.org"}
    world.path(".mlgit").mkdir(exist_ok=True)
    text = yaml.safe_dump({"version": 1, "waivers": [waiver | {"expires": "2026-04-24"}]})
    world.path(".mlgit/waivers.yaml").write_text(text, encoding="utf-8")
    return f"waive {gate}"


def replace_gates(world: World, pick: Picker) -> str:
    """Write mlgit.yaml under another name, or empty it."""
    path = world.path("mlgit.yaml")
    if not path.is_file():
        return ""
    name = pick.of(("mlgit.yml", "config/mlgit.yaml", ""))
    if name:
        world.path(name).parent.mkdir(exist_ok=True)
        path.rename(world.path(name))
    else:
        path.write_text("version: 1\n", encoding="utf-8")
    return f"move mlgit.yaml to `{name}`"


def _edit(world: World, pick: Picker, name: str) -> str:
    document = world.document(name)
    if not isinstance(document, dict):
        return ""
    parent, path = _place(document, pick)
    if parent is None:
        return ""
    what = _change(name, parent, path, pick)
    world.path(name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return f"{name}: {'.'.join(map(str, path))}: {what}"


def _place(document: Any, pick: Picker) -> tuple[Any, list[Any]]:  # noqa: ANN401 (YAML)
    """A mapping or list below the top, and the path of a key in it."""
    node, parent = document, None
    path: list[Any] = []
    for _ in range(_MAX_DEPTH):
        keys = _keys_of(node)
        if not keys or (parent is not None and pick.of((False, False, True))):
            break
        parent = node
        path.append(pick.of(keys))
        node = parent[path[-1]]
    return parent, path


def _keys_of(node: Any) -> list[Any]:  # noqa: ANN401 (YAML)
    if isinstance(node, dict):
        return list(node)
    return list(range(len(node))) if isinstance(node, list) else []


def _change(name: str, parent: Any, path: list[Any], pick: Picker) -> str:  # noqa: ANN401 (YAML)
    key, kind = path[-1], pick.of(("set", "set", "delete", "rename", "add", "copy"))
    if isinstance(parent, list):
        around = str(path[-2]) if len(path) > 1 else ""
        if kind == "delete":
            del parent[key]
            return "delete"
        parent[key] = pick.of(_FILES if around in {"deps", "outs", "metrics"} else _MODELS)
        return f"set {parent[key]!r}"
    above = str(path[-2]) if len(path) > 1 else ""
    names = _NEW_NAMES.get(above, ()) or _NEW_KEYS[name]
    if kind == "delete":
        del parent[key]
        return kind
    if kind == "set":
        parent[key] = pick.of(_VALUES.get(str(key), _NUMBERS))
        return f"set {parent[key]!r}"
    new = pick.of(names)
    if kind == "rename":
        items = [(new if each == key else each, value) for each, value in parent.items()]
        parent.clear()
        parent.update(items)
    elif kind == "copy":
        parent[new] = parent[key]
    else:
        parent[new] = pick.of(_VALUES.get(new, _NUMBERS))
    return f"{kind} {new}: {parent.get(new)!r}"


DOCUMENT_EDITS = (
    edit_gates,
    edit_pipeline,
    edit_lock,
    add_metrics_of_a_model,
    edit_waivers,
    replace_gates,
)
