"""Hints of releases, promotions and status: what they propose does what they say."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.registry import change, train
from tests.support.shell import Folder

if TYPE_CHECKING:
    from tests.support.shell import Done

RULES = """\
version: 1
models: {line: {path: models/line.json}}
gates: {r2-vs-prod: {metric: r2, vs: prod, max_drop: 0.001}}
environments: {staging: {}, prod: {from: staging}}
"""


def declare(project: Folder, text: str) -> None:
    project.write("mlgit.yaml", text)
    project.commit("Rules")
    project.git("push", "-q")


def pasted(project: Folder, text: str) -> Done:
    """Run the first command between backticks."""
    found = re.search("`(mlgit [^`]*)`", text)
    assert found is not None, text
    return project.here(*shlex.split(found[1])[1:])


def test_the_hint_of_a_blocked_promotion_shows_the_gate_that_blocks(project: Folder) -> None:
    declare(project, RULES)
    for slope in ("1.5", "2.0"):
        train(project, slope)
        for argv in (
            ("release", "line"),
            ("promote", "line", "--to", "staging"),
            ("promote", "line", "--to", "prod"),
        ):
            change(project, *argv)
    done = project.here("promote", "line@v1.0.0", "--to", "prod", "--downgrade", "-m", "why")
    assert done.status == Exit.BLOCKED, done.err
    shown = pasted(project, done.err.partition("hint: ")[2])
    assert shown.status == Exit.BLOCKED
    assert "r2-vs-prod" in shown.out


def test_status_proposes_only_models_that_are_declared(project: Folder) -> None:
    declare(project, RULES)
    train(project, "2.0")
    change(project, "release", "line")
    declare(project, RULES.replace("{line:", "{curve:"))
    change(project, "release", "curve")
    change(project, "promote", "curve", "--to", "staging")
    assert "promote line " not in project.here("status").out
    done = project.here("promote", "line", "--to", "staging")
    assert "`origin/main` does not declare `line`; it declares `curve`" in done.out + done.err


def test_another_model_in_an_environment_does_not_make_it_empty(project: Folder) -> None:
    rules = RULES.replace("}}\ngates", "}, other: {path: params.yaml}}\ngates")
    declare(project, rules.replace("metric: r2,", "metric: r2, model: line,"))
    change(project, "release", "other")
    change(project, "promote", "other", "--to", "staging")
    train(project, "2.0")
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", "prod")
    assert "`prod` is promoted from `staging`, which holds no version of `line`" in done.err
    assert pasted(project, done.err).status == Exit.DONE


def test_status_proposes_no_promotion_that_gates_block_or_that_someone_undid(project: Folder) -> None:
    gain = "gates: {gain: {metric: r2, vs: prod, min_rise: 0.01, when: promote}}"
    declare(project, re.sub("gates: .*", gain, RULES))
    step = "next: mlgit promote line --to staging"
    train(project, "1.9")
    change(project, "release", "line")
    assert step in project.here("status").out
    change(project, "promote", "line", "--to", "staging")
    change(project, "unassign", "line", "--env", "staging", "-m", "Not yet")
    assert "next: nothing to do" in project.here("status").out
    for name in ("staging", "prod"):
        change(project, "promote", "line", "--to", name)
    train(project, "1.9001")
    change(project, "release", "line")
    assert project.here("promote", "line", "--to", "staging").status == Exit.BLOCKED
    assert "next: nothing to do" in project.here("status").out
    train(project, "1.95")
    change(project, "release", "line")
    assert step in project.here("status").out


def test_of_several_models_the_one_that_an_environment_holds_is_proposed(project: Folder) -> None:
    rules = RULES.replace("}}\ngates", "}, other: {path: params.yaml}}\ngates")
    declare(project, rules.replace("metric: r2,", "metric: r2, model: line,"))
    change(project, "release", "other")
    assert "`staging` holds no version of any model" in project.here("diff", "staging").err
    change(project, "promote", "other", "--to", "staging")
    hint = project.here("diff", "staging").err.partition("hint: ")[2]
    assert hint == "write `other#staging`; no other model is in it\n"
    assert project.here("diff", "other#staging").status == Exit.DONE


def test_a_commit_that_is_a_version_is_released_again_as_the_hint_says(project: Folder) -> None:
    declare(project, RULES)
    train(project, "2.0")
    change(project, "release", "line")
    first = project.here("release", "line@v3.0.0")
    assert (first.status, "is already `line@v1.0.0`" in first.err) == (Exit.STATE, True)
    done = pasted(project, first.err.partition("hint: ")[2])
    assert done.status == Exit.DONE, done.err
    assert "line@v3.0.0" in project.git("tag", "--list")
    taken = project.here("release", "line@v1.0.0")
    assert "`line@v1.0.0` already exists" in taken.err

    project.git("switch", "-qc", "hotfix")
    project.git("push", "-qu", "origin", "hotfix")
    train(project, "1.9")
    change(project, "release", "line", "--pre", "rc")
    off = project.here("release", "line@v3.0.1")
    assert "merge it first: final versions are released from `origin/main`" in off.err


def test_doctor_never_deletes_a_release_that_another_tag_names(project: Folder) -> None:
    declare(project, RULES.replace("{from: staging}", "{}") + "foreign_tags: allow\n")
    for slope, version in (("1.5", "v0.1.0"), ("2.0", "v0.2.0")):
        train(project, slope)
        project.git("tag", "-am", "by hand", f"line@{version}")
        project.git("push", "-q", "--tags")
        change(project, "promote", f"line@{version}", "--to", "prod")
    declare(project, RULES)
    done = project.here("doctor")
    assert "its release `line@v0.2.0` does not count" in done.out
    assert ":refs/tags/line@v0" not in done.out
    assert "`foreign_tags: allow`" in done.out


def test_commands_with_paths_work_in_a_folder_of_the_repository(project: Folder) -> None:
    """Those of check and doctor and of errors, as those of status do."""
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.git("commit", "-qm", "Forget the metrics")
    below = Folder(project / "src")
    lines = below.here("check", "--rev", "HEAD").out.splitlines()
    step = next(line.removeprefix("next: ") for line in lines if line.startswith("next: "))
    assert step == "(cd .. && git add -f metrics/test.json)"
    below.ok("sh", "-c", step)
    assert "metrics/test.json" in project.git("diff", "--cached", "--name-only")

    project.git("add", "-f", "models/line.json")
    out = below.here("doctor").out
    assert "repair: (cd .. && git rm -r --cached models/line.json)" in out
