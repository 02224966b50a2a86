"""`mlgit deploy` with the user's program: its input, its end, and what remains."""

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
from mlgit.errors import Exit, ToolError
from tests.support.schema import assert_valid
from tests.support.targets import CONTENTS, assign, configure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

# Records its arguments, variables and files.
RECORDER = """\
import json, os, sys
mine = {name: value for name, value in os.environ.items() if name.startswith("MLGIT_")}
path = mine["MLGIT_PATH"]
files = {name: open(os.path.join(path, name)).read() for name in sorted(os.listdir(path))}
tree = {"argv": sys.argv[1:], "mine": mine, "files": files, "folder": os.getcwd()}
tree["group"] = os.getpgrp() == os.getpid()
json.dump(tree, open("recorded.json", "w"))
print("the program says hello")
"""


def by_program(work: Folder, script: str, *words: str, timeout: str = "10m") -> Folder:
    work.write("deploy.py", script)
    command = json.dumps([sys.executable, "deploy.py", *words])
    configure(work, f"deploy:\n  prod: {{target: command, command: {command}, timeout: {timeout}}}\n")
    return work


def recorded(work: Folder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((work / "recorded.json").read_text(encoding="utf-8"))
    return found


def gone(pid: int) -> bool:
    """Whether a process ends; a killed one may need a moment."""
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


def test_the_program_gets_the_verified_files_and_their_version(deployable: Folder) -> None:
    by_program(deployable, RECORDER, "--to", "{environment}", "{model}-{version}", "$(id)", "{}", "a b")
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "deploy")
    (deployment,) = record["deployments"]
    assert (deployment["state"], deployment["before"]) == ("deployed", "v1.0.0")
    assert deployment["steps"] == ["fetched", "verified", "done"]
    found = recorded(deployable)
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


def test_the_output_of_the_program_goes_to_stderr(deployable: Folder) -> None:
    by_program(deployable, RECORDER)
    done = deployable.mlgit("deploy", "--env", "prod", "--json")
    assert "the program says hello" in done.err
    assert done.json()["deployments"][0]["state"] == "deployed"


def test_the_program_does_not_get_the_tokens_of_mlgit(deployable: Folder) -> None:
    by_program(deployable, RECORDER)
    secrets = {"MLGIT_PUSH_TOKEN": "s3cret", "MLGIT_GITLAB_TOKEN": "s3cret", "CLOUD_KEY": "wanted"}
    done = deployable.here("deploy", "--env", "prod", env=secrets)
    assert done.status == Exit.DONE, done.err
    assert "s3cret" not in (deployable / "recorded.json").read_text()


def test_the_program_runs_each_time(deployable: Folder) -> None:
    by_program(deployable, "open('count', 'a').write('x')\n")
    for _ in range(2):
        assert deployable.here("deploy", "--env", "prod").status == Exit.DONE
    assert (deployable / "count").read_text() == "xx"


def test_a_dry_run_shows_the_program_and_does_not_run_it(deployable: Folder) -> None:
    by_program(deployable, RECORDER, "{version}")
    done = deployable.here("deploy", "--env", "prod", "--dry-run", "--json")
    assert done.status == Exit.DONE, done.err
    assert_valid(done.json(), "deploy")
    (planned,) = done.json()["deployments"]
    assert planned["command"] == [sys.executable, "deploy.py", "v1.0.0"]
    assert not (deployable / "recorded.json").exists()


def test_a_superseded_tag_does_not_run_it(deployable: Folder) -> None:
    by_program(deployable, RECORDER)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--tag", "line#prod#1")
    assert done.status == Exit.DONE
    assert done.out.startswith("Superseded: line#prod#1 by line#prod#2")
    assert not (deployable / "recorded.json").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9"),
    ],
)
def test_a_program_that_fails_is_a_failed_deployment(deployable: Folder, script: str, message: str) -> None:
    by_program(deployable, script)
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == Exit.TOOL
    assert message in done.err
    assert_valid(done.json(), "deploy")
    (failed,) = done.json()["deployments"]
    assert (failed["state"], failed["failure"]["step"]) == ("failed", "done")
    assert failed["steps"] == ["fetched", "verified"]


