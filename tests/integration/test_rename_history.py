"""What the history of the declarations shows about another name of a model, however it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.project.registry.former_names import names_before
from mlgit.project.registry.renames import declarations
from tests.support.registry import opened
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, NEW = "tumor: {path: old.bin}", "growth: {path: new.bin}"
BLOCK = "version: 1\nmodels:\n  {}\ngates:\n  floor: {{metric: auc, min: 0.5}}\n"
FLOW = "version: 1\nmodels: {{\n{}\n}}\ngates: {{}}\n"
NONE = "version: 1\ngates: {}\n"
ARTIFACTS = "artifacts:\n  {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A repository whose files old.bin and new.bin have the same content."""
    folder = Folder(tmp_path / "work")
    folder.path.mkdir()
    folder.git("init", "-qb", "main")
    for name in ("old.bin", "new.bin"):
        folder.write(name, "the same")
    return folder


def write(folder: Folder, *texts: str, file: str = "mlgit.yaml") -> None:
    """One commit for each text of the file."""
    for number, text in enumerate(texts):
        folder.write(file, text)
        folder.commit(f"{file} {number}")


def in_one_commit(folder: Folder) -> None:
    write(folder, BLOCK.format(OLD), BLOCK.format(NEW))


def in_two_commits(folder: Folder) -> None:
    write(folder, BLOCK.format(OLD), NONE, BLOCK.format(NEW))


def long_after(folder: Folder) -> None:
    other = "other: {path: mlgit.yaml}"
    write(folder, BLOCK.format(f"{OLD}\n  {other}"), BLOCK.format(other), BLOCK.format(f"{other}\n  {NEW}"))


def at_the_left_margin(folder: Folder) -> None:
    write(folder, BLOCK.format(OLD), FLOW.format(OLD), FLOW.format(NEW))


def quoted(folder: Folder) -> None:
    texts = (BLOCK.format(each).replace("models:", '"mod\\u0065ls":') for each in (OLD, NEW))
    write(folder, *texts)


def with_a_gap_between(folder: Folder) -> None:
    texts = (BLOCK.format(f"# A comment\n# at the margin\nx: 1\n  {each}") for each in (OLD, NEW))
    write(folder, *(text.replace("\nx: 1", "") for text in texts))


def in_dvc_yaml(folder: Folder) -> None:
    write(folder, *(ARTIFACTS.format(each) for each in (OLD, NEW)), file="dvc.yaml")


def in_dvc_yaml_first(folder: Folder) -> None:
    in_dvc_yaml(folder)
    write(folder, BLOCK.format(NEW))


def from_dvc_yaml_to_mlgit_yaml(folder: Folder) -> None:
    write(folder, ARTIFACTS.format(OLD), file="dvc.yaml")
    write(folder, BLOCK.format(NEW))


def in_mlgit_yaml_first(folder: Folder) -> None:
    in_one_commit(folder)
    write(folder, ARTIFACTS.format(NEW), file="dvc.yaml")
    write(folder, NONE)


def before_many_comments(folder: Folder) -> None:
    in_dvc_yaml(folder)
    write(folder, *(f"{ARTIFACTS.format(NEW)}# {number}\n" for number in range(110)), file="dvc.yaml")


def before_a_long_change(folder: Folder) -> None:
    """Trunk has the rename; the change has more commits than are read."""
    in_one_commit(folder)
    folder.git("switch", "-qc", "topic")
    for number in range(declarations._MOST_COMMITS + 1):
        write(folder, f"{BLOCK.format(NEW)}# {number}\n")


WAYS = [
    in_one_commit,
    in_two_commits,
    long_after,
    at_the_left_margin,
    quoted,
    with_a_gap_between,
    in_dvc_yaml,
    in_dvc_yaml_first,
    from_dvc_yaml_to_mlgit_yaml,
    in_mlgit_yaml_first,
    before_many_comments,
]


@pytest.mark.parametrize("rename", WAYS)
def test_another_name_is_found(folder: Folder, rename: Callable[[Folder], None]) -> None:
    rename(folder)
    assert names_before(opened(folder), "growth", None) == {"tumor"}


def test_a_change_with_many_commits_does_not_hide_what_trunk_shows(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declarations, "_MOST_COMMITS", 5)
    before_a_long_change(folder)
    assert names_before(opened(folder), "growth", None) == {"tumor"}


@pytest.mark.parametrize(
    "texts",
    [
        (BLOCK.format(NEW), NONE, BLOCK.format(NEW)),
        (BLOCK.format("tumor: {path: mlgit.yaml}"), NONE, BLOCK.format(NEW)),
        (BLOCK.format(OLD), BLOCK.format(f"{OLD}\n  growth: {{path: mlgit.yaml}}")),
    ],
)
def test_a_model_without_another_name_has_no_former_name(folder: Folder, texts: tuple[str, ...]) -> None:
    write(folder, *texts)
    assert names_before(opened(folder), "growth", None) == frozenset()
