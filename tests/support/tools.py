"""Tools: find the optional tools that some tests run: act, gitlab-ci-local, MLflow, prism, servers.

`.ci/tools` installs them into one folder; without them, a test skips and names the missing tool.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

VARIABLE = "MLGIT_TEST_TOOLS"
FOLDER = Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "mlgit-test-tools")
"""Read when this is imported: the tests' own environment has another HOME and no such variable."""
SERVER_FOLDERS = ("/usr/sbin", "/sbin")
"""Folders of servers, which are not in the PATH of an ordinary user."""


def find(name: str) -> str | None:
    """The absolute path of a tool, or None."""
    places = [FOLDER / "bin", FOLDER / "npm" / "node_modules" / ".bin"]
    search = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath), *SERVER_FOLDERS])
    found = shutil.which(name, path=search)
    return os.path.abspath(found) if found else None


def tool(name: str) -> str:
    """The absolute path of a tool; skips the test without it."""
    found = find(name)
    if found is None:
        pytest.skip(f"`{name}` is not installed")
    return found


def package(name: str) -> Path:
    """The folder of an installed npm package; skips the test without it."""
    place = FOLDER / "npm" / "node_modules" / name
    if not place.is_dir():
        pytest.skip(f"`{name}` is not installed")
    return place
