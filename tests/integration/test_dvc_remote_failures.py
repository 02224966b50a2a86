"""A DVC remote that fails: every command that needs it says what failed, in a whole sentence."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.engine.failures import translate
from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.mark.parametrize("words", [("push",), ("get", "HEAD", "-o", "out"), ("doctor", "--online")])
def test_a_server_that_refuses_the_connection_is_named(project: Folder, words: tuple[str, ...]) -> None:
    project.dvc("remote", "modify", "storage", "url", "http://127.0.0.1:9/x")
    if words[0] == "get":
        shutil.rmtree(project / ".dvc/cache")
    done = project.here(*words)
    sentence = next(
        line
        for line in (done.out + done.err).splitlines()
        if "DVC failed: " in line or "could not be queried: " in line
    )
    assert "127.0.0.1" in sentence
    assert "Connect call failed" in sentence
    assert "bug in mlgit" not in done.err


def test_a_full_disk_is_that_of_the_copy() -> None:
    error = translate(OSError(errno.ENOSPC, "No space left on device", "/cache/21/26", None, "/srv/a"))
    assert error.message == "There is no space left for `/srv/a`"


def test_a_file_in_place_of_the_storage_is_named(project: Folder) -> None:
    storage = project.path.parent / "storage"
    shutil.rmtree(storage)
    storage.write_text("", encoding="utf-8")
    done = project.here("push")
    assert done.status == Exit.STATE
    assert f"DVC cannot use `{storage}" in done.err
