"""Which state of a clone is that of its commit, which everyone has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.pipeline.evidence import Evidence, MetricFile, StageState
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from mlgit.project.gates.candidate import is_read, outputs_changed

STAGE = Stage(
    name="evaluate",
    address="evaluate",
    file="dvc.yaml",
    wdir="",
    cmd=("python evaluate.py",),
    deps=("data", "model.bin"),
    outs=(Output(path="scores.txt", owner="evaluate", cached=False),),
)
EVIDENCE = Evidence(
    label="working tree",
    commit=None,
    pipeline=Pipeline(stages=(STAGE,)),
    metric_files=(MetricFile(path="metrics/test", values={}),),
    params={"settings.ini": {}},
)


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("tumor.skops", False),
        ("notes/today.txt", False),
        ("data/new.bin", True),
        ("scores.txt", True),
        ("metrics/test", True),
        ("settings.ini", True),
        ("src/helper.py", True),
        ("other.json", True),
        ("mlgit.yaml", True),
        (".mlgit/waivers.yaml", True),
        ("raw.dvc", True),
        ("sub/dvc.lock", True),
    ],
)
def test_a_file_that_nothing_reads_changes_no_result(path: str, *, read: bool) -> None:
    assert is_read(path, EVIDENCE) is read


@pytest.mark.parametrize(
    ("reason", "committed", "changed"),
    [
        ("changed output scores.txt", ("scores.txt",), False),
        ("changed output scores.txt", (), True),
        ("changed dep model.bin", (), False),
    ],
)
def test_an_output_that_is_committed_as_it_is_is_that_of_the_commit(
    reason: str, committed: tuple[str, ...], *, changed: bool
) -> None:
    state = StageState(address="evaluate", reasons=(reason,))
    assert outputs_changed(replace(EVIDENCE, stages=(state,)), frozenset(committed)) is changed
