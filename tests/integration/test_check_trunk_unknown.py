"""A check in a clone that does not know which branch is trunk: nothing is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
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


@pytest.fixture
def origin(tmp_path: Path) -> Folder:
    """A bare repository whose topic branch lowers the only gate."""
    Folder(tmp_path).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(tmp_path).git("clone", "-q", "origin.git", "work")
    work = Folder(tmp_path / "work")
    work.git("checkout", "-q", "-b", "main")
    for branch, floor, auc in (("main", "0.9", "0.95"), ("topic", "0.1", "0.2")):
        if branch == "topic":
            work.git("checkout", "-q", "-b", "topic")
        work.write("mlgit.yaml", _CONFIG.format(floor=floor))
        work.write("metrics.json", f'{{"auc": {auc}}}\n')
        work.commit(f"Train on {branch}")
        work.git("push", "-q", "origin", branch)
    return Folder(tmp_path / "origin.git")


def _clone(origin: Folder, *options: str) -> Folder:
    place = origin.path.parent / "clone"
    Folder(origin.path.parent).git(
        "clone", "-q", "-b", "topic", *options, f"file://{origin.path}", str(place)
    )
    return Folder(place)


def test_a_whole_clone_names_the_loosened_gate(origin: Folder) -> None:
    done = _clone(origin).here("check")
    assert done.status == Exit.DONE
    assert "Gate `auc-floor` was loosened: min 0.9 → 0.1" in done.out


def test_a_clone_of_one_branch_blocks_and_its_hint_repairs_it(origin: Folder) -> None:
    clone = _clone(origin, "--single-branch")
    for command in ("check", "report"):
        done = clone.here(command)
        assert done.status == Exit.BLOCKED, done.out
        assert "Trunk is not known in this clone" in "\n".join(done.out.splitlines()[:4])
    verdict = clone.here("check", "--json").json()["verdict"]
    (note,) = [each for each in verdict["notes"] if each["code"] == "trunk_unknown"]
    assert note["effect"] == "block"
    clone.ok("sh", "-c", note["hint"].removeprefix("run `").removesuffix("`"))
    assert "was loosened" in clone.here("check").out


@pytest.mark.parametrize("kind", ["no remote", "empty remote"])
def test_a_repository_without_a_trunk_elsewhere_needs_none(tmp_path: Path, kind: str) -> None:
    work = Folder(tmp_path)
    work.git("init", "-q", "-b", "trial", "work")
    work = Folder(tmp_path / "work")
    if kind == "empty remote":
        Folder(tmp_path).git("init", "-q", "--bare", "there.git")
        work.git("remote", "add", "origin", str(tmp_path / "there.git"))
    work.write("mlgit.yaml", _CONFIG.format(floor="0.5"))
    work.write("metrics.json", '{"auc": 0.9}\n')
    work.commit("Train")
    done = work.here("check")
    assert done.status == Exit.DONE, done.out
    assert "Trunk is not known" not in done.out


@pytest.mark.parametrize("ci", [True, False])
@pytest.mark.parametrize("kind", ["FETCH_HEAD", "another folder of refs", "a local main"])
def test_a_clone_that_fetched_only_the_change_does_not_take_it_for_trunk(
    origin: Folder, kind: str, *, ci: bool
) -> None:
    clone = Folder(origin.path.parent / "clone")
    clone.path.mkdir()
    clone.git("init", "-q", "-b", "unborn")
    clone.git("remote", "add", "origin", str(origin.path))
    if kind == "another folder of refs":
        clone.git("fetch", "-q", "origin", "+refs/heads/topic:refs/remotes/pull/7/merge")
        clone.git("checkout", "-q", "--detach", "refs/remotes/pull/7/merge")
    else:
        # As a job does whose settings fetch no branch.
        clone.git("-c", "remote.origin.fetch=", "fetch", "-q", str(origin.path), "topic")
        clone.git(
            "checkout", "-q", *(["-b", "main"] if kind == "a local main" else ["--detach"]), "FETCH_HEAD"
        )
    variables = {"CI": "true"} if ci else {}
    done = clone.here("check", "--json", env=variables)
    assert done.status == Exit.BLOCKED, done.out
    (note,) = [each for each in done.json()["verdict"]["notes"] if each["code"] == "trunk_unknown"]
    clone.ok("sh", "-c", note["hint"].removeprefix("run `").removesuffix("`"))
    assert "was loosened" in clone.here("check", env=variables).out


def test_ci_never_takes_the_branch_for_trunk_because_nothing_was_fetched(origin: Folder) -> None:
    clone = _clone(origin)
    clone.git("remote", "remove", "origin")
    clone.git("remote", "add", "origin", str(origin.path))
    (clone / ".git" / "FETCH_HEAD").unlink(missing_ok=True)
    assert clone.here("check").status == Exit.DONE
    done = clone.here("check", env={"CI": "true"})
    assert done.status == Exit.BLOCKED
    assert "Trunk is not known in this clone" in done.out


def test_a_shallow_clone_does_not_say_that_there_is_no_base(origin: Folder) -> None:
    work = Folder(origin.path.parent / "work")
    rules = (work / "mlgit.yaml").read_text(encoding="utf-8")
    work.write("mlgit.yaml", f"{rules}  auc-drop: {{metric: auc, vs: base, max_drop: 0.1}}\n")
    work.commit("Compare with base")
    work.git("push", "-q", "origin", "topic:main", "--force")
    clone = origin.path.parent / "clone"
    Folder(origin.path.parent).git("clone", "-q", "--depth", "1", f"file://{origin.path}", str(clone))
    done = Folder(clone).here("check")
    assert done.status == Exit.BLOCKED
    assert "The base is not known here: this clone is too shallow to find it" in " ".join(done.out.split())
    assert "There is no base" not in done.out
