"""Parameter files that cannot be read: whether stages are up to date is not known, so gates are errors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

UNKNOWN = ("error", "unknown_here", "block")
CONTENT = b"train:\n  slope: 1.995\n"
OID = hashlib.sha256(CONTENT).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(CONTENT)}\n"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("just words\n", "fix it, then run `mlgit run evaluate`"),
        ("train: [1\n", "fix it, then run `mlgit run evaluate`"),
        ("train: {slope: 2\n", "fix it, then run `mlgit run evaluate`"),
        (POINTER, "git lfs pull"),
    ],
)
def test_gates_do_not_pass_over_parameters_that_cannot_be_read(
    project: Folder, content: str, hint: str
) -> None:
    project.write("params.yaml", content)
    for argv in ((), ("--rev", "HEAD")):
        if argv:
            project.commit("Edit the parameters")
        verdict = check(project, *argv, status=Exit.BLOCKED)
        assert results(verdict)["line/r2-floor"] == UNKNOWN
        assert all(hint in each["hint"] for each in verdict["results"])
        assert all(
            "params file params.yaml could not be read: it " in each["message"] for each in verdict["results"]
        )
        assert all("upstream" not in each["message"] for each in verdict["results"])
    assert project.here("ci", "pr").status == Exit.BLOCKED
    assert "1 of 3 stages known to be up to date" in project.here("status").out


def test_what_cannot_be_read_is_not_called_unchanged(project: Folder) -> None:
    project.write("params.yaml", "train: [1\n")
    report = project.here("report", "--json").json()
    assert report["changes"] == {"data": "unchanged", "model": "unchanged"}
    shown = project.here("diff", "HEAD").out
    assert "No difference in metrics, data of DVC, models and stages" in shown
    assert "! `params.yaml` is not valid YAML: " in shown
    assert project.here("diff", "HEAD", "--json").json()["params"] is None
    project.write("params.yaml", CONTENT.decode())
    (metrics,) = project.path.glob("metrics/*.json")
    metrics.write_text("{")
    found = project.here("diff", "HEAD", "--json").json()
    assert found["metrics"] is None
    assert "is cut off: the JSON ends inside an object" in found["problems"][0]


def test_parameters_in_git_lfs_are_read_where_this_machine_has_them(project: Folder) -> None:
    project.write("params.yaml", CONTENT.decode())
    project.dvc("repro", "-q")
    project.write("params.yaml", POINTER)
    project.commit("Move the parameters into Git LFS")
    assert results(check(project, "--rev", "HEAD", status=Exit.BLOCKED))["line/r2-floor"] == UNKNOWN
    place = project.path / ".git/lfs/objects" / OID[:2] / OID[2:4]
    place.mkdir(parents=True)
    (place / OID).write_bytes(CONTENT)
    found = results(check(project, "--rev", "HEAD", status=Exit.DONE))
    assert found["line/r2-floor"] == ("pass", None, "allow")
