"""A clone that lacks tags says so itself, and judges no single tag by what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.registry import change
from tests.support.shell import Folder
from tests.support.targets import go_live

if TYPE_CHECKING:
    from pathlib import Path

GATE = "gates:\n  vs-prod: {metric: mae, vs: prod, max_rise: 0.1}\n"


@pytest.fixture
def shallow(deployable: Folder, tmp_path: Path) -> Folder:
    """One commit of a repository in which `prod` was rolled back from it."""
    go_live(deployable)
    rules = (deployable.path / "mlgit.yaml").read_text()
    deployable.write("mlgit.yaml", rules.partition("gates:")[0] + GATE if "gates:" in rules else rules + GATE)
    change(deployable, "rollback", "--env", "prod", "-m", "p95 alarm")
    Folder(tmp_path).git("clone", "-q", "--depth=1", f"file://{deployable.path.parent}/origin.git", "shallow")
    clone = Folder(tmp_path / "shallow")
    clone.write("mlgit.yaml", (deployable.path / "mlgit.yaml").read_text())
    return clone


def test_doctor_does_not_say_that_a_rollback_at_the_remote_did_not_happen(shallow: Folder) -> None:
    assert "#prod!#4" in shallow.git("tag")
    done = shallow.here("doctor")
    assert "This clone is shallow" in done.out
    for false in ("the change did not happen", "does not count", "git push origin ':refs/tags"):
        assert false not in done.out


def test_check_says_that_the_clone_lacks_tags_and_not_that_one_does_not_count(shallow: Folder) -> None:
    done = shallow.here("check")
    text = " ".join(done.out.split())
    assert "What is in `prod` now is not known here: this clone may lack tags" in text
    assert "does not count" not in text
