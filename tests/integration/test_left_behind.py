"""Data of the commit before, after `git pull` brought other data: no command takes the update back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_status_next import next_of
from tests.support.shell import Folder

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest

NEW = "x,y\n1,2\n2,4\n3,6\n4,8\n"


def update(project: Folder) -> None:
    """Give the project new data, run the pipeline, and publish both."""
    project.write("data/raw.csv", NEW)
    project.dvc("add", "-q", "data/raw.csv")
    project.dvc("repro", "-q")
    project.commit("Weekly data")
    project.dvc("push", "-q")
    project.git("push", "-q")


@pytest.fixture
def ada(project: Folder) -> Folder:
    """A clone with all data, whose remote then gets other data from `project`."""
    clone = Folder(project.path.parent / "ada")
    project.git("clone", "-q", project.git("remote", "get-url", "origin"), str(clone.path))
    clone.dvc("pull", "-q")
    update(project)
    return clone


def after_pull(clone: Folder) -> None:
    clone.git("pull", "-q")


def after_merge(clone: Folder) -> None:
    clone.git("switch", "-qc", "topic")
    clone.write("notes.md", "x\n")
    clone.commit("Notes")
    clone.git("fetch", "-q")
    clone.git("merge", "-q", "--no-edit", "origin/main")


def after_rebase(clone: Folder) -> None:
    clone.git("switch", "-qc", "topic")
    for number in range(12):
        clone.write("notes.md", f"{number}\n")
        clone.commit(f"Note {number}")
    clone.git("fetch", "-q")
    clone.git("rebase", "-q", "origin/main")


@pytest.mark.parametrize("brought", [after_pull, after_merge, after_rebase])
def test_a_run_fetches_the_data_that_git_brought(ada: Folder, brought) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    brought(ada)
    assert next_of(ada) == "dvc pull"
    done = ada.here("run", "--json")
    assert done.status == Exit.DONE, done.err
    assert set(done.json()["pulled"]) == {"data/raw.csv", "data/clean.csv"}
    assert (ada / "data" / "raw.csv").read_text() == NEW
    assert ada.git("status", "--porcelain") == ""


def test_own_work_does_not_make_a_colleagues_data_look_edited(ada: Folder) -> None:
    ada.git("pull", "-q")
    ada.write("params.yaml", "train:\n  slope: 1.995\n")
    assert next_of(ada) == "mlgit run"
    assert ada.here("run").status == Exit.DONE
    assert (ada / "data" / "raw.csv").read_text() == NEW
    assert "data/raw.csv.dvc" not in ada.git("status", "--porcelain")


def test_data_that_no_one_pushed_is_asked_for_and_not_taken_back(ada: Folder) -> None:
    ada.git("pull", "-q")
    storage = ada.path.parent / "storage"
    next(path for path in storage.rglob("*") if path.is_file() and path.read_text() == NEW).unlink()
    done = ada.here("run")
    assert done.status == Exit.STATE
    assert "`data/raw.csv` is still that of `" in done.err
    assert "neither this machine nor the DVC remote has the content" in done.err
    assert "hint: run `dvc push` where it still is: Ada recorded it in `" in done.err
    assert ada.git("status", "--porcelain") == ""


@pytest.mark.parametrize("before", ["another version", "nothing"])
def test_damaged_data_is_not_taken_for_an_edit(ada: Folder, before: str) -> None:
    ada.git("pull", "-q")
    storage = ada.path.parent / "storage"
    found = next(path for path in storage.rglob("*") if path.is_file() and path.read_text() == NEW)
    found.chmod(0o644)
    found.write_text(NEW[:-2])
    found.chmod(0o444)  # as DVC leaves it, which it trusts
    if before == "nothing":
        (ada / "data" / "raw.csv").unlink()
        shutil.rmtree(ada / ".dvc" / "cache")
    for _ in range(2):
        done = ada.mlgit("run")
        assert done.status == Exit.STATE
        assert "No stage makes `data/raw.csv`, and what the DVC remote has is damaged" in done.err
        assert "hint: run `dvc push` where it still is whole, after removing it from the remote" in done.err
    assert not (ada / "data" / "raw.csv").exists()
    assert ada.git("status", "--porcelain") == ""


def test_data_that_is_damaged_in_the_cache_is_fetched(project: Folder) -> None:
    project.dvc("push", "-q")
    text = (project / "data" / "raw.csv").read_text()
    cache = project / ".dvc" / "cache"
    for path in [each for each in cache.rglob("*") if each.is_file() and each.read_text() == text]:
        path.chmod(0o644)
        path.write_text("damaged")
        path.chmod(0o444)
    (project / "data" / "raw.csv").unlink()
    assert project.mlgit("run").status == Exit.DONE
    assert (project / "data" / "raw.csv").read_text() == text


def test_a_run_without_pull_asks_for_one(ada: Folder) -> None:
    ada.git("pull", "-q")
    done = ada.here("run", "--no-pull")
    assert (done.status, "hint: run `dvc pull data/raw.csv`" in done.err) == (Exit.STATE, True)
    assert ada.git("status", "--porcelain") == ""


def test_edited_data_is_recorded_by_a_run_and_refused_by_one_that_commits(project: Folder) -> None:
    project.write("data/raw.csv", NEW)
    assert next_of(project) == "dvc add data/raw.csv"
    done = project.here("run", "--commit")
    assert done.status == Exit.STATE
    assert "`data/raw.csv` is not the content that `data/raw.csv.dvc` records" in done.err
    assert project.git("status", "--porcelain") == ""
    assert project.here("run").status == Exit.DONE
    assert "M data/raw.csv.dvc" in project.git("status", "--porcelain")


def test_data_that_is_nowhere_is_not_called_a_stage(project: Folder) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    (project / "data" / "raw.csv").unlink()
    shutil.rmtree(project.path.parent / "storage" / "files")
    done = project.here("run")
    assert done.status == Exit.STATE
    assert "No stage makes `data/raw.csv`, and neither this machine nor the DVC remote has" in done.err
    assert "hint: run `dvc push` where it still is: Ada recorded it in `" in done.err


def test_a_folder_of_the_remote_that_is_not_there_is_named(project: Folder) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    (project / "models" / "line.json").unlink()
    project.dvc("remote", "modify", "--local", "storage", "url", "/nowhere")
    done = project.here("run", "--json")
    assert done.status == Exit.DONE, done.err
    [note] = done.json()["notes"]
    assert note.startswith("The folder of the DVC remote `storage` is not there: ")
    assert note.endswith("so they are made again: models/line.json")
    shutil.rmtree(project / ".dvc" / "cache")
    (project / "data" / "raw.csv").unlink()
    done = project.here("run")
    assert done.status == Exit.STATE
    assert "The folder of the DVC remote `storage` is not there" in done.err
    assert "hint: run `mlgit status --remote`" in done.err


def test_a_run_in_ci_replaces_the_data_of_an_earlier_job(pull: PullRequest) -> None:
    project = pull.project
    old = (project / "data" / "raw.csv").read_text()
    project.write("data/raw.csv", NEW)
    project.dvc("add", "-q", "data/raw.csv")
    pull.push("Weekly data")
    project.write("data/raw.csv", old)
    assert project.git("status", "--porcelain") == ""
    assert pull.ci("pr", "--pipeline", "run", "--commit").status == Exit.DONE, pull.notes()
    made = pull.report()["pushed"]
    assert project.git("diff", "--name-only", "HEAD") == ""
    assert (project / "data" / "raw.csv").read_text() == NEW
    pull.forge.move_pull(pull.number, made)
    project.git("checkout", "-q", "--detach", made)
    assert pull.ci("pr").status == Exit.DONE, pull.notes()


def test_a_run_in_ci_refuses_edited_data(pull: PullRequest) -> None:
    pull.project.write("data/raw.csv", NEW)
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == Exit.STATE
    assert "`data/raw.csv` is not the content that `data/raw.csv.dvc` records" in done.err
    assert (pull.project / "data" / "raw.csv").read_text() == NEW
    assert pull.report()["check"] is None


def test_a_verdict_is_about_the_commit_if_the_run_changed_more(pull: PullRequest) -> None:
    script = (pull.project / "src/train.py").read_text()
    change = "open('src/evaluate.py', 'a').write('# more\\n')\n"
    pull.project.write("src/train.py", f"{script}{change}")
    pull.push("Curious", data=False)
    done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert "changed by the run and not committed: `src/evaluate.py`" in pull.report()["skipped"][-1]
    assert done.status == Exit.BLOCKED
    assert pull.report()["check"]["verdict"]["candidate"]["commit"] == pull.report()["pushed"]
