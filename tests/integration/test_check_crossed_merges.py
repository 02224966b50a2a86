"""Two branches that merged each other have several merge bases, and a change is judged against the tip."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.headline import FINDINGS
from mlgit.errors import Exit
from mlgit.project.compare.base import Base
from tests.integration.test_base import base
from tests.support.checks import check, results, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  low: {metric: r2, min: -20}
  base: {metric: mae, vs: base, max_rise: 0.05}
"""
ROOF = "  roof: {metric: mae, max: 100}\n"
STAGES = ("deps: [data/clean.csv, src/train.py]", "deps: [data/clean.csv, src/train.py, lib.py]")


def crossed(project: Folder, trunk: Callable[[Folder], None], branch: Callable[[Folder], None]) -> str:
    """Trunk merged `side` after its own commit, `topic` that commit after `side`, and both have more.

    Of both merge bases, git names the newer one first, which is `side`'s. Returns that of trunk.
    """
    project.git("checkout", "-q", "-b", "side")
    project.write("README.md", "Words")
    project.commit("Side", date="2038-01-01T00:00:00Z")
    project.git("checkout", "-q", "main")
    trunk(project)
    ahead = project.commit("Trunk")
    project.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic", "side")
    project.git("merge", "-q", "--no-ff", "-m", "Merge trunk", ahead)
    branch(project)
    project.commit("Topic")
    bases = project.git("merge-base", "--all", "topic", "main").split()
    assert bases == [project.git("rev-parse", "side"), ahead]
    return ahead


def findings(verdict: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    return [
        (each["message"], each["effect"])
        for each in verdict["notes"]
        if each["code"] in FINDINGS and each["effect"] != "note"
    ]


@pytest.fixture
def ruled(project: Folder) -> Folder:
    """A trunk with a model that is not the best one, and gates."""
    project.write("mlgit.yaml", RULES)
    train(project, "1.93")
    project.commit("Rules")
    project.git("push", "-q")
    return project


def improve(project: Folder) -> None:
    train(project, "1.99")


def worsen(project: Folder) -> None:
    train(project, "1.93")


def describe(project: Folder) -> None:
    project.write("more.md", "More words")


def declare(text: str, project: Folder) -> None:
    project.write("mlgit.yaml", text)


@pytest.mark.parametrize("named", ["side", "ahead", None])
def test_the_base_is_the_tip_of_the_target(ruled: Folder, named: str | None) -> None:
    ahead = crossed(ruled, improve, worsen)
    bases = {"side": ruled.git("rev-parse", "side"), "ahead": ahead}
    ci = {} if named is None else {"CI_MERGE_REQUEST_DIFF_BASE_SHA": bases[named]}
    tip = ruled.git("rev-parse", "main")
    assert base(ruled, ci=ci) == Base(commit=tip, reason="several_merge_bases")
    (found,) = check(ruled, status=Exit.BLOCKED, env=ci)["baselines"]
    text = "the tip of `origin/main`, which has several merge bases with this branch"
    assert (found["commit"], found["rule"]) == (tip, text)


def test_what_trunk_improved_since_one_of_them_cannot_be_taken_back(ruled: Folder) -> None:
    crossed(ruled, improve, worsen)
    verdict = check(ruled, status=Exit.BLOCKED)
    assert results(verdict)["line/base"] == ("fail", "max_rise_broken", "block")


@pytest.mark.parametrize("edited", [False, True], ids=["committed", "edited"])
def test_a_gate_that_trunk_added_since_one_of_them_cannot_be_taken_back_unseen(
    ruled: Folder, *, edited: bool
) -> None:
    crossed(ruled, partial(declare, RULES + ROOF), partial(declare, RULES))
    if edited:
        ruled.write("mlgit.yaml", f"{RULES}# more\n")
    verdict = check(ruled, status=Exit.DONE)
    assert findings(verdict) == [("Gate `roof` was removed", "warn")]


def test_an_input_that_trunk_added_since_one_of_them_cannot_be_taken_back_unseen(ruled: Folder) -> None:
    stages = (ruled / "dvc.yaml").read_text()
    assert STAGES[0] in stages

    def add(project: Folder) -> None:
        project.write("lib.py", "")
        project.write("dvc.yaml", stages.replace(*STAGES))
        project.dvc("repro", "-q")

    def remove(project: Folder) -> None:
        project.write("dvc.yaml", stages)
        project.dvc("repro", "-q")

    crossed(ruled, add, remove)
    (found,) = findings(check(ruled, status=Exit.DONE))
    assert "lib.py" in found[0]


def test_nothing_is_found_in_a_branch_that_takes_nothing_back(ruled: Folder) -> None:
    def tighten(project: Folder) -> None:
        improve(project)
        project.write("mlgit.yaml", RULES + ROOF)

    crossed(ruled, tighten, describe)
    ruled.git("checkout", "-q", "main")
    ruled.write("mlgit.yaml", f"{RULES.replace('-20', '-10')}{ROOF}  more: {{metric: mae, max: 50}}\n")
    ruled.commit("More on trunk")
    ruled.git("push", "-q")
    ruled.git("checkout", "-q", "topic")
    verdict = check(ruled, status=Exit.DONE)
    assert findings(verdict) == []
    assert {"line/more", "line/roof"} <= results(verdict).keys()
