"""`mlgit deploy` by a program of the user: what it is given, how it ends, what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.target.command import run
from tests.support.schema import assert_valid
from tests.support.targets import CONTENTS, assign, configure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

# Writes down what it was given.
TELL = """\
import json, os, sys
mine = {name: value for name, value in os.environ.items() if name.startswith("MLGIT_")}
path = mine["MLGIT_PATH"]
files = {name: open(os.path.join(path, name)).read() for name in sorted(os.listdir(path))}
tree = {"argv": sys.argv[1:], "mine": mine, "files": files, "folder": os.getcwd()}
tree["group"] = os.getpgrp() == os.getpid()
json.dump(tree, open("told.json", "w"))
print("the program says hello")
"""


def by_program(work: Folder, script: str, *words: str, timeout: str = "10m") -> Folder:
    work.write("deploy.py", script)
    command = json.dumps([sys.executable, "deploy.py", *words])
    configure(work, f"deploy:\n  prod: {{target: command, command: {command}, timeout: {timeout}}}\n")
    return work


def told(work: Folder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((work / "told.json").read_text(encoding="utf-8"))
    return found


def gone(pid: int) -> bool:
    """Whether a process ends; one that was killed may need a moment for it."""
    until = time.monotonic() + 10
    while runs(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not runs(pid)


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def waited_for(path: Path) -> str:
    until = time.monotonic() + 30
    while not (path.exists() and path.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    return path.read_text()


def test_the_program_is_given_the_verified_files_and_who_they_are(deployable: Folder) -> None:
    by_program(deployable, TELL, "--to", "{environment}", "{model}-{version}", "$(id)", "{}", "a b")
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == 0, done.err
    record = done.json()
    assert_valid(record, "deploy")
    (deployment,) = record["deployments"]
    assert (deployment["state"], deployment["before"]) == ("deployed", "v1.0.0")
    assert deployment["steps"] == ["fetched", "verified", "done"]
    found = told(deployable)
    assert found["argv"] == ["--to", "prod", "line-v1.0.1", "$(id)", "{}", "a b"]
    assert found["folder"] == os.path.realpath(deployable.path)
    assert found["group"] is True
    assert found["files"]["line.json"] == CONTENTS["v1.0.1"]
    assert_valid(json.loads(found["files"]["manifest.json"]), "release-manifest")
    place = found["mine"].pop("MLGIT_PATH")
    assert not os.path.exists(place)
    assert found["mine"] == {
        "MLGIT_MODEL": "line",
        "MLGIT_VERSION": "v1.0.1",
        "MLGIT_ENVIRONMENT": "prod",
        "MLGIT_TAG": "line#prod#2",
        "MLGIT_TAG_OID": deployable.git("rev-parse", "line#prod#2"),
        "MLGIT_RELEASE_TAG": "line@v1.0.1",
        "MLGIT_COMMIT": deployable.git("rev-parse", "line@v1.0.1^{commit}"),
        "MLGIT_ACTION": "promote",
        "MLGIT_PREVIOUS_VERSION": "v1.0.0",
    }


def test_what_the_program_prints_goes_to_stderr(deployable: Folder) -> None:
    by_program(deployable, TELL)
    done = deployable.mlgit("deploy", "--env", "prod", "--json")
    assert "the program says hello" in done.err
    assert done.json()["deployments"][0]["state"] == "deployed"


def test_tokens_of_mlgit_are_not_handed_on(deployable: Folder) -> None:
    by_program(deployable, TELL)
    secrets = {"MLGIT_PUSH_TOKEN": "s3cret", "MLGIT_GITLAB_TOKEN": "s3cret", "CLOUD_KEY": "wanted"}
    done = deployable.mlgit("deploy", "--env", "prod", env=secrets)
    assert done.status == 0, done.err
    assert "s3cret" not in (deployable / "told.json").read_text()


def test_the_program_is_run_each_time(deployable: Folder) -> None:
    by_program(deployable, "open('count', 'a').write('x')\n")
    for _ in range(2):
        assert deployable.here("deploy", "--env", "prod").status == 0
    assert (deployable / "count").read_text() == "xx"


def test_a_dry_run_tells_the_program_and_does_not_run_it(deployable: Folder) -> None:
    by_program(deployable, TELL, "{version}")
    done = deployable.here("deploy", "--env", "prod", "--dry-run", "--json")
    assert done.status == 0, done.err
    assert_valid(done.json(), "deploy")
    (planned,) = done.json()["deployments"]
    assert planned["command"] == [sys.executable, "deploy.py", "v1.0.0"]
    assert not (deployable / "told.json").exists()


def test_a_superseded_tag_does_not_run_it(deployable: Folder) -> None:
    by_program(deployable, TELL)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--tag", "line#prod#1")
    assert done.status == 0
    assert done.out.startswith("Superseded: line#prod#1 by line#prod#2")
    assert not (deployable / "told.json").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9"),
    ],
)
def test_a_program_that_fails_is_a_failed_deployment(deployable: Folder, script: str, said: str) -> None:
    by_program(deployable, script)
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == 5
    assert said in done.err
    assert_valid(done.json(), "deploy")
    (failed,) = done.json()["deployments"]
    assert (failed["state"], failed["failure"]["step"]) == ("failed", "done")
    assert failed["steps"] == ["fetched", "verified"]


def test_a_program_that_is_not_there_is_told(deployable: Folder) -> None:
    configure(deployable, "deploy:\n  prod: {target: command, command: ['no-such-program --fast']}\n")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == 5
    assert "`no-such-program --fast` cannot be started" in done.err
    assert "no shell line" in done.err


def test_files_that_cannot_be_fetched_do_not_run_it(deployable: Folder) -> None:
    import shutil

    by_program(deployable, TELL)
    shutil.rmtree(deployable / ".dvc" / "cache")
    shutil.rmtree(deployable.path.parent / "storage")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == 5
    assert "step: fetched" in done.err
    assert not (deployable / "told.json").exists()


SLEEPS = "import os, time\nopen('pids', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
# A child that does not listen, in the group of a program that does; a shell is there sooner than Python.
STUBBORN = """\
sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 9; done' &
while [ ! -s child ]; do sleep 0.01; done
echo $$ > leader
sleep 600
"""


def test_a_program_that_takes_too_long_is_ended_and_told(deployable: Folder) -> None:
    by_program(deployable, SLEEPS, timeout="1s")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == 5
    assert "did not end within 1 s" in done.err
    assert "step: done" in done.err


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are told by /proc")
def test_who_does_not_listen_is_killed_with_the_whole_group(tmp_path: Path) -> None:
    status = run(["sh", "-c", STUBBORN], folder=str(tmp_path), variables={}, timeout_s=1, grace_s=0.2)
    assert status is None
    for name in ("leader", "child"):
        assert gone(int((tmp_path / name).read_text())), name


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are told by /proc")
def test_who_was_told_not_to_listen_to_a_hang_up_does_not(deployable: Folder) -> None:
    """`nohup mlgit deploy …` goes on when its terminal is closed."""
    by_program(deployable, "import os, time\nopen('pids', 'w').write(str(os.getpid()))\ntime.sleep(0.5)\n")
    running = subprocess.Popen(
        ["nohup", sys.executable, "-m", "mlgit", "deploy", "--env", "prod", "--json"],
        cwd=deployable.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    waited_for(deployable / "pids")
    running.send_signal(signal.SIGHUP)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert json.loads(said)["deployments"][0]["state"] == "deployed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are told by /proc")
def test_a_program_does_not_outlive_an_interrupted_mlgit(deployable: Folder, number: signal.Signals) -> None:
    by_program(deployable, SLEEPS)
    running = subprocess.Popen(
        [sys.executable, "-m", "mlgit", "deploy", "--env", "prod"],
        cwd=deployable.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    pid = int(waited_for(deployable / "pids"))
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert gone(pid)
