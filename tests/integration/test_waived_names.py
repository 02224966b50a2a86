"""A waiver on trunk never covers what a change only gives the waiver's name to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_check_renames import RULES, edit
from tests.support.checks import DATE, check, notes, results, tag, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

WAIVER = """\
version: 1
waivers:
  - id: agreed
    gate: "{gate}"
    {floor}
    reason: Known
    approver: carol@example.org
    expires: 2026-04-01
"""


def waive(project: Folder, gate: str, more: str = "") -> None:
    """Trunk has the waiver, and the topic branch is checked out."""
    floor = "" if gate.startswith("gates_loosened:") else "floor: 0.1"
    project.write("mlgit.yaml", RULES + more)
    project.write(".mlgit/waivers.yaml", WAIVER.format(gate=gate, floor=floor).replace("    \n", ""))
    project.commit("Rules")
    project.git("push", "-q")
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("checkout", "-qb", "topic")


def rename(project: Folder, new: str) -> None:
    edit(project, "drop: {", f"{new}: {{")
    edit(project, "gates: [drop]", f"gates: [{new}]")


@pytest.mark.parametrize(
    ("waived", "new", "effect", "warned"),
    [
        ("old", "old", "block", True),
        ("line/old", "old", "block", True),
        ("drop", "new", "waived", False),
        ("drop", "drop", "waived", False),
        ("line/drop", "new", "waived", False),
    ],
)
def test_a_waiver_goes_with_the_gate_and_not_with_its_id(
    project: Folder, waived: str, new: str, effect: str, *, warned: bool
) -> None:
    waive(project, waived)
    train(project, "1.985")
    if new != "drop":
        rename(project, new)
    project.commit("Worse")
    verdict = check(project, *DATE, status=Exit.BLOCKED if effect == "block" else Exit.DONE)
    assert results(verdict)[f"line/{new}"] == ("fail", "max_drop_broken", effect)
    assert (("gates_loosened", "warn") in notes(verdict)) == warned
    assert warned == (
        "after the merge, it would cover this gate" in " ".join(project.here("check", *DATE).out.split())
    )


@pytest.mark.parametrize(
    ("named", "effect"), [("train", "waived"), ("stage:train", "waived"), ("gate:train", "block")]
)
def test_an_agreement_is_about_what_trunk_calls_so(project: Folder, named: str, effect: str) -> None:
    waive(project, f"gates_loosened:{named}", "on_loosened: fail\n")
    edit(project, "python src/train.py", "python src/train.py README.md", "dvc.yaml")
    project.write("README.md", "Numbers\n")
    project.dvc("repro", "-q")
    project.commit("Name a file")
    verdict = check(project, *DATE, status=Exit.BLOCKED if effect == "block" else Exit.DONE)
    assert ("evidence_weakened", effect) in notes(verdict)


def test_a_gate_cannot_take_the_name_of_a_stage_that_an_agreement_is_about(project: Folder) -> None:
    waive(project, "gates_loosened:train", "on_loosened: fail\n")
    rename(project, "train")
    project.commit("Rename")
    verdict = check(project, *DATE, status=Exit.BLOCKED)
    assert notes(verdict).count(("gates_loosened", "block")) == 1
    edit(project, "max_drop: 0.01", "max_drop: 0.5")
    project.commit("Loosen")
    verdict = check(project, *DATE, status=Exit.BLOCKED)
    assert notes(verdict).count(("gates_loosened", "block")) == 2
    assert ("gates_loosened", "waived") not in notes(verdict)


@pytest.mark.parametrize("named", ["line", "model:line", "prod", "stage:train", "setting:numbers"])
def test_an_agreement_to_what_trunk_has_is_not_unknown(project: Folder, named: str) -> None:
    waive(project, f"gates_loosened:{named}")
    project.write("README.md", "Numbers\n")
    project.commit("Nothing of this")
    for argv in ((), ("--base", "HEAD")):
        assert "waiver_unknown" not in dict(notes(check(project, *argv, *DATE, status=Exit.DONE)))
