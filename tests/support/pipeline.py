"""A small real DVC project: .dvc-tracked data, prepare -> train -> evaluate, remote and origin.

The scripts use only the standard library, so that `dvc repro` takes a second.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import warnings
from typing import TYPE_CHECKING

from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DVC_YAML = """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [data/raw.csv, src/prepare.py]
    outs: [data/clean.csv]
  train:
    cmd: python src/train.py
    deps: [data/clean.csv, src/train.py]
    params: [train.slope]
    outs: [models/line.json]
  evaluate:
    cmd: python src/evaluate.py
    deps: [data/clean.csv, models/line.json, src/evaluate.py]
    metrics:
      - metrics/test.json: {cache: false}
artifacts:
  line: {path: models/line.json, type: model, desc: A straight line}
"""
PREPARE = """\
rows = open("data/raw.csv").read().splitlines()
open("data/clean.csv", "w").write("\\n".join(row for row in rows if row) + "\\n")
"""
TRAIN = """\
import json, re
slope = float(re.search(r"slope: *([0-9.e-]+)", open("params.yaml").read()).group(1))
json.dump({"slope": slope}, open("models/line.json", "w"))
"""
EVALUATE = """\
import json
slope = json.load(open("models/line.json"))["slope"]
rows = [row.split(",") for row in open("data/clean.csv").read().splitlines()[1:]]
error = sum(abs(float(y) - slope * float(x)) for x, y in rows) / len(rows)
metrics = {"mae": round(error, 6), "r2": round(1 - error, 6), "rows": len(rows)}
json.dump(metrics, open("metrics/test.json", "w"))
"""
MLGIT_YAML = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  r2-floor: {metric: r2, min: 0.5}
  mae-vs-base: {metric: mae, vs: base, max_rise: 0.05}
environments:
  staging: {auto: true}
  prod: {from: staging}
"""


def build(place: Path, *, named: Callable[[str], str] = str, config: str = MLGIT_YAML) -> None:
    """Build `origin.git`, `storage` (the DVC remote) and `work` (a clone with one full run) in `place`.

    `named` gives the texts of the files other names.
    """
    place.mkdir(parents=True)
    Folder(place).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(place).git("clone", "-q", "origin.git", "work")
    work = Folder(place / "work")
    work.git("checkout", "-q", "-b", "main")
    work.dvc("init", "-q")
    work.dvc("remote", "add", "-q", "-d", "storage", "../storage")
    work.write("data/raw.csv", "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(1, 11)))
    work.write("params.yaml", named("train:\n  slope: 1.99\n"))
    work.write("dvc.yaml", named(DVC_YAML))
    work.write("src/prepare.py", named(PREPARE))
    work.write("src/train.py", named(TRAIN))
    work.write("src/evaluate.py", named(EVALUATE))
    work.write("mlgit.yaml", config)
    for name in ("models", "metrics"):
        (work.path / name).mkdir()
    work.write("models/.gitignore", "")
    work.dvc("add", "-q", "data/raw.csv")
    work.dvc("repro", "-q")
    work.dvc("push", "-q")
    work.commit("Train a line")
    work.git("push", "-q", "-u", "origin", "main")
    work.git("remote", "set-head", "origin", "main")


def train(work: Folder, slope: str, *, push: bool = True) -> None:
    """`dvc repro` with this parameter, and `dvc push`; in this process, which is three times as fast."""
    from dvc.repo import Repo

    work.write("params.yaml", f"train:\n  slope: {slope}\n")
    with contextlib.chdir(work.path), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of DVC's libraries
        with Repo(".") as repo:
            repo.reproduce()
            if push:
                repo.push()


def copy(template: Path, place: Path) -> Folder:
    """A fresh copy of the template: the clone, whose remotes are the copy's own.

    Remotes are relative (`../origin.git`), so that a copy never reaches the template.
    """
    shutil.copytree(template, place, symlinks=True)
    work = Folder(place / "work")
    work.git("remote", "set-url", "origin", str(place / "origin.git"))
    return work
