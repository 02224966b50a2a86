"""While trunk's pipeline cannot be read, a change is compared with the newest commit before whose can be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.headline import FINDINGS
from mlgit.errors import Exit
from tests.support.checks import DATE

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
on_loosened: fail
models: {line: {path: models/line.json}}
gates: {r2-floor: {metric: r2, min: 0.5}}
"""
DEPS = "deps: [data/clean.csv, models/line.json, src/evaluate.py]"
BROKEN = {"dvc.yaml": "stages: {}\n", "dvc.lock": "schema: '2.0'\n"}


def declared(project: Folder, file: str, *, orphan: bool = False) -> tuple[Folder, str]:
    """A project whose trunk has an invalid `file`, and the text that repairs it, in a new branch."""
    if orphan:
        project.git("checkout", "-q", "--orphan", "other")
    project.write("mlgit.yaml", RULES)
    good = (project / file).read_text(encoding="utf-8")
    if not orphan:
        project.commit("Have rules")
    project.write(file, good + BROKEN[file])
    project.commit("Break it")
    project.write("README.md", "More\n")
    project.commit("Go on")
    project.git("push", "-q", "-f", "origin", "HEAD:refs/heads/main")
    project.git("checkout", "-q", "-b", "topic")
    return project, good


def verdict(project: Folder, status: int) -> Any:  # noqa: ANN401 (JSON)
    done = project.here("check", "--json", "--rev", "HEAD", *DATE)
    assert done.status == status, done.out + done.err
    return json.loads(done.out)["verdict"]


def codes(found: Any) -> dict[str, str]:  # noqa: ANN401 (JSON)
    return {each["code"]: each["effect"] for each in found["notes"] if each["code"] in FINDINGS}


@pytest.mark.parametrize("file", BROKEN)
def test_a_change_that_repairs_the_pipeline_passes_with_a_warning(project: Folder, file: str) -> None:
    project, good = declared(project, file)
    project.write(file, good)
    project.commit("Repair it")
    found = verdict(project, Exit.DONE)
    assert codes(found) == {"target_not_read": "warn"}
    (note,) = [each for each in found["notes"] if each["code"] == "target_not_read"]
    broken, before = (project.git("rev-parse", "--short=7", f"HEAD~{back}") for back in (1, 3))
    assert note["message"] == (
        f"What gates compared at {broken} cannot be read, so this is compared with {before} before it"
    )


@pytest.mark.parametrize("file", BROKEN)
def test_a_repair_that_weakens_the_evidence_blocks(project: Folder, file: str) -> None:
    project, good = declared(project, file)
    project.write(file, good)
    pipeline = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", pipeline.replace(DEPS, "deps: [src/evaluate.py]"))
    project.dvc("commit", "-q", "-f", "evaluate")
    project.commit("Repair it, and depend on less")
    found = codes(verdict(project, Exit.BLOCKED))
    assert found == {"target_not_read": "warn", "evidence_weakened": "block"}


def test_where_no_commit_can_be_read_the_change_blocks_if_looser_gates_do(project: Folder) -> None:
    project, good = declared(project, "dvc.yaml", orphan=True)
    project.write("dvc.yaml", good)
    project.commit("Repair it")
    found = verdict(project, Exit.BLOCKED)
    assert codes(found) == {"target_not_read": "block"}
    (note,) = [each for each in found["notes"] if each["code"] == "target_not_read"]
    assert "gates_loosened:dvc.yaml" in note["hint"]
