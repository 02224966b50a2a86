"""Status of remotes, compared with DVC: both report the same missing outputs.

Each run removes random files from the remote and from the cache. `MLGIT_TEST_PROFILE=thorough` runs more
often. `dvc status --cloud` differs by design: it treats a directory as complete if its listing exists, and
reports a content of two outputs for only one of them.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.dvc_answers import dvc_json
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(60 if os.environ.get("MLGIT_TEST_PROFILE") == "thorough" else 2)
LEGACY = "0cc175b9c0f1b6a831c399e269772661"  # of "a"


@pytest.fixture(scope="module")
def template(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of tests/support/pipeline.py with two directories, tracked files, and one of DVC 2."""
    place = tmp_path_factory.mktemp("remote") / "template"
    shutil.copytree(pipeline_template, place, symlinks=True)
    work = Folder(place / "work")
    for folder in ("one", "two"):
        for number in range(4):
            work.write(f"data/{folder}/{number % 2}/{number}.txt", f"{folder} {number % 3}")
    for name in ("x", "y"):
        work.write(f"data/{name}.txt", name)
    work.dvc("add", "-q", "data/one", "data/two", "data/x.txt", "data/y.txt")
    work.write("data/old.txt", "a")
    for top in (place / "storage", work / ".dvc" / "cache"):
        (top / LEGACY[:2]).mkdir()
        (top / LEGACY[:2] / LEGACY[2:]).write_text("a")
    work.write("data/old.txt.dvc", f"outs:\n- md5: {LEGACY}\n  size: 1\n  path: old.txt\n")
    private = work / "data" / "y.txt.dvc"
    private.write_text(private.read_text() + "  push: false\n")
    work.dvc("push", "-q")
    return place


def take_some(chance: random.Random, *tops: Path) -> None:
    for top in tops:
        share = chance.choice([0.0, 0.1, 0.4, 1.0])
        for path in sorted(each for each in top.rglob("*") if each.is_file()):
            if chance.random() < share:
                path.unlink()


def mlgit_missing(folder: Folder) -> dict[str, Any]:
    done = folder.here("status", "--remote", "--json")
    assert done.status == Exit.DONE, done.err
    found = done.json()["remote_data"]["outputs"]
    return {each["path"]: each for each in found if each["presence"] == "missing"}


@pytest.mark.parametrize("seed", SEEDS)
def test_mlgit_and_dvc_report_the_same_missing_outputs(seed: int, template: Path, tmp_path: Path) -> None:
    shutil.copytree(template, tmp_path / "copy", symlinks=True)
    work = Folder(tmp_path / "copy" / "work")
    chance = random.Random(seed)  # noqa: S311 (a test's dice)
    take_some(chance, tmp_path / "copy" / "storage")
    if chance.random() < 0.5:
        take_some(chance, work / ".dvc" / "cache")
    found = mlgit_missing(work)
    new = set(
        dvc_json(work, "data", "status", "--not-in-remote", "--granular", "--json").get("not_in_remote", ())
    )
    directories = {"data/one", "data/two"}
    for path in ("data/x.txt", "data/old.txt", "data/raw.csv", "data/clean.csv", "models/line.json"):
        assert (path in found) == (path in new), path
    assert ("data/y.txt" in found, "data/y.txt" in new) == (False, False)
    for path in directories:
        inside = [each for each in new if each.startswith(f"{path}/") and not each.endswith("/")]
        each = found.get(path)
        assert (f"{path}/" in new) == (each is not None and each["listing_missing"]), path
        if each is not None and each["missing_files"] is not None:
            assert len(inside) == each["missing_files"], path
        else:
            assert inside == [], path


@pytest.mark.parametrize("seed", SEEDS)
def test_dvc_status_cloud_reports_the_same_missing_contents(
    seed: int, template: Path, tmp_path: Path
) -> None:
    shutil.copytree(template, tmp_path / "copy", symlinks=True)
    work = Folder(tmp_path / "copy" / "work")
    chance = random.Random(1000 + seed)  # noqa: S311 (a test's dice)
    take_some(chance, tmp_path / "copy" / "storage")
    found = mlgit_missing(work)
    new = {path for path, state in dvc_json(work, "status", "--cloud", "--json").items() if state == "new"}
    for path in ("data/x.txt", "data/old.txt", "models/line.json"):
        assert (path in found) == (path in new), path
    same = {"data/raw.csv", "data/clean.csv"}
    assert same & found.keys() == (same if same & new else set())
    for path in ("data/one", "data/two"):
        assert (path in new) == (path in found and found[path]["listing_missing"]), path
