"""Metric and parameter files that are too large, or pointers of Git LFS, are named and not read whole."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.files.values import FORMATS
from mlgit.core.pipeline.evidence import MetricFile
from mlgit.errors import Exit
from mlgit.project.compare.reference_file import read_reference
from mlgit.project.opening import open_project
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder

NOW = datetime(2026, 3, 2, tzinfo=UTC)
GIGABYTES = 2 << 30
JUST_TOO_LARGE = 17 << 20
MOST_MEMORY = 12 << 20
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
METRICS = [f"m{ending}" for ending in FORMATS]
PARAMS = [f"p{ending}" for ending in FORMATS]
VALUES = {
    "": "acc: 0.5\n",
    ".csv": "acc\n0.5\n",
    ".json": '{"acc": 0.5}',
    ".py": "acc = 0.5\n",
    ".toml": "acc = 0.5\n",
    ".tsv": "acc\n0.5\n",
    ".yaml": "acc: 0.5\n",
    ".yml": "acc: 0.5\n",
}


def enlarge(file: Path, size: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.truncate(file, size)


def on_disk(work: Folder, name: str) -> None:
    enlarge(work / name, GIGABYTES)


def committed(work: Folder, name: str) -> None:
    enlarge(work / name, JUST_TOO_LARGE)


def in_lfs(work: Folder, name: str) -> None:
    oid = hashlib.sha256(name.encode()).hexdigest()
    work.write(name, POINTER.format(oid, GIGABYTES))
    enlarge(work / f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", GIGABYTES)


def in_cache(work: Folder, name: str) -> None:
    md5 = hashlib.md5(name.encode()).hexdigest()  # noqa: S324
    work.write(f"{name}.dvc", f"outs:\n- md5: {md5}\n  size: {GIGABYTES}\n  hash: md5\n  path: {name}\n")
    enlarge(work / f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", GIGABYTES)


def declare(work: Folder) -> None:
    lists = f"metrics: [{', '.join(METRICS)}]\nparams: [{', '.join(PARAMS)}]\n"
    work.write("dvc.yaml", lists)


CASES = [
    (on_disk, None),
    (committed, None),
    (committed, "HEAD"),
    (in_lfs, None),
    (in_lfs, "HEAD"),
    (in_cache, None),
    (in_cache, "HEAD"),
]


@pytest.mark.parametrize(("make", "revision"), CASES)
def test_a_huge_file_is_refused_by_its_size(
    small: Folder, make: Callable[[Folder, str], None], revision: str | None
) -> None:
    declare(small)
    for name in (*METRICS, *PARAMS):
        make(small, name)
    if revision:
        small.git("add", "-A")
        small.git("commit", "-qm", "Huge")
    with closing(open_project(str(small.path), now=NOW)) as project:
        commit = None if revision is None else project.commit(revision)
        tracemalloc.start()
        try:
            found = evidence(project, commit, staleness=False)
            references = {name: read_reference(project, commit, name) for name in METRICS}
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < MOST_MEMORY
    problems = {file.path: file.problems[0].message for file in found.metric_files}
    assert set(problems) == set(METRICS)
    assert all(f"`{name}` is larger than " in text for name, text in problems.items()), problems
    texts = [problem.message for problem in found.problems]
    assert all(any(f"`{name}` is larger than " in text for text in texts) for name in PARAMS), texts
    assert references == problems


def test_a_huge_file_does_not_stop_comparisons_of_commits(small: Folder) -> None:
    small.write("dvc.yaml", "metrics: [m.json, ok.json]\n")
    small.write("ok.json", '{"auc": 0.5}')
    committed(small, "m.json")
    small.commit("Huge")
    small.write("ok.json", '{"auc": 0.6}')
    small.commit("More")
    tracemalloc.start()
    try:
        done = small.here("experiments", "--json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.status == Exit.DONE, done.err
    assert "`m.json` is larger than 16 MiB" in done.out
    assert '"best": 0.6' in done.out
    assert peak < MOST_MEMORY


@pytest.mark.parametrize("revision", [None, "HEAD"])
def test_a_pointer_of_lfs_is_named_with_what_fetches_it(small: Folder, revision: str | None) -> None:
    declare(small)
    for name in (*METRICS, *PARAMS):
        small.write(name, POINTER.format("a" * 64, 12))
    small.git("add", "-A")
    small.git("commit", "-qm", "Pointers")
    with closing(open_project(str(small.path), now=NOW)) as project:
        commit = None if revision is None else project.commit(revision)
        found = evidence(project, commit, staleness=False)
        references = {name: read_reference(project, commit, name) for name in METRICS}
    for file in found.metric_files:
        (problem,) = file.problems
        assert problem.code == "not_fetched"
        assert problem.message == f"`{file.path}` is a pointer of Git LFS; `git lfs pull` fetches it"
        assert references[file.path] == problem.message
    texts = [problem.message for problem in found.problems]
    assert all(f"`{name}` is a pointer of Git LFS; `git lfs pull` fetches it" in texts for name in PARAMS)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_commit_has_the_content_that_lfs_fetched(small: Folder, *, damaged: bool) -> None:
    declare(small)
    for name in (*METRICS, *PARAMS):
        content = VALUES[name[1:]].encode()
        oid = hashlib.sha256(content).hexdigest()
        small.write(name, POINTER.format(oid, len(content)))
        text = content.decode().replace("0.5", "0.9") if damaged else content.decode()
        small.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", text)
    small.git("add", "-A")
    small.git("commit", "-qm", "Pointers")
    with closing(open_project(str(small.path), now=NOW)) as project:
        commit = project.commit("HEAD")
        found = evidence(project, commit, staleness=False)
        reference = read_reference(project, commit, "m.json")
    values = {
        file.path: {key: str(value) for key, value in file.values.items()} for file in found.metric_files
    }
    assert values == {name: {} if damaged else {"acc": "0.5"} for name in METRICS}
    assert isinstance(reference, MetricFile) is not damaged
    assert len(found.problems) == (len(PARAMS) if damaged else 0)


@pytest.mark.parametrize("configured", [False, True])
def test_a_metric_in_lfs_is_what_its_stage_wrote(small: Folder, *, configured: bool) -> None:
    if configured:
        small.git("config", "filter.lfs.smudge", "cat")
    small.write(".gitattributes", "*.json filter=lfs -text\n")
    small.write(
        "dvc.yaml",
        """\
stages:
  s:
    cmd: echo '{"acc":0.9}' > m.json
    deps: [in]
    metrics: [m.json: {cache: false}]
""",
    )
    small.write("mlgit.yaml", "version: 1\ngates: {floor: {metric: acc, min: 0.8}}\n")
    small.dvc("repro", "-q")
    content = (small / "m.json").read_bytes()
    oid = hashlib.sha256(content).hexdigest()
    small.write("m.json", POINTER.format(oid, len(content)))
    small.git("add", "-A")
    small.git("commit", "-qm", "In LFS")
    done = small.here("check", "--rev", "HEAD")
    assert done.status == Exit.BLOCKED
    assert "`m.json` is a pointer of Git LFS" in done.out
    small.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", content.decode())
    done = small.here("check", "--rev", "HEAD")
    assert done.status == Exit.DONE, done.out
