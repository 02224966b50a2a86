"""Tumor: a project with the names that the pages about trouble use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support import pages, pipeline
from tests.support.registry import change

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

# Words of tests/support/pipeline.py -> those of the pages.
_NAMES = {"line": "tumor", "mae": "logloss", "r2": "auc", "slope": "penalty"}
_CONFIG = """\
version: 1
models:
  tumor: {path: models/tumor.skops}
gates:
  auc-floor: {metric: auc, min: 0.5}
  logloss-vs-base: {metric: logloss, vs: base, max_rise: 0.05}
  logloss-vs-prod: {metric: logloss, vs: prod, max_rise: 0.05}
  must-gain: {metric: auc, vs: prod, min_rise: 0.001, when: promote}
environments:
  staging: {}
  prod: {from: staging}
"""


def build(place: Path) -> None:
    """Build the project; nothing is released."""
    pipeline.build(place, named=_named, config=_CONFIG)


def _named(text: str) -> str:
    text = text.replace("models/line.json", "models/tumor.skops")
    return re.sub(r"\b(?:line|mae|r2|slope)\b", lambda word: _NAMES[word[0]], text)


def edit(work: Folder, path: str, old: str, new: str) -> None:
    text = (work / path).read_text(encoding="utf-8")
    assert old in text
    work.write(path, text.replace(old, new))


def train(work: Folder, penalty: str, *, push: bool = True) -> None:
    """A new model in a commit; a smaller penalty is worse."""
    text = (work / "params.yaml").read_text(encoding="utf-8")
    work.write("params.yaml", re.sub(r"penalty: .*", f"penalty: {penalty}", text))
    work.dvc("repro", "-q")
    work.commit(f"Penalty {penalty}")
    if push:
        work.dvc("push", "-q")
        work.git("push", "-q")


def relocate(work: Folder) -> None:
    """Give the remote an address that is the same in each copy, so that tags stay those of this remote."""
    work.git("remote", "set-url", "origin", "../origin.git")


def release(work: Folder, version: str) -> None:
    """Release HEAD and promote the version to `staging` and `prod`."""
    change(work, "release", f"tumor@{version}")
    for environment in ("staging", "prod"):
        change(work, "promote", f"tumor@{version}", "--to", environment)


def go_live(work: Folder) -> None:
    """Three versions that went to `prod`, of which the newest is deployed."""
    relocate(work)
    work.write(".gitignore", "/served\n")
    with (work / "mlgit.yaml").open("a", encoding="utf-8") as file:
        file.write("deploy:\n  prod: {target: local, path: 'served/{model}', keep: 3}\n")
    for version, penalty in (("v1.0.0", "1.99"), ("v1.1.0", "1.995"), ("v1.2.0", "1.999")):
        if version == "v1.0.0":
            work.commit("Deploy prod")
            work.git("push", "-q")
        else:
            train(work, penalty)
        release(work, version)
        done = work.here("deploy", "--env", "prod")
        assert done.status == 0, done.err


def check_section(work: Folder, page: Path, title: str) -> None:
    """Fail unless the section shows what its commands print in this project."""
    text = pages.sections(page)[title]
    names = {f"{work.path.parent}/work/served": "/srv/models", str(work.path.parent): "/mnt"}
    pages.check(text, pages.rerun_in(work.path, text, names), f"{page.name}, {title}")
