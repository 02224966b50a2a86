"""Deployments while other processes read or deploy."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.deploy.targets import LocalTarget
from mlgit.core.progress import Silent
from mlgit.errors import Exit
from mlgit.project.deploy.desired_state import desired_head
from mlgit.project.deploy.job import Job
from mlgit.project.deploy.local import deploy
from mlgit.project.registry.read import read_registry
from tests.support import reader
from tests.support.registry import close_all, opened
from tests.support.targets import assign, configure, deploy_here, folder_of, lines, served, steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Folder

SWITCHES = 200


@contextmanager
def readers(place: Path, stop: Path, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Processes that read all the time; the counts of each are there afterwards."""
    running = {
        kind: subprocess.Popen(
            [sys.executable, reader.__file__, str(place / "current"), str(stop), kind],
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    }
    counted: dict[str, Any] = {}
    try:
        yield counted
    finally:
        stop.touch()
        for kind, process in running.items():
            output, _ = process.communicate(timeout=60)
            counted[kind] = json.loads(output) if process.returncode == Exit.DONE else output


@pytest.mark.slow
def test_readers_lose_nothing_during_two_hundred_switches(deployable: Folder, tmp_path: Path) -> None:
    configure(deployable, "deploy:\n  prod: {target: local, path: 'served/{model}', keep: 3}\n")
    place = folder_of(deployable)
    deploy_here(deployable)
    with readers(place, tmp_path / "stop", ("once", "twice")) as counted:
        for number in range(SWITCHES):
            assign(deployable, f"v1.0.{(number + 1) % 3}")
            assert deploy_here(deployable).state == "deployed"
    assert steps(place).count("switched") == SWITCHES + 1
    print(counted)
    once, twice = counted["once"], counted["twice"]
    assert (once["lost"], once["mixed"]) == (0, 0)
    assert twice["lost"] == 0
    assert once["loads"] > 10 * SWITCHES
    assert once["releases"] == 3


def test_two_deployments_at_once_run_one_after_the_other(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "mlgit", "deploy", "--env", "prod", "--json"],
            cwd=deployable.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    states = sorted(json.loads(out)["deployments"][0]["state"] for out, _ in outputs)
    assert states == ["already", "deployed"]
    assert served(folder_of(deployable)) == "v1.0.1"
    assert [line["step"] for line in lines(folder_of(deployable)) if line["tag"] == "line#prod#2"] == [
        "intent",
        "fetched",
        "verified",
        "switched",
        "done",
    ]


@contextmanager
def held(place: Path, holder: str) -> Iterator[int]:
    """Hold the lock of the target as another process."""
    path = place / "deployments" / "prod.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, holder.encode())
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_second_deployment_waits_and_names_the_first(deployable: Folder) -> None:
    # Any process may have written it, and it is shown on a terminal.
    with held(folder_of(deployable), "pid 7 on ci, line#prod#1\x1b[2J\nDeployed") as lock:
        waiting = subprocess.Popen(
            [sys.executable, "-m", "mlgit", "deploy", "--env", "prod"],
            cwd=deployable.path,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert waiting.stderr is not None
        line = waiting.stderr.readline()
        assert line == "Waiting for another deployment: pid 7 on ci, line#prod#1\ufffd[2J\ufffdDeployed\n"
        assert not (folder_of(deployable) / "current").exists()
        fcntl.flock(lock, fcntl.LOCK_UN)
        _, output = waiting.communicate(timeout=60)
    assert waiting.returncode == Exit.DONE, output
    assert served(folder_of(deployable)) == "v1.0.0"


def test_a_deployment_that_waited_too_long_names_the_holder(deployable: Folder) -> None:
    project = opened(deployable)
    head = desired_head(read_registry(project).model("line").environment("prod"))
    assert head is not None
    place = folder_of(deployable)
    try:
        with held(place, "pid 7 on ci"):
            done = deploy(
                Job(project, head, target="local", progress=Silent()),
                LocalTarget(path=str(place)),
                dry_run=False,
                wait_s=0.3,
            )
    finally:
        close_all()
    assert done.failure is not None
    assert "pid 7 on ci" in done.failure.message
    assert done.failure.exit_code == Exit.STATE
    assert not (place / "current").exists()


def test_an_up_to_date_target_is_reported_while_another_process_deploys(deployable: Folder) -> None:
    deploy_here(deployable)
    with held(folder_of(deployable), "pid 7 on ci"):
        assert deploy_here(deployable).state == "already"
