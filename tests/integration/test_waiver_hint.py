"""The hint of a finding that blocks has a whole waiver: pasted into the file on trunk, the check passes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import DATE, TODAY

if TYPE_CHECKING:
    from tests.support.shell import Folder

WAIVER = re.compile(r"`(- \{.*?\})`", re.DOTALL)
EXPIRES = re.compile(r'expires:(\s+)"[0-9-]{10}"')
# What the change replaces in mlgit.yaml.
CHANGES = {
    "a lower limit": [("min: 0.5", "min: 0.4")],
    "a gate less": [("  mae-vs-base: {metric: mae, vs: base, max_rise: 0.05}\n", "")],
    "another metric and a lower limit": [("metric: r2, min: 0.5", "metric: rows, min: 0.4")],
    "two gates": [("min: 0.5", "min: 0.4"), ("max_rise: 0.05", "max_rise: 0.5")],
    "an environment less": [("  prod: {from: staging}\n", "")],
    "a setting": [("on_loosened: fail\n", "")],
    "another model's name": [("  line:", "  curve:")],
}


@pytest.fixture
def strict(project: Folder) -> Folder:
    """The project with `on_loosened: fail` on trunk, in a new branch."""
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", f"{config}on_loosened: fail\n")
    project.commit("Let looser gates block")
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic")
    return project


def change(folder: Folder, kind: str) -> None:
    text = (folder / "mlgit.yaml").read_text(encoding="utf-8")
    for old, new in CHANGES[kind]:
        assert old in text
        text = text.replace(old, new)
    folder.write("mlgit.yaml", text)
    folder.commit(f"Make a change: {kind}")


@pytest.mark.parametrize("source", ["screen", "report"])
@pytest.mark.parametrize("kind", CHANGES)
def test_the_pasted_waivers_let_the_change_pass(strict: Folder, kind: str, source: str) -> None:
    change(strict, kind)
    blocked = strict.here("check", *DATE)
    assert blocked.status == Exit.BLOCKED, blocked.out
    found = WAIVER.findall(blocked.out)
    if source == "report":
        report = strict.here("report", "--format", "markdown").out
        found = WAIVER.findall(report)
        # The commits of these tests are older than a waiver may be.
        found = [EXPIRES.sub(f'expires: "{TODAY + timedelta(days=30)}"', each) for each in found]
    assert found
    strict.git("checkout", "-q", "main")
    strict.write(".mlgit/waivers.yaml", "version: 1\nwaivers:\n" + "".join(f"  {each}\n" for each in found))
    strict.commit("Agree")
    strict.git("push", "-q")
    strict.git("checkout", "-q", "topic")
    done = strict.here("check", *DATE)
    assert done.status == Exit.DONE, done.out
    assert "waived by agreed-" in done.out


def test_a_finding_that_only_warns_proposes_no_waiver(project: Folder) -> None:
    project.git("checkout", "-q", "-b", "topic")
    change(project, "a lower limit")
    done = project.here("check")
    assert done.status == Exit.DONE
    assert "was loosened" in done.out
    assert "waiver" not in done.out
