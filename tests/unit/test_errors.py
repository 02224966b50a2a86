"""Errors: what the system refused is the state of the place, or the failure of a tool."""

from __future__ import annotations

import errno
import os

import pytest

from mlgit.errors import Exit, as_known

OF_THE_PLACE = (
    "EACCES", "EEXIST", "EISDIR", "ELOOP", "ENAMETOOLONG", "ENOENT", "ENOTDIR", "EPERM",
)  # fmt: skip
OF_A_TOOL = ("EIO", "ENOSPC", "EROFS", "EMFILE", "ETIMEDOUT", "ECONNREFUSED")


@pytest.mark.parametrize("name", [*OF_THE_PLACE, *OF_A_TOOL])
def test_only_what_a_path_cannot_explain_is_of_a_tool(name: str) -> None:
    number = getattr(errno, name)
    known = as_known(OSError(number, os.strerror(number), "data/raw.csv"))
    assert known.exit_code == (Exit.STATE if name in OF_THE_PLACE else Exit.TOOL)
    assert "`data/raw.csv`" in known.message
