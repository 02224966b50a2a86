"""What gates compare with is found by what trunk will declare after the merge, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, notes, results
from tests.support.registry import change, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: [metrics/test.json]}
gates:
  drop: {metric: r2, vs: prod, max_drop: 0.01}
  rise: {metric: mae, vs: kept, max_rise: 0.1}
  since: {metric: r2, vs: release, max_drop: 0.01}
environments: {prod: {}}
"""


def edit(project: Folder, *edits: tuple[str, str], file: str = "mlgit.yaml") -> None:
    text = (project / file).read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    project.write(file, text)


def merge(project: Folder) -> None:
    project.commit("Edit")
    project.git("push", "-q", "origin", "HEAD:main")
    project.git("switch", "-q", "-C", "main", "HEAD")
    project.git("switch", "-q", "-C", "topic")


def rename_model(project: Folder) -> None:
    edit(project, ("  line:", "  curve:"))
    merge(project)


def rename_environment(project: Folder) -> None:
    edit(project, ("prod", "live"))
    merge(project)


def only_in_dvc_yaml(project: Folder) -> None:
    """Trunk declares its models in dvc.yaml, and has renamed one."""
    edit(project, ("models:\n  line: {path: models/line.json, metrics: [metrics/test.json]}\n", ""))
    edit(project, ("  line: {path", "  curve: {path"), file="dvc.yaml")
    merge(project)


def nothing_before(project: Folder) -> None:
    """The change itself is all."""


def name_of_a_branch(project: Folder) -> None:
    edit(project, ("prod: {}", "prod: {}, kept: {}"))


def old_model(project: Folder) -> None:
    edit(project, ("models:\n", "models:\n  line: {path: src/train.py, metrics: [metrics/test.json]}\n"))


def old_artifact(project: Folder) -> None:
    edit(
        project,
        ("artifacts:\n", "artifacts:\n  line: {path: data/clean.csv, type: model}\n"),
        file="dvc.yaml",
    )


def old_environment(project: Folder) -> None:
    edit(project, ("live: {}", "live: {}, prod: {}"))


@pytest.fixture
def live(project: Folder) -> Folder:
    """`line@v1.0.0` is in prod, and the branch `kept` is there."""
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    train(project, "2.0")
    project.git("branch", "kept")
    project.git("push", "-q", "origin", "main", "kept")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "prod")
    project.git("switch", "-qc", "topic")
    project.git("commit", "-q", "--allow-empty", "-m", "Go on")
    return project


LOST = "it compared with {}; there is nothing to compare with now"
IN_KEPT = LOST.format("kept (1234567)")
IN_PROD = LOST.format("prod (line@v1.0.0)")


@pytest.mark.parametrize(
    ("before", "edits", "expected"),
    [
        (
            nothing_before,
            name_of_a_branch,
            [f"`rise` of `line`: {IN_KEPT}: the environment `kept` holds nothing of `line`"],
        ),
        (
            rename_model,
            old_model,
            [
                f"`drop` of `curve`: {IN_PROD}: the environment `prod` holds nothing of `curve`",
                f"`since` of `curve`: {LOST.format('line@v1.0.0')}",
            ],
        ),
        (
            rename_environment,
            old_environment,
            [f"`drop` of `line`: {IN_PROD}: the environment `live` holds nothing of `line`"],
        ),
    ],
)
def test_a_declaration_that_takes_a_baseline_away_is_a_finding(
    live: Folder, before: Callable[[Folder], None], edits: Callable[[Folder], None], expected: list[str]
) -> None:
    before(live)
    edits(live)
    commit = live.git("rev-parse", "--short=7", "kept")
    for _ in ("in the working tree", "committed"):
        verdict = check(live, status=Exit.DONE)
        found = [each for each in verdict["notes"] if each["code"] == "gates_loosened"]
        assert [each["message"].replace(commit, "1234567") for each in found] == expected
        assert {each["effect"] for each in found} == {"warn"}
        assert results(verdict).keys() >= {f"{expected[0].split('`')[3]}/drop"}
        live.commit("Edit")


def test_an_artifact_that_takes_a_baseline_away_is_a_finding(live: Folder) -> None:
    only_in_dvc_yaml(live)
    assert notes(check(live, status=Exit.DONE)) == []
    old_artifact(live)
    found = {(each["code"], each["message"]) for each in check(live, status=Exit.DONE)["notes"]}
    assert found >= {
        ("gate_repointed", f"`drop`: {IN_PROD.partition(';')[0]}; what it compares with now is not known"),
        ("gate_repointed", "`since`: it compared with line@v1.0.0; what it compares with now is not known"),
    }


@pytest.mark.parametrize(
    "edits",
    [
        ("prod: {}", "prod: {}, qa: {}"),
        ("models:\n", "models:\n  other: {path: data/clean.csv, metrics: [other.json]}\n"),
    ],
)
def test_what_takes_nothing_away_is_not_a_finding(live: Folder, edits: tuple[str, str]) -> None:
    edit(live, edits)
    codes = {code for code, _ in notes(check(live, "--model", "line", status=Exit.DONE))}
    assert codes <= {"environments_changed"}


def test_a_change_that_renames_an_environment_is_judged_as_trunk_will_judge_it(live: Folder) -> None:
    edit(live, ("prod", "live"))
    assert {*notes(check(live, status=Exit.DONE))} == {
        ("gates_loosened", "warn"),
        ("baseline_renamed", "note"),
        ("environments_changed", "note"),
    }
    live.write("params.yaml", "train:\n  slope: 1.8\n")
    live.dvc("repro", "-q")
    live.commit("Rename, and get worse")
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["line/drop"] == ("fail", "max_drop_broken", "block")
    (renamed,) = [each for each in verdict["notes"] if each["code"] == "gates_loosened"]
    assert renamed["message"] == "Environment `prod` was renamed to `live`, which holds nothing of it"
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_renamed"]
    assert note["message"].endswith("compares with what is in `prod`, which `live` replaces after the merge")
    assert note["hint"] is None
    live.git("push", "-q", "origin", "HEAD:main")
    assert results(check(live, status=Exit.BLOCKED))["line/drop"] == results(verdict)["line/drop"]
