"""An invalid `mlgit.yaml` on trunk: its last valid one applies, and what repairs it can be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
models: {line: {path: models/line.json}}
gates:
  r2-vs-prod: {metric: r2, vs: prod, max_drop: 0.01}
environments: {prod: {}, other: {}}
"""
CAP = "  mae-cap: {metric: mae, max: 1}\n"
TWICE = RULES.replace("gates:\n", f"gates:\n{CAP}{CAP}")


@pytest.fixture
def broken(staged: Folder) -> Folder:
    """v1.0.0 is in prod, and trunk declares a gate twice, as two merges may leave it."""
    staged.write("mlgit.yaml", RULES)
    staged.commit("Compare with prod")
    staged.git("push", "-q")
    staged.ok("mlgit", "promote", "line@v1.0.0", "--to", "prod")
    staged.write("mlgit.yaml", TWICE)
    staged.commit("Break the rules")
    staged.git("push", "-q")
    return staged


def test_the_repair_is_checked_by_the_rules_before(broken: Folder) -> None:
    rules = broken.git("rev-parse", "origin/main~1")
    broken.git("switch", "-qc", "repair")
    broken.write("mlgit.yaml", RULES)
    broken.commit("Repair the rules")
    verdict = check(broken, status=Exit.DONE)
    assert results(verdict)["line/r2-vs-prod"] == ("pass", None, "allow")
    assert verdict["policy"]["environments"] == rules
    (note,) = [each for each in verdict["notes"] if each["code"] == "trunk_config_invalid"]
    assert (rules[:7] in note["message"], note["effect"]) == (True, "warn")

    broken.write("mlgit.yaml", RULES.replace("0.01", "0.5"))
    codes = {each["code"] for each in check(broken, status=Exit.DONE)["notes"]}
    assert "gates_loosened" in codes


@pytest.mark.parametrize(
    "words",
    [
        ("models",),
        ("show", "line"),
        ("show", "line#prod"),
        ("history",),
        ("get", "line#prod", "-o", "../got"),
        ("unassign", "line", "--env", "prod", "-m", "Emergency"),
    ],
)
def test_what_needs_no_gates_works_and_says_whose_rules_apply(broken: Folder, words: tuple[str, ...]) -> None:
    done = broken.mlgit(*words)
    assert done.status == Exit.DONE, done.err
    rules = broken.git("rev-parse", "--short=7", "origin/main~1")
    assert f"`mlgit.yaml` on origin/main is invalid; its last valid version ({rules}) applies" in done.err


@pytest.mark.parametrize("words", [("promote", "line@v1.0.0", "--to", "other"), ("release", "line")])
def test_what_needs_gates_is_refused(broken: Folder, words: tuple[str, ...]) -> None:
    done = broken.mlgit(*words)
    assert done.status == Exit.CONFIG
    assert "mae-cap" in done.err
