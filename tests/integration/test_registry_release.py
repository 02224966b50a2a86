"""`mlgit release` on a real project with a real origin: what a version needs, and what it states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.errors import Exit
from tests.support.registry import change, origin, tags_of, train
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_dry_run_prints_the_plan_and_writes_nothing(project: Folder) -> None:
    plan = change(project, "release", "line", "--dry-run")
    assert plan["dry_run"]
    assert [tag["name"] for tag in plan["tags"]] == ["line@v1.0.0"]
    assert not plan["pushed"]
    assert tags_of(project) == tags_of(origin(project)) == {}
    assert project.run("git", "cat-file", "-e", plan["tags"][0]["oid"]).status != 0


def test_the_only_model_need_not_be_named(project: Folder) -> None:
    assert change(project, "release", "--dry-run")["tags"][0]["name"] == "line@v1.0.0"
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", config.replace("models:\n", "models:\n  curve: {path: params.yaml}\n"))
    several = project.here("release", "--dry-run")
    assert several.status == Exit.USAGE
    assert "There are several models: `curve`, `line`" in several.err
    assert "run `mlgit release curve --dry-run` or `mlgit release line --dry-run`" in several.err
    project.write("mlgit.yaml", "version: 1\n")
    pipeline = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", pipeline.partition("artifacts:")[0])
    none = project.here("release", "--dry-run")
    assert (none.status, "No model is declared" in none.err) == (Exit.STATE, True)


def test_a_release_states_what_went_into_it(project: Folder) -> None:
    change(project, "release", "line")
    statement = parse_message(project.git("tag", "-l", "--format=%(contents)", "line@v1.0.0"))
    assert isinstance(statement, ReleaseStatement)
    assert statement.files[0].path == "models/line.json"
    assert project.ok("sha256sum", "models/line.json").startswith(statement.files[0].sha256 or "?")
    assert set(statement.inputs) == {"data/raw.csv", "src/prepare.py", "src/train.py", "src/evaluate.py"}
    assert statement.params == {"params.yaml:train.slope": "1.99"}
    assert statement.metrics["metrics/test.json:r2"] == "0.945"
    assert statement.tree == project.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize(
    ("prepare", "status", "says"),
    [
        (lambda it: it.write("params.yaml", "train:\n  slope: 2.0\n"), Exit.STATE, "differs from HEAD"),
        (
            lambda it: (it.write("src/train.py", "pass\n"), it.commit("x"), it.git("push", "-q")),
            Exit.STATE,
            "stale",
        ),
        (lambda it: it.commit("not pushed"), Exit.STATE, "is not on `origin/main`"),
        (lambda it: it.ok("rm", "-rf", "../storage"), Exit.STATE, "DVC remote"),
        (lambda it: it.git("remote", "set-url", "origin", "/nowhere"), Exit.TOOL, "does not answer"),
    ],
)
def test_a_model_that_is_not_ready_is_not_released(
    project: Folder, prepare: Callable[[Folder], object], status: int, says: str
) -> None:
    prepare(project)
    done = project.here("release", "line")
    assert (done.status, says in done.err) == (status, True), done.err
    assert "hint:" in done.err
    assert tags_of(project) == {}


def test_a_blocked_release_writes_no_tag_and_names_the_gates(project: Folder) -> None:
    train(project, "1.0")
    done = project.here("release", "line")
    assert done.status == Exit.BLOCKED
    assert "r2-floor" in done.err
    assert tags_of(origin(project)) == tags_of(project) == {}


def test_push_data_publishes_the_model_first(project: Folder) -> None:
    project.ok("rm", "-rf", "../storage")
    plan = change(project, "release", "line", "--push-data", "--dry-run")
    assert plan["tags"]
    assert any("would be pushed to the DVC remote" in note for note in plan["notes"])
    assert not (project.path.parent / "storage").exists()
    change(project, "release", "line", "--push-data")
    assert (project.path.parent / "storage" / "files" / "md5").is_dir()


def test_a_pre_release_needs_only_a_pushed_branch_and_an_environment_that_takes_it(project: Folder) -> None:
    project.git("checkout", "-q", "-b", "try")
    project.commit("on a branch")
    assert project.here("release", "line", "--pre", "rc").status == Exit.STATE
    project.git("push", "-q", "-u", "origin", "try")
    assert change(project, "release", "line", "--pre", "rc")["version"] == "v1.0.0-rc.1"
    done = project.here("promote", "line@v1.0.0-rc.1", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "pre-release" in done.err


def test_a_commit_is_one_version_unless_an_empty_commit_is_added(project: Folder) -> None:
    change(project, "release", "line")
    head = project.git("rev-parse", "HEAD")
    done = project.here("release", "line@v2.0.0")
    assert done.status == Exit.STATE
    assert "--commit" in done.err
    second = change(project, "release", "line@v2.0.0", "--commit")
    assert project.git("rev-parse", "HEAD~1") == head
    assert second["commit"] == project.git("rev-parse", "HEAD") == project.git("rev-parse", "origin/main")
    assert project.git("status", "--porcelain") == ""


def test_the_same_model_on_another_commit_is_already_released(project: Folder) -> None:
    change(project, "release", "line")
    project.write("README", "words")
    project.commit("Words only")
    project.git("push", "-q")
    again = change(project, "release", "line")
    assert (again["already"], again["version"]) == (True, "v1.0.0")
    forced = change(project, "release", "line", "--force", "--bump", "auto")
    assert forced["version"] == "v1.0.1"
    assert any("nothing that its pipeline reads changed" in note for note in forced["notes"])


def test_without_a_stage_before_the_model_no_input_is_compared(project: Folder) -> None:
    project.write("net.bin", "1")
    project.write("mlgit.yaml", "version: 1\nmodels: {net: {path: net.bin}}\n")
    for content in ("1", "2"):
        project.write("net.bin", content)
        project.commit("Net")
        project.git("push", "-q")
        released = change(project, "release", "net", "--bump", "auto")
    assert released["version"] == "v1.0.1"
    assert any("no stage makes it, so no inputs are compared" in note for note in released["notes"])


def test_a_final_version_may_have_the_content_of_its_pre_release(project: Folder) -> None:
    change(project, "release", "line", "--pre", "rc")
    assert change(project, "release", "line", "--pre", "rc")["already"]
    here = project.here("release", "line")
    assert here.status == Exit.STATE
    assert "is already `line@v1.0.0-rc.1`" in here.err
    project.commit("Merge")
    project.git("push", "-q")
    assert change(project, "release", "line")["version"] == "v1.0.0"
    assert change(project, "release", "line")["already"]
    assert project.here("release", "line", "--pre", "rc").status == Exit.STATE


def test_an_empty_commit_goes_only_to_the_tip_of_trunk(project: Folder) -> None:
    change(project, "release", "line")
    project.git("switch", "-q", "-c", "topic")
    project.git("push", "-q", "-u", "origin", "topic")
    done = project.here("release", "line", "--commit")
    assert done.status == Exit.STATE
    assert "versions are released on `main`" in done.err
    assert change(project, "release", "line", "--commit", "--pre", "rc")["version"] == "v1.0.1-rc.1"
    assert project.git("rev-parse", "origin/topic") == project.git("rev-parse", "topic")
    project.git("switch", "-q", "main")
    other = Folder(project.path.parent / "other")
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(other.path))
    other.commit("Faster")
    other.git("push", "-q")
    behind = project.here("release", "line", "--commit")
    assert behind.status == Exit.STATE
    assert "is not the tip of `origin/main`" in behind.err
    assert set(tags_of(origin(project))) == {"line@v1.0.0", "line@v1.0.1-rc.1"}


def test_a_number_with_only_a_rejection_left_is_not_used_again(project: Folder) -> None:
    project.git("tag", "-am", "by gto", "line@v1.0.0!", "HEAD")
    project.git("push", "-q", "--tags")
    done = project.here("release", "line@v1.0.0")
    assert done.status == Exit.STATE
    assert "already exists" in done.err
    assert change(project, "release", "line")["version"] == "v1.0.1"


def test_a_trunk_that_the_remote_does_not_have_is_not_published(project: Folder) -> None:
    project.ok("rm", "-rf", "../origin.git")
    project.ok("git", "init", "-q", "--bare", "-b", "main", "../origin.git")
    project.git("fetch", "-q", "--prune")
    project.git("remote", "set-head", "origin", "-d")
    done = project.here("release", "line")
    assert done.status == Exit.STATE
    assert "is not on `origin/main`" in done.err
    assert project.here("release", "line", "--local").status == Exit.DONE


def test_a_model_of_a_dvc_file_must_match_that_file(project: Folder) -> None:
    project.write("weights.bin", "one")
    project.dvc("add", "-q", "weights.bin")
    project.dvc("push", "-q")
    project.write("mlgit.yaml", "version: 1\nmodels:\n  weights: {path: weights.bin}\n")
    project.commit("Weights")
    project.git("push", "-q")
    project.write("weights.bin", "two")
    done = project.here("release", "weights")
    assert done.status == Exit.STATE
    assert "differs from what `weights.bin.dvc` records" in done.err
    project.dvc("checkout", "-q", "--force", "weights.bin")
    assert change(project, "release", "weights")["version"] == "v1.0.0"


def test_a_repository_without_mlgit_yaml_can_have_versions(project: Folder) -> None:
    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Zero config")
    project.git("push", "-q")
    assert "line" in project.here("models").out
    assert change(project, "release", "line")["version"] == "v1.0.0"
    done = project.here("promote", "line", "--to", "prod")
    assert done.status == Exit.STATE
    assert "environments:" in done.err


def test_the_reason_of_the_number_is_an_input_that_changed_although_the_model_has_another_path(
    project: Folder,
) -> None:
    """The model is now the export of the same model; data and parameters are those of v1.0.0."""
    change(project, "release", "line")
    project.write(
        "src/export.py",
        "text = open('models/line.json').read()\nopen('models/line.onnx', 'w').write('onnx' + text)\n",
    )
    stages = (project / "dvc.yaml").read_text(encoding="utf-8")
    export = """\
  export:
    cmd: python src/export.py
    deps: [src/export.py, models/line.json]
    outs: [models/line.onnx]
"""
    stages = stages.replace("artifacts:", f"{export}artifacts:").replace(
        "path: models/line.json", "path: models/line.onnx"
    )
    project.write("dvc.yaml", stages)
    rules = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", rules.replace("line.json", "line.onnx"))
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    project.commit("Export it")
    project.git("push", "-q")
    done = change(project, "release", "line", "--bump", "auto", "--dry-run")
    (why,) = (note for note in done["notes"] if "because" in note)
    assert why == "v1.1.0 because src/export.py and 1 more changed since v1.0.0"


def test_a_bump_on_a_released_commit_is_refused_with_a_hint(project: Folder) -> None:
    assert project.here("release", "line").status == Exit.DONE
    assert project.here("release", "line").status == Exit.DONE
    done = project.here("release", "line", "--bump", "minor")
    assert done.status == Exit.STATE
    assert "--commit" in done.err
    assert project.git("tag") == "line@v1.0.0"
