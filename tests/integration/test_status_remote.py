"""Status of remotes: the outputs that the DVC remotes lack, and where they still are."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.remote_status import content_path, md5_of, outputs, push_directory, remote_status, storage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def recorded(folder: Folder, path: str) -> str:
    """The hash of a tracked file or directory in its .dvc file."""
    text = (folder / f"{path}.dvc").read_text()
    return text.partition("md5: ")[2].split()[0]


@pytest.fixture
def directory(project: Folder) -> Folder:
    return push_directory(project)


def test_remotes_are_queried_only_with_the_option(project: Folder) -> None:
    shutil.rmtree(storage(project))
    done = project.here("status", "--json")
    assert done.json()["remote_data"] is None
    assert "Remote" not in project.here("status").out


def test_a_complete_remote_takes_one_line(directory: Folder) -> None:
    found = remote_status(directory)["remote_data"]
    assert found["outputs"] == found["notes"] == []
    assert found["remotes"] == [{"remote": "storage", "outputs": 4, "missing": 0, "answered": True}]
    assert "\nRemote    storage has all 4 outputs\n" in directory.here("status", "--remote").out


def test_an_output_that_is_only_in_the_cache_can_be_pushed(directory: Folder) -> None:
    content_path(storage(directory), md5_of("b" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["path"], found["presence"], found["elsewhere"]) == ("data/many", "missing", "cache")
    assert (found["missing_files"], found["files"], found["missing_bytes"]) == (1, 3, 100)
    assert (found["size_bytes"], found["listing_missing"]) == (300, False)
    done = directory.here("status", "--remote")
    assert (
        "storage lacks 1 of 4 outputs\n            data/many  1 of 3 files, 100 B  in the cache here\n"
        in done.out
    )
    assert "next: mlgit push\n" in done.out
    assert directory.here("push").status == Exit.DONE
    assert outputs(directory) == {}


def test_without_a_git_remote_the_next_command_is_dvc_push(directory: Folder) -> None:
    directory.git("remote", "remove", "origin")
    content_path(storage(directory), md5_of("b" * 100)).unlink()
    assert remote_status(directory)["next"]["command"] == "dvc push"


def test_an_output_that_is_only_in_the_working_tree_goes_to_the_cache_first(directory: Folder) -> None:
    for top in (storage(directory), directory / ".dvc" / "cache"):
        content_path(top, md5_of("b" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["elsewhere"], found["missing_bytes"]) == ("workspace", None)
    step = remote_status(directory)["next"]["command"]
    assert step == "dvc commit data/many.dvc"
    directory.ok(*step.split())
    assert remote_status(directory)["next"]["command"] == "mlgit push"
    assert directory.here("push").status == Exit.DONE
    assert outputs(directory) == {}


def test_an_output_that_is_nowhere_is_shown_with_the_author_of_its_record(directory: Folder) -> None:
    commit = directory.git("rev-parse", "HEAD")
    directory.commit("Something else")
    shutil.rmtree(directory / ".dvc" / "cache")
    shutil.rmtree(directory / "data" / "many")
    model_md5 = md5_of((directory / "models" / "line.json").read_text())
    (directory / "models" / "line.json").unlink()
    content_path(storage(directory), recorded(directory, "data/many")).unlink()
    content_path(storage(directory), model_md5).unlink()
    found = outputs(directory)
    assert set(found) == {"data/many", "models/line.json"}
    assert {each["elsewhere"] for each in found.values()} == {"nowhere"}
    many = found["data/many"]
    assert many["recorded"] == {"commit": commit, "author": "Ada"}
    assert (many["files"], many["missing_files"], many["listing_missing"]) == (3, None, True)
    done = directory.here("status", "--remote")
    assert f"not on this machine; recorded by Ada in {commit[:7]}" in done.out
    assert "its listing, so all of it" in done.out
    # They cannot be pulled, but a stage can make one of them again.
    assert "next: mlgit run\n" in done.out


def test_a_directory_that_is_partly_here_says_so(directory: Folder) -> None:
    shutil.rmtree(directory / "data" / "many")
    for name in "ab":
        content_path(storage(directory), md5_of(name * 100)).unlink()
    content_path(directory / ".dvc" / "cache", md5_of("a" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["elsewhere"], found["missing_files"], found["missing_bytes"]) == ("partly", 2, None)


def test_a_listing_is_read_from_the_remote_without_writing_anything(directory: Folder) -> None:
    shutil.rmtree(directory / ".dvc" / "cache")
    shutil.rmtree(directory / "data" / "many")
    content_path(storage(directory), md5_of("c" * 100)).unlink()

    def everything() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.path.parent.rglob("*"))
            if path.is_file() and not {".git", "origin.git"} & set(path.parts)
        }

    before = everything()
    (found,) = outputs(directory).values()
    assert (found["missing_files"], found["files"], found["listing_missing"]) == (1, 3, False)
    assert everything() == before


def test_a_damaged_listing_in_the_cache_is_read_from_the_remote_instead(directory: Folder) -> None:
    listing = content_path(directory / ".dvc" / "cache", recorded(directory, "data/many"))
    listing.chmod(0o644)
    listing.write_text("[]")
    content_path(storage(directory), md5_of("c" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["missing_files"], found["files"]) == (1, 3)


def test_a_damaged_file_of_a_local_remote_is_left_alone(directory: Folder) -> None:
    # `dvc status --cloud` would hash writable files, and remove those that differ.
    damaged = content_path(storage(directory), md5_of("c" * 100))
    damaged.chmod(0o644)
    damaged.write_text("damaged")
    assert outputs(directory) == {}
    assert damaged.read_text() == "damaged"


def test_private_and_imported_outputs_are_not_expected_in_the_remote(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    project.write(
        "data/theirs.csv.dvc",
        f"deps:\n- path: theirs.csv\n  repo: {{url: https://example.org/r, rev_lock: {'a' * 40}}}\n"
        f"outs:\n- {{md5: {'b' * 32}, size: 3, hash: md5, path: theirs.csv}}\n",
    )
    shutil.rmtree(storage(project))
    storage(project).mkdir()
    found = outputs(project)
    assert {path: each["presence"] for path, each in found.items()} == {
        "data/clean.csv": "missing",
        "data/raw.csv": "missing",
        "data/theirs.csv": "foreign",
        "models/line.json": "private",
    }
    done = project.here("status", "--remote").out
    assert "storage lacks 2 of 2 outputs" in done
    assert "kept out of it by `push: false`: models/line.json" in done
    assert "in the remote of another repository: data/theirs.csv" in done


def test_a_private_output_is_not_pushed(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    project.commit("Keep the model")
    shutil.rmtree(storage(project))
    assert project.here("push", "--json").json()["data"]["paths"] == ["data/clean.csv", "data/raw.csv"]
    assert {path for path, each in outputs(project).items()} == {"models/line.json"}
    assert not content_path(storage(project), md5_of((project / "models" / "line.json").read_text())).exists()


def test_an_output_is_looked_up_in_its_own_remote(directory: Folder, tmp_path: Path) -> None:
    directory.dvc("remote", "add", "-q", "other", str(tmp_path / "other"))
    (tmp_path / "other").mkdir()
    pointer = directory / "data" / "many.dvc"
    pointer.write_text(pointer.read_text() + "  remote: other\n")
    found = remote_status(directory)["remote_data"]
    assert [(each["remote"], each["outputs"], each["missing"]) for each in found["remotes"]] == [
        ("other", 1, 1),
        ("storage", 3, 0),
    ]
    assert found["outputs"][0]["remote"] == "other"
    assert "Remote    other lacks 1 of 1 output; storage has all 3 outputs" in (
        directory.here("status", "--remote").out
    )
    # `mlgit push` sends it to its own remote, not to the default one.
    directory.commit("Another remote")
    assert directory.here("push").status == Exit.DONE
    assert remote_status(directory)["remote_data"]["outputs"] == []


def test_a_repository_below_has_its_own_remote(directory: Folder, tmp_path: Path) -> None:
    (directory / "sub").mkdir()
    sub = type(directory)(directory / "sub")
    sub.dvc("init", "-q", "--subdir")
    sub.dvc("remote", "add", "-q", "-d", "below", str(tmp_path / "below"))
    sub.write("inner.txt", "inner")
    sub.dvc("add", "-q", "inner.txt")
    sub.dvc("push", "-q")
    found = remote_status(directory)["remote_data"]
    assert {each["remote"]: each["missing"] for each in found["remotes"]} == {"below": 0, "storage": 0}
    content_path(tmp_path / "below", md5_of("inner")).unlink()
    assert outputs(directory)["sub/inner.txt"]["remote"] == "below"


def test_contents_of_dvc_2_are_looked_up_in_the_layout_of_dvc_2(project: Folder) -> None:
    project.write("data/old.txt", "old")
    pointer = f"outs:\n- md5: {md5_of('old')}\n  size: 3\n  path: old.txt\n"
    project.write("data/old.txt.dvc", pointer)
    project.dvc("commit", "-q", "-f", "data/old.txt.dvc")
    project.write("data/old.txt.dvc", pointer)
    assert outputs(project)["data/old.txt"]["missing_files"] == 1
    legacy = storage(project) / md5_of("old")[:2] / md5_of("old")[2:]
    legacy.parent.mkdir(parents=True)
    legacy.write_text("old")
    assert outputs(project) == {}


def test_without_a_remote_a_note_says_so_and_the_exit_code_is_0(project: Folder) -> None:
    project.dvc("remote", "remove", "storage")
    found = remote_status(project)
    assert found["failures"] == []
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}
    assert "No default DVC remote is configured (`dvc remote add -d NAME URL`)" in (
        project.here("status", "--remote").out
    )


def test_a_missing_remote_folder_is_noted(project: Folder) -> None:
    shutil.rmtree(storage(project))
    found = remote_status(project)["remote_data"]
    assert len(found["outputs"]) == 3
    assert "folder of the DVC remote `storage` is not there" in found["notes"][0]


def test_without_outputs_no_remote_is_queried(empty_repository: Folder) -> None:
    empty_repository.write("README", "x")
    empty_repository.commit("first")
    found = remote_status(empty_repository)["remote_data"]
    assert found == {"remotes": [], "outputs": [], "notes": []}


def test_a_remote_that_does_not_answer_does_not_hide_the_rest(directory: Folder) -> None:
    directory.dvc("remote", "add", "-q", "far", "http://ada:secret@127.0.0.1:9/")
    pointer = directory / "data" / "many.dvc"
    pointer.write_text(pointer.read_text() + "  remote: far\n")
    found = remote_status(directory, status=Exit.TOOL)
    (failure,) = found["failures"]
    assert (failure["part"], failure["code"]) == ("remote_data", "tool_failed")
    assert "The DVC remote `far` could not be queried" in failure["message"]
    assert "secret" not in json.dumps(found["failures"])
    assert [(each["remote"], each["answered"]) for each in found["remote_data"]["remotes"]] == [
        ("far", False),
        ("storage", True),
    ]
    (unknown,) = found["remote_data"]["outputs"]
    assert (unknown["path"], unknown["presence"]) == ("data/many", "unknown")
    assert (found["pipeline_stages"], found["branch"]) == (3, "main")
    done = directory.here("status", "--remote")
    assert (done.status, done.err) == (Exit.TOOL, "")
    assert "far did not answer; storage has all 3 outputs" in done.out


def test_a_remote_that_is_not_configured_is_a_failure(project: Folder) -> None:
    pointer = project / "data" / "raw.csv.dvc"
    pointer.write_text(pointer.read_text() + "  remote: nowhere\n")
    found = remote_status(project, status=Exit.TOOL)
    assert "`nowhere` could not be queried" in found["failures"][0]["message"]
    assert found["remote_data"]["remotes"][1]["answered"] is True
    project.dvc("remote", "default", "-q", "storage")
    config = project / ".dvc" / "config"
    config.write_text(config.read_text().replace("remote = storage", "remote = gone"))
    found = remote_status(project, status=Exit.TOOL)
    assert found["remote_data"]["remotes"] == [
        {"remote": "nowhere", "outputs": 1, "missing": 0, "answered": False}
    ]
    pointer.unlink()
    done = project.here("status", "--remote")
    assert "\nRemote    unknown\n" in done.out
    assert "The default DVC remote could not be queried" in done.out


def test_the_shell_completes_the_option(project: Folder) -> None:
    env = {"_MLGIT_COMPLETE": "bash_complete", "COMP_WORDS": "mlgit status --re", "COMP_CWORD": "2"}
    done = project.run(sys.executable, "-m", "mlgit", env=os.environ | env)
    assert "plain,--remote" in done.out.split()
