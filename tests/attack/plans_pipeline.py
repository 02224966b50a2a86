"""Plans for the pipeline: a whole other pipeline that an author could write, then run, half run or fake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.attack.finish import finish
from tests.attack.reproduction import METRICS, MODEL

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

Stages = dict[str, Any]


def rename_together(world: World, pick: Picker) -> str:
    """The model, its artifact, file, metric file and key, and the gate: all or some in one change."""
    stages = _stages(world)
    document = world.document("mlgit.yaml")
    if stages is None or not isinstance(document, dict) or not isinstance(document.get("gates"), dict):
        return ""
    chosen = {part for part in ("model", "artifact", "path", "file", "key", "gate") if pick.of((True, False))}
    if not chosen:
        return ""
    words = {name: name for name in ("models/line.json", METRICS, "mae")}
    words |= {MODEL: "models/curve.json"} if "path" in chosen else {}
    words |= {METRICS: "metrics/final.json"} if "file" in chosen else {}
    words |= {'"mae"': '"error"'} if "key" in chosen else {}
    _replace(world, words, "dvc.yaml", "src/train.py", "src/evaluate.py", "mlgit.yaml")
    text = world.path("mlgit.yaml").read_text(encoding="utf-8")
    for part, old, new in (
        ("model", "  line:", "  curve:"),
        ("key", "metric: mae", "metric: error"),
        ("gate", "mae-gate:", "error-gate:"),
    ):
        text = text.replace(old, new) if part in chosen else text
    world.work.write("mlgit.yaml", text)
    if "artifact" in chosen:
        _replace(world, {"  line:": "  curve:"}, "dvc.yaml")
    return f"rename together: {', '.join(sorted(chosen))}; {finish(world, pick)}"


def move_a_stage(world: World, pick: Picker) -> str:
    """A stage moves to the dvc.yaml of a subfolder."""
    pipeline, stages = world.document("dvc.yaml"), _stages(world)
    name = pick.of(("evaluate", "train", "prepare"))
    if stages is None or name not in stages:
        return ""
    stage = stages.pop(name)
    how = pick.of(("wdir", "paths"))
    if how == "wdir":
        stage["wdir"] = ".."
    else:
        stage = _relative(stage)
    new = pick.of((name, "again"))
    pipeline["stages"] = stages
    _write(world, "dvc.yaml", pipeline)
    _write(world, "sub/dvc.yaml", {"stages": {new: stage}})
    lock = world.document("dvc.lock")
    if pick.of((True, False)) and isinstance(lock, dict) and name in (lock.get("stages") or {}):
        entry = lock["stages"].pop(name)
        _write(world, "dvc.lock", lock)
        _write(world, "sub/dvc.lock", {"schema": "2.0", "stages": {new: entry}})
    return f"move {name} to sub/dvc.yaml as {new} by {how}; {finish(world, pick)}"


def split_a_stage(world: World, pick: Picker) -> str:
    """The numbers are made in two steps; the second may depend on the first, or only say so."""
    stages = _stages(world)
    if stages is None or not isinstance(stages.get("evaluate"), dict):
        return ""
    how = pick.of(("depends", "no dependency", "reads another file", "echo"))
    first = stages["evaluate"]
    first.pop("metrics", None)
    first["outs"] = ["raw.json"]
    first["cmd"] = "python src/evaluate.py && cp metrics/test.json raw.json"
    source = "reference.json" if how == "reads another file" else "raw.json"
    command = f"cp {source} {METRICS}"
    if how == "echo":
        numbers = json.dumps({"mae": 0.01, "r2": 0.99, "rows": 10})
        command = f"echo '{numbers}' > {METRICS}"
    deps = [] if how == "no dependency" else [source]
    stages["summarize"] = {"cmd": command, "deps": deps, "metrics": [{METRICS: {"cache": False}}]}
    if not deps:
        del stages["summarize"]["deps"]
    _save(world, stages)
    return f"split evaluate: {how}; {finish(world, pick)}"


def generate_the_stages(world: World, pick: Picker) -> str:
    """The stage that makes the numbers comes from `foreach`, `matrix` or `vars`."""
    stages = _stages(world)
    if stages is None or not isinstance(stages.get("evaluate"), dict):
        return ""
    how = pick.of(("foreach", "foreach two", "matrix", "vars"))
    stage = stages.pop("evaluate")
    target = "${item}" if "foreach" in how else "${item.name}" if how == "matrix" else "${name}"
    stage["metrics"] = [{f"metrics/{target}.json": {"cache": False}}]
    items = ["test"] if how == "foreach" else ["test", "train"]
    if "foreach" in how:
        stage["cmd"] = f"python src/evaluate.py && cp -f {METRICS} metrics/{target}.json || true"
        stages["evaluate"] = {"foreach": items, "do": stage}
    elif how == "matrix":
        stages["evaluate"] = {"matrix": {"name": ["test"]}, **stage}
    else:
        stages["evaluate"] = stage
    pipeline = world.document("dvc.yaml")
    pipeline = {"vars": [{"name": "test"}], **pipeline} if how == "vars" else pipeline
    _write(world, "dvc.yaml", pipeline | {"stages": stages})
    return f"generate evaluate by {how}; {finish(world, pick)}"


def swap_outputs(world: World, pick: Picker) -> str:
    """Another stage makes the file that the gate reads, or the model."""
    stages = _stages(world)
    if stages is None or not isinstance(stages.get("evaluate"), dict):
        return ""
    how = pick.of(("metrics", "model", "directory"))
    numbers = json.dumps({"mae": 0.01, "r2": 0.99, "rows": 10})
    if how == "metrics":
        if pick.of((True, False)):
            _replace(world, {"metric: mae": f"metric: '{METRICS}:mae'"}, "mlgit.yaml")
            _replace(world, {"metric: r2": f"metric: '{METRICS}:r2'"}, "mlgit.yaml")
        _replace(world, {METRICS: "metrics/train.json"}, "dvc.yaml", "src/evaluate.py")
        stages = _stages(world) or {}
        deps = pick.of(([], ["data/clean.csv"], ["data/clean.csv", "models/line.json", "src/evaluate.py"]))
        stages["score"] = {"cmd": f"echo '{numbers}' > {METRICS}", "metrics": [{METRICS: {"cache": False}}]}
        stages["score"] |= {"deps": deps} if deps else {}
    elif how == "model":
        stages["train"] = stages.get("train", {}) | {"outs": ["models/base.json"]}
        stages["export"] = {
            "cmd": f"cp models/base.json {MODEL}",
            "deps": ["models/base.json"],
            "outs": [MODEL],
        }
        _replace(world, {MODEL: "models/base.json"}, "src/train.py")
    else:
        stages["evaluate"].pop("metrics", None)
        stages["evaluate"]["outs"] = ["metrics"]
    _save(world, stages)
    return f"swap outputs: {how}; {finish(world, pick)}"


def freeze_a_stage(world: World, pick: Picker) -> str:
    """A stage is frozen, with the results of a better run or of none."""
    stages = _stages(world)
    name = pick.of(("evaluate", "train", "prepare"))
    if stages is None or not isinstance(stages.get(name), dict):
        return ""
    stages[name]["frozen"] = True
    _save(world, stages)
    return f"freeze {name}; {finish(world, pick)}"


def drop_inputs(world: World, pick: Picker) -> str:
    """A stage no longer names what it reads, or names what it does not read."""
    stages = _stages(world)
    name = pick.of(("evaluate", "train", "prepare"))
    if stages is None or not isinstance(stages.get(name), dict):
        return ""
    stage = stages[name]
    how = pick.of(("params", "deps", "one", "other file", "folder"))
    deps = list(stage.get("deps") or [])
    if how == "params":
        stage.pop("params", None)
    elif how == "deps":
        stage.pop("deps", None)
    elif deps and how == "one":
        del deps[pick.of(range(len(deps)))]
        stage["deps"] = deps
    elif deps:
        deps[pick.of(range(len(deps)))] = "reference.json" if how == "other file" else "src"
        stage["deps"] = list(dict.fromkeys(deps))
    _save(world, stages)
    return f"drop inputs of {name}: {how}; {finish(world, pick)}"


def _stages(world: World) -> Stages | None:
    document = world.document("dvc.yaml")
    stages = document.get("stages") if isinstance(document, dict) else None
    return stages if isinstance(stages, dict) else None


def _save(world: World, stages: Stages) -> None:
    _write(world, "dvc.yaml", world.document("dvc.yaml") | {"stages": stages})


def _relative(stage: Any) -> Any:  # noqa: ANN401 (YAML)
    """The same stage, seen from a folder below: it runs in the root, and its paths begin with `../`."""
    moved: Stages = {"cmd": f"cd .. && {stage.get('cmd')}"}
    for key in ("deps", "outs", "metrics"):
        if stage.get(key):
            moved[key] = [
                {f"../{path}": flags for path, flags in each.items()}
                if isinstance(each, dict)
                else f"../{each}"
                for each in stage[key]
            ]
    if stage.get("params"):
        moved["params"] = [{"../params.yaml": stage["params"]}]
    return moved


def _replace(world: World, words: dict[str, str], *names: str) -> None:
    for name in names:
        if world.path(name).is_file():
            text = world.path(name).read_text(encoding="utf-8", errors="replace")
            for old, new in words.items():
                text = text.replace(old, new)
            world.work.write(name, text)


def _write(world: World, name: str, document: object) -> None:
    world.work.write(name, yaml.safe_dump(document, sort_keys=False))


PIPELINE_PLANS = (
    rename_together,
    move_a_stage,
    split_a_stage,
    generate_the_stages,
    swap_outputs,
    freeze_a_stage,
    drop_inputs,
)
