"""The world: a repository with a released model, and a pull request that makes the model worse."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlgit.yaml12 import load
from tests.attack.reproduction import MEASURED, really_allowed, up_to_date
from tests.support import pipeline
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Done

HEAD = """\
version: 1
models:
  line: {path: models/line.json}
environments:
  staging: {auto: true}
  prod: {from: staging}
gates:
  r2-floor: {metric: r2, min: 0.5}
"""
GATES = {
    "base": "  mae-gate: {metric: mae, vs: base, max_rise: 0.05}\n",
    "prod": "  mae-gate: {metric: mae, vs: prod, max_rise: 0.05}\n",
    "release": "  mae-gate: {metric: 'metrics/test.json:mae', vs: release, max_rise: 0.05}\n",
    "revision": "  mae-gate: {metric: mae, vs: mark, max_rise: 0.05}\n",
    "file": "  mae-gate: {metric: mae, vs: {file: reference.json}, max_rise: 0.05}\n",
    "floor": "  mae-gate: {metric: mae, max: 0.1}\n",
}
"""The gate of each world that the worse model does not pass, by what it compares with."""
TRUNK_SLOPE, BETTER_SLOPE = "1.99", "2.0"
WORSE_SLOPES = ("1.93", "1.8", "0.1")
TODAY = "2026-03-10"
"""Nine days after every commit."""
DOCUMENTS = ("mlgit.yaml", "dvc.yaml", "dvc.lock")
RESULTS = ("params.yaml", "dvc.lock", "metrics/test.json", "models/line.json")

Results = dict[str, bytes]
"""The content of the files of one run of the pipeline, by path."""


class Template:
    """The world to copy, and the results of real runs with other parameters."""

    def __init__(self, folder: Path, gate: str) -> None:
        self.folder = folder
        self.gate = gate
        built = _trained(folder.parent)
        self.runs = built.runs
        work = pipeline.copy(built.folder, folder)
        work.write("mlgit.yaml", HEAD + GATES[gate])
        work.write("reference.json", '{"mae": 0.06}\n')
        work.write("metrics/train.json", '{"mae": 0.05, "r2": 0.96, "train": {"mae": 0.05}}\n')
        work.commit("Declare gates")
        work.git("tag", "mark")
        work.git("push", "-q", "origin", "main", "mark")
        for argv in (("release", "line"), ("promote", "line", "--to", "staging")):
            assert work.here(*argv).status == 0
        assert work.here("promote", "line", "--to", "prod").status == 0
        work.git("commit", "-q", "--allow-empty", "-m", "Go on")
        work.git("push", "-q", "origin", "main")
        work.git("checkout", "-q", "-b", "topic")
        restore(work, self.runs[WORSE_SLOPES[0]])
        work.commit("Train a worse line")
        work.git("push", "-q", "origin", "topic")


class _Trained(NamedTuple):
    """A repository whose cache has the results of every run."""

    folder: Path
    runs: dict[str, Results]


@functools.cache
def _trained(place: Path) -> _Trained:
    folder = place / "trained"
    pipeline.build(folder)
    work = Folder(folder / "work")
    _measure_with_parameters(work)
    runs: dict[str, Results] = {}
    pipeline.train(work, TRUNK_SLOPE)
    before = results(work)
    for slope in (BETTER_SLOPE, *WORSE_SLOPES):
        pipeline.train(work, slope)
        runs[slope] = results(work)
    restore(work, before)
    return _Trained(folder, runs)


def _measure_with_parameters(work: Folder) -> None:
    """Let a parameter of the stage that makes the data, and one of the stage that measures, choose rows."""
    rows = 'int(re.findall(r"rows: *([0-9]+)", open("measured.yaml").read())[{}])'
    prepare = pipeline.PREPARE.replace("rows if row)", f"rows[: 1 + {rows.format(0)}] if row)")
    evaluate = pipeline.EVALUATE.replace("splitlines()[1:]]", f"splitlines()[1:]][: {rows.format(1)}]")
    stages = pipeline.DVC_YAML.replace(
        "    outs: [data", "    params: [{measured.yaml: [split.rows]}]\n    outs: [data"
    )
    stages = stages.replace("    metrics:", "    params: [{measured.yaml: [eval.rows]}]\n    metrics:")
    work.write("measured.yaml", MEASURED)
    work.write("src/prepare.py", f"import re\n{prepare}")
    work.write("src/evaluate.py", f"import re\n{evaluate}")
    work.write("dvc.yaml", stages)


def results(work: Folder) -> Results:
    return {path: (work / path).read_bytes() for path in RESULTS}


def restore(work: Folder, run: Results) -> None:
    for path, content in run.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).unlink(missing_ok=True)
        (work / path).write_bytes(content)


class World:
    """A copy of the template; `work` is the clone in which the pull request is judged."""

    def __init__(self, template: Template, *, in_ci: bool) -> None:
        self.in_ci = in_ci
        self.measured_otherwise = False
        """Whether a plan changed the data or the parameters that the number is measured with."""
        self.forged = False
        """Whether a plan wrote a part of dvc.lock by hand."""
        self.gate = template.gate
        self._scratch = Path(tempfile.mkdtemp(prefix="attack-"))
        self._clones = 0
        self.runs = template.runs
        self.work = pipeline.copy(template.folder, self._scratch / "world")

    def close(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    def clone(self, *options: str) -> None:
        """Judge the pull request in a new clone of what was pushed."""
        self.commit()
        self.work.git("push", "-q", "-f", "--no-verify", "origin", "HEAD:refs/heads/topic")
        self._clones += 1
        place = self.work.path.parent / f"clone-{self._clones}"
        origin = f"file://{self.work.path.parent / 'origin.git'}"
        self.work.git("clone", "-q", "-b", "topic", *options, origin, str(place))
        if self.path(".dvc/cache").is_dir():
            shutil.copytree(self.path(".dvc/cache"), place / ".dvc" / "cache", dirs_exist_ok=True)
        for path in ("models/line.json", "data/raw.csv", "data/clean.csv"):
            if (self.work / path).is_file():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.work / path, place / path)
        self.work = Folder(place)

    def check(self) -> Done:
        """`mlgit check`; in CI with the remote's tags as a first step of the job lists them."""
        env = {}
        if self.in_ci:
            listed = self.work.path.parent / "remote-tags"
            listed.write_text(
                self.work.git("ls-remote", "--heads", "--tags", "origin") + "\n", encoding="utf-8"
            )
            env["MLGIT_REMOTE_TAGS"] = str(listed)
        return self.work.here("check", "--json", "--date", TODAY, env=env)

    def commit(self) -> str:
        self.work.git("add", "-A")
        self.work.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "Edit")
        return self.work.git("rev-parse", "HEAD")

    def return_to_the_branch(self) -> None:
        """Leave what a plan began that Git refused."""
        if self.work.git("rev-parse", "--abbrev-ref", "HEAD") != "topic":
            self.work.git("checkout", "-q", "-f", "topic")

    def path(self, name: str) -> Path:
        return self.work / name

    def document(self, name: str) -> Any:  # noqa: ANN401 (YAML)
        """The parsed document; None if it is not there or was broken by an earlier edit."""
        try:
            return load(self.path(name).read_bytes(), name=name, strict=False)
        except Exception:  # noqa: BLE001 (any earlier edit may have broken it)
            return None

    def documents(self) -> dict[str, bytes]:
        """The content of the YAML documents that are there, by name."""
        return {name: self.path(name).read_bytes() for name in DOCUMENTS if self.path(name).is_file()}

    def put_back(self, documents: Mapping[str, bytes]) -> None:
        """Repair the documents, so that the next edits are judged."""
        for name, content in documents.items():
            self.path(name).write_bytes(content)

    def lock_forged_whole(self) -> bool:
        """Whether only a run can show that dvc.lock was written by hand."""
        return self.forged and up_to_date(self.work.path)

    def improved(self) -> bool:
        """Whether the numbers that the stages really give are good enough, whatever is written."""
        return really_allowed(self.work.path, self.gate)
