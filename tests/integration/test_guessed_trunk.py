"""A clone in which nothing names trunk: anyone who can push could make a branch `main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, notes
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """\
version: 1
models:
  net: {{path: metrics.json, metrics: [metrics.json]}}
gates:
  auc-floor: {{metric: auc, min: {floor}}}
"""
_CI = {"CI": "true", "JENKINS_URL": "https://jenkins.example.org"}
_LOOSER = "Gate `auc-floor` was loosened: min 0.9 → 0.1"


@pytest.fixture
def clone(tmp_path: Path) -> Folder:
    """What some CIs make: no `origin/HEAD`. Trunk is `trunk`, and someone pushed `main` with a lower gate."""
    here = Folder(tmp_path)
    here.git("init", "-q", "--bare", "-b", "trunk", "origin.git")
    here.git("clone", "-q", "origin.git", "work")
    work = Folder(tmp_path / "work")
    work.git("checkout", "-q", "-b", "trunk")
    for branch, floor, auc in (("trunk", "0.9", "0.95"), ("main", "0.1", "0.95"), ("topic", "0.1", "0.2")):
        if branch != "trunk":
            work.git("checkout", "-q", "-b", branch, "trunk")
        work.write("mlgit.yaml", _CONFIG.format(floor=floor))
        work.write("metrics.json", f'{{"auc": {auc}}}\n')
        work.commit(f"Train on {branch}")
        work.git("push", "-q", "origin", branch)
    here.git("init", "-q", "-b", "none", "clone")
    made = Folder(tmp_path / "clone")
    made.git("remote", "add", "origin", f"file://{tmp_path}/origin.git")
    made.git("fetch", "-q", "origin")
    made.git("checkout", "-q", "--detach", "origin/topic")
    assert "origin/HEAD" not in made.git("branch", "-r")
    return made


def test_ci_asks_the_remote_which_branch_is_trunk(clone: Folder) -> None:
    assert _LOOSER in clone.here("check", env=_CI).out
    clone.git("update-ref", "-d", "refs/remotes/origin/main")
    assert _LOOSER in clone.here("check", env=_CI).out


def test_ci_guesses_no_trunk_among_several_branches(clone: Folder) -> None:
    url = clone.git("remote", "get-url", "origin").strip()
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    verdict = check(clone, status=Exit.BLOCKED, env=_CI)
    assert ("trunk_unknown", "block") in notes(verdict)
    (note,) = [each for each in verdict["notes"] if each["code"] == "trunk_unknown"]
    clone.git("remote", "set-url", "origin", url)
    clone.ok("sh", "-c", note["hint"].removeprefix("run `").removesuffix("`"))
    assert _LOOSER in clone.here("check", env=_CI).out


def test_elsewhere_a_check_says_that_trunk_is_guessed(clone: Folder) -> None:
    verdict = check(clone, status=Exit.DONE)
    (note,) = [each for each in verdict["notes"] if each["code"] == "trunk_guessed"]
    assert note["effect"] == "warn"
    assert "`origin/main` is treated as trunk" in note["message"]
    assert "is treated as trunk" in " ".join("\n".join(clone.here("check").out.splitlines()[:5]).split())
    (found,) = [
        each for each in clone.here("doctor", "--json").json()["findings"] if each["id"] == "trunk_guessed"
    ]
    assert (found["message"], f"run `{found['repair']}`") == (note["message"], note["hint"])
    clone.ok("sh", "-c", found["repair"])
    assert "trunk_guessed" not in clone.here("doctor", "--json").out
    done = clone.here("check")
    assert _LOOSER in done.out
    assert "is treated as trunk" not in done.out


@pytest.mark.parametrize("env", [_CI, None], ids=["CI", "elsewhere"])
def test_the_only_branch_is_trunk_without_a_question(clone: Folder, env: dict[str, str] | None) -> None:
    for branch in ("trunk", "topic"):
        clone.git("update-ref", "-d", f"refs/remotes/origin/{branch}")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    codes = [code for code, _ in notes(check(clone, status=Exit.DONE, env=env))]
    assert not {"trunk_unknown", "trunk_guessed"}.intersection(codes)