def test_a_missing_program_is_an_error(deployable: Folder) -> None:
    configure(deployable, "deploy:\n  prod: {target: command, command: ['no-such-program --fast']}\n")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "`no-such-program --fast` cannot be started" in done.err
    assert "not a shell line" in done.err
    assert "it failed before its program ran" in done.err


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("no-such-program", "`no-such-program` was not found on `PATH`; install it here, or deploy on"),
        ("./none.sh", "`./none.sh` is not on this machine; a path under `command:` is from the root"),
        (
            "./shebang.sh",
            "`./shebang.sh` cannot be started: No such file or directory; the program that its first",
        ),
        (
            "./plain.txt",
            "`./plain.txt` cannot be started: Permission denied; it must be a program that the user",
        ),
        (
            "a b",
            "`a b` cannot be started: No such file or directory; the list under `command:` is not a shell",
        ),
    ],
)
def test_a_program_that_cannot_be_started_has_its_reason(tmp_path: Path, program: str, shown: str) -> None:
    (tmp_path / "shebang.sh").write_text("#!/nowhere/sh\n")
    (tmp_path / "shebang.sh").chmod(0o755)
    (tmp_path / "plain.txt").write_text("")
    with pytest.raises(ToolError) as caught:
        run([program], folder=str(tmp_path), variables={}, timeout_s=1)
    assert f"{caught.value.message}; {caught.value.hint}".startswith(shown)


def test_files_that_cannot_be_fetched_do_not_run_it(deployable: Folder) -> None:
    import shutil

    by_program(deployable, RECORDER)
    shutil.rmtree(deployable / ".dvc" / "cache")
    shutil.rmtree(deployable.path.parent / "storage")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "it failed while fetching its files" in done.err
    assert not (deployable / "recorded.json").exists()


SLEEPS = "import os, time\nopen('pids', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
# A child that ignores TERM in the group of a program that does not; a shell starts sooner than Python.
STUBBORN = """\
sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 9; done' &
while [ ! -s child ]; do sleep 0.01; done
echo $$ > leader
sleep 600
"""


def test_a_program_that_takes_too_long_is_stopped_with_an_error(deployable: Folder) -> None:
    by_program(deployable, SLEEPS, timeout="1s")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "did not end within 1 s" in done.err
    assert "it failed while its program was running" in done.err


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_child_that_ignores_the_signal_is_killed_with_its_group(tmp_path: Path) -> None:
    status = run(["sh", "-c", STUBBORN], folder=str(tmp_path), variables={}, timeout_s=1, grace_s=0.2)
    assert status is None
    for name in ("leader", "child"):
        assert gone(int((tmp_path / name).read_text())), name


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_hang_up_signal_that_is_ignored_stays_ignored(deployable: Folder) -> None:
    """`nohup mlgit deploy …` continues when its terminal is closed."""
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
    output, _ = running.communicate(timeout=60)
    assert running.returncode == Exit.DONE
    assert json.loads(output)["deployments"][0]["state"] == "deployed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
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
    assert running.returncode == Exit.INTERRUPTED
    assert gone(pid)


def test_a_second_model_without_its_name_in_the_command_is_a_warning(deployable: Folder) -> None:
    work = by_program(deployable, "import shutil\n")
    (second := work / "other.bin").write_text("2")
    config = (work / "mlgit.yaml").read_text(encoding="utf-8")
    work.git("switch", "-qc", "topic")
    work.write("mlgit.yaml", config.replace("models:\n", f"models:\n  other: {{path: {second.name}}}\n"))
    work.commit("Add a model")
    notes = {each["code"]: each for each in work.here("check", "--json").json()["verdict"]["notes"]}
    assert notes["one_command"]["effect"] == "warn"
    work.git("push", "-q", "origin", "topic:main")
    work.git("fetch", "-q")
    found = {each["id"]: each for each in work.here("doctor", "--json").json()["findings"]}
    assert found["one_command"]["message"] == notes["one_command"]["message"]
    assert found["one_command"]["severity"] == "warn"
