"""The whole loop on an example `mlgit.yaml`, with the real program, from an empty repository to prod."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done

pytestmark = pytest.mark.slow

EXAMPLE = """\
# yaml-language-server: $schema=https://raw.githubusercontent.com/mlgit/mlgit/main/schemas/mlgit.schema.json
version: 1
models:
  tumor:
    path: models/tumor.skops
    description: Benign or malignant from cell nuclei
    metrics: [metrics/*.json]
directions: {profit_eur: up}
gates:
  auc-floor:     {metric: auc, min: 0.95}
  auc-vs-prod:   {metric: auc, vs: prod, max_drop: 0.005}
  loss-vs-base:  {metric: logloss, vs: base, max_rise: 2%}
  fast-enough:   {metric: latency.p95_ms, max: 50, severity: warn}
environments:
  staging: {auto: true}
  prod:    {from: staging, gates: [auc-vs-prod]}
"""
TWO_MODELS = """\
version: 1
models:
  tumor: {path: models/tumor.skops, metrics: [metrics/test.json]}
  "vision:faces": {path: vision/models/faces.bin, metrics: [vision/metrics/test.json]}
gates:
  auc-floor:     {metric: auc, min: 0.95}
  auc-vs-prod:   {metric: auc, vs: prod, max_drop: 0.005}
  faces-fast:    {model: "vision:faces", metric: latency.p95_ms, max: 50}
environments:
  staging: {}
  prod: {from: staging, gates: [auc-vs-prod]}
"""
# Writes the numbers of params.yaml, so that the test can choose them.
TRAIN = """\
import json, sys
from pathlib import Path
values = dict(line.split(": ") for line in Path("params.yaml").read_text().splitlines())
for name in (sys.argv[1], "metrics/test.json"):
    Path(name).parent.mkdir(exist_ok=True)
Path(sys.argv[1]).write_text(json.dumps(values))
auc, logloss, p95, profit = (float(values[name]) for name in ("auc", "logloss", "p95", "profit"))
metrics = {"auc": auc, "logloss": logloss, "latency": {"p95_ms": p95}, "profit_eur": profit}
Path("metrics/test.json").write_text(json.dumps(metrics))
"""
DVC_YAML = """\
stages:
  train:
    cmd: python train.py {model}
    deps: [train.py]
    params: [auc, logloss, p95, profit]
    outs: [{model}]
    metrics:
      - metrics/test.json: {{cache: false}}
"""


def params(*, auc: str, logloss: str = "0.100", p95: str = "20", profit: str = "1000") -> str:
    return f"auc: {auc}\nlogloss: {logloss}\np95: {p95}\nprofit: {profit}\n"


def answer(folder: Folder, *argv: str, status: int = Exit.DONE) -> Done:
    """Run the program and check its exit code."""
    done = folder.here(*argv)
    assert done.status == status, f"mlgit {' '.join(argv)} -> {done.status}\n{done.out}\n{done.err}"
    return done


def verdict(folder: Folder, *, status: int = Exit.DONE) -> tuple[str, dict[str, str]]:
    """The decision, and the outcome of each gate for each model."""
    document = answer(folder, "check", "--json", status=status).json()["verdict"]
    return document["decision"], {result["id"]: result["outcome"] for result in document["results"]}


def live(folder: Folder, model: str) -> dict[str, str]:
    """The version in each environment, read by GTO."""
    stages: dict[str, str | None] = json.loads(folder.ok("gto", "show", "--json"))[model]["stage"]
    return {stage: version for stage, version in stages.items() if version is not None}


def begin(place: Path) -> Folder:
    """An empty repository with an empty origin and a DVC remote."""
    Folder(place).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(place).git("clone", "-q", "origin.git", "work")
    work = Folder(place / "work")
    work.dvc("init", "-q")
    work.dvc("remote", "add", "-q", "-d", "storage", "../storage")
    return work


def train(work: Folder, message: str, *, status: int = Exit.DONE) -> None:
    """Run the pipeline and commit the results."""
    answer(work, "run", status=status)
    work.commit(message)


def change(work: Folder, branch: str, text: str, *, status: int = Exit.DONE) -> None:
    """Make a branch of main with other parameters, and run the pipeline."""
    work.git("switch", "-q", "main")
    work.git("switch", "-q", "-c", branch)
    work.write("params.yaml", text)
    train(work, branch, status=status)


def merge(work: Folder, branch: str) -> None:
    """Merge like the button on the forge."""
    answer(work, "push")
    work.git("switch", "-q", "main")
    work.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    work.git("push", "-q")


def test_the_example_goes_from_an_empty_repository_to_prod(tmp_path: Path) -> None:
    work = begin(tmp_path)
    work.write("mlgit.yaml", EXAMPLE)
    work.write("dvc.yaml", DVC_YAML.format(model="models/tumor.skops"))
    work.write("train.py", TRAIN)
    work.write("params.yaml", params(auc="0.970"))
    train(work, "Train the first model")
    answer(work, "push")

    # The first model has no baseline: floors count, changes are skipped.
    assert verdict(work) == (
        "allow",
        {
            "tumor/auc-floor": "pass",
            "tumor/auc-vs-prod": "skipped",
            "tumor/loss-vs-base": "skipped",
            "tumor/fast-enough": "pass",
        },
    )
    answer(work, "release", "tumor")
    answer(work, "promote", "tumor@v1.0.0", "--to", "prod", status=Exit.BLOCKED)
    answer(work, "promote", "tumor", "--to", "staging")
    answer(work, "promote", "tumor", "--to", "prod")
    assert live(work, "tumor") == {"staging": "v1.0.0", "prod": "v1.0.0"}

    # Worse than prod by more than 0.005, and a loss more than 2 % higher; both above the floor.
    change(work, "worse", params(auc="0.960", logloss="0.103"), status=Exit.BLOCKED)
    decision, outcomes = verdict(work, status=Exit.BLOCKED)
    assert decision == "block"
    assert outcomes == {
        "tumor/auc-floor": "pass",
        "tumor/auc-vs-prod": "fail",
        "tumor/loss-vs-base": "fail",
        "tumor/fast-enough": "pass",
    }

    # Exactly at both limits, which binary floats would exceed; and too slow, which only warns.
    change(work, "better", params(auc="0.965", logloss="0.102", p95="80", profit="1200"))
    assert verdict(work) == (
        "allow_with_warnings",
        {
            "tumor/auc-floor": "pass",
            "tumor/auc-vs-prod": "pass",
            "tumor/loss-vs-base": "pass",
            "tumor/fast-enough": "fail",
        },
    )
    merge(work, "better")
    answer(work, "release", "tumor", "--bump", "minor")
    answer(work, "promote", "tumor", "--to", "staging")
    answer(work, "promote", "tumor", "--to", "prod")
    assert live(work, "tumor") == {"staging": "v1.1.0", "prod": "v1.1.0"}

    answer(work, "rollback", "tumor", "--env", "prod", "-m", "Wrong in the field")
    assert live(work, "tumor") == {"staging": "v1.1.0", "prod": "v1.0.0"}
    history = answer(work, "history", "tumor").out
    assert "Wrong in the field" in history
    assert "v1.1.0" in history
    assert work.git("status", "--porcelain") == ""
    assert work.git("tag") == Folder(tmp_path / "origin.git").git("tag")


def test_two_models_in_one_repository_are_released_independently(tmp_path: Path) -> None:
    work = begin(tmp_path)
    work.write("mlgit.yaml", TWO_MODELS)
    work.write("dvc.yaml", DVC_YAML.format(model="models/tumor.skops"))
    work.write("vision/dvc.yaml", DVC_YAML.format(model="models/faces.bin"))
    for folder in ("", "vision/"):
        work.write(f"{folder}train.py", TRAIN)
        work.write(f"{folder}params.yaml", params(auc="0.970"))
    train(work, "Train both")
    answer(work, "push")

    # A gate without a model applies to each model, one with a model only to that.
    decision, outcomes = verdict(work)
    assert decision == "allow"
    assert outcomes == {
        "tumor/auc-floor": "pass",
        "tumor/auc-vs-prod": "skipped",
        "vision:faces/auc-floor": "pass",
        "vision:faces/auc-vs-prod": "skipped",
        "vision:faces/faces-fast": "pass",
    }
    for model in ("tumor", "vision:faces"):
        answer(work, "release", model)
        answer(work, "promote", model, "--to", "staging")
    answer(work, "promote", "vision:faces", "--to", "prod")
    assert live(work, "vision:faces") == {"staging": "v1.0.0", "prod": "v1.0.0"}
    assert live(work, "tumor") == {"staging": "v1.0.0"}
    assert "vision=faces@v1.0.0" in work.git("tag").splitlines()

    # A worse faces model is blocked; the tumor model of the same commit is not.
    work.git("switch", "-q", "-c", "worse-faces")
    work.write("vision/params.yaml", params(auc="0.960"))
    train(work, "Try something with faces", status=Exit.BLOCKED)
    decision, outcomes = verdict(work, status=Exit.BLOCKED)
    assert decision == "block"
    assert [gate for gate, outcome in outcomes.items() if outcome == "fail"] == ["vision:faces/auc-vs-prod"]

    # Better faces from main: released and promoted alone.
    change(work, "better-faces", params(auc="0.970"))
    work.write("vision/params.yaml", params(auc="0.980"))
    train(work, "Better faces")
    merge(work, "better-faces")
    answer(work, "release", "vision:faces")
    answer(work, "promote", "vision:faces", "--to", "staging")
    answer(work, "promote", "vision:faces", "--to", "prod")
    assert live(work, "vision:faces")["prod"] == "v1.0.1"
    assert live(work, "tumor") == {"staging": "v1.0.0"}
    answer(work, "rollback", "vision:faces", "--env", "prod", "-m", "Wrong faces")
    assert live(work, "vision:faces") == {"staging": "v1.0.1", "prod": "v1.0.0"}
