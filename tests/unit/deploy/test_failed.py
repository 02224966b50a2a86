"""What the system refused during a deployment, as a hint that helps."""

from __future__ import annotations

import errno
import os

import pytest

from mlgit.project.deploy.job import as_failure

HINTS = {
    errno.ENOSPC: "(`df -h /srv/models '/my clone' ",
    errno.EDQUOT: "(`df -h /srv/models '/my clone' ",
    errno.EROFS: "its file system is mounted read-only",
    errno.EACCES: "the user who deploys must be able to write there",
}


@pytest.mark.parametrize("number", HINTS)
def test_what_the_system_refused_has_a_hint(number: int) -> None:
    error = as_failure(OSError(number, os.strerror(number)), "/srv/models", "/my clone")
    assert HINTS[number] in (error.hint or "")
    assert error.message == f"The system refused: {os.strerror(number)}"
