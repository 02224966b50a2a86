"""An old version is judged by trunk's rules on its own files; where that cannot be, the way on is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  churn: {path: churn.pkl, metrics: [scores.json]}
gates:
  floor: {metric: auc, min: 0.5}
  drop: {metric: auc, vs: prod, max_drop: 0.01}
environments: {prod: {}}
"""
STAGE = """\
stages:
  evaluate:
    cmd: cp source.json scores.json
    deps: [source.json]
    metrics: [scores.json: {cache: false}]
"""


def edit(project: Folder, old: str, new: str) -> None:
    text = (project / "mlgit.yaml").read_text()
    assert old in text
    project.write("mlgit.yaml", text.replace(old, new))


def moved(project: Folder) -> None:
    project.git("mv", "scores.json", "moved.json")
    edit(project, "scores.json", "moved.json")


def pattern(project: Folder) -> None:
    project.git("rm", "-q", "scores.json")
    project.write("m/a.json", '{"auc": 0.96}')
    edit(project, "scores.json", "m/*.json")


def model_moved(project: Folder) -> None:
    project.git("mv", "churn.pkl", "other.pkl")
    edit(project, "churn.pkl", "other.pkl")


def without_metrics(project: Folder) -> None:
    edit(project, ", metrics: [scores.json]", "")


def in_full(project: Folder) -> None:
    moved(project)
    edit(project, "metric: auc", "metric: 'moved.json:auc'")


def renamed(project: Folder) -> None:
    project.write("scores.json", '{"roc": 0.96}')
    edit(project, "metric: auc", "metric: roc")


def by_stage(project: Folder) -> None:
    project.write("source.json", '{"auc": 0.96}')
    project.write("dvc.yaml", STAGE)
    project.dvc("repro", "-q")


def start(project: Folder, edits: Callable[[Folder], None]) -> None:
    """v1.0.0 in prod, v1.0.1 released, and then trunk's rules change."""
    for name in ("dvc.yaml", "dvc.lock", "data/raw.csv.dvc"):
        project.git("rm", "-q", name)
    project.write("mlgit.yaml", RULES)
    for auc in ("0.95", "0.951"):
        project.write("churn.pkl", auc)
        project.write("scores.json", f'{{"auc": {auc}}}')
        project.commit(auc)
        project.git("push", "-q")
        assert project.here("release", "churn").status == Exit.DONE
        if auc == "0.95":
            assert project.here("promote", "churn", "--to", "prod").status == Exit.DONE
    edits(project)
    project.commit("Trunk moves on")
    project.git("push", "-q")


@pytest.mark.parametrize("edits", [moved, pattern, model_moved, without_metrics])
def test_a_version_from_before_a_file_moved_is_judged_by_its_own_files(
    project: Folder, edits: Callable[[Folder], None]
) -> None:
    start(project, edits)
    done = project.here("promote", "churn@v1.0.1", "--to", "prod")
    assert done.status == Exit.DONE, done.err
    assert "2 of 2 gates passed" in done.out


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        (in_full, "There is no metric `moved.json:auc`; its own mlgit.yaml reads `auc` for this gate"),
        (renamed, "There is no metric `roc`; its own mlgit.yaml reads `auc` for this gate"),
        (by_stage, "No stage makes `scores.json`"),
    ],
)
def test_a_version_that_the_gates_do_not_fit_is_refused_with_the_way_on(
    project: Folder, edits: Callable[[Folder], None], why: str
) -> None:
    start(project, edits)
    done = project.here("promote", "churn@v1.0.1", "--to", "prod")
    assert done.status == Exit.BLOCKED
    # Those of the release are asked first, and by the rules of its commit.
    gates = "`drop`" if edits is by_stage else "`drop`, `floor`"
    assert (f"drop: {why}" if edits is by_stage else f"floor cannot be evaluated: {why}") in done.err
    hint = "no one can change this version: release again from trunk, or add a waiver for "
    assert f"{hint}{gates} with `covers: [error]` to .mlgit/waivers.yaml on trunk" in done.err
    now = datetime.fromtimestamp(project.path.stat().st_mtime, UTC)
    waivers = "".join(
        f"  - id: {gate}\n    gate: {gate}\n    floor: 0\n    covers: [error]\n    reason: Old version\n"
        f"    approver: eve@example.org\n    expires: '{(now + timedelta(days=30)).date()}'\n"
        for gate in ("drop", "floor")
    )
    project.write(".mlgit/waivers.yaml", f"version: 1\nwaivers:\n{waivers}")
    project.commit("Agree", date=now.isoformat())
    project.git("push", "-q")
    done = project.here("promote", "churn@v1.0.1", "--to", "prod")
    assert done.status == Exit.DONE, done.err
