"""The next step of a status: it works when it is typed, where it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def train(project: Folder, slope: str) -> None:
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    project.dvc("repro", "-q")


def next_of(folder: Folder, *argv: str) -> str:
    """The command after `next:`."""
    lines = folder.here(*argv, "status").out.splitlines()
    return next(line.removeprefix("next: ") for line in lines if line.startswith("next: "))


def test_after_a_switch_the_outputs_of_the_other_branch_are_named_and_checked_out(project: Folder) -> None:
    project.git("switch", "-qc", "better")
    train(project, "2.0")
    project.commit("Better")
    project.git("switch", "-q", "main")
    out = project.here("status").out
    assert "Data      ! 1 is still that of better: models/line.json\n" in out
    assert "✗ blocked: evaluate is stale, and " in out
    assert next_of(project) == "dvc checkout"
    check = project.here("check")
    assert check.status == Exit.BLOCKED
    assert "hint: run `dvc checkout`: `models/line.json` is that of `better`" in " ".join(check.out.split())
    assert "mlgit run" not in check.out
    assert "\nnext: dvc checkout\n" in check.out
    for form in ("markdown", "json", "junit"):
        assert "mlgit run" not in project.here("report", "--format", form).out
    project.dvc("checkout", "-q")
    assert "3 stages up to date" in project.here("status").out
    assert project.here("check").status == Exit.DONE


def test_a_result_that_git_and_dvc_both_keep_is_taken_from_git_before_a_run(project: Folder) -> None:
    rules = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", rules.replace("metrics/test.json: {cache: false}", "metrics/test.json"))
    project.write("params.yaml", "train:\n  slope: 3\n")
    assert project.here("run").status != Exit.DONE
    step = next_of(project)
    assert step == "git rm -r --cached metrics/test.json"
    project.ok("sh", "-c", step)
    assert next_of(project) == "mlgit run"
    assert "ran: evaluate" in project.here("run").out


@pytest.mark.parametrize(
    ("path", "content"), [("params.yaml", "train:\n  slope: 3\n"), ("models/line.json", '{"slope": 7}')]
)
def test_where_a_run_is_needed_status_and_check_say_so(project: Folder, path: str, content: str) -> None:
    project.git("switch", "-qc", "better")
    train(project, "2.0")
    project.commit("Better")
    project.git("switch", "-q", "main")
    project.write(path, content)
    assert next_of(project) == "mlgit run"
    check = project.here("check").out
    assert "next: mlgit run" in check
    assert "dvc checkout" not in check


def test_an_output_that_only_the_cache_has_is_checked_out(project: Folder) -> None:
    (project / "models/line.json").unlink()
    out = project.here("status").out
    assert "not checked out" in out
    assert next_of(project) == "dvc checkout"
    project.run("sh", "-c", next_of(project))
    assert next_of(project) != "dvc checkout"
    assert (project / "models/line.json").exists()


@pytest.mark.parametrize("path", ["params.yaml", "dvc.yaml", "src/train.py"])
def test_a_deleted_file_that_git_has_is_brought_back(project: Folder, path: str) -> None:
    (project / path).unlink()
    command = f"git checkout -- {path}"
    assert next_of(project) == command
    check = project.here("check").out
    assert f"hint: run `{command}`: `{path}` is deleted here" in " ".join(check.split())
    assert "mlgit run" not in check
    assert f"\nnext: {command}\n" in check
    if path == "dvc.yaml":
        assert ".gitignore" not in project.here("status").out + project.here("doctor").out
        assert f"run `{command}`: deleted here" in project.here("doctor").out
    project.run("sh", "-c", command)
    assert next_of(project) != command


def test_a_file_that_was_taken_out_of_git_or_that_nothing_reads_stays_deleted(project: Folder) -> None:
    project.write("README", "words")
    project.commit("Words")
    (project / "README").unlink()
    assert next_of(project) == "git commit -a"
    project.git("checkout", "-q", "--", "README")
    project.git("rm", "-q", "params.yaml")
    assert "checkout" not in next_of(project)


def test_a_branch_without_upstream_may_be_ahead_of_the_remote(project: Folder) -> None:
    project.git("switch", "-qc", "topic")
    project.git("push", "-q", "origin", "topic")
    project.git("commit", "-q", "--allow-empty", "-m", "More")
    assert ", no upstream, though origin has a branch of this name" in project.here("status").out


def test_an_output_that_no_branch_has_is_made_again(project: Folder) -> None:
    project.write("models/line.json", '{"slope": 7}')
    out = project.here("status").out
    assert "Data      ! 1 modified: models/line.json\n" in out
    assert next_of(project) == "mlgit run"


def test_a_parameter_is_shown_with_both_values(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.5\n")
    out = project.here("status").out
    assert "            train     train.slope changed from 1.99 to 1.5\n" in out
    assert "            evaluate  runs after train\n" in out
    (param,) = project.here("status", "--json").json()["changed_params"]
    assert param == {
        "name": "train.slope",
        "new": "1.5",
        "old": "1.99",
        "param": "train.slope",
        "stage": "train",
    }


def test_a_parameter_that_is_a_mapping_is_shown_by_its_values(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    assert "params: [train.slope]" in text
    project.write("dvc.yaml", text.replace("params: [train.slope]", "params: [train]"))
    project.dvc("repro", "-q")
    project.write("params.yaml", "train:\n  slope: 1.5\n  deep: {on: true}\n  layers: [1, 2]\n")
    out = project.here("status").out
    assert " train.slope changed from 1.99 to 1.5; train.deep.on is new; train.layers is new\n" in out


def test_a_parameter_that_several_patterns_match_is_shown_once(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("params: [train.slope]", "params: [train.slop?, '*.slope', train]")
    )
    project.dvc("repro", "-q")
    project.write("params.yaml", "train:\n  slope: 1.5\n")
    assert "            train     train.slope changed from 1.99 to 1.5\n" in project.here("status").out


def test_a_command_with_a_path_goes_to_the_root_first(project: Folder, tmp_path: Path) -> None:
    from tests.support.shell import Folder as Place

    project.write("data/raw.csv", "x,y\n1,2\n")
    assert next_of(project) == "dvc add data/raw.csv"
    assert next_of(Place(project / "src")) == "(cd .. && dvc add data/raw.csv)"
    outside = next_of(Place(tmp_path), "-C", str(project.path))
    assert outside == f"(cd {project.path} && dvc add data/raw.csv)"
    done = Place(tmp_path).run("sh", "-c", outside)
    assert done.status == 0, done.err
    assert not next_of(project).startswith("dvc add")


def test_there_is_always_a_next_line(empty_repository: Folder) -> None:
    assert next_of(empty_repository) == "mlgit init"
    empty_repository.write("mlgit.yaml", "version: 1\n")
    empty_repository.write("train.py", "x")
    command = next_of(empty_repository)
    assert command == "git add -A && git commit"
    done = empty_repository.run("sh", "-c", f"{command} -qm first")
    assert done.status == 0, done.err
    assert next_of(empty_repository) == "nothing to do"


def test_after_the_first_run_all_that_it_wrote_is_to_be_committed(project: Folder) -> None:
    files = ["data/.gitignore", "dvc.lock", "metrics/test.json", "models/.gitignore"]
    project.git("rm", "-q", "--cached", *files)
    project.git("commit", "-qm", "Before the first run")
    project.git("push", "-q")
    assert "Other files changed" not in project.here("check").out
    command = next_of(project)
    assert command == "git add data/.gitignore dvc.lock metrics models && git commit"
    project.write("metrics/notes.txt", "mine")
    command = next_of(project)
    assert command == "git add data/.gitignore dvc.lock metrics/test.json models && git commit"
    assert "depend on them: `metrics/notes.txt`\n" in project.here("check").out
    done = project.run("sh", "-c", f"{command} -qm 'First run'")
    assert done.status == 0, done.err
    assert project.git("show", "--format=", "--name-only").splitlines() == files
    assert next_of(project) == "mlgit push"


def test_models_that_only_git_has_are_offered_for_release(empty_repository: Folder, tmp_path: Path) -> None:
    repository, models = empty_repository, ("dose", "tumor")
    repository.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    for name in models:
        repository.write(f"{name}.bin", name)
    paths = "".join(f"  {name}: {{path: {name}.bin}}\n" for name in models)
    repository.write("mlgit.yaml", f"version: 1\nmodels:\n{paths}")
    repository.commit("Two models")
    repository.git("push", "-qu", "origin", "main")
    for name in models:
        assert next_of(repository) == f"mlgit release {name}"
        change(repository, "release", name)
    assert next_of(repository) == "nothing to do"
    repository.write("README.md", "Dose and tumor")
    repository.commit("Describe them")
    repository.git("push", "-q")
    assert next_of(repository) == "nothing to do"
    repository.write("tumor.bin", "better")
    repository.commit("Better")
    repository.git("push", "-q")
    assert next_of(repository) == "mlgit release tumor"


def test_after_init_the_new_file_is_to_be_committed_from_any_folder(project: Folder) -> None:
    from tests.support.shell import Folder as Place

    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Without rules")
    project.git("push", "-q")
    assert next_of(project) == "mlgit init"
    project.here("init")
    below = Place(project / "src")
    assert next_of(below) == "(cd .. && git add mlgit.yaml && git commit)"
    command = next_of(project)
    assert command == "git add mlgit.yaml && git commit"
    done = project.run("sh", "-c", f"{command} -qm Rules")
    assert done.status == 0, done.err
    assert project.git("status", "--porcelain") == ""
    assert next_of(project) == "mlgit push"


def test_a_first_clone_of_an_empty_remote_has_lost_nothing(empty_repository: Folder, tmp_path: Path) -> None:
    from tests.support.shell import Folder as Place

    empty_repository.run("git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "new.git"))
    empty_repository.run("git", "clone", "-q", str(tmp_path / "new.git"), str(tmp_path / "clone"))
    clone = Place(tmp_path / "clone")
    clone.write("train.py", "x")
    clone.git("add", "-A")
    clone.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "first")
    out = clone.here("status").out
    assert "Live      nothing released yet\n" in out
    assert ", not pushed\n" in out
    assert "gone" not in out
    assert next_of(clone) == "mlgit push"


def test_environments_that_trunk_does_not_have_yet_are_named(project: Folder) -> None:
    config = (project / "mlgit.yaml").read_text()
    project.git("switch", "-qc", "topic")
    project.write("mlgit.yaml", config.replace("  prod:", "  canary: {}\n  prod:"))
    out = " ".join(project.here("status").out.split())
    assert "! declared here, but not yet in mlgit.yaml on origin/main, which counts: canary " in out


@pytest.mark.parametrize(
    ("change", "short", "status"),
    [
        (lambda _: None, "prod empty · allowed\n", Exit.DONE),
        (
            lambda it: it.write("params.yaml", "train:\n  slope: 1.5\n"),
            " · 2 stale · blocked\n",
            Exit.BLOCKED,
        ),
        (lambda it: train(it, "1.5"), "prod empty · blocked\n", Exit.BLOCKED),
        (lambda it: it.write("mlgit.yaml", "version: 2\n"), " · 1 error\n", Exit.BLOCKED),
    ],
)
def test_the_short_form_and_the_exit_code(project: Folder, change, short: str, status: int) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    change(project)
    done = project.here("status", "--short", "--exit-code")
    assert done.out.endswith(short)
    assert done.out.count("\n") == 1
    assert done.status == status
    assert project.here("status").status == Exit.DONE


def test_without_a_connection_the_hint_is_about_the_command(project: Folder) -> None:
    project.git("remote", "set-url", "origin", "/nowhere")
    for argv in (("models", "--fetch"), ("history", "--fetch")):
        done = project.here(*argv)
        assert done.status == Exit.TOOL
        assert "hint: check the connection; without `--fetch` you see the tags" in done.err
        assert "--local" not in done.err


def test_a_configuration_of_dvc_that_cannot_be_parsed_is_named_with_its_line(project: Folder) -> None:
    project.write(".dvc/config", "[core]\n    remote = storage\n['remote \"storage\"'\n    url = /x\n")
    done = project.here("run")
    assert done.status == Exit.CONFIG
    assert "`.dvc/config` cannot be parsed" in done.err
    assert ".dvc/config:3" in done.err
    assert "(.dvc/config:3)" in project.here("status", "--remote").out


def test_the_doctor_reads_the_configuration_of_dvc_also_where_there_is_no_data(
    empty_repository: Folder,
) -> None:
    empty_repository.dvc("init", "-q")
    empty_repository.write(".dvc/config", "[cache]\n    type = copy\n[cache]\n    dir = x\n")
    done = empty_repository.here("doctor")
    assert "`.dvc/config` cannot be parsed: this section or key is there twice" in done.out
    assert "error .dvc/config:3" in done.out


def test_after_a_pull_the_outputs_of_the_commit_before_are_named_and_pulled(project: Folder) -> None:
    from tests.support.shell import Folder as Place

    clone = Place(project.path.parent / "clone")
    project.git("clone", "-q", project.git("remote", "get-url", "origin"), str(clone.path))
    clone.dvc("pull", "-q")
    before = clone.git("rev-parse", "--short=7", "HEAD")
    train(project, "1.995")
    project.commit("Retrain")
    project.dvc("push", "-q")
    project.git("push", "-q")
    clone.git("pull", "-q")
    status = clone.here("status").out
    assert f"Data      ! 1 is still that of {before}: models/line.json\n" in status
    assert next_of(clone) == "dvc pull"
    check = clone.here("check")
    text = " ".join(check.out.split())
    assert f"hint: run `dvc pull`: `models/line.json` is that of `{before}`" in text
    assert ("mlgit run" in text, check.out.count("\nnext: dvc pull\n")) == (False, 1)
    assert "mlgit run" not in clone.here("report", "--format", "markdown").out
    clone.dvc("pull", "-q")
    assert next_of(clone) == "mlgit release line"
    # What is here already only has to be checked out.
    clone.git("reset", "-q", "--hard", before)
    assert next_of(clone) == "dvc checkout"
    clone.write("params.yaml", "train:\n  slope: 3\n")
    assert next_of(clone) == "mlgit run"


def move_model(project: Folder) -> None:
    """Give the model's file another folder, with the same content."""
    for path in ("dvc.yaml", "mlgit.yaml", "src/train.py", "src/evaluate.py"):
        project.write(path, (project / path).read_text().replace("models/line", "artifacts/line"))
    (project / "artifacts").mkdir()
    project.dvc("repro", "-q")


