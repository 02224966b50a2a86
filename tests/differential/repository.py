"""The repository that the machine edits: built once, copied for every example."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

# Shell commands, so that `dvc repro` of everything takes a fraction of a second.
DVC_YAML = """\
stages:
  prepare:
    cmd: cat data/raw.csv src/prepare.txt > data/clean.csv
    deps: [data/raw.csv, src/prepare.txt]
    outs: [data/clean.csv]
  split:
    cmd: mkdir -p work/parts/deep; cat data/many/*.txt > work/parts/all.txt; cp src/split.txt work/parts/deep/
    deps: [data/many, src/split.txt]
    outs: [work/parts]
  train:
    cmd: cat data/clean.csv work/parts/all.txt src/train.txt params.yaml > models/model.bin
    deps: [data/clean.csv, work/parts, src/train.txt]
    params:
    - train.slope
    - rate
    - settings.json: [opt.lr]
    - tune.toml: [a.b]
    - conf.py: [LR, Net.width]
    - whole.yaml:
    outs: [models/model.bin]
  evaluate:
    cmd: printf '{"size":%d}' $(wc -c < models/model.bin) > metrics/test.json; cp work/parts/all.txt plots.csv
    deps: [models/model.bin, work/parts/all.txt]
    metrics: [metrics/test.json: {cache: false}]
    plots: [plots.csv: {persist: true}]
metrics: [metrics/extra.yaml]
"""
SUB_YAML = """\
stages:
  copy:
    wdir: work
    cmd: cat ../in.txt ../../data/clean.csv > out.txt
    deps: [../in.txt, ../../data/clean.csv]
    params: [../params.yaml: [lr, flag]]
    outs: [out.txt]
"""
EACH_YAML = """\
vars: [settings.yaml]
stages:
  greet:
    foreach: ${names}
    do:
      cmd: echo ${item} ${level} > greeting-${item}.txt
      deps: [in.txt]
      outs: ["greeting-${item}.txt"]
  cross:
    matrix:
      a: [1, 2]
      b: ${names}
    cmd: echo ${item.a} ${item.b} > cross-${item.a}-${item.b}.txt
    outs: ["cross-${item.a}-${item.b}.txt"]
"""
NESTED_YAML = """\
stages:
  count:
    cmd: wc -c in.txt > out.txt; cp out.txt ${copy}
    deps: [in.txt]
    params: [level]
    outs: [out.txt, "${copy}"]
  score:
    cmd: printf '{"size":%d}' $(wc -c < out.txt) > score.json
    deps: [out.txt]
    metrics: [score.json: {cache: false}]
"""
FILES = {
    "data/raw.csv": "x,y\n1,2\n3,4\n",
    "data/many/a.txt": "a\n",
    "data/many/b.txt": "b\n",
    "data/many/deep/c.txt": "c\n",
    "data/many/skip.tmp": "hidden\n",
    "src/prepare.txt": "prepare\n",
    "src/split.txt": "split\n",
    "src/train.txt": "train\n",
    "params.yaml": "train: {slope: 1.5, name: abc}\nrate: 1e-3\nother: 1\n",
    "settings.json": '{"opt": {"lr": 0.1}, "depth": 3}\n',
    "tune.toml": "[a]\nb = 1\n",
    "conf.py": "LR = 0.1\nclass Net:\n    width = 3\n",
    "whole.yaml": "one: 1\ntwo: [1, 2]\n",
    "metrics/extra.yaml": "auc: 0.9\n",
    "models/.keep": "",
    "sub/in.txt": "1\n",
    "sub/params.yaml": "lr: 1e-3\nflag: yes\n",
    "sub/work/.keep": "",
    "sub/dvc.yaml": SUB_YAML,
    "dvc.yaml": DVC_YAML,
    ".dvcignore": "*.tmp\n",
}
TEMPLATED = {
    "each/in.txt": "1\n",
    "each/settings.yaml": "names: [ann, bob]\nlevel: 1\n",
    "each/dvc.yaml": EACH_YAML,
}
NESTED = {
    "nested/in.txt": "1\n",
    "nested/params.yaml": "level: 1\ncopy: twin.txt\n",
    "nested/dvc.yaml": NESTED_YAML,
}
KINDS = {"plain": {}, "templated": TEMPLATED, "nested": NESTED}
"""The files of each kind of repository that the others do not have."""


def build(place: Path, *, kind: str) -> None:
    """One full run, committed; a second commit with other contents on top.

    A `nested` one has a second DVC repository in a folder, whose templates read its own `params.yaml`.
    """
    place.mkdir(parents=True)
    work = Folder(place)
    work.git("init", "-q", "-b", "main")
    work.dvc("init", "-q")
    for name, text in (FILES | KINDS[kind]).items():
        work.write(name, text)
    if kind == "nested":
        inner = Folder(place / "nested")
        inner.dvc("init", "-q", "--subdir")
        inner.dvc("add", "-q", "in.txt")
        inner.dvc("repro", "-q")
    work.dvc("add", "-q", "data/raw.csv", "data/many")
    work.dvc("repro", "-q", "-R", ".")
    work.commit("first")
    work.write("data/raw.csv", "x,y\n5,6\n")
    work.write("data/many/deep/d.txt", "d\n")
    work.write("params.yaml", "train: {slope: 2, name: abc}\nrate: 0.001\nother: 2\n")
    work.dvc("add", "-q", "data/raw.csv", "data/many")
    work.dvc("repro", "-q", "-R", ".")
    work.commit("second")


def copy(template: Path, place: Path) -> Folder:
    """A copy with its own times."""
    shutil.copytree(template, place, symlinks=True)
    return Folder(place)
