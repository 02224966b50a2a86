"""A pre-release of a branch is nothing to compare a final release, or a promotion to production, with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.pipeline import train
from tests.support.registry import change

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  drop: {metric: r2, vs: dev, max_drop: 0.01}
environments:
  dev: {pre: true}
  prod: {}
"""


def test_what_is_final_is_not_compared_with_a_pre_release_off_trunk(project: Folder) -> None:
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    change(project, "release", "line")
    project.git("checkout", "-q", "-b", "side")
    train(project, "1.9")
    project.dvc("push", "-q")
    project.commit("Worse")
    project.git("push", "-q", "origin", "HEAD")
    change(project, "release", "line", "--pre", "rc")
    change(project, "promote", "line@v1.0.1-rc.1", "--to", "dev")
    project.git("checkout", "-q", "main")
    project.dvc("checkout", "-q")
    project.write("README.md", "words\n")
    project.commit("Go on")
    project.git("push", "-q")
    for argv in (["promote", "line", "--to", "prod"], ["release", "line", "--force"]):
        done = project.here(*argv)
        assert done.status == Exit.BLOCKED, argv
        assert "Nothing can be compared with what is in `dev` now" in done.err, argv
        assert "`line@v1.0.1-rc.1` is not on trunk" in done.err, argv
    # Pre-releases and the environments that take them go on.
    change(project, "promote", "line", "--to", "dev", "--downgrade")


CHAIN = """\
version: 1
models:
  line: {{path: models/line.json}}
gates:
  drop: {{metric: r2, vs: {vs}, max_drop: 0.00001, when: {when}}}
environments:
  dev: {{pre: true}}
  prod: {{}}
"""
WORSE = "1.9"


def _rules(project: Folder, *, vs: str, when: str = "promote") -> None:
    project.write("mlgit.yaml", CHAIN.format(vs=vs, when=when))
    project.commit("Rules")
    project.git("push", "-q")


def _worse(project: Folder, *, branch: str = "side", dev: bool = False) -> None:
    """Make a pre-release of a worse model, as the author of a branch may."""
    if branch != "main":
        project.git("switch", "-q", "-c", branch)
    train(project, WORSE)
    project.dvc("push", "-q")
    project.commit("Worse")
    project.git("push", "-q", "origin", "HEAD")
    change(project, "release", "line", "--pre", "rc", "--bump", "patch")
    if dev:
        change(project, "promote", "line@v1.0.1-rc.1", "--to", "dev")


def _merge(project: Folder) -> None:
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge pull request #7 from ada/side", "side")
    project.git("push", "-q")
    project.dvc("checkout", "-q")


@pytest.mark.parametrize("target", ["prod", "dev"])
def test_a_promotion_is_not_compared_with_a_pre_release_of_the_merged_branch(
    project: Folder, target: str
) -> None:
    _rules(project, vs="release")
    change(project, "release", "line")
    _worse(project)
    _merge(project)
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", target)
    assert done.status == Exit.BLOCKED, done.out
    assert "drop failed" in done.err


def test_a_release_is_not_compared_with_a_pre_release_of_the_merged_branch(project: Folder) -> None:
    _rules(project, vs="base")
    change(project, "release", "line")
    _worse(project)
    _merge(project)
    _rules(project, vs="base", when="check")
    done = project.here("release", "line")
    assert done.status == Exit.BLOCKED, done.out
    assert "drop failed" in done.err


def test_a_promotion_is_not_compared_with_what_holds_a_pre_release_of_the_merged_branch(
    project: Folder,
) -> None:
    _rules(project, vs="dev")
    change(project, "release", "line")
    _worse(project, dev=True)
    _merge(project)
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out
    assert "`line@v1.0.1-rc.1` is of a branch: a merge brought its commit" in done.err


@pytest.mark.parametrize(
    ("branch", "version", "why"),
    [
        ("side", "v1.1.0", "changed since v1.0.0"),
        ("main", "v1.0.1", "nothing that its pipeline reads changed since v1.0.1-rc.1"),
    ],
)
def test_a_final_number_follows_a_pre_release_only_where_trunk_was(
    project: Folder, branch: str, version: str, why: str
) -> None:
    _rules(project, vs="prod")
    change(project, "release", "line")
    _worse(project, branch=branch)
    if branch == "main":
        project.write("README.md", "words\n")
        project.commit("Go on")
        project.git("push", "-q")
    else:
        _merge(project)
    report = change(project, "release", "line", "--bump", "auto")
    assert report["version"] == version
    assert any(why in each for each in report["notes"]), report["notes"]


def test_before_the_first_final_release_pre_releases_of_trunk_are_compared_with(project: Folder) -> None:
    _rules(project, vs="release")
    change(project, "release", "line", "--pre", "rc")
    train(project, WORSE)
    project.dvc("push", "-q")
    project.commit("Worse")
    project.git("push", "-q")
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out
    assert "drop failed" in done.err


def test_before_the_first_final_release_nothing_is_compared_with_a_pre_release_of_a_branch(
    project: Folder,
) -> None:
    _rules(project, vs="release")
    _worse(project)
    _merge(project)
    change(project, "release", "line")
    verdict = project.here("check", "--promote-to", "prod", "--json").json()["verdict"]
    assert [(each["outcome"], each["reason"]) for each in verdict["results"]] == [("skipped", "no_baseline")]


def test_the_first_final_release_after_a_merged_pre_release_is_allowed(project: Folder) -> None:
    """There is no release yet, and the pre-release was of a branch."""
    _rules(project, vs="release", when="check")
    project.git("checkout", "-q", "-b", "side")
    train(project, "1.995")
    project.dvc("push", "-q")
    project.commit("Better")
    project.git("push", "-q", "-u", "origin", "side")
    change(project, "release", "line", "--pre", "rc")
    _merge(project)
    (found,) = results(check(project, status=Exit.DONE)).values()
    assert found[:2] == ("skipped", "no_baseline")
    assert change(project, "release", "line")["version"] == "v1.0.0"
