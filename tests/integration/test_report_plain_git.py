"""Reports in a repository without DVC: data, params and model are unchanged only if Git says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

CONFIG = """\
version: 1
models: {net: {path: net.bin}}
gates: {floor: {metric: acc, min: 0.5}}
"""


@pytest.fixture
def plain(empty_repository: Folder, tmp_path: Path) -> Folder:
    """A repository without DVC, with a remote, on a branch."""
    folder = empty_repository
    folder.write("dvc.yaml", "metrics: [metrics.json]\n")
    folder.write("mlgit.yaml", CONFIG)
    folder.write("metrics.json", '{"acc": 0.9}')
    for name in ("net.bin", "train.csv", "C.txt"):
        folder.write(name, "1\n")
    folder.commit("First")
    folder.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    folder.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    folder.git("push", "-q", "-u", "origin", "HEAD:main")
    folder.git("switch", "-q", "-c", "topic")
    return folder


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("conf.yaml", ["- **data**, **model**: unchanged"]),
        ("train.csv", ["- **params**: unchanged", "- **data**: `train.csv` changed; **model**: unchanged"]),
        ("C.txt", ["- **params**, **model**: unchanged"]),
        ("net.bin", ["- **params**, **data**: unchanged", "- **model**: `net` changed"]),
    ],
)
def test_a_part_is_unchanged_only_if_no_file_of_git_contradicts_it(
    plain: Folder, path: str, lines: list[str]
) -> None:
    plain.write(path, "2\n")
    if path != "conf.yaml":
        assert shown(plain) == lines  # in the working tree
    plain.commit("Change one file")
    assert shown(plain) == lines


def test_a_change_of_code_alone_changes_nothing_else(plain: Folder) -> None:
    plain.write("train.py", "pass\n")
    plain.commit("Write code")
    top = plain.here("report", "--format", "markdown").out.splitlines()[0]
    assert top == "### ✅ May merge: net, nothing changed in data, params, metrics or model"


def shown(folder: Folder) -> list[str]:
    """The lines about params, data and model."""
    done = folder.here("report", "--format", "markdown")
    assert done.status == Exit.DONE, done.err
    return [line for line in done.out.splitlines() if line.startswith("- **")]
