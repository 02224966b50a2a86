"""Remote status: run `mlgit status --remote`, and find contents in a remote's storage."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def remote_status(folder: Folder, *, status: int = 0) -> Any:  # noqa: ANN401 (a JSON document)
    """The result of `mlgit status --remote --json`, checked against its schema."""
    done = folder.here("status", "--remote", "--json")
    assert done.status == status, done.err
    assert_valid(done.json(), "status")
    return done.json()


def outputs(folder: Folder) -> dict[str, Any]:
    """The listed outputs by path."""
    return {each["path"]: each for each in remote_status(folder)["remote_data"]["outputs"]}


def storage(folder: Folder) -> Path:
    return folder.path.parent / "storage"


def content_path(top: Path, md5: str) -> Path:
    return top / "files" / "md5" / md5[:2] / md5[2:]


def md5_of(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def push_directory(project: Folder) -> Folder:
    """The project with a pushed directory of three files, committed."""
    for name in "abc":
        project.write(f"data/many/{name}.txt", name * 100)
    project.dvc("add", "-q", "data/many")
    project.dvc("push", "-q")
    project.commit("Track many")
    project.git("push", "-q")
    return project
