"""mlgit and DVC with real remotes over SSH and S3: files are pushed and fetched again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.remotes import s3_remote, ssh_remote

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.mark.parametrize("kind", [ssh_remote, s3_remote], ids=["ssh", "s3"])
def test_files_pushed_to_a_remote_server_can_be_fetched_again(
    kind: type, project: Folder, tmp_path: Path
) -> None:
    with kind(tmp_path / "server") as remote:
        project.dvc("remote", "modify", "storage", "url", remote.url)
        for name, value in remote.options.items():
            project.dvc("remote", "modify", "storage", name, value)
        env = {**remote.secrets, **({"HOME": str(remote.home)} if remote.home else {})}
        pushed = project.mlgit("push", env=env)
        assert not pushed.status, pushed.err
        assert any(path.is_file() for path in remote.files.rglob("*"))
        shutil.rmtree(project / ".dvc" / "cache")
        (project / "models" / "line.json").unlink()
        back = project.mlgit("get", "HEAD", "-o", "back", env=env)
        assert not back.status, back.err
