"""The scripts in .ci: what fails a run, and what is only reported."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def skipped(tmp_path: Path, *, log: str, missing: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "log").write_text(log, encoding="utf-8")
    (tmp_path / "missing").write_text(missing, encoding="utf-8")
    argv = [str(ROOT / ".ci" / "skipped"), str(tmp_path / "log"), str(tmp_path / "missing")]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


ACT = "SKIPPED [3] tests/support/tools.py:35: `act` is not installed\n"
NODE = "SKIPPED [1] tests/support/tools.py:35: `gitlab-ci-local` is not installed\n"
MOUNT = "SKIPPED [1] tests/x.py:1: mounting is not permitted here: no\n"
END = "==== 10 passed, 3 skipped in 1.00s ====\n"


@pytest.mark.parametrize(
    ("log", "missing"),
    [(END, ""), (MOUNT + END, ""), (ACT + END, "act\n"), (ACT + NODE, "gitlab-ci-local\nact\n")],
)
def test_a_skip_for_a_tool_that_cannot_be_installed_is_reported(
    tmp_path: Path, log: str, missing: str
) -> None:
    done = skipped(tmp_path, log=log, missing=missing)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == sorted(missing.split())


@pytest.mark.parametrize(
    ("log", "missing", "named"),
    [
        (ACT, "", "act"),
        (ACT + NODE, "act\n", "gitlab-ci-local"),
        (ACT, "ac\nactionlint\n", "act"),
        ("SKIPPED [1] tests/x.py:1: could not import 'gto'\n", "act\n", "gto"),
    ],
)
def test_a_skip_for_any_other_tool_fails_the_run(tmp_path: Path, log: str, missing: str, named: str) -> None:
    done = skipped(tmp_path, log=log, missing=missing)
    assert done.returncode == 1
    assert named in done.stderr


def test_no_script_names_a_package_host() -> None:
    for script in sorted((ROOT / ".ci").iterdir()):
        assert "://" not in script.read_text(encoding="utf-8"), script.name
