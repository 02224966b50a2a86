"""Files of a job: each is whole or missing, and no value can add another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.runner.files import dotenv_text, publish_files, write_folder, write_outputs

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_gets_all_its_files_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "other.txt").write_text("mine")
    write_folder(str(tmp_path), {"a.txt": "new", "b.txt": "\udcff"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.txt": "new",
        "b.txt": "?",
        "other.txt": "mine",
    }


def test_a_file_that_cannot_be_written_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OSError, match=r"b\.txt"):
        write_folder(str(tmp_path), {"a.txt": "new", "b.txt": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_a_value_of_several_lines_adds_no_variable(tmp_path: Path) -> None:
    values = {"decision": "allow", "exit-code": "0", "title": "x\nMLGIT_DECISION=block"}
    assert dotenv_text(values) == "MLGIT_DECISION=allow\nMLGIT_EXIT_CODE=0\n"
    output = tmp_path / "output"
    write_outputs({"GITHUB_OUTPUT": str(output)}, values, dotenv=str(tmp_path / "env"))
    assert (tmp_path / "env").read_text() == dotenv_text(values)
    begins = [line for line in output.read_text().splitlines() if "<<mlgit_" in line]
    assert [line.partition("<<")[0] for line in begins] == list(values)


def test_a_dotenv_file_is_whole_or_missing(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    with pytest.raises(OSError, match="env"):
        write_outputs({}, {"decision": "allow"}, dotenv=str(tmp_path / "env"))
    assert [path.name for path in tmp_path.iterdir()] == ["env"]


def test_a_run_leaves_files_summary_and_values(tmp_path: Path) -> None:
    variables = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    publish_files(
        {"report.md": "# Hi\n"},
        folder=str(tmp_path / "out"),
        summary="# Hi\n",
        outputs={"decision": "allow"},
        variables=variables,
    )
    assert (tmp_path / "out" / "report.md").read_text() == (tmp_path / "summary").read_text() == "# Hi\n"
    assert "\nallow\n" in (tmp_path / "output").read_text()
