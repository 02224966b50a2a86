"""`mlgit ci init` in real repositories."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from mlgit import __version__
from mlgit.core.ci.templates import Settings, read_stamp
from mlgit.core.forge.hosts import host_options
from mlgit.errors import Exit
from mlgit.project.ci import templates as ci_templates
from mlgit.project.opening import open_project
from tests.support.ci_files import (
    ACTION,
    OWN,
    PR,
    RECORDED,
    age,
    ci,
    record_installation,
    refused,
    statuses,
    tree,
)
from tests.support.templates import bundled, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

REPORT = ".github/workflows/mlgit-report.yml"
GITLAB = ".gitlab-ci.yml"


@pytest.fixture(autouse=True)
def _installed_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_installation(tmp_path, monkeypatch, RECORDED)


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_every_bundled_file_is_written_with_its_first_line(project: Folder, host: str) -> None:
    record = ci(project, "init", "--host", host)
    assert set(statuses(record).values()) == {"create"}
    assert (record["host"], record["pipeline"], record["version"]) == (host, "verify", __version__)
    for path in bundled(host):
        stamp = read_stamp((project / path).read_text(encoding="utf-8"))
        assert stamp is not None, path
        assert (stamp.version, stamp.intact) == (__version__, True)
        assert stat.S_IMODE((project / path).stat().st_mode) & 0o111 == 0
    assert not [path for path in tree(project) if path.endswith(".tmp")]


def test_a_second_run_changes_nothing(project: Folder) -> None:
    asked = ("--pipeline", "run", "--requirement", f"mlgit=={__version__}", "--requirement", "dvc-s3")
    ci(project, "init", "--host", "github", *asked)
    before = tree(project)
    for options in ((), asked):
        record = ci(project, "init", "--host", "github", *options)
        assert set(statuses(record).values()) == {"same"}
        assert (record["pipeline"], record["requirement"]) == ("run", f"mlgit=={__version__} dvc-s3")
    assert tree(project) == before


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("git@github.com:me/line.git", "github"),
        ("https://token@github.example.org/me/line", "github"),
        ("https://gitlab.example/me/line.git", "gitlab"),
        ("ssh://git@gitlab.example.org:2222/me/line.git", "gitlab"),
    ],
)
def test_the_host_is_found_by_the_remote(project: Folder, url: str, host: str) -> None:
    project.git("remote", "set-url", "origin", url)
    assert ci(project, "init", "--dry-run")["host"] == host


def test_the_host_is_found_by_the_files_of_the_repository(project: Folder) -> None:
    refused(project.here("ci", "init"), f"add {host_options()}")
    project.write(GITLAB, "test: {script: [make]}\n")
    assert ci(project, "init", "--dry-run")["host"] == "gitlab"
    project.write(".github/CODEOWNERS", "* @me\n")
    done = project.here("ci", "init")
    assert done.status == Exit.USAGE


def test_without_a_config_nothing_is_written(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    before = tree(project)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.STATE
    refused(done, "There is no `mlgit.yaml`", "mlgit init")
    assert tree(project) == before


def test_an_invalid_config_is_reported_and_nothing_is_written(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\ngate: {}\n")
    before = tree(project)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.CONFIG
    refused(done, "mlgit.yaml:2:1", "gates")
    assert tree(project) == before


def test_a_dry_run_shows_what_it_would_write(project: Folder) -> None:
    before = tree(project)
    record = ci(project, "init", "--host", "github", "--dry-run")
    assert set(statuses(record).values()) == {"create"}
    assert all(file["difference"].startswith("--- /dev/null\n") for file in record["files"])
    assert tree(project) == before
    assert "Would write 6 files" in project.here("ci", "init", "--host", "github", "--dry-run").out


def test_the_modes_and_requirements_of_a_repository_are_filled_in(project: Folder) -> None:
    project.dvc("remote", "add", "-q", "-f", "storage", "s3://bucket/path")
    record = ci(project, "init", "--host", "github")
    assert record["requirement"] == f"{OWN} dvc-s3"
    action = parse((project / ACTION).read_text(encoding="utf-8"))
    assert action["inputs"]["requirement"]["default"] == f"{OWN} dvc-s3"
    assert any("AWS_ACCESS_KEY_ID" in step for step in record["next"])
    changed = ci(project, "init", "--host", "github", "--pipeline", "run", "--requirement", "")
    assert {path for path, status in statuses(changed).items() if status == "update"} == {PR, ACTION, REPORT}
    assert changed["requirement"] == ""
    assert parse((project / ACTION).read_text(encoding="utf-8"))["inputs"]["requirement"]["default"] == ""


def test_an_invalid_requirement_is_a_usage_error(project: Folder) -> None:
    done = project.here("ci", "init", "--host", "github", "--requirement", "-r evil.txt")
    assert done.status == Exit.USAGE
    refused(done, "`-r` cannot be a requirement")


def test_an_edited_file_is_kept(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    with (project / PR).open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    before = tree(project)
    assert statuses(ci(project, "init", "--host", "github"))[PR] == "edited"
    assert statuses(ci(project, "update"))[PR] == "edited"
    assert tree(project) == before
    assert statuses(ci(project, "init", "--host", "github", "--force"))[PR] == "replace"
    assert "# mine" not in (project / PR).read_text(encoding="utf-8")


def test_an_edited_file_whose_template_changes_stops_everything(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    with (project / PR).open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    before = tree(project)
    done = project.here("ci", "init", "--host", "github", "--pipeline", "run", "--requirement", "")
    assert done.status == Exit.STATE
    refused(done, f"`{PR}` was edited", "nothing was written", "--force")
    assert tree(project) == before


def test_a_file_that_mlgit_did_not_write_is_not_overwritten(project: Folder) -> None:
    project.write(PR, "name: mine\n")
    project.write(ACTION, "name: mine\n")
    before = tree(project)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.STATE
    refused(done, "2 files were edited, or are not mlgit's", PR, ACTION)
    assert tree(project) == before
    assert statuses(ci(project, "init", "--host", "github", "--force"))[PR] == "replace"


def test_an_existing_gitlab_pipeline_is_left_and_the_missing_lines_are_shown(project: Folder) -> None:
    project.write(GITLAB, "test: {script: [make]}\n")
    record = ci(project, "init", "--host", "gitlab", "--force")
    assert statuses(record)[GITLAB] == "left"
    assert record["include"] == "include:\n  - local: /.gitlab/mlgit/full.yml\n"
    assert (project / GITLAB).read_text(encoding="utf-8") == "test: {script: [make]}\n"
    shown = project.here("ci", "init", "--host", "gitlab").out
    assert "Add to .gitlab-ci.yml:\n  include:\n    - local: /.gitlab/mlgit/full.yml\n" in shown
    project.write(GITLAB, f"{record['include']}test: {{script: [make]}}\n")
    assert ci(project, "init", "--host", "gitlab")["include"] is None


@pytest.mark.parametrize(
    ("stages", "inputs"),
    [
        ("stages: [deploy, run]\n", {"test_stage": "run"}),
        ("stages:\n- build # first\n- 'ship it'\n", {"test_stage": "build", "deploy_stage": "ship it"}),
        ("x: !reference [y, z]\nstages: ['yes', deploy]\n", {"test_stage": "yes"}),
        ("stages: [deploy, test]\n", None),
        ("stages: run\n", None),
        ("a: [\n", None),
    ],
)
def test_the_missing_lines_name_stages_that_the_pipeline_has(
    project: Folder, stages: str, inputs: dict[str, str] | None
) -> None:
    project.write(GITLAB, stages)
    (include,) = yaml.safe_load(ci(project, "init", "--host", "gitlab")["include"])["include"]
    assert include.get("inputs") == inputs


def test_own_jobs_in_the_installed_pipeline_are_not_a_conflict(project: Folder) -> None:
    ci(project, "init", "--host", "gitlab")
    with (project / GITLAB).open("a", encoding="utf-8") as file:
        file.write("mine: {script: [make]}\n")
    assert statuses(ci(project, "update"))[GITLAB] == "left"


def test_the_whole_set_is_written_or_none_of_it(project: Folder) -> None:
    (project / PR).mkdir(parents=True)
    before = tree(project)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.STATE
    refused(done, f"`{PR}` cannot be written")
    assert tree(project) == before
    assert not (project / ".github" / "actions").exists()


@pytest.mark.parametrize("fresh", [False, True], ids=["update", "first"])
def test_a_failure_in_the_middle_restores_everything(
    project: Folder, monkeypatch: pytest.MonkeyPatch, *, fresh: bool
) -> None:
    if not fresh:
        ci(project, "init", "--host", "github")
        age(project, ACTION)
        (project / PR).unlink()
    before = tree(project)
    real, calls = os.replace, []

    def replace(source: str, target: str) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(source, target)

    opened = open_project(str(project.path), now=datetime(2026, 3, 1, tzinfo=UTC))
    filled = Settings(pipeline="verify", requirement="mlgit", branch="main")
    planned = ci_templates.plan(opened, "github", filled)
    files = [ci_templates.file_status("github", each, force=False) for each in planned]
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="No space left"):
        ci_templates.write(opened, planned, files)
    opened.close()
    assert len(calls) >= 2
    assert tree(project) == before
    assert (project / ".github").exists() is not fresh


def test_a_default_branch_with_characters_of_a_filter_is_refused(project: Folder) -> None:
    project.git("branch", "-q", "-m", "main", "a!b")
    project.git("push", "-q", "origin", "a!b")
    project.git("remote", "set-head", "origin", "a!b")
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.STATE
    refused(done, "`a!b`", "filter")


def test_a_repository_without_a_commit_can_be_set_up(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: 1\n")
    record = ci(empty_repository, "init", "--host", "github", "--pipeline", "run")
    assert any("no `dvc.yaml`" in note for note in record["notes"])
    assert not any("no DVC remote" in note for note in record["notes"])


def test_a_path_that_leads_out_of_the_repository_is_refused(project: Folder) -> None:
    outside = project.path.parent / "outside"
    outside.mkdir()
    (project / ".github").symlink_to(outside)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.STATE
    refused(done, "cannot be written", "outside the repository")
    assert list(outside.iterdir()) == []


def test_it_works_from_a_subdirectory(project: Folder) -> None:
    assert project.here("-C", "src", "ci", "init", "--host", "github").status == Exit.DONE
    assert (project / PR).exists()
    assert not (project / "src" / ".github").exists()


def test_obstacles_for_ci_are_noted(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\nenvironments: {a_b: {}}\n")
    notes = ci(project, "init", "--host", "gitlab", "--dry-run")["notes"]
    assert any("no gates" in note for note in notes)
    assert any("folder" in note for note in notes)
    assert any("no environment has `auto: true`" in note for note in notes)


@pytest.mark.parametrize(("command", "noted"), [(None, False), ("init -q", True)])
def test_a_missing_dvc_remote_is_noted_only_in_a_repository_with_dvc(
    empty_repository: Folder, command: str | None, *, noted: bool
) -> None:
    if command is not None:
        empty_repository.dvc(*command.split())
    empty_repository.write("mlgit.yaml", "version: 1\n")
    empty_repository.commit("Start")
    notes = ci(empty_repository, "init", "--host", "github")["notes"]
    assert any("there is no DVC remote" in each for each in notes) is noted


def test_an_unreleased_version_is_noted(project: Folder) -> None:
    asked = ("init", "--host", "github", "--dry-run", "--requirement")
    assert any("`mlgit==1.0.dev3` is no" in note for note in ci(project, *asked, "mlgit==1.0.dev3")["notes"])
    assert not any("is not a release" in note for note in ci(project, *asked, "mlgit==1.0.0 dvc-s3")["notes"])


def test_an_uncommitted_config_is_listed_among_the_files_to_commit(project: Folder) -> None:
    assert "mlgit.yaml" not in ci(project, "init", "--host", "gitlab", "--dry-run")["next"][0]
    project.git("rm", "-q", "--cached", "mlgit.yaml")
    project.git("commit", "-qm", "Forget")
    step = ci(project, "init", "--host", "gitlab", "--dry-run")["next"][0]
    assert "commit `mlgit.yaml`, `.gitlab` and `.gitlab-ci.yml`" in step


def test_the_files_are_ready_for_the_default_branch(project: Folder) -> None:
    project.git("branch", "-q", "-m", "main", "stable")
    project.git("push", "-q", "origin", "stable")
    project.git("remote", "set-head", "origin", "stable")
    ci(project, "init", "--host", "github")
    merged = parse((project / ".github/workflows/mlgit-merged.yml").read_text(encoding="utf-8"))
    assert merged["on"]["push"] == {"branches": ["stable"]}
