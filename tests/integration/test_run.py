"""`mlgit run`: missing data is pulled, stages run, the verdict decides; Ctrl-C ends every process."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

SLEEPER = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
open("pids.txt", "w").write(f"{os.getpid()} {child.pid} {os.getppid()}")
time.sleep(120)
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SLEEPER


def slope(project: Folder, value: float) -> None:
    project.write("params.yaml", f"train:\n  slope: {value}\n")


def pipeline_of_one(project: Folder, script: str) -> None:
    project.write("src/train.py", script)
    project.write(
        "dvc.yaml",
        "stages:\n  train:\n    cmd: python src/train.py\n    deps: [src/train.py]\n    outs: [out.txt]\n",
    )
    (project / "dvc.lock").unlink()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(path: Path, *, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError(path)


def test_only_stale_stages_run_and_the_verdict_is_shown(project: Folder) -> None:
    slope(project, 1.995)
    done = project.here("run", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "run")
    assert record["stages"] == ["train", "evaluate"]
    assert record["check"]["verdict"]["decision"] == "allow"


def test_what_dvc_restores_from_its_cache_is_not_called_a_run(project: Folder) -> None:
    slope(project, 1.995)
    assert "ran: train, evaluate\n" in project.here("run").out
    slope(project, 1.99)
    record = project.here("run", "--json").json()
    assert_valid(record, "run")
    assert record["restored"] == record["stages"] == ["train", "evaluate"]
    slope(project, 1.995)
    done = project.here("run")
    assert "restored from DVC's cache: train, evaluate\n" in done.out
    assert "ran: " not in done.out


def conflicted(project: Folder, path: str, one: str, other: str) -> None:
    """Merge two branches that changed the same file."""
    project.git("switch", "-qc", "other")
    project.write(path, other)
    project.commit("Other")
    project.git("switch", "-q", "main")
    project.write(path, one)
    project.commit("One")
    assert project.run("git", "merge", "-q", "other").status == 1


def test_nothing_runs_while_an_input_has_the_markers_of_a_merge(project: Folder) -> None:
    conflicted(project, "params.yaml", "train:\n  slope: 1.5\n", "train:\n  slope: 1.6\n")
    done = project.here("run")
    assert done.status == Exit.STATE
    assert "The merge is not resolved: there are conflict markers in `params.yaml`" in done.err
    status = project.here("status").out
    assert "1 file in conflict: params.yaml\n" in status
    assert "next: git mergetool\n" in status
    assert " · merge unresolved" in project.here("status", "-s").out
    project.write("params.yaml", "train:\n  slope: 1.995\n")
    assert project.here("run").status == Exit.DONE


def test_a_merge_with_conflicts_in_results_ends_by_the_next_steps(project: Folder) -> None:
    def trained(branch: str, slope: str) -> None:
        project.git("switch", "-qc", branch, "origin/main")
        project.write("params.yaml", f"train:\n  slope: {slope}\n")
        project.dvc("repro", "-q")
        project.commit(f"Slope {slope}")

    trained("one", "1.5")
    trained("two", "1.6")
    assert project.run("git", "merge", "-q", "one").status == 1
    project.write("params.yaml", "train:\n  slope: 1.7\n")
    project.git("add", "params.yaml")
    taken = []
    for _ in range(3):
        command = project.here("status", "--json").json()["next"]["command"]
        taken.append(command)
        done = project.run("sh", "-c", command, env={"GIT_EDITOR": "true"})
        assert done.status in {0, 1}, done.err
    assert taken == ["git checkout --theirs dvc.lock", "mlgit run", "git add -u && git merge --continue"]
    assert '"slope": 1.7' in (project / "models/line.json").read_text()
    assert "3 stages up to date" in project.here("status").out


def test_a_metric_file_in_conflict_is_written_by_its_stage(project: Folder) -> None:
    conflicted(project, "metrics/test.json", '{"r2": 0.6}\n', '{"r2": 0.7}\n')
    assert "has an unresolved merge conflict" in project.here("check").out
    assert project.here("run").status == Exit.DONE


def test_the_gates_check_the_results_of_this_run(project: Folder) -> None:
    slope(project, 0.5)
    done = project.here("run")
    assert done.status == Exit.BLOCKED
    assert "ran: train, evaluate" in done.out
    assert "r2-floor" in done.out


def test_up_to_date_runs_nothing(project: Folder) -> None:
    done = project.here("run", "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["stages"] == []


def test_force_runs_stages_that_are_up_to_date(project: Folder) -> None:
    assert project.here("run", "train", "--force", "--json").json()["stages"] == ["prepare", "train"]


def test_a_dry_run_changes_nothing_and_checks_no_gates(project: Folder) -> None:
    slope(project, 1.5)
    before = (project / "dvc.lock").read_text()
    record = project.here("run", "--dry-run", "--json").json()
    assert_valid(record, "run")
    assert record["dry_run"] is True
    assert "train" in record["stages"]
    assert record["check"] is None
    assert (project / "dvc.lock").read_text() == before


def test_the_output_of_stages_is_on_stderr_only(project: Folder) -> None:
    pipeline_of_one(project, "print('noise on stdout', flush=True)\nopen('out.txt', 'w').write('x')\n")
    done = project.here("run", "--json")
    assert "noise on stdout" in done.err
    assert "noise" not in done.out
    assert_valid(done.json(), "run")


def test_quiet_hides_the_output_of_stages(project: Folder) -> None:
    pipeline_of_one(project, "print('noise')\nopen('out.txt', 'w').write('x')\n")
    assert "noise" not in project.here("run", "-q").err


def test_a_failed_stage_is_named_and_its_output_is_shown(project: Folder) -> None:
    pipeline_of_one(project, "import sys\nsys.exit('my own reason')\n")
    done = project.here("run", "--json")
    assert done.status == Exit.TOOL
    assert "Stage `train` failed" in done.err
    assert "my own reason" in done.err
    document = done.json()
    assert_valid(document, "error")
    assert document["error"]["code"] == "stage_failed"


def test_a_failed_stage_is_explained_with_quiet_as_well(project: Folder) -> None:
    pipeline_of_one(project, "import sys\nsys.exit('my own reason')\n")
    done = project.here("run", "-q")
    assert done.status == Exit.TOOL
    assert "my own reason" in done.err


def test_a_script_cannot_pretend_that_a_stage_failed(project: Folder) -> None:
    text = "print(\"ERROR: failed to reproduce 'fake'\")\nopen('out.txt', 'w').write('x')\n"
    pipeline_of_one(project, text)
    assert project.here("run").status in {0, 1}


def test_an_unknown_stage_is_a_state_error(project: Folder) -> None:
    done = project.here("run", "nope")
    assert done.status == Exit.STATE
    assert "nope" in done.err


def test_an_invalid_pipeline_is_a_config_error_with_its_line(project: Folder) -> None:
    project.write("dvc.yaml", "stages:\n  train:\n    cmdd: x\n")
    done = project.here("run", "--json")
    assert done.status == Exit.CONFIG
    assert "dvc.yaml:" in done.err
    assert_valid(done.json(), "error")


def test_a_repository_without_dvc_is_an_error_with_a_hint(empty_repository: Folder) -> None:
    done = empty_repository.here("run")
    assert done.status == Exit.STATE
    assert "dvc init" in done.err


@pytest.fixture
def fresh(project: Folder) -> Folder:
    """A clone as a colleague has it: no cache and no data, but the remote."""
    shutil.rmtree(project / ".dvc" / "cache")
    for path in ("data/raw.csv", "data/clean.csv", "models/line.json"):
        (project / path).unlink()
    return project


def test_a_clone_without_data_pulls_before_it_runs(fresh: Folder) -> None:
    record = fresh.here("run", "--json").json()
    assert set(record["pulled"]) == {"data/raw.csv", "data/clean.csv", "models/line.json"}
    assert record["stages"] == []
    assert (fresh / "models" / "line.json").exists()


def test_no_pull_does_not_use_the_remote(fresh: Folder) -> None:
    done = fresh.here("run", "--no-pull")
    assert done.status == Exit.TOOL
    assert not (fresh / "data" / "raw.csv").exists()


def test_an_output_that_the_remote_lost_is_made_again(fresh: Folder) -> None:
    storage = fresh.path.parent / "storage"
    raw = next(
        path for path in storage.rglob("*") if path.is_file() and path.read_bytes().startswith(b"x,y\n1,2\n")
    )
    kept = raw.read_bytes()
    shutil.rmtree(storage / "files")
    (fresh / "data" / "raw.csv").write_bytes(kept)
    done = fresh.here("run", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert record["stages"] == ["prepare", "train"]
    assert record["notes"] == [
        "not in the DVC remote, so they are made again: data/clean.csv, models/line.json"
    ]


def started(project: Folder) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mlgit", "run"],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process(project: Folder, number: signal.Signals) -> None:
    pipeline_of_one(project, SLEEPER)
    process = started(project)
    pids = [int(pid) for pid in wait_for(project / "pids.txt").split()]
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert [pid for pid in pids if alive(pid)] == []
    assert (
        not (project / ".dvc" / "tmp" / "lock").exists()
        or project.here("run", "--dry-run").status == Exit.DONE
    )


def test_a_second_interrupt_ends_a_stage_that_ignores_the_first(project: Folder) -> None:
    pipeline_of_one(project, STUBBORN)
    process = started(project)
    pids = [int(pid) for pid in wait_for(project / "pids.txt").split()]
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert [pid for pid in pids if alive(pid)] == []


def test_on_a_terminal_stages_see_a_terminal(project: Folder) -> None:
    pipeline_of_one(project, "import sys\nopen('out.txt', 'w').write(str(sys.stderr.isatty()))\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mlgit", "run"], cwd=project.path, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    process.wait(60)
    os.close(ours)
    assert b"Running stage 'train'" in seen
    assert (project / "out.txt").read_text() == "True"
