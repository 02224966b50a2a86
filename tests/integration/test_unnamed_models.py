"""Gates of a repository that names no model: tags of several names leave open what they compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
foreign_tags: FOREIGN
gates:
  news: {metric: r2, vs: release, max_drop: 0.02}
  live: {metric: r2, vs: prod, max_drop: 0.02}
environments: {prod: {}}
"""


def tagged(project: Folder, *tags: str, foreign: str = "allow") -> Folder:
    project.write("mlgit.yaml", RULES.replace("FOREIGN", foreign))
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().partition("artifacts:")[0])
    project.commit("No names")
    for tag in tags:
        project.git("tag", "-a", "-m", "x", tag)
    project.git("push", "-q", "origin", "HEAD:main", "--tags")
    return project


def test_the_tags_of_the_only_name_are_meant(project: Folder) -> None:
    tagged(project, "line@v1.0.0", "line#prod#1")
    found = results(check(project, status=Exit.DONE))
    assert {gate: outcome for gate, (outcome, *_) in found.items()} == {"news": "pass", "live": "pass"}


@pytest.mark.parametrize("other", ["zzz@v1.0.0", "zzz#qa#1"])
def test_with_another_name_neither_release_nor_environment_is_absent(project: Folder, other: str) -> None:
    tagged(project, "line@v1.0.0", "line#prod#1", other)
    verdict = check(project, status=Exit.BLOCKED)
    assert {outcome for outcome, *_ in results(verdict).values()} == {"error"}
    messages = [each["message"] for each in verdict["results"]]
    assert any("The newest release may be that of several models: " in each for each in messages)
    assert not any("no release yet" in each for each in messages)


def test_a_release_is_compared_with_none_of_several(project: Folder) -> None:
    tagged(project, "line@v1.0.0", "zzz@v1.0.0")
    text = (project / "mlgit.yaml").read_text()
    project.write("mlgit.yaml", text.replace("vs: release", "vs: base").replace("vs: prod", "vs: base"))
    project.commit("Compare with the base")
    verdict = check(project, "--purpose", "release", status=Exit.BLOCKED)
    assert {outcome for outcome, *_ in results(verdict).values()} == {"error"}
