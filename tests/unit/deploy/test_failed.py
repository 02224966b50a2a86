"""Errors of the system during a deployment, with a hint that helps."""

from __future__ import annotations

import errno
import os

import pytest

from mlgit.project.deploy.job import as_failure

HINTS = {
    errno.ENOSPC: "(`df -h /srv/models '/my clone' ",
    errno.EDQUOT: "(`df -h /srv/models '/my clone' ",
    errno.EROFS: "its file system is mounted read-only",
    errno.ENOTDIR: "a file is where a folder of this path should be; move it away",
    errno.EACCES: "the user who deploys must be able to write there",
}


@pytest.mark.parametrize("number", HINTS)
def test_an_error_of_the_system_has_a_hint(number: int) -> None:
    error = as_failure(OSError(number, os.strerror(number)), "/srv/models", "/my clone")
    assert HINTS[number] in (error.hint or "")
    assert error.message == os.strerror(number)


def test_the_path_that_the_system_refused_follows_the_reason() -> None:
    error = as_failure(PermissionError(errno.EACCES, "Permission denied", "/srv/models"))
    assert error.message == "Permission denied (`/srv/models`)"
