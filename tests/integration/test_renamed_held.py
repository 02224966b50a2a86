"""What people did in an environment holds after trunk gave it another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  line: {{path: models/line.json}}
environments:
  {}: {{auto: true}}
"""


def declare(project: Folder, *environments: str) -> None:
    project.write("mlgit.yaml", CONFIG.format(": {auto: true}\n  ".join(environments)))
    project.commit(f"Declare {environments}")
    project.git("push", "-q")


@pytest.mark.parametrize(
    "between", [(), (("prod", "live"),), (("other",),)], ids=["at once", "added first", "removed first"]
)
@pytest.mark.parametrize(
    ("verb", "outcome", "words"),
    [
        ("rollback", "held", "`prod` is held by a rollback of Ada"),
        ("unassign", "left", "`line@v1.0.1` was in `prod` and was taken out by Ada"),
    ],
)
def test_a_version_that_was_taken_out_does_not_return_under_the_new_name(
    project: Folder, verb: str, outcome: str, words: str, between: tuple[tuple[str, ...], ...]
) -> None:
    declare(project, "prod")
    for slope in ("1.95", "2.0"):
        train_into(project, slope, "prod")
    change(project, verb, "line", "--env", "prod", "-m", "Wrong doses")
    for step in between:
        declare(project, *step)
    declare(project, "live")
    steps = project.here("ci", "merged", "--json").json()["steps"]
    (step,) = [each for each in steps if each["environment"] == "live"]
    assert (step["outcome"], step["message"].startswith(words)) == (outcome, True)
    done = project.here("promote", "line@v1.0.1", "--to", "live")
    assert done.status == Exit.DONE, done.err
    assert "v1.0.1 was in `prod`; Ada " in done.out + done.err
    assert "Wrong doses" in done.out + done.err
