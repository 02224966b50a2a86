"""CI files: run `mlgit ci init` and `mlgit ci update`, and look at what they write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlgit.core.ci.templates import read_stamp, stamped
from mlgit.errors import Exit
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.shell import Done, Folder

COMMIT = "5" * 40
OWN = f"mlgit@git+https://forge.example/tools/mlgit@{COMMIT}"
RECORDED = {"url": "https://forge.example/tools/mlgit", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
PR = ".github/workflows/mlgit-pr.yml"
ACTION = ".github/actions/mlgit-setup/action.yml"
OLD = "0.0.1"


def record_installation(folder: Path, monkeypatch: pytest.MonkeyPatch, direct_url: object) -> None:
    """Make pip's record of mlgit's installation this one."""
    record = folder / "site" / "mlgit-1.0.0.dist-info"
    record.mkdir(parents=True, exist_ok=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: mlgit\nVersion: 1.0.0\n")
    (record / "direct_url.json").write_text(json.dumps(direct_url))
    monkeypatch.syspath_prepend(str(record.parent))


def ci(folder: Folder, command: str, *options: str, status: int = Exit.DONE) -> dict[str, Any]:
    done = folder.here("ci", command, "--json", *options)
    assert done.status == status, done.out + done.err
    record: dict[str, Any] = done.json()
    assert_valid(record, "ci-templates")
    return record


def statuses(record: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["status"] for file in record["files"]}


def tree(folder: Folder) -> dict[str, bytes]:
    """Every file outside Git's and DVC's own folders."""
    return {
        str(path.relative_to(folder.path)): path.read_bytes()
        for path in sorted(folder.path.rglob("*"))
        if path.is_file() and not {".git", ".dvc"} & set(path.relative_to(folder.path).parts)
    }


def refused(done: Done, *words: str) -> None:
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err


def age(folder: Folder, path: str) -> None:
    """Make a file one that an older mlgit wrote from another template, not edited since."""
    text = (folder / path).read_text(encoding="utf-8")
    stamp = read_stamp(text)
    assert stamp is not None
    folder.write(
        path,
        stamped(stamp.template, text.partition("\n")[2].replace("timeout", "time-out"), version=OLD),
    )
