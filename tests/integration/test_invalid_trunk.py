"""An invalid `mlgit.yaml` on trunk: its last valid one applies, and what repairs it can be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.targets import deploy_here

if TYPE_CHECKING:
    from tests.support.shell import Done, Folder

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
    done = broken.here(*words)
    assert done.status == Exit.DONE, done.err
    rules = broken.git("rev-parse", "--short=7", "origin/main~1")
    assert f"`mlgit.yaml` on origin/main is invalid; its last valid version ({rules}) applies" in done.err


@pytest.mark.parametrize("words", [("promote", "line@v1.0.0", "--to", "other"), ("release", "line")])
def test_what_needs_gates_is_refused(broken: Folder, words: tuple[str, ...]) -> None:
    done = broken.here(*words)
    assert done.status == Exit.CONFIG
    assert "mae-cap" in done.err
    assert "last valid version" not in done.err


def roll_back(folder: Folder, old: str, new: str) -> tuple[Done, str]:
    """Roll prod back after an edit and a line broke the rules; the rollback, and the rules before."""
    folder.git("push", "-q", "--tags")
    for environment in ("staging", "prod"):
        assert folder.here("promote", "line@v1.0.1", "--to", environment).status == Exit.DONE
    assert deploy_here(folder).version == "v1.0.1"
    rules = folder.git("log", "-1", "--format=%H", "--", "mlgit.yaml")[:7]
    valid = (folder / "mlgit.yaml").read_text(encoding="utf-8")
    folder.write("mlgit.yaml", valid.replace(old, new) + "gates: [\n")
    folder.commit("Break the rules")
    folder.git("push", "-q")
    done = folder.here("rollback", "line", "--env", "prod", "-m", "Alarm")
    assert done.status == Exit.DONE, done.err
    return done, rules


def test_a_rollback_is_deployed_by_the_rules_before(deployable: Folder) -> None:
    back, rules = roll_back(deployable, "", "")
    assert "next: mlgit deploy --env prod" in back.out
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.DONE, done.err
    assert "Deployed line@v1.0.0 to prod" in done.out
    assert f"`mlgit.yaml` on origin/main is invalid; its last valid version ({rules}) applies" in done.err
    for tag in ("line#prod#3", "line#staging#1"):
        assert deployable.here("ci", "tag", "--", tag).status == Exit.DONE, tag
    merged = deployable.here("ci", "merged")
    assert merged.status == Exit.CONFIG
    assert "The key `gates` appears twice" in merged.err


def test_nothing_is_deployed_if_the_invalid_rules_may_name_another_target(deployable: Folder) -> None:
    back, rules = roll_back(deployable, "served/", "elsewhere/")
    assert "mlgit deploy" not in back.out
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG
    assert f"`deploy:` is not what it was in the last valid version ({rules})" in done.err
    assert "applies" not in done.err
    both = deployable.here("rollback", "line", "--env", "prod", "-m", "Alarm", "--deploy")
    assert both.status == Exit.CONFIG
    assert "nothing was rolled back; without `--deploy`, a rollback is possible" in both.err
    for words in (("status",), ("show", "line#prod")):
        assert "next: mlgit doctor\n" in deployable.here(*words).out, words
