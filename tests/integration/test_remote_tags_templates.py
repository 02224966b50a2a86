"""The steps of the CI templates that list the remote's tags write what `ci pr` reads, or fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Done, Folder

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Path(__file__).parents[2] / "ci-templates"
CONFIG = """\
version: 1
models: {net: {path: net.bin}}
gates: {keep: {metric: acc, vs: prod, max_drop: 0.01}}
environments: {prod: {}}
"""
FILES = (
    "github/workflows/mlgit-pr.yml",
    "github/workflows/mlgit-monitor.yml",
    "gitlab/templates/pr.yml",
    "gitlab/templates/monitor.yml",
)


def _step(name: str) -> str:
    """The shell lines of the step, which the runner runs with `-e`."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    if name.startswith("github"):
        (line,) = re.findall(r"run: (git ls-remote .*)", text)
        return str(line)
    (lines,) = re.findall(r"- \| # before anything of the branch runs\n((?: {6}.*\n)+)", text)
    return str(lines)


def _listed(
    clone: Folder, name: str, listing: Path, server: Path, more: Mapping[str, str] | None = None
) -> Done:
    """Run the step, as the runner does, and write where its listing is."""
    variables = {
        "GITHUB_SERVER_URL": f"file://{server}",
        "GITHUB_REPOSITORY": "origin.git",
        "MLGIT_REMOTE_TAGS": str(listing.with_name("github")),
        **(more or {}),
    }
    (listing.with_name("github")).touch()
    script = f'{_step(name)}\nprintf %s "$MLGIT_REMOTE_TAGS" >{listing}'
    return clone.run("bash", "-e", "-c", script, env=variables)


def _judged(clone: Folder, env: Mapping[str, str]) -> tuple[str, str | None]:
    folder = clone.path.parent / "report"
    done = clone.here("ci", "pr", "--json", "-o", str(folder), env=dict(env))
    assert done.status in {Exit.DONE, Exit.BLOCKED}, done.err
    (result,) = done.json()["check"]["verdict"]["results"]
    return result["outcome"], result["reason"]


@pytest.fixture
def clone(tmp_path: Path) -> Folder:
    """A whole clone of a remote without tags."""
    Folder(tmp_path).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(tmp_path).git("clone", "-q", "origin.git", "clone")
    work = Folder(tmp_path / "clone")
    work.write("mlgit.yaml", CONFIG)
    work.write("dvc.yaml", "metrics: [scores.json]\n")
    work.write("net.bin", "one")
    work.write("scores.json", '{"acc": 0.9}\n')
    work.commit("One")
    work.git("push", "-q", "-u", "origin", "HEAD:main")
    work.git("remote", "set-head", "origin", "--auto")
    return work


@pytest.mark.parametrize("name", FILES)
def test_the_step_writes_what_the_gates_read(clone: Folder, tmp_path: Path, name: str) -> None:
    listing = tmp_path / "place"
    assert _listed(clone, name, listing, tmp_path).status == 0
    env = {"MLGIT_REMOTE_TAGS": listing.read_text(encoding="utf-8")}
    assert _judged(clone, env) == ("skipped", "no_baseline")  # known to have no tags
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert clone.here(*argv).status == Exit.DONE
    assert _listed(clone, name, listing, tmp_path).status == 0
    env = {"MLGIT_REMOTE_TAGS": listing.read_text(encoding="utf-8")}
    assert _judged(clone, env) == ("pass", None)
    clone.git("tag", "-d", "net#prod#1")
    assert _judged(clone, env) == ("error", "unknown_here")


def test_in_a_fork_the_step_takes_the_tags_of_the_target_and_no_others(clone: Folder, tmp_path: Path) -> None:
    assert clone.here("release", "net").status == Exit.DONE
    Folder(tmp_path).git("clone", "-q", "--bare", "origin.git", "fork.git")
    clone.git("remote", "set-url", "origin", str(tmp_path / "fork.git"))
    assert clone.here("promote", "net", "--to", "prod").status == Exit.DONE
    fork = {
        "GITLAB_CI": "true",
        "CI_PROJECT_PATH": "eve/origin",
        "CI_MERGE_REQUEST_PROJECT_PATH": "team/origin",
        "CI_MERGE_REQUEST_PROJECT_URL": f"file://{tmp_path}/origin",
    }
    listing = tmp_path / "place"
    assert _listed(clone, "gitlab/templates/pr.yml", listing, tmp_path, fork).status == 0
    assert clone.git("tag") == "net@v1.0.0"
    env = {**fork, "MLGIT_REMOTE_TAGS": listing.read_text(encoding="utf-8")}
    assert _judged(clone, env) == ("skipped", "no_baseline")
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    assert _listed(clone, "gitlab/templates/pr.yml", listing, tmp_path, fork).status == 0
    env = {**fork, "MLGIT_REMOTE_TAGS": listing.read_text(encoding="utf-8")}
    assert _judged(clone, env) == ("error", "unknown_here")


@pytest.mark.parametrize("name", FILES)
def test_a_step_that_cannot_list_fails_and_its_file_proves_nothing(
    clone: Folder, tmp_path: Path, name: str
) -> None:
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    listing = tmp_path / "place"
    assert _listed(clone, name, listing, tmp_path).status != 0
    empty = tmp_path / "github"  # a runner that continues all the same has this file
    assert empty.read_bytes() == b""
    assert _judged(clone, {"MLGIT_REMOTE_TAGS": str(empty)}) == ("error", "unknown_here")
