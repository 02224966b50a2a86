"""A stage that trunk left stale blocks a change that did not touch it, and the check says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_a_stage_that_was_stale_before_is_named(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.995\n")
    project.commit("Not run")
    project.git("push", "-q")
    base = project.git("rev-parse", "--short=7", "HEAD")
    project.git("switch", "-qc", "topic")
    project.write("README.md", "More\n")
    project.commit("Words")
    done = project.here("check")
    note = f"`train` was already stale in {base}: this change did not cause it"
    assert (done.status, note in " ".join(done.out.split())) == (Exit.BLOCKED, True)
    project.write("params.yaml", "train:\n  slope: 1.5\n")
    assert "this change did not" not in project.here("check").out
    project.git("checkout", "-q", "params.yaml")
    project.write("src/train.py", "print()\n")
    assert "this change did not" not in project.here("check").out
