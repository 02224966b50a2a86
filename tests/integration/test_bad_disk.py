"""Bad disk: on a full or read-only disk the exit code is right and no file is half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Done, Folder

LIMITED = """\
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
# Without -B Python would leave half-written bytecode next to its sources.
os.execv(sys.executable, [sys.executable, "-B", "-m", "mlgit", *sys.argv[2:]])
"""
BIG_BYTES = 3 << 20


def limited(folder: Folder, limit_bytes: int, *argv: str) -> Done:
    """The real program, unable to write larger files, as on a full disk."""
    return folder.run(sys.executable, "-c", LIMITED, str(limit_bytes), *argv)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".git", ".dvc"} & set(path.relative_to(folder).parts)
    }


def mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    yield from mounted(tmp_path / "tiny", "size=64k")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be written, not even by root."""
    if os.geteuid() != 0:
        place = tmp_path / "read-only"
        place.mkdir(mode=0o555)
        yield place
        place.chmod(0o755)
    else:
        yield from mounted(tmp_path / "read-only", "ro,size=64k")


@pytest.fixture
def big(project: Folder) -> Folder:
    """The project with a model of 3 MiB."""
    project.write(
        "src/train.py", f"open('models/line.json', 'w').write('{{\"slope\": 2}}' + ' ' * {BIG_BYTES})\n"
    )
    project.dvc("repro", "-q")
    project.commit("A big model")
    return project


@pytest.mark.parametrize("limit_bytes", [1 << 20, 1])
def test_get_on_a_full_disk_leaves_nothing_behind(big: Folder, tmp_path: Path, limit_bytes: int) -> None:
    done = limited(big, limit_bytes, "get", "HEAD", "-o", str(tmp_path / "out"))
    assert done.status == Exit.TOOL, done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_get_on_a_full_disk_keeps_existing_files(big: Folder, tmp_path: Path) -> None:
    place = tmp_path / "out" / "line.json"
    place.parent.mkdir()
    place.write_text("the version before")
    done = limited(big, 1 << 20, "get", "HEAD", "-o", str(place.parent), "--force")
    assert done.status == Exit.TOOL
    assert files(place.parent) == {"line.json": b"the version before"}


def test_get_to_a_disk_that_is_too_small_fails_and_leaves_nothing(big: Folder, tiny_disk: Path) -> None:
    done = big.here("get", "HEAD", "-o", str(tiny_disk / "out"))
    assert done.status == Exit.TOOL, done.err
    assert "There is no space left for " in done.err
    assert list(tiny_disk.iterdir()) == []


def test_get_to_a_read_only_folder_fails_and_names_it(big: Folder, read_only: Path) -> None:
    done = big.here("get", "HEAD", "-o", str(read_only / "out"))
    assert done.status in {Exit.STATE, Exit.TOOL}, done.err
    assert str(read_only) in done.err
    assert "Traceback" not in done.err


def test_report_on_a_full_disk_keeps_the_old_report(project: Folder) -> None:
    project.write("report.md", "the report before")
    done = limited(project, 20, "report", "-o", "report.md")
    assert done.status == Exit.TOOL, done.err
    assert (project / "report.md").read_text() == "the report before"
    assert [name for name in files(project.path) if "report" in name] == ["report.md"]


def test_report_to_a_read_only_folder_fails_and_names_it(project: Folder, read_only: Path) -> None:
    done = project.here("report", "-o", str(read_only / "report.md"))
    assert done.status in {Exit.STATE, Exit.TOOL}, done.err
    assert str(read_only) in done.err
    assert "Traceback" not in done.err


def test_init_on_a_full_disk_leaves_no_config(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    before = files(project.path)
    done = limited(project, 20, "init")
    assert done.status == Exit.TOOL, done.err
    assert files(project.path) == before


def test_init_on_a_full_disk_keeps_the_old_config(project: Folder) -> None:
    before = files(project.path)
    done = limited(project, 20, "init", "--force")
    assert done.status == Exit.TOOL, done.err
    assert files(project.path) == before


def test_run_on_a_full_disk_reports_the_failed_stage(project: Folder) -> None:
    project.write("src/train.py", "open('models/line.json', 'w').write('x' * (3 << 20))\n")
    done = limited(project, 2 << 20, "run")
    assert done.status == Exit.TOOL, done.err
    assert "`train`" in done.err
