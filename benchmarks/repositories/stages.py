"""Repositories with many stages, and dvc.lock as DVC writes it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import yaml

from benchmarks.repositories.outputs import pointer
from benchmarks.repositories.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.repositories.repository import Stored

PARAMETERS_EACH = 3
_SCRIPT = """\
import sys
source, target, metric = sys.argv[1:]
print("stage", {number}, file=open(target, "w"))
"""


def chained(folder: Path, count: int) -> None:
    """Make a chain of `count` stages like those of a real pipeline.

    Each has a script, a file of a DVC-tracked data folder, the previous output, three parameters, an output
    in DVC's cache and a metric file in Git.
    """
    repository = Repository(folder)
    texts = {f"{number:03}.csv": f"part,{number}\n" * 50 for number in range(count)}
    repository.write("data.dvc", pointer(repository.store_folder("data", texts), "data"))
    data = {name: repository.write(f"data/{name}", text) for name, text in texts.items()}
    parameters = {
        f"stage-{number:03}": {f"p{key}": round(0.1 * key + number, 1) for key in range(PARAMETERS_EACH)}
        for number in range(count)
    }
    repository.write("params.yaml", yaml.safe_dump(parameters))
    declared: dict[str, object] = {}
    locked: dict[str, object] = {}
    before: Stored | None = None
    for number, (name, part) in enumerate(data.items()):
        target, metric, script = f"out/{number:03}.txt", f"metrics/{number:03}.json", f"src/{number:03}.py"
        deps = {script: repository.write(script, _SCRIPT.format(number=number)), f"data/{name}": part}
        if before is not None:
            deps[f"out/{number - 1:03}.txt"] = before
        before = repository.store(target, f"stage {number}\n")
        values = {
            f"stage-{number:03}.{key}": value for key, value in parameters[f"stage-{number:03}"].items()
        }
        command = f"python {script} data/{name} {target} {metric}"
        declared[f"stage-{number:03}"] = {
            "cmd": command,
            "deps": list(deps),
            "params": list(values),
            "outs": [target],
            "metrics": [{metric: {"cache": False}}],
        }
        outs = {metric: repository.write(metric, metrics_text(number, 0)), target: before}
        locked[f"stage-{number:03}"] = _lock(command, deps, outs) | {"params": {"params.yaml": values}}
    _pipeline(repository, declared, locked)
    repository.write(".gitignore", "/data\n")
    repository.write("out/.gitignore", "".join(f"/{number:03}.txt\n" for number in range(count)))
    repository.commit("Run the pipeline")
    repository.push()


def plain(folder: Path, count: int) -> None:
    """Make a chain of `count` minimal stages: a script, the previous output, an output."""
    repository = Repository(folder)
    declared: dict[str, object] = {}
    locked: dict[str, object] = {}
    before: Stored | None = None
    for number in range(count):
        target, script = f"out/{number:03}.txt", f"src/{number:03}.py"
        deps = {script: repository.write(script, _SCRIPT.format(number=number))}
        if before is not None:
            deps[f"out/{number - 1:03}.txt"] = before
        before = repository.store(target, f"stage {number}\n")
        declared[f"stage-{number:03}"] = {"cmd": f"python {script}", "deps": list(deps), "outs": [target]}
        locked[f"stage-{number:03}"] = _lock(f"python {script}", deps, {target: before})
    _pipeline(repository, declared, locked)
    repository.write("out/.gitignore", "".join(f"/{number:03}.txt\n" for number in range(count)))
    repository.commit("Run the pipeline")
    repository.push()


def metric_stages(folder: Path, count: int) -> None:
    """Make `count` stages with a metric file of ten numbers each, in two commits."""
    repository = Repository(folder)
    for turn in range(2):
        declared: dict[str, object] = {}
        locked: dict[str, object] = {}
        for number in range(count):
            seed, metric = f"seeds/{number:02}.json", f"metrics/{number:02}.json"
            text = metrics_text(number, turn)
            deps, outs = {seed: repository.write(seed, text)}, {metric: repository.write(metric, text)}
            command = f"mkdir -p metrics && cp {seed} {metric}"
            declared[f"evaluate-{number:02}"] = {
                "cmd": command,
                "deps": [seed],
                "metrics": [{metric: {"cache": False}}],
            }
            locked[f"evaluate-{number:02}"] = _lock(command, deps, outs)
        _pipeline(repository, declared, locked)
        repository.commit(f"Run {turn}")
    repository.push()


def metric_list(folder: Path, count: int) -> None:
    """Make `count` metric files of ten numbers each that no stage makes, in two commits."""
    repository = Repository(folder)
    names = [f"metrics/{number:02}.json" for number in range(count)]
    repository.write("dvc.yaml", yaml.safe_dump({"metrics": names}))
    for turn in range(2):
        for number, name in enumerate(names):
            repository.write(name, metrics_text(number, turn))
        repository.commit(f"Run {turn}")
    repository.push()


def metrics_text(number: int, turn: int) -> str:
    """A metric file of ten numbers, different for every number and turn."""
    chosen = random.Random(f"{number} {turn}")
    values = {f"m{key}": round(chosen.random(), 4) for key in range(9)}
    return json.dumps({"test": values, "epoch": turn}, indent=1)


def _lock(command: str, deps: dict[str, Stored], outs: dict[str, Stored]) -> dict[str, object]:
    return {
        "cmd": command,
        "deps": [deps[path].entry(path) for path in sorted(deps)],
        "outs": [outs[path].entry(path) for path in sorted(outs)],
    }


def _pipeline(repository: Repository, declared: dict[str, object], locked: dict[str, object]) -> None:
    repository.write("dvc.yaml", yaml.safe_dump({"stages": declared}, sort_keys=False))
    repository.write("dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": locked}, sort_keys=False))
