"""A renamed model is compared with the releases of its old name, and its old name's tags must be here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.checks import train as slope
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  {name}: {{path: models/line.json}}
gates:
  mae-vs: {{metric: mae, vs: {vs}, max_rise: 0.1}}
environments:
  prod: {{}}
"""


def declare(project: Folder, name: str, *, vs: str) -> None:
    project.write("mlgit.yaml", CONFIG.format(name=name, vs=vs))
    project.commit(f"Declare {name}")
    project.git("push", "-q")


@pytest.fixture
def renamed(project: Folder, request: pytest.FixtureRequest) -> Folder:
    """`line@v1.0.0` was released and promoted, then trunk renamed `line` to `curve`."""
    declare(project, "line", vs=request.param)
    train_into(project, "2.0", "prod")
    declare(project, "curve", vs=request.param)
    return project


@pytest.mark.parametrize("renamed", ["release"], indirect=True)
def test_a_worse_change_is_compared_with_the_release_of_the_old_name(renamed: Folder) -> None:
    renamed.git("switch", "-qc", "topic")
    slope(renamed, "1.9")
    renamed.commit("Flatter")
    verdict = check(renamed, status=Exit.BLOCKED)
    assert results(verdict)["curve/mae-vs"] == ("fail", "max_rise_broken", "block")
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "release"]
    assert (baseline["state"], baseline["label"]) == ("found", "line@v1.0.0")


@pytest.mark.parametrize("renamed", ["base"], indirect=True)
def test_the_first_release_under_the_new_name_follows_that_of_the_old_one(renamed: Folder) -> None:
    train(renamed, "1.9")
    done = renamed.here("release", "curve")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs failed" in done.err


@pytest.mark.parametrize("renamed", ["release"], indirect=True)
def test_the_releases_of_the_new_name_are_meant_once_there_are_some(renamed: Folder) -> None:
    train(renamed, "1.995")
    change(renamed, "release", "curve")
    verdict = check(renamed, status=Exit.DONE)
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "release"]
    assert baseline["label"] == "curve@v1.0.0"


@pytest.mark.parametrize("renamed", ["release", "prod"], indirect=True)
def test_a_clone_without_the_tags_of_the_old_name_does_not_know(renamed: Folder) -> None:
    renamed.git("tag", "-d", "line@v1.0.0", "line#prod#1")
    verdict = check(renamed, status=Exit.BLOCKED, env={"CI": "true"})
    assert results(verdict)["curve/mae-vs"] == ("error", "unknown_here", "block")


@pytest.mark.parametrize("renamed", ["release", "base"], indirect=True)
@pytest.mark.parametrize("merged", [False, True])
def test_a_pre_release_under_the_new_name_does_not_replace_the_releases_of_the_old_one(
    renamed: Folder, *, merged: bool
) -> None:
    text = (renamed / "mlgit.yaml").read_text(encoding="utf-8")
    renamed.git("switch", "-q", "-c", "side")
    renamed.write("mlgit.yaml", text.replace("0.1", "100"))
    slope(renamed, "1.9")
    renamed.dvc("push", "-q")
    renamed.commit("Flatter")
    renamed.git("push", "-q", "origin", "HEAD")
    change(renamed, "release", "curve", "--pre", "rc")
    if merged:
        renamed.git("switch", "-q", "main")
        renamed.git("merge", "-q", "--no-ff", "-m", "Merge pull request #7 from ada/side", "side")
    renamed.write("mlgit.yaml", text)
    renamed.commit("The gate as it was")
    verdict = check(renamed, "--purpose", "release", status=Exit.BLOCKED)
    assert results(verdict)["curve/mae-vs"] == ("fail", "max_rise_broken", "block")
    assert [each["label"] for each in verdict["baselines"]] == ["line@v1.0.0"]
