"""Metrics that moved: what a baseline has is compared, whatever its own mlgit.yaml says about files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results, tag

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  churn: {path: churn.pkl, metrics: [GLOB]}
gates:
  drop: {metric: auc, vs: prod, max_drop: 0.01}
environments: {prod: {}}
numbers: committed
foreign_tags: allow
"""
ADOPTED = {
    "its config is older than mlgit": (None, "scores.json"),
    "its config says other files": ("other/*.json", "scores.json"),
    "its config has a pattern that does not match": ("*.yaml", "*.json"),
    "its config is the same": ("scores.json", "scores.json"),
}


def release(project: Folder, glob: str | None) -> None:
    """A model in prod with auc 0.95 in scores.json."""
    project.write("churn.pkl", "one")
    project.write("scores.json", '{"auc": 0.95, "loss": 0.3}')
    if glob is None:
        (project / "mlgit.yaml").unlink(missing_ok=True)
    else:
        project.write("mlgit.yaml", RULES.replace("GLOB", f'"{glob}"'))
    project.commit("First")
    project.git("push", "-q")
    tag(project, "churn@v1.0.0", "churn#prod#1")


def require_worse_blocked(project: Folder, metrics: str) -> None:
    """Commit a worse model, whose number is compared."""
    project.write("churn.pkl", "two")
    project.write(metrics, '{"auc": 0.81}')
    project.commit("Worse")
    assert results(check(project, status=Exit.BLOCKED))["churn/drop"][:2] == ("fail", "max_drop_broken")


@pytest.mark.parametrize(("before", "after"), list(ADOPTED.values()), ids=list(ADOPTED))
def test_a_number_that_the_baseline_has_is_never_new(project: Folder, before: str | None, after: str) -> None:
    release(project, before)
    project.write("mlgit.yaml", RULES.replace("GLOB", f'"{after}"'))
    project.commit("Rules")
    project.git("push", "-q")
    for on_trunk in (True, False):
        if not on_trunk:
            project.git("checkout", "-qb", "topic")
        require_worse_blocked(project, "scores.json")


def test_a_moved_metric_file_is_still_compared_in_later_changes(project: Folder) -> None:
    release(project, "scores.json")
    project.git("checkout", "-qb", "move")
    project.git("mv", "scores.json", "moved.json")
    project.write("mlgit.yaml", RULES.replace("GLOB", "moved.json"))
    project.commit("Move")
    verdict = check(project, status=Exit.DONE)
    assert results(verdict)["churn/drop"][0] == "pass"
    assert [note["code"] for note in verdict["notes"] if note["effect"] == "warn"] == ["gate_repointed"]
    project.git("push", "-q", "origin", "move:main")
    project.git("checkout", "-qB", "main", "move")
    require_worse_blocked(project, "moved.json")


@pytest.mark.parametrize("gate", ["drop", "other"])
def test_a_renamed_metric_is_a_finding_in_every_change_until_prod_has_it(project: Folder, gate: str) -> None:
    release(project, "scores.json")
    project.git("checkout", "-qb", "rename")
    project.write("scores.json", '{"roc_auc": 0.95}')
    project.write(
        "mlgit.yaml",
        RULES.replace("GLOB", "scores.json")
        .replace("metric: auc", "metric: roc_auc")
        .replace("  drop:", f"  {gate}:"),
    )
    project.commit("Rename")
    project.git("push", "-q", "origin", "rename:main")
    project.git("checkout", "-qB", "main", "rename")
    project.write("churn.pkl", "two")
    project.write("scores.json", '{"roc_auc": 0.81}')
    project.commit("Worse")
    notes = check(project, status=Exit.DONE)["notes"]
    (lost,) = [note for note in notes if note["code"] == "gates_loosened"]
    assert lost["message"] == (
        f"`{gate}` of `churn`: nothing is compared, because prod (churn@v1.0.0) has `auc` of `scores.json`, "
        "but not `roc_auc` of `scores.json`"
    )


def test_a_version_older_than_mlgit_is_promoted_by_the_files_that_trunk_names(project: Folder) -> None:
    release(project, None)
    project.write("mlgit.yaml", RULES.replace("GLOB", "scores.json"))
    project.write("churn.pkl", "two")
    project.commit("Rules")
    tag(project, "churn@v1.1.0", "churn#prod#2")
    project.git("push", "-q", "--tags", "origin", "main")
    done = project.here("promote", "churn@v1.0.0", "--to", "prod", "--downgrade")
    assert (done.status, done.err) == (Exit.DONE, "")
    assert "churn@v1.0.0 to prod (was v1.1.0), 1 of 1 gate passed" in done.out
