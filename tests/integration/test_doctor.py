"""Doctor: every finding in a real repository, and its repair, run as it is printed."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mlgit.errors import Exit
from mlgit.resources import schema_text
from tests.support.registry import allow_foreign_tags
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def doctor(folder: Folder, *options: str) -> dict[str, dict[str, Any]]:
    """Findings by id."""
    done = folder.here("doctor", "--json", *options)
    assert done.status == Exit.DONE, done.err
    record = done.json()
    Draft202012Validator(json.loads(schema_text("doctor"))).validate(record)
    return {finding["id"]: finding for finding in record["findings"]}


def repair(folder: Folder, finding: dict[str, Any]) -> None:
    """Run the printed command in a shell, or those in the printed sentence."""
    for command in commands(finding):
        folder.ok("bash", "-c", command)


def commands(finding: dict[str, Any]) -> list[str]:
    found = re.findall("`([^`]+)`", finding["repair"])
    return [each for each in found if each.startswith("git ")] or [finding["repair"]]


def test_a_healthy_project_has_no_findings(project: Folder) -> None:
    assert doctor(project) == {}
    assert doctor(project, "--online") == {}
    assert project.here("doctor", "--strict").status == Exit.DONE
    assert "Healthy" in project.here("doctor").out


def test_strict_exits_1_on_a_warning_and_prints_the_findings(project: Folder) -> None:
    project.git("tag", "line@v1.0.0")
    done = project.here("doctor", "--strict")
    assert done.status == Exit.BLOCKED
    assert "line@v1.0.0" in done.out
    assert project.here("doctor").status == Exit.DONE


def test_config_only_reads_its_files(project: Folder) -> None:
    project.git("tag", "line@v1.0.0")
    project.git("rm", "-q", "--cached", "mlgit.yaml")
    assert doctor(project, "--config") == {}
    done = project.here("doctor", "--config", "--strict")
    assert (done.status, done.out) == (Exit.DONE, "Healthy: 2 checks, nothing found\n")
    project.write(".mlgit/waivers.yaml", "version: 1\nwaivers:\n  - {id: w1}\n")
    assert doctor(project, "--config")["invalid_file"]["subjects"] == [".mlgit/waivers.yaml"]
    assert "invalid_file" in doctor(project)
    project.write("mlgit.yaml", "version: 1\nmodelz: {}\n")
    shown = project.here("doctor", "--config", "--strict")
    assert shown.status == Exit.BLOCKED
    assert "mlgit.yaml:2:1: " in shown.out
    assert project.here("doctor", "--config", "--online").status == Exit.USAGE


def test_a_remark_does_not_count_for_strict(empty_repository: Folder) -> None:
    empty_repository.commit("Begin")
    assert set(doctor(empty_repository)) == {"no_remote", "no_config"}
    assert empty_repository.here("doctor", "--strict").status == Exit.DONE


def test_a_shallow_clone_is_found_and_repaired(project: Folder, tmp_path: Path) -> None:
    project.commit("Second")
    project.git("push", "-q")
    origin = f"file://{project.path.parent}/origin.git"
    Folder(tmp_path).git("clone", "-q", "--depth", "1", origin, "shallow")
    clone = Folder(tmp_path / "shallow")
    finding = doctor(clone)["shallow_clone"]
    repair(clone, finding)
    assert "shallow_clone" not in doctor(clone)


def test_a_clone_that_never_fetches_tags_is_found_and_repaired(project: Folder, tmp_path: Path) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "x")
    project.git("push", "-q", "origin", "line@v1.0.0")
    Folder(tmp_path).git("clone", "-q", "--no-tags", str(project.path.parent / "origin.git"), "bare-of-tags")
    clone = Folder(tmp_path / "bare-of-tags")
    assert {"tags_not_fetched", "tags_missing_here"} <= set(doctor(clone, "--online"))
    repair(clone, doctor(clone)["tags_not_fetched"])
    assert not {"tags_not_fetched", "tags_missing_here"} & set(doctor(clone, "--online"))


@pytest.mark.parametrize(
    ("tag", "place", "foreign"),
    [
        ("line@v1.0.0", "no remote", "refused"),
        ("line#prod!#2", "no remote", "allowed"),
        ("line#prod#1", "here", "refused"),
        ("line@v1.0.0", "here", "allowed"),
        ("line#prod!#2", "here and there", "refused"),
        ("line#prod#1", "here and there", "allowed"),
    ],
)
def test_a_lightweight_tag_is_found_and_repaired_for_everybody(
    project: Folder, tag: str, place: str, foreign: str
) -> None:
    if foreign == "allowed":
        allow_foreign_tags(project)
    if place == "no remote":
        project.git("remote", "remove", "origin")
    project.git("tag", tag)
    if place == "here and there":
        project.git("push", "-q", "origin", f"refs/tags/{tag}")
    finding = doctor(project)["lightweight_tag"]
    assert finding["subjects"] == [tag]
    repair(project, finding)
    assert not {"lightweight_tag", "foreign_tag"} & set(doctor(project))
    if place != "no remote":
        project.git("fetch", "-q", "--force", "--tags")
        assert not {"lightweight_tag_at_remote", "lightweight_tag"} & set(doctor(project, "--online"))
    kept = project.run("git", "cat-file", "-t", f"refs/tags/{tag}").out.strip()
    assert kept == ("tag" if foreign == "allowed" else "")


@pytest.mark.parametrize("foreign", ["allowed", "refused"])
def test_a_tag_that_is_lightweight_at_the_remote_is_repaired_there(project: Folder, foreign: str) -> None:
    if foreign == "allowed":
        allow_foreign_tags(project)
    project.git("tag", "line@v1.0.0")
    project.git("push", "-q", "origin", "line@v1.0.0")
    repair(project, doctor(project, "--online")["lightweight_tag_at_remote"])
    assert doctor(project, "--online") == {}


def test_the_repair_of_a_lightweight_tag_takes_the_real_one_of_the_remote_first(project: Folder) -> None:
    allow_foreign_tags(project)
    project.git("tag", "-a", "line@v1.0.0", "-m", "x")
    project.git("push", "-q", "origin", "line@v1.0.0")
    project.git("update-ref", "refs/tags/line@v1.0.0", "HEAD")
    first = doctor(project)["lightweight_tag"]["repair"].split("`")[1]
    project.ok("bash", "-c", first)
    assert doctor(project, "--online") == {}


def test_an_annotated_tag_that_a_checkout_made_lightweight_is_fetched_again(project: Folder) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "x")
    project.git("push", "-q", "origin", "line@v1.0.0")
    annotated = project.git("rev-parse", "refs/tags/line@v1.0.0")
    project.git("update-ref", "refs/tags/line@v1.0.0", "HEAD")
    findings = doctor(project, "--online")
    assert set(findings) == {"lightweight_tag", "clashing_tags"}
    repair(project, findings["clashing_tags"])
    assert project.git("rev-parse", "refs/tags/line@v1.0.0") == annotated


def test_a_hostile_tag_name_cannot_put_a_command_into_a_repair(project: Folder) -> None:
    for tag in ("line@v1$(touch${IFS}pwned)", "x;touch${IFS}pwned;@created"):
        project.git("tag", "-a", tag, "-m", "x")
    findings = [each for each in doctor(project).values() if each["id"].endswith("_tag")]
    assert {finding["id"] for finding in findings} == {"malformed_tag", "unreadable_tag"}
    for finding in findings:
        for command in commands(finding):
            project.run("bash", "-c", command)
    assert not (project / "pwned").exists()


def test_a_tag_whose_object_is_lost_is_found_and_fetched_again(project: Folder) -> None:
    allow_foreign_tags(project)
    project.git("tag", "-a", "-m", "x", "line@v1.0.0")
    project.git("push", "-q", "origin", "line@v1.0.0")
    oid = project.git("rev-parse", "line@v1.0.0")
    (project / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    found = doctor(project)
    assert found["missing_tag_object"]["subjects"] == ["line@v1.0.0"]
    assert found["missing_tag_object"]["severity"] == "error"
    repair(project, found["missing_tag_object"])
    assert doctor(project) == {}
    assert project.git("rev-parse", "line@v1.0.0") == oid


def test_the_repair_of_two_versions_on_one_commit_keeps_the_live_one(project: Folder) -> None:
    allow_foreign_tags(project)
    for tag in ("line@v1.0.0", "line@v1.1.0"):
        project.git("tag", "-a", "-m", tag, tag)
    assert "git tag -d line@v1.1.0" in doctor(project)["clashing_versions"]["repair"]
    assert project.here("promote", "line@v1.1.0", "--to", "staging", "--local").status == Exit.DONE
    assert "git tag -d line@v1.0.0" in doctor(project)["clashing_versions"]["repair"]


@pytest.mark.parametrize("assigned", ["line#staging#2", "line#other#1", "line#staging"])
def test_the_repair_of_two_versions_on_one_commit_keeps_the_one_that_counts(
    staged: Folder, assigned: str
) -> None:
    for tag in ("line@v1.0.1", assigned):
        staged.git("tag", "-a", "-m", "by hand", tag, "line@v1.0.0^{}")
    found = doctor(staged)["clashing_versions"]
    assert found["subjects"] == ["line@v1.0.0", "line@v1.0.1"]
    assert found["repair"] == "git push origin :refs/tags/line@v1.0.1 && git tag -d line@v1.0.1"


def test_foreign_tags_are_ignored(project: Folder) -> None:
    for tag in ("v1.0.0", "nightly", "release-2026", "other@1.0.0"):
        project.git("tag", tag)
    assert doctor(project, "--online") == {}


@pytest.mark.parametrize("tag", ["line@1.0.0", "line@v1.0", "line#prod#x", "line@v1.0.0-"])
def test_a_tag_of_a_model_that_almost_parses_is_found(project: Folder, tag: str) -> None:
    project.git("tag", "-a", tag, "-m", "x")
    assert doctor(project)["malformed_tag"]["subjects"] == [tag]


def test_two_versions_on_one_commit_are_found(project: Folder) -> None:
    for tag in ("line@v1.0.0", "line@v1.1.0"):
        project.git("tag", "-a", tag, "-m", "x")
    finding = doctor(project)["clashing_versions"]
    assert (finding["severity"], finding["subjects"]) == ("error", ["line@v1.0.0", "line@v1.1.0"])
    project.git("tag", "-a", "line#prod#1", "-m", "x")
    assert project.run("gto", "show").status != 0


def test_a_tag_that_differs_from_the_remote_is_found_and_repaired(project: Folder) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "theirs")
    theirs = project.git("rev-parse", "refs/tags/line@v1.0.0")
    project.git("push", "-q", "origin", "line@v1.0.0")
    project.git("tag", "-f", "-a", "line@v1.0.0", "-m", "ours")
    restore, take = doctor(project, "--online")["clashing_tags"]["repair"].split("`")[1::2]
    assert project.run("bash", "-c", take).status == 0
    found = project.git("rev-parse", "refs/tags/line@v1.0.0")
    assert (found, restore) == (theirs, "git push --force origin refs/tags/line@v1.0.0")


def test_a_line_end_of_unicode_does_not_end_a_tag_name(project: Folder) -> None:
    project.git("tag", "-a", "-m", "a release", "line@v1.0.0")
    project.git("tag", "-a", "-m", "something else", "else")
    longer = "refs/tags/line@v1.0.0\u2028x"
    project.git("push", "-q", "origin", f"refs/tags/else:{longer}")
    assert "tags_not_pushed" in doctor(project, "--online")
    done = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert done.status == Exit.STATE
    assert "`line@v1.0.0` is only here" in done.err
    project.git("push", "-q", "origin", "refs/tags/line@v1.0.0")
    assert not {"clashing_tags", "tags_not_pushed"} & doctor(project, "--online").keys()


def test_tags_that_were_never_pushed_are_found_online(project: Folder) -> None:
    allow_foreign_tags(project)
    project.git("tag", "-a", "line@v1.0.0", "-m", "x")
    assert doctor(project) == {}
    assert doctor(project, "--online")["tags_not_pushed"]["subjects"] == ["line@v1.0.0"]


def test_open_assignments_that_other_readers_may_read_differently_are_found(project: Folder) -> None:
    project.ok("gto", "register", "line", "--version", "v1.0.0")
    project.ok("gto", "assign", "line", "--version", "v1.0.0", "--stage", "prod")
    project.commit("Second")
    project.ok("gto", "register", "line", "--version", "v1.1.0")
    project.ok("gto", "assign", "line", "--version", "v1.1.0", "--stage", "prod")
    finding = doctor(project)["readers_disagree"]
    assert finding["subjects"] == ["line#prod#1", "line#prod#2"]
    assert "`prod`" in finding["message"]


def test_a_tag_from_the_future_is_found(project: Folder) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "x", env={"GIT_COMMITTER_DATE": "2090-01-01T00:00:00Z"})
    assert "2090-01-01" in doctor(project)["tag_from_the_future"]["message"]


def test_a_config_that_is_not_committed_is_found_and_repaired(project: Folder) -> None:
    (project / "mlgit.yaml").write_text("version: 1\nenvironments: {dev: }\n", encoding="utf-8")
    findings = doctor(project)
    assert "differs from its committed state" in findings["config_not_committed"]["message"]
    assert findings["environments_not_on_trunk"]["subjects"] == ["dev"]
    repair(project, findings["config_not_committed"])
    assert set(doctor(project)) == {"environments_not_on_trunk"}


def test_a_config_that_git_ignores_is_found(project: Folder) -> None:
    project.git("rm", "-q", "--cached", "mlgit.yaml")
    finding = doctor(project)["config_not_committed"]
    assert "is staged to be deleted: the next commit takes it from everyone" in finding["message"]
    assert finding["repair"] == "git add -f mlgit.yaml"
    project.write(".gitignore", "mlgit.yaml\n")
    project.commit("Hide it")
    finding = doctor(project)["config_not_committed"]
    assert "is not in this commit, although `origin/main` has it" in finding["message"]
    project.git("push", "-q")
    finding = doctor(project)["config_not_committed"]
    assert "is not committed: no one else has it" in finding["message"]
    repair(project, finding)
    assert "config_not_committed" not in doctor(project)


def test_every_problem_of_an_invalid_config_is_a_finding_with_its_location(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\ngate: {}\nmodels: {line: {path: /x}}\n")
    done = project.here("doctor", "--json")
    messages = [f["message"] for f in done.json()["findings"] if f["id"] == "invalid_file"]
    assert [message.partition(": ")[0] for message in messages] == ["mlgit.yaml:2:1", "mlgit.yaml:3:23"]


def test_an_invalid_pipeline_is_a_finding_and_the_rest_is_still_checked(project: Folder) -> None:
    project.write("dvc.yaml", "stages: {a: {cmd: [\n")
    project.git("tag", "line@v1.0.0")
    findings = doctor(project)
    assert findings["invalid_file"]["subjects"] == ["dvc.yaml"]
    assert "lightweight_tag" in findings


def test_stages_of_gto_that_hide_environments_are_found(project: Folder) -> None:
    project.write(".gto", "stages: [dev]\n")
    finding = doctor(project)["gto_hides_environments"]
    assert finding["subjects"] == ["staging", "prod"]
    assert "stages: [dev, staging, prod]" in finding["repair"]


def test_a_missing_dvc_remote_is_found(project: Folder) -> None:
    project.dvc("remote", "remove", "storage")
    assert doctor(project)["no_dvc_remote"]["repair"].startswith("dvc remote add -d")


def test_outputs_that_were_never_pushed_are_found_online_and_repaired(project: Folder) -> None:
    storage = project.path.parent / "storage"
    for each in storage.iterdir():
        shutil.rmtree(each)
    assert doctor(project) == {}
    finding = doctor(project, "--online")["outputs_not_pushed"]
    assert set(finding["subjects"]) == {"data/raw.csv", "data/clean.csv", "models/line.json"}
    repair(project, finding)
    assert doctor(project, "--online") == {}
    shutil.rmtree(storage)
    finding = doctor(project, "--online")["dvc_remote_not_there"]
    assert set(finding["subjects"]) == {"data/raw.csv", "data/clean.csv", "models/line.json"}
    assert "mount its disk" in finding["repair"]
    project.dvc("push", "-q")
    assert doctor(project, "--online") == {}


def test_outputs_missing_in_the_cache_are_a_remark_and_repaired(project: Folder) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    finding = doctor(project)["outputs_not_in_cache"]
    assert finding["severity"] == "info"
    repair(project, finding)
    assert doctor(project) == {}


def test_an_output_that_git_also_tracks_is_found_and_repaired(project: Folder) -> None:
    project.git("add", "-f", "models/line.json")
    project.git("commit", "-qm", "By mistake")
    finding = doctor(project)["output_in_git"]
    assert finding["subjects"] == ["models/line.json"]
    repair(project, finding)
    assert "output_in_git" not in doctor(project)


def test_credentials_in_git_are_found(project: Folder) -> None:
    project.write(".dvc/config.local", "['remote \"storage\"']\n    password = x\n")
    project.git("add", "-f", ".dvc/config.local")
    assert doctor(project)["secrets_committed"]["severity"] == "error"


def test_a_remote_that_does_not_answer_is_a_finding(project: Folder) -> None:
    project.git("remote", "set-url", "origin", str(project.path / "nowhere.git"))
    done = project.here("doctor", "--online", "--json")
    assert done.status == Exit.DONE
    (finding,) = [f for f in done.json()["findings"] if f["id"].endswith("_unknown")]
    assert "Could not check the default branch and the tags of the remote: " in finding["message"]


def test_a_missing_identity_is_found(project: Folder) -> None:
    no_name = {"GIT_COMMITTER_NAME": "", "GIT_COMMITTER_EMAIL": "", "GIT_AUTHOR_NAME": "", "EMAIL": ""}
    done = project.here("doctor", "--json", env=no_name)
    assert "no_identity" in [finding["id"] for finding in done.json()["findings"]]


def test_an_empty_repository_has_no_errors(empty_repository: Folder) -> None:
    assert set(doctor(empty_repository)) == {"no_remote", "no_config"}


def test_two_remotes_without_origin_are_a_warning(project: Folder) -> None:
    project.git("remote", "rename", "origin", "one")
    project.git("remote", "add", "two", "../origin.git")
    project.git("branch", "--unset-upstream")
    assert doctor(project)["no_remote"]["severity"] == "warn"


def test_errors_come_before_warnings_and_remarks(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 2\n")
    project.git("tag", "line@v1.0.0")
    shutil.rmtree(project / ".dvc" / "cache")
    done = project.here("doctor", "--json")
    severities = [finding["severity"] for finding in done.json()["findings"]]
    assert severities == sorted(severities, key=["error", "warn", "info"].index)
    assert set(severities) == {"error", "warn", "info"}
