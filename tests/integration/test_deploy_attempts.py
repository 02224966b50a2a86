"""A deployment that fails without a journal: the clone that ran it knows, and no other says anything."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_deploy_command import SLEEPS, by_program, waited_for
from tests.integration.test_doctor import doctor
from tests.support.registry import clone
from tests.support.targets import assign, folder_of, lines

if TYPE_CHECKING:
    from tests.support.shell import Folder

FAILED = "deploying v1.0.0{} from this clone failed"
WHY = f"`{sys.executable} deploy.py` ended with exit code 3"
SCREENS = {
    ("status",): "",
    ("show", "line"): "",
    ("show", "prod"): "",
    ("models",): " to prod of line",
    ("history",): " to prod of line",
    ("history", "--env", "prod"): " to prod of line",
}


def screen(folder: Folder, *argv: str) -> str:
    done = folder.here(*argv)
    assert done.status == Exit.DONE, done.err
    return " ".join(done.out.split())


@pytest.fixture
def failed(deployable: Folder) -> Folder:
    by_program(deployable, "raise SystemExit(3)")
    deployable.git("push", "-q", "--tags")
    assert deployable.here("deploy", "--env", "prod").status == Exit.TOOL
    return deployable


def test_every_screen_shows_what_failed_here_and_when_until_it_succeeds(failed: Folder) -> None:
    for argv, place in SCREENS.items():
        shown = screen(failed, *argv)
        assert FAILED.format(place) in shown, argv
        assert f"s ago: {WHY}" in shown, argv
    assert "next: mlgit deploy --env prod" in screen(failed, "status")
    assert "deploying" not in screen(failed, "history", "--env", "staging")
    found = doctor(failed)["deployment_failed"]
    assert found["message"].startswith("Deploying v1.0.0 to `prod` of `line` from this clone failed ")
    assert found["repair"] == "mlgit deploy --env prod"
    failed.write("deploy.py", "")
    assert failed.here("deploy", "--env", "prod").status == Exit.DONE
    for argv in SCREENS:
        assert "deploying" not in screen(failed, *argv), argv
    assert "deployment_failed" not in doctor(failed)


def test_another_clone_says_nothing_and_neither_does_this_one_about_another_tag(failed: Folder) -> None:
    other = clone(failed, "other")
    assert failed.here("deploy", "--env", "prod", "--dry-run").status == Exit.DONE
    assert FAILED.format("") in screen(failed, "status")
    assign(failed, "v1.0.1")
    for argv in SCREENS:
        assert "deploying" not in screen(other, *argv), argv
        assert "deploying" not in screen(failed, *argv), argv


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_deployment_that_was_killed_has_begun(deployable: Folder) -> None:
    by_program(deployable, SLEEPS)
    command = [sys.executable, "-m", "mlgit", "deploy", "--env", "prod"]
    with subprocess.Popen(command, cwd=deployable.path, stderr=subprocess.DEVNULL) as running:
        pid = int(waited_for(deployable / "pids"))
        running.kill()
    os.kill(pid, signal.SIGKILL)
    shown = screen(deployable, "show", "prod")
    assert "deploying v1.0.0 from this clone began " in shown
    assert "ago, and its end is not known" in shown
    assert "next: mlgit deploy" not in screen(deployable, "status")
    assert (
        doctor(deployable)["deployment_failed"]["repair"] == "unless it still runs, `mlgit deploy --env prod`"
    )


def test_a_folder_that_cannot_be_written_has_no_journal_and_is_named_too(
    deployable: Folder,
) -> None:
    deployable.write("served", "in the way")
    assert deployable.here("deploy", "--env", "prod").status == Exit.TOOL
    for argv, place in SCREENS.items():
        shown = screen(deployable, *argv)
        assert f"{FAILED.format(place)} 0 s ago: not a directory (`" in re.sub(r"\d+ s ago", "0 s ago", shown)
    os.unlink(deployable / "served")
    assert deployable.here("deploy", "--env", "prod").status == Exit.DONE
    for argv in SCREENS:
        assert "deploying" not in screen(deployable, *argv), argv


def test_a_clone_that_cannot_keep_it_deploys_all_the_same(deployable: Folder) -> None:
    by_program(deployable, "")
    (deployable / ".git" / "mlgit").rename(deployable / ".git" / "kept")
    (deployable / ".git" / "mlgit").write_text("in the way")
    assert deployable.here("deploy", "--env", "prod").status == Exit.DONE


@pytest.mark.parametrize(
    ("running", "shown"),
    [(True, "v1.0.1 is being deployed"), (False, "deploying v1.0.1 was interrupted")],
)
def test_a_deployment_that_runs_is_not_called_interrupted(
    deployable: Folder, *, running: bool, shown: str
) -> None:
    assert deployable.here("deploy", "--env", "prod").status == Exit.DONE
    assign(deployable, "v1.0.1")
    assert deployable.here("deploy", "--env", "prod").status == Exit.DONE
    place = folder_of(deployable)
    journal = place / "deployments" / "prod.jsonl"
    text = journal.read_text()
    until = next(number for number, line in enumerate(lines(place)) if line["tag"] == "line#prod#2")
    journal.write_text("".join(text.splitlines(keepends=True)[: until + 1]))
    os.unlink(place / "current")
    os.symlink("releases/v1.0.0", place / "current")
    with open(place / "deployments" / "prod.lock", "r+") as lock:
        if running:
            fcntl.flock(lock, fcntl.LOCK_EX)
        for argv in (("status",), ("show", "prod"), ("models",)):
            assert f"still serves v1.0.0; {shown}" in screen(deployable, *argv), argv
