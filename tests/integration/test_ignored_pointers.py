"""Files of DVC that Git has and ignores: DVC passes over them, and mlgit says so."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.shell import Folder

PATTERNS = {"file": ("sub/.gitignore", "/*.raw*\n"), "folder": (".gitignore", "sub/\n")}


def _ignored(small: Folder, where: str) -> None:
    """Data whose .dvc file is in Git and ignored, and that is nowhere on this machine."""
    small.write("sub/g.raw", "x")
    small.dvc("add", "-q", "sub/g.raw")
    file, pattern = PATTERNS[where]
    small.write(file, pattern)
    small.git("add", "-A")
    small.git("add", "-f", "sub/g.raw.dvc")
    small.git("commit", "-qm", "Ignore the data")
    (small / "sub/g.raw").unlink()
    shutil.rmtree(small / ".dvc/cache")


def _next(small: Folder) -> dict[str, Any]:
    step: dict[str, Any] = small.here("status", "--json").json()["next"]
    return step


@pytest.mark.parametrize("where", PATTERNS)
def test_the_doctor_names_a_file_that_dvc_passes_over(small: Folder, where: str) -> None:
    _ignored(small, where)
    with pytest.raises(AssertionError, match="git-ignored"):
        small.dvc("pull", "sub/g.raw.dvc")
    data = small.here("status", "--json").json()["data"]
    assert [each["path"] for each in data if each["workspace"] == "absent"] == ["sub/g.raw"]
    file, pattern = PATTERNS[where]
    findings = {each["id"]: each for each in small.here("doctor", "--json").json()["findings"]}
    assert findings["ignored_by_git"]["message"] == (
        f"`sub/g.raw.dvc` is in Git, but line 1 of `{file}` ignores it, "
        "so DVC passes over it, and fetches no `sub/g.raw`"
    )
    assert f"`{pattern.strip()}` in `{file}`" in findings["ignored_by_git"]["repair"]
    assert "sub/g.raw" not in findings.get("outputs_not_in_cache", {}).get("subjects", [])


def test_next_promises_no_pull_of_what_dvc_passes_over(small: Folder) -> None:
    _ignored(small, "file")
    small.dvc("remote", "add", "-q", "-d", "storage", "../storage")
    small.git("commit", "-qam", "A remote")
    assert _next(small)["command"] == "mlgit doctor"
    assert _next(small)["reason"] == "DVC passes over `sub/g.raw.dvc`"
    small.write("sub/.gitignore", "/g.raw\n")
    assert _next(small)["command"] == "dvc pull"
    assert not small.here("doctor").out.count("passes over")
