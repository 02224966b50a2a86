"""Data that is not a plain file: links, pipes, unreadable files. Status does not hang or call it clean."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import chdir, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.dvc.data import bulk, hashes
from mlgit.errors import Exit
from tests.support.tools import tool
from tests.support.tracked import Work, put_back, settle, states

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
@pytest.mark.usefixtures("either_way")
def test_links_to_the_cache_are_followed(tracked: Folder, work: Work, kind: str) -> None:
    tracked.dvc("config", "cache.type", kind)
    tracked.dvc("checkout", "--relink", "-q")
    settle()
    assert states(tracked) == {}
    work.hashed.clear()
    assert states(tracked) == {}
    assert work.hashed == []
    file = tracked / "data/many/3/10.csv"
    assert file.is_symlink() or file.stat().st_nlink == 2
    target = file.resolve()
    target.chmod(0o644)
    put_back(target, lambda: target.write_bytes(b"ROW 10\n"))  # the link damages the cache
    assert states(tracked) == {"data/many": "modified"}
    assert set(work.hashed) == {"10.csv"}


def test_an_output_that_is_a_link_has_the_content_of_its_target(
    tracked: Folder, work: Work, tmp_path: Path
) -> None:
    for name in ("many", "one.csv"):
        (tracked / "data" / name).rename(tmp_path / name)
        (tracked / "data" / name).symlink_to(tmp_path / name)
    settle()
    assert states(tracked) == {}
    work.hashed.clear()
    assert states(tracked) == {}
    assert work.hashed == []
    (tmp_path / "many/3/10.csv").write_text("other\n", encoding="utf-8")
    (tmp_path / "one.csv").write_text("two\n", encoding="utf-8")
    assert states(tracked) == {"data/one.csv": "modified", "data/many": "modified"}


def test_a_link_to_a_folder_in_a_directory_does_not_count_as_in_dvc(tracked: Folder) -> None:
    (tracked / "data/many/link").symlink_to(tracked / "src")
    tracked.write("src/x.py", "pass\n")
    assert states(tracked) == {}
    assert "up to date" in tracked.dvc("status")


def listens(place: Path) -> None:
    """Make a socket; its address must be short."""
    with chdir(place.parent), closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(place.name)


STRANGE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": listens,
    "a link to nowhere": lambda place: place.symlink_to("nowhere"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a link to a device": lambda place: place.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_an_unreadable_entry_of_a_directory_is_a_change_and_is_reported(tracked: Folder, kind: str) -> None:
    odd = tracked / "data/many/3/10.csv"
    odd.unlink()
    STRANGE[kind](odd)
    for _ in range(2):
        found = tracked.here("status", "--json").json()
        assert [(each["path"], each["workspace"]) for each in found["data"]] == [("data/many", "modified")]
        assert [stage["reasons"] for stage in found["stages"]] == [["changed output data/many"]]
        assert found["problems"] == ["`data/many/3/10.csv` cannot be read: it is not a file or a link to one"]
    odd.unlink()
    odd.write_text("row 10\n", encoding="utf-8")
    assert states(tracked) == {}


def test_a_pipe_instead_of_a_file_does_not_block(project: Folder) -> None:
    for name in ("data/raw.csv", "metrics.json", "params.yaml", ".dvcignore"):
        (project / name).unlink(missing_ok=True)
        (project / name).parent.mkdir(exist_ok=True)
        os.mkfifo(project / name)
    assert project.here("status").status == Exit.DONE


@pytest.mark.parametrize("name", ["data/one.csv", "data/many/3/10.csv"])
def test_a_file_without_read_permission_is_reported_and_never_clean(
    tracked: Folder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(path: str, **options: Any) -> str:  # noqa: ANN401 (whatever it takes)
        if path.endswith(name):
            raise PermissionError(13, "Permission denied", path)
        return hashes.file_md5(path, **options)

    monkeypatch.setattr(bulk, "file_md5", refusing)
    os.utime(tracked / name)
    settle()
    for _ in range(2):
        found = tracked.here("status", "--json").json()
        assert [each["workspace"] for each in found["data"]] == ["modified"]
        assert found["problems"] == [f"`{name}` cannot be read: Permission denied"]


def test_a_cache_without_read_permission_is_reported_and_not_lost(tracked: Folder) -> None:
    # Root may read anything, unless it drops that right.
    plain = [] if os.geteuid() else [tool("setpriv"), "--bounding-set=-all", "--inh-caps=-all"]
    shelf = next((tracked / ".dvc/cache/files/md5").iterdir())
    shelf.chmod(0)
    try:
        done = tracked.run(*plain, sys.executable, "-m", "mlgit", "status", "--json")
    finally:
        shelf.chmod(0o755)
    found = done.json()
    assert [(each["part"], each["code"]) for each in found["failures"]] == [("data", "state")]
    assert f"{shelf}/" in found["failures"][0]["message"]
    assert found["data"] == []


@pytest.mark.usefixtures("either_way")
def test_folders_nested_deeper_than_the_recursion_limit_are_read(tracked: Folder) -> None:
    try:
        with chdir(tracked / "data/many"):
            for _ in range(1_200):
                os.mkdir("d")
                os.chdir("d")
            assert states(tracked) == {}  # DVC ignores empty folders
            Path("deepest").write_text("x", encoding="utf-8")
        assert states(tracked) == {"data/many": "modified"}
    finally:  # shutil.rmtree is recursive
        subprocess.run(["rm", "-rf", str(tracked / "data/many")], check=True)


def test_a_directory_without_files_is_hashed_as_by_dvc(tracked: Folder) -> None:
    shutil.rmtree(tracked / "data/many")
    (tracked / "data/many/sub").mkdir(parents=True)
    assert states(tracked) == {"data/many": "modified"}
    tracked.dvc("add", "-q", "data/many")
    assert states(tracked) == {}


def test_two_swapped_folders_are_a_change(tracked: Folder) -> None:
    many = tracked / "data/many"
    (many / "0").rename(many / "x")
    (many / "1").rename(many / "0")
    (many / "x").rename(many / "1")
    assert states(tracked) == {"data/many": "modified"}


def test_a_directory_is_in_the_cache_only_with_all_its_files(tracked: Folder) -> None:
    cache = tracked / ".dvc/cache/files/md5"
    (listing,) = cache.glob("*/*.dir")
    lost = json.loads(listing.read_text(encoding="utf-8"))[17]["md5"]
    place = cache / lost[:2] / lost[2:]
    content = place.read_bytes()

    def held() -> list[bool | None]:
        return [each["in_cache"] for each in tracked.here("status", "--json").json()["data"]]

    assert held() == []
    place.chmod(0o644)
    place.unlink()
    settle()
    assert held() == held() == [False]
    assert "not in cache" in tracked.dvc("status")
    place.write_bytes(content)
    assert held() == []
