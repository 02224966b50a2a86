"""Shown: the commands and screens of a page of docs/, and a project with the names that the pages use."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support import pipeline
from tests.support.registry import change

if TYPE_CHECKING:
    from tests.support.shell import Done, Folder

ROOT = Path(__file__).parents[2]
CUT = "…\n"
"""The line of a page that replaces other lines of a screen."""
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


class Shown(NamedTuple):
    """A command of a page and the output below it, which may be empty."""

    command: str
    output: str


def sections(page: Path) -> dict[str, list[Shown]]:
    """Title -> its commands, in the order of the page."""
    found: dict[str, list[Shown]] = {}
    for part in page.read_text(encoding="utf-8").split("\n## ")[1:]:
        fenced = re.findall(r"^```(\w*)\n(.*?)^```", part, flags=re.DOTALL | re.MULTILINE)
        blocks = "".join(text for language, text in fenced if not language)
        commands = re.findall(r"^\$ (.*)\n((?:[^$].*\n|\n)*)", blocks, flags=re.MULTILINE)
        found[part.partition("\n")[0]] = [Shown(*each) for each in commands]
    return {title: commands for title, commands in found.items() if commands}


def try_all(work: Folder, commands: list[Shown]) -> None:
    """Run the commands of a section, and compare what they print with the page."""
    for shown in commands:
        name, *argv = shlex.split(shown.command)
        done = work.here(*argv) if name == "mlgit" else work.run(name, *argv)
        compare(shown, done, str(work.path.parent))


def compare(shown: Shown, done: Done, folder: str) -> None:
    printed = (done.out + done.err).replace(f"{folder}/work/served", "/srv/models").replace(folder, "/mnt")
    printed = _without_chance(printed)
    if shown.command.startswith("mlgit "):
        failed = re.search(r"^error: |^Blocked|^  blocked ", shown.output, re.MULTILINE) is not None
        assert (done.status != 0) is failed, printed
    place = 0
    for piece in _without_chance(shown.output).split(CUT):
        assert piece in printed[place:], f"{shown.command}\n{printed}"
        place = printed.index(piece, place) + len(piece)


def _without_chance(text: str) -> str:
    """The text with other words for ids, times, and the spaces of columns that depend on them."""
    text = re.sub(r"\b[0-9a-f]{7,12}\b", "ID", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?(?: UTC)?)?", "DATE", text)
    text = re.sub(r"\d+ (?:s|min) ago(?=( ?) *)", "2 s ago\\1", re.sub(r"in \d+\.\d s", "in 0.4 s", text))
    return re.sub(r"(?<=2 s ago ) +", " ", text)


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
