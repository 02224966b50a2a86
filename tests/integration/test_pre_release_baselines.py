"""A pre-release off trunk is nothing to compare a final release, or a promotion to production, with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.pipeline import train
from tests.support.registry import change

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  drop: {metric: r2, vs: dev, max_drop: 0.01}
environments:
  dev: {pre: true}
  prod: {}
"""


def test_what_is_final_is_not_compared_with_a_pre_release_off_trunk(project: Folder) -> None:
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    change(project, "release", "line")
    project.git("checkout", "-q", "-b", "side")
    train(project, "1.9")
    project.dvc("push", "-q")
    project.commit("Worse")
    project.git("push", "-q", "origin", "HEAD")
    change(project, "release", "line", "--pre", "rc")
    change(project, "promote", "line@v1.0.1-rc.1", "--to", "dev")
    project.git("checkout", "-q", "main")
    project.dvc("checkout", "-q")
    project.write("README.md", "words\n")
    project.commit("Go on")
    project.git("push", "-q")
    for argv in (["promote", "line", "--to", "prod"], ["release", "line", "--force"]):
        done = project.here(*argv)
        assert done.status == Exit.BLOCKED, argv
        assert "Nothing can be compared with what is in `dev` now" in done.err, argv
        assert "`line@v1.0.1-rc.1` is not on trunk" in done.err, argv
    # Pre-releases and the environments that take them go on.
    change(project, "promote", "line", "--to", "dev", "--downgrade")
