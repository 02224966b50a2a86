"""Deployments killed at any moment: the old release is still served, and the next run finishes."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.dying import deaths
from tests.support.targets import assign, deploy_here, folder_of, releases, served, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.dying import Ended
    from tests.support.shell import Folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are told by /proc"),
]


@contextmanager
def deployments(work: Folder) -> Iterator[Callable[[int], Ended]]:
    """Deployments that are killed at the n-th change of the target's folder."""
    log = work.path.parent / "died.log"
    with deaths(folder_of(work), "deploy", "--env", "prod", cwd=work.path, log=log) as die_at:
        yield die_at


def put_back(work: Folder, start: Path) -> None:
    shutil.rmtree(work / "served", ignore_errors=True)
    if start.exists():
        shutil.copytree(start, work / "served", symlinks=True)


def kill_at_each_change(work: Folder, *, first: int, before: str | None, after: str, left: list[str]) -> None:
    """Kill at every third change from `first` on; each test starts at another one to save time."""
    start = work.path.parent / "start"
    if (work / "served").exists():
        shutil.copytree(work / "served", start, symlinks=True)
    with deployments(work) as die_at:
        status, last = die_at(0)
        assert status == 0
        assert last > 10
        print(f"{last} moments")
        for at in range(first, last + 1, 3):
            put_back(work, start)
            assert die_at(at) == (-signal.SIGKILL, at)
            assert served(folder_of(work)) in {before, after}, at
            again = deploy_here(work)
            assert again.state in {"deployed", "already"}, (at, again)
            assert served(folder_of(work)) == after, at
            assert releases(folder_of(work)) == left, at
            assert steps(folder_of(work))[-1] == "done", at
            assert sorted(os.listdir(folder_of(work))) == ["current", "deployments", "releases"], at
            assert deploy_here(work).steps == (), at


def test_the_first_deployment_killed_at_any_moment(deployable: Folder) -> None:
    kill_at_each_change(deployable, first=1, before=None, after="v1.0.0", left=["v1.0.0"])


def test_a_deployment_that_fetches_and_removes_killed_at_any_moment(deployable: Folder) -> None:
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    assign(deployable, "v1.0.2")
    kill_at_each_change(deployable, first=2, before="v1.0.1", after="v1.0.2", left=["v1.0.1", "v1.0.2"])


def test_going_back_killed_at_any_moment(deployable: Folder) -> None:
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    assign(deployable, "v1.0.0")
    kill_at_each_change(deployable, first=3, before="v1.0.1", after="v1.0.0", left=["v1.0.0", "v1.0.1"])


def test_leftovers_of_a_killed_deployment_are_removed_by_the_next_one(deployable: Folder) -> None:
    """The killed deployment was superseded before it ran again."""
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    oid = deployable.git("rev-parse", "line#prod#2")
    staged = f".incoming-{oid[:12]}"
    with deployments(deployable) as die_at:
        at = 1
        while staged not in releases(folder_of(deployable)):
            die_at(at)
            at += 1
    assign(deployable, "v1.0.2")
    assert deploy_here(deployable).state == "deployed"
    assert releases(folder_of(deployable)) == ["v1.0.0", "v1.0.2"]


def test_whole_files_of_a_killed_fetch_are_not_fetched_again(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    oid = deployable.git("rev-parse", "line#prod#2")
    staged = folder_of(deployable) / "releases" / f".incoming-{oid[:12]}"
    with deployments(deployable) as die_at:
        at = 1
        while not (staged / "manifest.json").exists():
            die_at(at)
            at += 1
    shutil.rmtree(deployable / ".dvc" / "cache")
    shutil.rmtree(deployable.path.parent / "storage")
    again = deploy_here(deployable)
    assert (again.state, again.resumed) == ("deployed", True)
    assert served(folder_of(deployable)) == "v1.0.1"