def go_back(project: Folder) -> None:
    """Release another model, then have the content of the first version again."""
    train(project, "1.995")
    project.commit("Better")
    project.dvc("push", "-q")
    project.git("push", "-q")
    assert project.here("release", "line").status == Exit.DONE
    train(project, "1.99")


def reject(project: Folder) -> None:
    """Have a rejected model again."""
    done = project.here("deregister", "line@v1.0.0", "-m", "leaks labels")
    assert done.status == Exit.DONE, done.err
    project.write("README.md", "More\n")


@pytest.mark.parametrize("change", [move_model, go_back, reject])
def test_status_proposes_no_release_that_is_done_or_refused(project: Folder, change) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    assert project.here("release", "line").status == Exit.DONE
    change(project)
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "The same model")
    project.dvc("push", "-q")
    project.git("push", "-q")
    done = project.here("release", "line")
    assert "Already: " in done.out or "was rejected before" in done.err
    assert not next_of(project).startswith("mlgit release")


def test_a_deleted_record_of_runs_is_brought_back_and_not_run_again(project: Folder) -> None:
    (project / "dvc.lock").unlink()
    out = project.here("status").out
    assert "            train     deleted dvc.lock\n" in out
    assert ("never" in out, "has not made" in out) == (False, False)
    check = project.here("check").out
    assert "is not recorded in dvc.lock, so no run of stage `evaluate` is known" in " ".join(check.split())
    assert "\nnext: git checkout -- dvc.lock\n" in check
    assert next_of(type(project)(project / "src")) == "(cd .. && git checkout -- dvc.lock)"
    command = next_of(project)
    assert command == "git checkout -- dvc.lock"
    project.ok("sh", "-c", command)
    assert "3 stages up to date" in project.here("status").out
