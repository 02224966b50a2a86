"""`mlgit.open`: the records are the documents that the commands print."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

import mlgit
from tests.support import service
from tests.support.schema import assert_valid, assert_valid_part

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.fixture(scope="module")
def released(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A project whose v1.0.0 is in staging, with a change that is not committed; no test changes more."""
    work = service.build(pipeline_template, tmp_path_factory.mktemp("service") / "project")
    work.write("params.yaml", "train:\n  slope: 1.5\n")
    return work


def printed(project: Folder, *argv: str) -> Any:  # noqa: ANN401 (any JSON)
    return project.here(*argv, "--json").json()


def test_models_are_those_of_the_command(released: Folder) -> None:
    record = mlgit.open(released.path).models()
    assert_valid(record, "models")
    assert {**record, "told_at": ""} == {**printed(released, "models"), "told_at": ""}
    assert record["models"][0]["environments"][0]["version"] == "v1.0.0"


@pytest.mark.parametrize("sides", [(), ("HEAD",), ("line@v1.0.0", "HEAD"), ("line#staging", None)])
def test_a_diff_is_that_of_the_command(released: Folder, sides: tuple[str | None, ...]) -> None:
    record = mlgit.open(str(released.path)).diff(*sides)
    assert_valid(record, "diff")
    assert record == printed(released, "diff", *(each for each in sides if each is not None))


def test_a_verdict_is_that_of_the_command(released: Folder) -> None:
    record = mlgit.open(released / "src").check()
    assert_valid(record, "verdict")
    assert record == printed(released, "check")
    assert record["verdict"]["decision"] == "block"  # the stage is stale: no exception


@pytest.mark.parametrize("reference", ["HEAD", "line@v1.0.0", "line#staging"])
def test_metrics_are_a_row_of_the_command(released: Folder, reference: str) -> None:
    record = mlgit.open(released.path).metrics(reference)
    assert_valid_part(record, "experiments", "row")
    assert [record] == printed(released, "experiments", reference)["rows"]
    assert record["metrics"]["metrics/test.json"]["r2"] == 0.945


def test_each_call_looks_again(project: Folder) -> None:
    repository = mlgit.open(project.path)
    assert repository.models()["models"][0]["latest"] is None
    project.here("release", "line")
    latest = repository.models()["models"][0]["latest"]
    assert latest is not None
    assert latest["version"] == "v1.0.0"


def test_a_url_is_cloned_and_the_clone_is_removed(released: Folder, tmp_path: Path) -> None:
    url = str(tmp_path / "copy.git")
    released.git("clone", "-q", "--mirror", service.origin(released), url)
    with mlgit.open(f"file://{url}") as repository:
        shutil.rmtree(url)  # the clone is as the remote was
        assert repository.check()["verdict"]["decision"] == "allow"
        assert repository.metrics("line#staging")["metrics"] == {
            "metrics/test.json": {"mae": 0.055, "r2": 0.945, "rows": 10}
        }
        place = repository._folder
        assert os.path.isdir(place)
    assert not os.path.exists(place)


def test_an_empty_remote_can_be_opened(empty_repository: Folder, tmp_path: Path) -> None:
    empty_repository.git("clone", "-q", "--mirror", ".", str(tmp_path / "empty.git"))
    with mlgit.open(tmp_path / "empty.git") as repository:
        assert repository.models()["models"] == []


def test_what_cannot_be_cloned_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(mlgit.ToolError, match="cannot be cloned"):
        mlgit.open(tmp_path / "nothing")
    assert os.listdir(tmp_path) == []


def test_every_problem_of_an_invalid_config_is_in_the_error(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\ngates:\n  one: {metrik: auc}\n  two: {metrik: auc}\n")
    with pytest.raises(mlgit.ConfigError) as caught:
        mlgit.open(project.path).check()
    shown = printed(project, "check")["error"]
    assert [each.message for each in caught.value.problems] == [each["message"] for each in shown["problems"]]
    assert [each.location.line for each in caught.value.problems if each.location] == [
        each["line"] for each in shown["problems"]
    ]
    assert len(shown["problems"]) > 1


def test_one_repository_serves_two_threads(released: Folder) -> None:
    repository = mlgit.open(released.path)
    verdicts: list[mlgit.CheckRecord] = []
    threads = [threading.Thread(target=lambda: verdicts.append(repository.check())) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert verdicts[0] == verdicts[1]
