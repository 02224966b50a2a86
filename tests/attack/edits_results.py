"""Edits of results: metric files, models, parameters and code, by hand or as a run would write them."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from tests.attack.world import BETTER_SLOPE, RESULTS, TRUNK_SLOPE, WORSE_SLOPES, restore

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_METRIC_FILES = (
    "metrics/test.json",
    "metrics/train.json",
    "metrics/hand.json",
    "hand.json",
    "reference.json",
)
_NUMBERS = (0.0, 0.055, 0.06, 0.385, 1.0, 1000.0, float("nan"), "0.01", None, [0.01], True, {"mae": 0.01})
_KEYS = ("mae", "r2", "rows", "test", "train", "test.mae")


def run_the_pipeline(world: World, pick: Picker) -> str:
    """The results of a real run, better or worse."""
    slope = pick.of((*WORSE_SLOPES, BETTER_SLOPE))
    restore(world.work, world.runs[slope])
    return f"run with {slope}"


def take_one_result(world: World, pick: Picker) -> str:
    """One file of another run, so that the results belong to no run."""
    slope, path = pick.of((BETTER_SLOPE, *WORSE_SLOPES)), pick.of(RESULTS)
    restore(world.work, {path: world.runs[slope][path]})
    return f"{path} of the run with {slope}"


def write_metric(world: World, pick: Picker) -> str:
    path, key, number = world.path(pick.of(_METRIC_FILES)), pick.of(_KEYS), pick.of(_NUMBERS)
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        document = {}
    if not isinstance(document, dict):
        document = {}
    document[key] = number
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return f"{path.name}: {key} = {number!r}"


def delete_file(world: World, pick: Picker) -> str:
    name = pick.of((*_METRIC_FILES, "dvc.lock", "dvc.yaml", "params.yaml", "mlgit.yaml", "models/line.json"))
    if not world.path(name).is_file():
        return ""
    world.path(name).unlink()
    return f"delete {name}"


def move_file(world: World, pick: Picker) -> str:
    source, place = pick.of(_METRIC_FILES), pick.of(_METRIC_FILES)
    if source == place or not world.path(source).is_file():
        return ""
    world.path(place).parent.mkdir(parents=True, exist_ok=True)
    os.replace(world.path(source), world.path(place))
    return f"move {source} to {place}"


def link_metrics(world: World, pick: Picker) -> str:
    """A metric file that is a symlink to another one."""
    source, target = (
        pick.of(("metrics/test.json", "metrics/hand.json")),
        pick.of(("train.json", "../reference.json")),
    )
    path = world.path(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    return f"link {source} to {target}"


def change_an_input(world: World, pick: Picker) -> str:
    name, text = pick.of(
        (
            ("params.yaml", f"train:\n  slope: {TRUNK_SLOPE}\n"),
            ("src/evaluate.py", "print('mae: 0')\n"),
            ("src/train.py", "pass\n"),
            ("data/raw.csv.dvc", "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: raw.csv\n"),
            (".dvcignore", "metrics\nmodels\n"),
            (".gitattributes", "*.json -text\nmlgit.yaml export-ignore\n"),
            ("sub/dvc.yaml", "metrics: [hand.json]\n"),
            ("sub/hand.json", '{"mae": 0.01, "r2": 0.99}\n'),
        )
    )
    world.work.write(name, text)
    return f"write {name}"


def forget_data(world: World, pick: Picker) -> str:
    """Delete data that only DVC has, or tamper with its cache."""
    cache = world.path(".dvc/cache")
    if pick.of((True, False)):
        shutil.rmtree(cache, ignore_errors=True)
        return "forget the cache"
    changed = 0
    for file in sorted(cache.rglob("*")):
        if file.is_file() and b"slope" in file.read_bytes():
            file.chmod(0o644)
            file.write_text('{"slope": 2.0}', encoding="utf-8")
            changed += 1
    return f"tamper with {changed} cached models"


RESULT_EDITS = (
    run_the_pipeline,
    take_one_result,
    write_metric,
    write_metric,
    delete_file,
    move_file,
    link_metrics,
    change_an_input,
    forget_data,
)
