"""Small repository, as many teams have it: run by DVC itself, released and promoted."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

from benchmarks.repositories.repository import Repository
from benchmarks.repositories.tags import import_tags

if TYPE_CHECKING:
    from pathlib import Path

_STAGE_SCRIPT = """\
import sys
source, target, metric = sys.argv[1:]
text = open("params.yaml").read() + open(source).read()
open(target, "w").write(text[-200:])
auc, logloss = 0.9 + len(text) % 7 / 100, 0.2 + len(text) % 5 / 100
open(metric, "w").write('{"auc": %.4f, "logloss": %.4f}' % (auc, logloss))
"""
_GATES = """\
version: 1
models:
  tumor: {path: out/4.txt, metrics: [metrics/*.json]}
gates:
  auc-floor: {metric: "metrics/4.json:auc", min: 0.5}
  auc-vs-base: {metric: "metrics/4.json:auc", vs: base, max_drop: 0.5}
environments:
  staging: {}
  prod: {from: staging}
"""


def small(folder: Path, tools: str) -> None:
    """Make 100 data files under one `.dvc` file, 5 stages run twice, 5 metric files, 8 tags, an origin.

    Args:
        folder: must not exist.
        tools: the directory of the `dvc` script.
    """
    repository = Repository(folder)
    dvc, python = os.path.join(tools, "dvc"), os.path.join(tools, "python")
    chosen = random.Random(1)
    for number in range(100):
        repository.write(f"data/{number:03}.csv", "".join(f"{chosen.random()}\n" for _ in range(100)))
    repository.write("src/stage.py", _STAGE_SCRIPT)
    repository.write("mlgit.yaml", _GATES)
    stages = {f"s{number}": _stage(number, python) for number in range(5)}
    repository.write("dvc.yaml", json.dumps({"stages": stages}, indent=1))
    for name in ("out", "metrics"):
        (folder / name).mkdir()
    repository.call(dvc, "add", "-q", "data")
    for turn, text in enumerate(("slope: 1\n", "slope: 1.25\n")):
        repository.write("params.yaml", text)
        repository.call(dvc, "repro", "-q")
        repository.commit(f"Run {turn}")
    repository.push()
    import_tags(repository, ["tumor"], versions=2, changes={"staging": 2, "prod": 2})


def _stage(number: int, python: str) -> dict[str, object]:
    source = "data/000.csv" if number == 0 else f"out/{number - 1}.txt"
    target, metric = f"out/{number}.txt", f"metrics/{number}.json"
    return {
        "cmd": f"{python} src/stage.py {source} {target} {metric}",
        "deps": ["src/stage.py", "data" if number == 0 else source],
        "params": ["slope"],
        "outs": [target],
        "metrics": [{metric: {"cache": False}}],
    }
