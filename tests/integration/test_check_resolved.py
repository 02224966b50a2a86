"""What gates compare: every edit that makes a worse model pass is a finding in the first lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results, tag, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: ["metrics/*.json"]}
gates:
  floor: {metric: r2, min: 0.5}
  drop: {metric: r2, vs: prod, max_drop: 0.01}
  branch: {metric: r2, vs: kept, max_drop: 0.01}
  file: {metric: r2, vs: {file: reference.json}, max_drop: 0.01}
environments: {prod: {}}
numbers: committed
foreign_tags: allow
"""
HIGH = '{"r2": 0.99}'


def edit(project: Folder, old: str, new: str, file: str = "mlgit.yaml") -> None:
    text = (project / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new))


def start(project: Folder, rules: str = RULES) -> None:
    """Trunk with these rules and a model in prod, and a branch with a worse model."""
    project.write("mlgit.yaml", rules)
    project.write("reference.json", HIGH)
    project.commit("Rules")
    project.git("branch", "kept")
    project.git("push", "-q", "origin", "main", "kept")
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("push", "-q", "origin", "--tags")
    project.git("checkout", "-qb", "topic")
    train(project, "1.5")
    project.commit("Worse")
    assert check(project, status=Exit.BLOCKED)["decision"] == "block"


def by_hand(project: Folder) -> None:
    project.write("reports/m.json", HIGH)
    edit(project, "metrics/*.json", "reports/*.json")


def other_key(project: Folder) -> None:
    edit(project, "metric: r2", "metric: rows")
    edit(project, "min: 0.5", "min: 0.4")


def lower_reference(project: Folder) -> None:
    project.write("reference.json", '{"r2": -9}')
    edit(project, "min: 0.5", "min: -9")


def shadow(project: Folder) -> None:
    edit(project, "prod: {}", "prod: {}, kept: {}")


def rename(project: Folder) -> None:
    edit(project, "  line:", "  curve:")


def remove(project: Folder) -> None:
    project.write("other.bin", "weights")
    edit(project, "line: {path: models/line.json", "other: {path: other.bin")


@pytest.mark.parametrize(
    ("edits", "codes"),
    [
        (by_hand, {"gate_repointed"}),
        (other_key, {"gate_repointed", "gates_loosened"}),
        (lower_reference, {"reference_edited", "gates_loosened"}),
        (rename, {"gates_loosened"}),
        (remove, {"gates_loosened"}),
    ],
)
def test_an_edit_of_what_is_compared_is_a_finding(
    project: Folder, edits: Callable[[Folder], None], codes: set[str]
) -> None:
    start(project)
    edits(project)
    for _ in ("in the working tree", "committed"):
        done = project.here("check", "--json")
        found = {note["code"] for note in done.json()["verdict"]["notes"] if note["effect"] == "warn"}
        assert codes <= found
        page = project.here("check").out.splitlines()
        gates = [number for number, line in enumerate(page) if line[:6] in {"✓ pass", "✗ fail", "! fail"}]
        assert page[2].startswith("! ")
        assert min(gates) > 2
        project.commit("Edit")


def test_a_renamed_model_is_compared_with_what_its_old_name_has_in_the_environment(project: Folder) -> None:
    start(project)
    rename(project)
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["curve/drop"] == ("fail", "max_drop_broken", "block")
    (note,) = [note for note in verdict["notes"] if note["code"] == "gates_loosened"]
    assert note["message"] == "Model `line` was renamed to `curve`; `prod` holds line@v1.0.0"


def test_an_environment_with_the_name_of_a_branch_changes_nothing(project: Folder) -> None:
    start(project)
    before = results(check(project, status=Exit.BLOCKED))["line/branch"]
    shadow(project)
    assert before == results(check(project, status=Exit.BLOCKED))["line/branch"]
    tag(project, "line#kept#1")
    verdict = check(project, status=Exit.BLOCKED)
    result = next(each for each in verdict["results"] if each["gate"] == "branch")
    assert (result["outcome"], result["reason"]) == ("error", "baseline_unknown")
    assert result["hint"].startswith("write `heads/kept` for the branch")


def test_a_new_environment_and_its_gate_may_come_in_one_change(project: Folder) -> None:
    start(project)
    edit(project, "prod: {}", "prod: {}, staging: {}")
    edit(project, "  floor:", "  new: {metric: r2, vs: staging, max_drop: 1}\n  floor:")
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/new"] == ("skipped", "no_baseline", "allow")


def test_what_a_new_environment_does_is_in_the_first_lines(project: Folder) -> None:
    served = 'deploy:\n  prod: {target: command, command: [./serve, prod, "{model}"], timeout: 1m}\n'
    project.write("serve", "#!/bin/sh\n. ./lib.sh\n")
    project.write("lib.sh", "run() { echo; }\n")
    start(project, RULES + served)
    edit(project, "echo", "rm", "lib.sh")
    edit(project, "lib", "./lib", "serve")
    train(project, "2.0")
    project.commit("As good")
    edit(project, "prod: {}", "prod: {}, canary: {auto: true, gates: []}")
    edit(project, "deploy:\n", "deploy:\n  canary: {target: command, command: [./serve, prod, line]}\n")
    done = project.here("check")
    first = " ".join(done.out.partition("✓ pass")[0].split())
    assert "! The target that served `prod` now serves `canary`" in first
    assert "note: Environment `canary` is new: CI promotes to it, without a person" in first
    assert "`mlgit deploy` runs `./serve prod line` for it, and `./serve prod {model}` for `prod`" in first
    assert "`serve`, `lib.sh` were edited, and `mlgit deploy --env prod` runs them after the merge" in first


