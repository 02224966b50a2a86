"""The repositories the benchmarks run in, generated: the same on every machine."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import TYPE_CHECKING

from mlgit.core.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    ReleaseStatement,
    write_message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 1_750_000_000
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


def git(folder: Path, *argv: str, stdin: str | None = None, when_s: int = START_S) -> str:
    """Run git with a fixed identity and time."""
    env = os.environ | {
        "GIT_AUTHOR_NAME": "Bench",
        "GIT_AUTHOR_EMAIL": "bench@example.org",
        "GIT_COMMITTER_NAME": "Bench",
        "GIT_COMMITTER_EMAIL": "bench@example.org",
        "GIT_AUTHOR_DATE": f"{when_s} +0000",
        "GIT_COMMITTER_DATE": f"{when_s} +0000",
    }
    done = subprocess.run(
        ["git", *argv], cwd=folder, env=env, input=stdin, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def small(folder: Path, tools: str) -> None:
    """A DVC repository as many teams have it: 100 tracked data files, 5 stages, 8 tags, an origin.

    Args:
        folder: where; it must not exist.
        tools: the directory of the `dvc` script.
    """
    _start(folder)
    dvc = os.path.join(tools, "dvc")
    python = os.path.join(tools, "python")
    _call(folder, dvc, "init", "-q")
    chosen = random.Random(1)
    for number in range(100):
        _write(folder, f"data/{number:03}.csv", "".join(f"{chosen.random()}\n" for _ in range(100)))
    _write(folder, "params.yaml", "slope: 1\n")
    _write(folder, "src/stage.py", _STAGE_SCRIPT)
    _write(folder, "mlgit.yaml", _GATES)
    _write(
        folder, "dvc.yaml", json.dumps({"stages": {f"s{n}": _stage(n, python) for n in range(5)}}, indent=1)
    )
    for name in ("out", "metrics"):
        (folder / name).mkdir()
    _call(folder, dvc, "add", "-q", "data")
    for turn, text in enumerate(("slope: 1\n", "slope: 1.25\n")):
        _write(folder, "params.yaml", text)
        _call(folder, dvc, "repro", "-q")
        _commit(folder, f"Run {turn}")
    git(folder, "push", "-q", "-u", "origin", "main")
    _import_tags(folder, models=1, versions=2, changes={"staging": 2, "prod": 2})


def metric_files(folder: Path, count: int) -> None:
    """`count` metric files of ten numbers each, in two commits."""
    _start(folder)
    (folder / ".dvc").mkdir()
    _write(folder, ".dvc/config", "")
    _write(folder, ".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
    names = [f"metrics/{number:02}.json" for number in range(count)]
    _write(folder, "dvc.yaml", json.dumps({"metrics": names}, indent=1))
    chosen = random.Random(2)
    for turn in range(2):
        for name in names:
            values = {f"m{key}": round(chosen.random(), 4) for key in range(9)}
            _write(folder, name, json.dumps({"test": values, "epoch": turn}, indent=1))
        _commit(folder, f"Run {turn}")
    git(folder, "push", "-q", "-u", "origin", "main")


def metric_stages(folder: Path, tools: str, count: int) -> None:
    """`count` stages, each with a metric file of ten numbers, run twice."""
    _start(folder)
    dvc = os.path.join(tools, "dvc")
    _call(folder, dvc, "init", "-q")
    names = [f"{number:02}.json" for number in range(count)]
    stages = {
        f"evaluate-{number:02}": {
            "cmd": f"mkdir -p metrics && cp seeds/{name} metrics/{name}",
            "deps": [f"seeds/{name}"],
            "metrics": [{f"metrics/{name}": {"cache": False}}],
        }
        for number, name in enumerate(names)
    }
    _write(folder, "dvc.yaml", json.dumps({"stages": stages}, indent=1))
    chosen = random.Random(3)
    for turn in range(2):
        for name in names:
            values = {f"m{key}": round(chosen.random(), 4) for key in range(9)}
            _write(folder, f"seeds/{name}", json.dumps({"test": values, "epoch": turn}, indent=1))
        _call(folder, dvc, "repro", "-q")
        _commit(folder, f"Run {turn}")
    git(folder, "push", "-q", "-u", "origin", "main")


def registry(folder: Path) -> int:
    """1,000 annotated tags with mlgit statements, over ten models; the number of tags."""
    _start(folder)
    marks = "".join(
        f"commit refs/heads/main\nmark :{number}\n"
        f"committer Bench <bench@example.org> {START_S + number} +0000\ndata 3\nrun\n"
        f"M 100644 inline params.yaml\ndata <<E\nrun: {number}\nE\n\n"
        for number in range(1, 61)
    )
    git(folder, "fast-import", "--quiet", stdin=marks)
    git(folder, "reset", "-q", "--hard", "main")
    return _import_tags(folder, models=10, versions=60, changes={"staging": 14, "prod": 7})


def _import_tags(folder: Path, *, models: int, versions: int, changes: dict[str, int]) -> int:
    commits = git(folder, "rev-list", "--reverse", "main").split()[-versions:]
    tags = [
        tag
        for number in range(models)
        for tag in _tags(f"model-{number}" if models > 1 else "tumor", commits, changes)
    ]
    lines = []
    for number, (name, commit, message) in enumerate(tags):
        size = len(message.encode())
        tagger = f"Bench <bench@example.org> {START_S + 1000 + number} +0000"
        lines.append(f"tag {name}\nfrom {commit}\ntagger {tagger}\ndata {size}\n{message}\n")
    git(folder, "fast-import", "--quiet", stdin="".join(lines))
    return len(tags)


def _tags(model: str, commits: list[str], changes: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    for number, commit in enumerate(commits):
        version = f"v1.{number}.0"
        message = write_message(
            f"Release {model} {version}", "By a benchmark", _release(model, version, commit)
        )
        yield f"{model}@{version}", commit, message
    for environment, times in changes.items():
        for turn in range(times):
            statement = EnvironmentStatement(
                model=model,
                environment=environment,
                sequence=turn + 1,
                action="promote",
                at="2025-06-15T12:00:00Z",
                version=f"v1.{turn}.0",
            )
            message = write_message(f"Promote {model} to {environment}", "By a benchmark", statement)
            if turn:
                yield f"{model}#{environment}!#{turn + 1}", commits[turn - 1], message
            yield f"{model}#{environment}#{turn + 1}", commits[turn], message


def _release(model: str, version: str, commit: str) -> ReleaseStatement:
    return ReleaseStatement(
        model=model,
        version=version,
        commit=commit,
        tree=commit,
        at="2025-06-15T12:00:00Z",
        files=(FileDigest(path=f"models/{model}.skops", md5="0" * 32),),
        params={f"params.yaml:train.p{number}": str(number) for number in range(20)},
        metrics={f"metrics/test.json:m{number}": f"0.{number:04}" for number in range(20)},
        gates=tuple(GateOutcome(gate=f"gate-{number}", outcome="pass") for number in range(5)),
        builder=Builder(kind="local"),
    )


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


def _start(folder: Path) -> None:
    folder.mkdir(parents=True)
    origin = folder.with_name(f"{folder.name}-origin.git")
    git(folder, "init", "-q", "--bare", "-b", "main", str(origin))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", str(origin))


def _commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def _call(folder: Path, *argv: str) -> None:
    subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
