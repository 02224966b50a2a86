"""Odd files: links that lead nowhere, pipes and devices, and names that are not UTF-8, crash no command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

COMMANDS = (
    ("status",),
    ("check",),
    ("check", "--rev", "HEAD"),
    ("report", "--format", "markdown"),
    ("diff", "HEAD~1"),
    ("ci", "pr"),
    ("init",),
    ("release", "line", "--dry-run"),
    ("doctor",),
    ("models",),
    ("push",),
    ("get", "line", "-o", "out", "--force"),
)
READERS = (("status",), ("check",), ("report", "--format", "markdown"))
ENDS = {Exit.DONE, Exit.BLOCKED, Exit.CONFIG, Exit.STATE}
LINKS = {
    "loop": "loop",
    "one": "two",
    "two": "one",
    "src/loop.py": "loop.py",
    "zero": "/dev/zero",
    "up": "..",
}
NAMES = (
    b"caf\xe9",
    b"data/caf\xe9.csv",
    b"src/\xff.py",
    b"new\nline",
    b"\x1b[31mred",
    b'quo"te',
    b"caf\xe9.dvc",
)


@pytest.fixture
def odd(pipeline_template: Path, tmp_path: Path) -> Folder:
    project = pipeline.copy(pipeline_template, tmp_path / "odd")
    for name, target in LINKS.items():
        (project / name).symlink_to(target)
    for raw in NAMES:
        with open(os.fsencode(str(project.path)) + b"/" + raw, "wb") as file:
            file.write(b"a,b\n1,2\n")
    os.symlink(b"nowhere-\xff", os.fsencode(project / "nowhere"))
    project.commit("Odd files")
    os.mkfifo(project / "pipe")
    return project


def test_no_command_fails_on_odd_files(odd: Folder) -> None:
    for argv in COMMANDS:
        done = odd.here(*argv)
        assert done.status in ENDS, (argv, done.err)
    # A file that is read may be such a link as well, and so may the folder that it is in.
    aside = odd / ".git" / "aside"
    for name in ("mlgit.yaml", "params.yaml", "dvc.lock", "data/raw.csv.dvc", ".dvcignore", "src"):
        (odd / name).rename(aside)
        (odd / name).symlink_to(name.rpartition("/")[2])
        for argv in READERS:
            done = odd.here(*argv)
            assert done.status in ENDS, (name, argv, done.err)
        (odd / name).unlink()
        aside.rename(odd / name)
    # An error may name a file whose name is not UTF-8.
    with open(os.fsencode(str(odd.path)) + b"/caf\xe9.dvc", "wb") as file:
        file.write(b"a,b\n")
    for argv in READERS:
        assert odd.here(*argv).status in ENDS