def test_a_new_step_between_two_environments_is_a_note_even_where_loosening_blocks(project: Folder) -> None:
    steps = "{staging: {}, prod: {from: staging}}"
    start(project, RULES.replace("{prod: {}}", steps).replace("numbers:", "on_loosened: fail\nnumbers:"))
    edit(project, steps, "{staging: {}, canary: {from: staging}, prod: {from: canary}}")
    notes = {note["code"]: note for note in check(project, status=Exit.BLOCKED)["notes"]}
    assert "gates_loosened" not in notes
    text = "Environment `canary` is new: a version must be in it before `prod`"
    assert (notes["environment_added"]["message"], notes["environment_added"]["effect"]) == (text, "note")
    edit(project, "canary: {from: staging}", "canary: {}")
    found = [
        note for note in check(project, status=Exit.BLOCKED)["notes"] if note["code"] == "gates_loosened"
    ]
    assert [note["message"] for note in found] == [
        "Environment `prod` was `from: staging`; it now has `from: canary`"
    ]
    assert found[0]["effect"] == "block"


def test_on_loosened_of_trunk_blocks_and_a_waiver_of_someone_else_allows(project: Folder) -> None:
    start(project, RULES.replace("numbers:", "on_loosened: fail\nnumbers:"))
    train(project, "2.0")
    edit(project, "on_loosened: fail\n", "")
    edit(project, "min: 0.5", "min: 0.4")
    project.commit("Loosen")
    verdict = check(project, status=Exit.BLOCKED)
    blocking = [note for note in verdict["notes"] if note["effect"] == "block"]
    assert [note["code"] for note in blocking] == ["gates_loosened", "gates_loosened"]
    project.git("checkout", "-q", "main")
    entries = "".join(
        f"  - {{id: w{number}, gate: 'gates_loosened:{name}', reason: agreed, approver: carol@example.org,"
        f" expires: '2026-05-01'}}\n"
        for number, name in enumerate(("floor", "on_loosened"))
    )
    project.write(".mlgit/waivers.yaml", f"version: 1\nwaivers:\n{entries}")
    project.commit("Agree")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    verdict = check(project, "--date", "2026-03-01", status=Exit.DONE)
    assert {note["effect"] for note in verdict["notes"] if note["code"] == "gates_loosened"} == {"waived"}


def test_an_old_branch_is_checked_by_the_gates_of_its_merge_on_every_host(project: Folder) -> None:
    start(project, RULES.replace("min: 0.5", "min: -9"))
    train(project, "1.98")
    project.commit("A bit worse")
    project.git("checkout", "-q", "main")
    edit(project, "min: -9", "min: 0.99")
    project.commit("Be stricter")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    branch = check(project, status=Exit.BLOCKED)
    assert results(branch)["line/floor"][0] == "fail"
    (note,) = [note for note in branch["notes"] if note["code"] == "older_gates"]
    assert note["message"].startswith("`floor` of `origin/main` is newer than this branch")
    assert [each for each in branch["notes"] if each["code"] == "gates_loosened"] == []
    project.git("checkout", "-q", "--detach", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    merge = check(
        project,
        status=Exit.BLOCKED,
        env={
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF": "refs/pull/1/merge",
            "GITHUB_SHA": project.git("rev-parse", "HEAD"),
        },
    )
    assert results(merge) == results(branch)


def test_both_sides_of_a_changed_gate_hold_if_neither_is_stricter(project: Folder) -> None:
    start(project, RULES.replace("min: 0.5", "min: -9"))
    edit(project, "min: -9", "min: 0, severity: warn")
    project.commit("Change it here")
    project.git("checkout", "-q", "main")
    edit(project, "min: -9", "min: -1")
    project.commit("Change it there")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    verdict = check(project, status=Exit.BLOCKED)
    assert {"line/floor", "line/floor-of-this-branch"} <= results(verdict).keys()
    assert json.dumps(verdict) == json.dumps(check(project, status=Exit.BLOCKED))


def test_a_second_artifact_does_not_change_what_an_unnamed_model_means(project: Folder) -> None:
    rules = "version: 1\nforeign_tags: allow\n"
    rules += "gates:\n  drop: {metric: r2, vs: prod, max_drop: 0.01}\nenvironments: {prod: {}}\n"
    start(project, rules)
    edit(project, "artifacts:\n", "artifacts:\n  other: {path: params.yaml, type: model}\n", "dvc.yaml")
    assert results(check(project, status=Exit.BLOCKED))["drop"] == ("fail", "max_drop_broken", "block")
    project.git("checkout", "-q", "--", "dvc.yaml")
    tag(project, "second@v1.0.0")
    assert results(check(project, status=Exit.BLOCKED))["drop"] == ("fail", "max_drop_broken", "block")
