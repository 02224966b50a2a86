"""`ci merged` does not promote again, under a new name, what was rolled back or deregistered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_ci_merged import merge, merged, steps
from tests.support.checkouts import github_checkout
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Done, Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: [metrics/test.json]}
gates:
  r2-floor: {metric: r2, min: 0.5}
environments:
  prod: {auto: true}
"""


def run(project: Folder, name: str, *argv: str) -> Done:
    """One run of CI after a merge, in its own checkout."""
    done = merged(github_checkout(project, name), "--json", *argv)
    assert done.status == Exit.DONE, done.err
    project.git("fetch", "-q", "--tags", "origin")
    return done


def roll_back(project: Folder) -> None:
    change(project, "rollback", "line", "--env", "prod", "-m", "Bad")


def empty(project: Folder) -> None:
    change(project, "unassign", "line", "--env", "prod", "-m", "Bad")


def nothing(project: Folder) -> None:
    del project


def deregister(project: Folder) -> None:
    roll_back(project)
    change(project, "deregister", "line@v1.1.0", "-m", "Bad")


@pytest.fixture
def twice(project: Folder) -> Folder:
    """Two versions, both promoted by `ci merged`."""
    merge(project, mlgit_DOT_yaml=RULES)
    run(project, "first")
    merge(project, slope="1.98")
    done = run(project, "second")
    assert ("line", "prod", "done", "v1.1.0") in steps(done)
    return project


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (nothing, [("curve", None, "done", "v1.0.0"), ("curve", "prod", "done", "v1.0.0")]),
        (roll_back, [("curve", None, "done", "v1.0.0"), ("curve", "prod", "held", "v1.0.0")]),
        (empty, [("curve", None, "done", "v1.0.0"), ("curve", "prod", "left", "v1.0.0")]),
        (deregister, [("curve", None, "left", None)]),
    ],
)
def test_what_people_did_counts_under_the_new_name(
    twice: Folder, act: Callable[[Folder], None], expected: list[tuple[str, str | None, str, str | None]]
) -> None:
    act(twice)
    merge(twice, mlgit_DOT_yaml=RULES.replace("line: {", "curve: {"))
    planned = run(twice, "plan", "--dry-run")
    assert [step[2] for step in steps(planned)] == [
        "planned" if step[2] == "done" or (step[2] == "left" and step[1]) else step[2] for step in expected
    ]
    done = run(twice, "third")
    assert steps(done) == expected
    if act is roll_back:
        assert "as `line`" in done.out
        change(twice, "promote", "curve", "--to", "prod")
        assert ("curve", "prod", "already", "v1.0.0") in steps(run(twice, "fourth"))
