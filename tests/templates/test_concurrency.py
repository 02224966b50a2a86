"""Concurrency of deployments on GitHub: the tags that start a run, and the runs that cancel each other."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.support.github_rules import DEPLOY, workflows
from tests.support.templates import bundled
from tests.support.triggers import starts

WORKFLOW = workflows(bundled("github"))[DEPLOY]
FILTER = {"on": WORKFLOW["on"]}
TAGS = [
    ("line#prod#5", True),
    ("sub/line#prod#5", True),
    ("sub=line#prod#5", True),
    ("line#prod", True),
    ("line@v1.0.0", True),
    ("line@v1.0.0-rc.1", True),
    ("line#prod!#5", False),
    ("sub/line#prod!#5", False),
    ("line#prod!", False),
    ("line@v1.0.0!", False),
    ("line@v1.0.0!#2", False),
    ("line", False),
    ("main", False),
    ("v1.0.0", False),
]


@pytest.mark.parametrize(("tag", "started"), TAGS)
def test_a_tag_that_takes_something_away_starts_no_run(tag: str, *, started: bool) -> None:
    assert starts(FILTER, "push", ref=f"refs/tags/{tag}") is started


def group(tag: str, *, name: str, environment: str, deploy: bool) -> str:
    """The group of the deployment job, by the expression in the file."""
    template = WORKFLOW["jobs"]["deploy"]["concurrency"]["group"]
    values = {
        "needs.parse.outputs.deploy": "true" if deploy else "false",
        "needs.parse.outputs.name": name,
        "needs.parse.outputs.environment": environment,
        "inputs.tag": "",
        "github.ref_name": tag,
    }

    def evaluated(found: re.Match[str]) -> str:
        text = re.sub(r"[a-z_]+(?:\.[a-z_]+)+", lambda name: repr(values[name[0]]), found[1])
        python = text.replace("&&", "and").replace("||", "or")
        return str(eval(f"({python})", {"format": lambda pattern, *rest: pattern.format(*rest)}))  # noqa: S307

    return re.sub(r"\$\{\{(.*?)\}\}", evaluated, template, flags=re.DOTALL)


def cancelled(queue: list[tuple[str, str]]) -> set[str]:
    """The jobs (name, group) that GitHub cancels: a newcomer replaces whichever job waits in its group."""
    running: dict[str, str] = {}
    waiting: dict[str, str] = {}
    lost = set()
    for job, name in queue:
        if name not in running:
            running[name] = job
            continue
        lost |= {waiting[name]} if name in waiting else set()
        waiting[name] = job
    return lost


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_jobs_without_work_never_replace_one_with_work(order: tuple[int, ...]) -> None:
    # An earlier deployment runs, and a move pushes two tags; a version's tag comes as well.
    earlier = ("line#prod#4", group("line#prod#4", name="line", environment="prod", deploy=True))
    moves = [
        ("line#prod#5", group("line#prod#5", name="line", environment="prod", deploy=True)),
        ("line#prod!#5", group("line#prod!#5", name="line", environment="prod", deploy=False)),
        ("line@v1.1.0", group("line@v1.1.0", name="line", environment="", deploy=False)),
    ]
    assert cancelled([earlier, *(moves[each] for each in order)]) == set()


def test_deployments_of_one_environment_queue() -> None:
    same = {group(f"line#prod#{n}", name="line", environment="prod", deploy=True) for n in (4, 5, 6)}
    assert len(same) == 1
    assert WORKFLOW["jobs"]["deploy"]["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize(
    ("one", "other"), [(("a-b", "c"), ("b", "c-a")), (("c", "a-b"), ("b-c", "a")), (("x", "y"), ("y", "x"))]
)
def test_other_models_and_environments_have_other_groups(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    groups = {
        group("t", name=name, environment=environment, deploy=True) for name, environment in (one, other)
    }
    assert len(groups) == 2


def test_a_tag_cannot_name_the_group_of_a_deployment() -> None:
    real = group("line#prod#5", name="line", environment="prod", deploy=True)
    assert real != group("line#prod", name="line", environment="prod", deploy=False)
