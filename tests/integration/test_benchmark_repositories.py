"""Repositories of the benchmarks: DVC, GTO and mlgit agree on their content."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from benchmarks.answers import same_changes, same_registry, same_runs, up_to_date
from benchmarks.repositories.history import runs
from benchmarks.repositories.outputs import pointer_files, tracked_folder
from benchmarks.repositories.repository import require_clean
from benchmarks.repositories.stages import chained, metric_list, metric_stages, plain
from benchmarks.repositories.tags import gto_registry, registry, tags_and_data
from tests.support.dvc_answers import dvc_json
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("build", "stages"),
    [
        pytest.param(partial(chained, count=3), 3, id="stages"),
        pytest.param(partial(plain, count=3), 3, id="plain stages"),
        pytest.param(partial(metric_stages, count=2), 2, id="metric stages"),
        pytest.param(partial(pointer_files, count=101), 0, id="pointers"),
        pytest.param(partial(tracked_folder, count=3), 0, id="files"),
        pytest.param(partial(tags_and_data, tags=20, pointers=2), 0, id="tags and pointers"),
    ],
)
def test_a_generated_repository_is_up_to_date_for_dvc_and_mlgit(
    build: Callable[[Path], None], stages: int, tmp_path: Path
) -> None:
    build(tmp_path / "made")
    made = Folder(tmp_path / "made")
    ours = made.here("status", "--json").json()
    up_to_date([[ours], [dvc_json(made, "status", "--json")]])
    assert ours["pipeline_stages"] == stages
    assert ours["problems"] == []
    assert made.git("status", "--porcelain") == ""
    assert made.git("rev-parse", "origin/main") == made.git("rev-parse", "main")


def test_a_repository_that_is_not_up_to_date_is_an_error(tmp_path: Path) -> None:
    chained(tmp_path / "made", 2)
    made = Folder(tmp_path / "made")
    made.write("out/000.txt", "something else")
    with pytest.raises(SystemExit, match=r"generated wrong: .*stage-000"):
        require_clean(made.path, "dvc")


@pytest.mark.parametrize("build", [metric_stages, metric_list])
def test_mlgit_diff_and_dvc_metrics_diff_list_the_same_numbers(
    build: Callable[[Path, int], None], tmp_path: Path
) -> None:
    build(tmp_path / "made", 2)
    made = Folder(tmp_path / "made")
    ours = made.here("diff", "HEAD~1", "--json").json()
    assert len(ours["metrics"]) == 20
    same_changes([[ours], [dvc_json(made, "metrics", "diff", "HEAD~1", "--json")]])


@pytest.mark.parametrize("build", [registry, gto_registry])
def test_mlgit_models_and_gto_show_list_the_same_registry(
    build: Callable[[Path, int], None], tmp_path: Path
) -> None:
    build(tmp_path / "made", 200)
    made = Folder(tmp_path / "made")
    assert len(made.git("tag").splitlines()) == 200
    theirs = json.loads(made.ok("gto", "show", "--json"))
    assert sorted(theirs) == ["model-00", "model-01"]
    same_registry([[made.here("models", "--json").json()], [theirs]])


def test_the_generated_tags_of_mlgit_count(tmp_path: Path) -> None:
    registry(tmp_path / "made", 200)
    models = Folder(tmp_path / "made").here("models", "--json").json()["models"]
    shown = [one for model in models for one in (model["latest"], *model["environments"])]
    assert len(shown) == 6
    assert [one.get("refused") for one in shown] == [None] * 6


def test_generated_tags_of_gto_are_like_those_that_gto_writes(tmp_path: Path) -> None:
    gto_registry(tmp_path / "made", 100)
    made = Folder(tmp_path / "made")
    made.commit("Another version")
    made.ok("gto", "register", "model-00", "--version", "v9.0.0")
    made.ok("gto", "assign", "model-00", "--version", "v9.0.0", "--stage", "prod")
    for generated, written in (
        ("model-00@v1.0.0", "model-00@v9.0.0"),
        ("model-00#prod#26", "model-00#prod#41"),
    ):
        one, other = (
            made.git("for-each-ref", "--format=%(objecttype) %(*objecttype) %(contents)", f"refs/tags/{tag}")
            for tag in (generated, written)
        )
        assert one.split() == other.replace("v9.0.0", "v1.0.0").split()


@pytest.mark.parametrize("listed", [False, True])
def test_mlgit_experiments_and_dvc_metrics_show_list_the_same_numbers(
    listed: bool,  # noqa: FBT001 (both ways)
    tmp_path: Path,
) -> None:
    runs(tmp_path / "made", commits=3, files=2, listed=listed)
    made = Folder(tmp_path / "made")
    ours = made.here("experiments", "--all-commits", "--json").json()
    same_runs([[ours], [dvc_json(made, "metrics", "show", "--all-commits", "--json")]])
