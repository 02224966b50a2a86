"""Plans: several edits that belong together, with places, names and numbers at random."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.attack.world import BETTER_SLOPE, WORSE_SLOPES, restore

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_HAND_FILES = ("metrics/hand.json", "hand.json", "metrics/test.yaml", "deep/er/test.json")
_NAMES = ("line2", "other", "staging-line", "Line")


def number_by_hand(world: World, pick: Picker) -> str:
    """Write good numbers into a file that no stage makes, and have the gate read it."""
    path = pick.of(_HAND_FILES)
    numbers: dict[str, Any] = {"mae": 0.01, "r2": 0.99}
    world.work.write(path, json.dumps(pick.of((numbers, {"test": numbers}, {"test": numbers, "mae": 9}))))
    how = pick.of(("glob", "metric", "artifact", "both"))
    document = _gates(world)
    if document is None:
        return ""
    if how in {"glob", "both"}:
        for model in document["models"].values():
            model["metrics"] = [pick.of((path, "**/*.json", "metrics/*", "*.json"))]
    if how in {"metric", "both"}:
        document["gates"]["mae-gate"]["metric"] = pick.of((f"{path}:mae", f"{path}:test.mae", "test.mae"))
    if how == "artifact":
        pipeline = world.document("dvc.yaml")
        if not isinstance(pipeline, dict):
            return ""
        pipeline["metrics"] = [path]
        _write(world, "dvc.yaml", pipeline)
    _write(world, "mlgit.yaml", document)
    return f"numbers by hand in {path} by {how}"


def rename_the_model(world: World, pick: Picker) -> str:
    document = _gates(world)
    if document is None:
        return ""
    name, how = pick.of(_NAMES), pick.of(("rename", "split", "drop", "unnamed"))
    models = document["models"]
    old = next(iter(models))
    if how in {"rename", "split"}:
        models[name] = dict(models[old])
    if how in {"rename", "drop", "unnamed"}:
        del models[old]
    if how == "drop":
        models[name] = {"path": pick.of(("models/other.json", "data/clean.csv"))}
    if how == "unnamed":
        del document["models"]
    if pick.of((False, True)):
        for gate in document["gates"].values():
            gate["model"] = pick.of((name, old))
    _write(world, "mlgit.yaml", document)
    return f"{how} the model {old} as {name}"


def shadow_a_name(world: World, pick: Picker) -> str:
    """Declare an environment or create a ref with the name that a gate compares with."""
    document = _gates(world)
    if document is None:
        return ""
    name = pick.of(("mark", "main", "staging", "prod"))
    document["gates"]["mae-gate"].pop("max", None)
    document["gates"]["mae-gate"] |= {"vs": name, "max_rise": 0.05}
    document.setdefault("environments", {})[name] = {}
    _write(world, "mlgit.yaml", document)
    return f"declare the environment {name}"


def undeclare_metrics(world: World, pick: Picker) -> str:
    """Take the metric file out of the pipeline, and write numbers into it."""
    pipeline = world.document("dvc.yaml")
    if not isinstance(pipeline, dict) or not isinstance(pipeline.get("stages"), dict):
        return ""
    stages = pipeline["stages"]
    stage = stages.get("evaluate")
    if not isinstance(stage, dict):
        return ""
    how = pick.of(("drop metrics", "drop stage", "plots", "top", "rename stage", "frozen", "fewer inputs"))
    if how == "drop stage":
        del stages["evaluate"]
    elif how == "rename stage":
        stages["score"] = stages.pop("evaluate")
    elif how == "frozen":
        stage["frozen"] = True
    elif how == "fewer inputs":
        stage["deps"] = stage.get("deps", [])[: pick.of((0, 1, 2))]
    else:
        stage.pop("metrics", None)
        if how == "plots":
            stage["plots"] = ["metrics/test.json"]
        if how == "top":
            pipeline["metrics"] = ["metrics/test.json"]
    _write(world, "dvc.yaml", pipeline)
    slope = pick.of((BETTER_SLOPE, *WORSE_SLOPES))
    paths = pick.of((("metrics/test.json",), ("params.yaml",), ("metrics/test.json", "params.yaml"), ()))
    restore(world.work, {path: world.runs[slope][path] for path in paths})
    return f"{how}, with {', '.join(paths)} of the run with {slope}"


def mix_two_runs(world: World, pick: Picker) -> str:
    """Inputs of one run and outputs of another in dvc.lock, as a merge by lines makes them."""
    lock = yaml.safe_load(world.runs[pick.of(WORSE_SLOPES)]["dvc.lock"])
    better = yaml.safe_load(world.runs[BETTER_SLOPE]["dvc.lock"])
    stage, part = pick.of(("train", "evaluate")), pick.of(("outs", "deps", "params"))
    if part not in lock["stages"][stage]:
        return ""
    lock["stages"][stage][part] = better["stages"][stage][part]
    _write(world, "dvc.lock", lock)
    world.forged = True
    paths = pick.of((("metrics/test.json",), ("metrics/test.json", "models/line.json"), ()))
    restore(world.work, {path: world.runs[BETTER_SLOPE][path] for path in paths})
    return f"dvc.lock: {part} of {stage} of the better run, with {', '.join(paths)}"


def _gates(world: World) -> dict[str, Any] | None:
    """mlgit.yaml, if the parts that the plans edit are still there."""
    document = world.document("mlgit.yaml")
    if not isinstance(document, dict):
        return None
    models, gates = document.get("models"), document.get("gates")
    if not isinstance(models, dict) or not isinstance(gates, dict):
        return None
    whole = models and all(isinstance(each, dict) for each in (*models.values(), *gates.values()))
    return document if whole and "mae-gate" in gates else None


def _write(world: World, name: str, document: object) -> None:
    world.path(name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def swap_the_model(world: World, pick: Picker) -> str:
    """The results of the better run, and a model that another stage, a .dvc file or a person makes."""
    pipeline, document = world.document("dvc.yaml"), _gates(world)
    if not isinstance(pipeline, dict) or not isinstance(pipeline.get("stages"), dict) or document is None:
        return ""
    stages = pipeline["stages"]
    train, path = stages.get("train"), "models/line.json"
    if not isinstance(train, dict) or not isinstance(train.get("outs"), list):
        return ""
    restore(world.work, world.runs[BETTER_SLOPE])
    how = pick.of(("stage", "tracked", "second owner", "path", "artifact", "no path"))
    if how in {"stage", "tracked"}:
        train["outs"] = ["models/base.json" if each == path else each for each in train["outs"]]
    if how == "stage":
        stages["export"] = {"cmd": "echo worse > models/line.json", "outs": [path]}
    if how in {"tracked", "second owner"}:
        pointer = {"md5": "d3b07384d113edec49eaa6238ad5ff00", "size": 4, "hash": "md5", "path": "line.json"}
        _write(world, f"{path}.dvc", {"outs": [pointer]})
    if how in {"artifact", "no path"}:
        artifact = {"line": {"path": "params.yaml", "type": "model"}}
        pipeline["artifacts"] = artifact if how == "artifact" else {}
    for model in document["models"].values():
        if how == "path":
            model["path"] = "params.yaml"
        elif how in {"no path", "artifact"}:
            model.pop("path", None)
    _write(world, "dvc.yaml", pipeline)
    _write(world, "mlgit.yaml", document)
    world.path("params.yaml").write_text(f"train:\n  slope: {BETTER_SLOPE}\n# edited\n", encoding="utf-8")
    return f"swap the model: {how}"


def link_the_rules(world: World, pick: Picker) -> str:
    """A file of rules or of DVC that is a link to another file, with looser rules."""
    name = pick.of(("mlgit.yaml", ".mlgit/waivers.yaml", "dvc.yaml", "dvc.lock"))
    path, place = world.path(name), world.path("notes.txt")
    if path.is_symlink():
        return ""
    content = path.read_bytes() if path.is_file() else b"version: 1\n"
    place.write_bytes(content.replace(b"max_rise: 0.05", b"max_rise: 50").replace(b"max: 0.1", b"max: 100"))
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to("../notes.txt" if "/" in name else "notes.txt")
    return f"{name} is a link"


PLANS = (
    number_by_hand,
    rename_the_model,
    shadow_a_name,
    undeclare_metrics,
    mix_two_runs,
    swap_the_model,
    link_the_rules,
)
