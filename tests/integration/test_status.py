"""Status: every part of `mlgit status`, in every kind of repository."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


WIDE = "          0.9999999999999999999999999999"


def status(folder: Folder) -> Any:  # noqa: ANN401 (a JSON document)
    done = folder.here("status", "--json")
    assert done.status == Exit.DONE, done.err
    return done.json()


def test_the_json_matches_its_schema(project: Folder, empty_repository: Folder) -> None:
    import json

    from jsonschema import Draft202012Validator

    from mlgit.resources import schema_text

    schema = Draft202012Validator(json.loads(schema_text("status")))
    project.write("src/train.py", "# changed\n")
    project.write("dvc.lock", "")
    for folder in (project, empty_repository):
        schema.validate(status(folder))


def test_a_fresh_project_is_up_to_date_and_offers_a_release(project: Folder) -> None:
    found = status(project)
    assert (found["branch"], found["upstream"], found["ahead"], found["behind"]) == (
        "main",
        "origin/main",
        0,
        0,
    )
    assert found["changed"] == found["stages"] == found["data"] == found["failures"] == []
    assert {each["key"]: each["new"] for each in found["metrics"]} == {"mae": 0.055, "r2": 0.945, "rows": 10}
    assert found["base_rule"] == "root_commit"
    compared = {(each["kind"], each["old"], each["change"]) for each in found["metrics"]}
    assert compared == {("not_compared", None, None)}
    assert found["verdict"]["decision"] == "allow"
    assert found["models"][0]["model"] == "line"
    assert [each["environment"] for each in found["models"][0]["environments"]] == ["staging", "prod"]
    assert found["next"]["command"] == "mlgit release line"


def test_a_stage_after_a_stale_one_names_it(project: Folder) -> None:
    project.write("src/train.py", "# changed\n")
    found = {each["address"]: each for each in status(project)["stages"]}
    assert found["train"]["reasons"] == ["changed dep src/train.py"]
    assert (found["evaluate"]["reasons"], found["evaluate"]["upstream"]) == ([], ["train"])
    done = project.here("status")
    assert "2 of 3 stages stale" in done.out
    assert "after train" in done.out
    assert "next: mlgit run" in done.out


def test_metrics_are_compared_with_the_base(project: Folder) -> None:
    project.git("checkout", "-q", "-b", "work")
    base = project.git("rev-parse", "HEAD")
    project.write("params.yaml", "train:\n  slope: 1.9\n")
    project.dvc("repro", "-q")
    project.commit("A worse slope")
    found = status(project)
    assert (found["base"]["commit"], found["base_rule"]) == (base, "merge_base")
    mae = next(each for each in found["metrics"] if each["key"] == "mae")
    assert (mae["old"], mae["new"], mae["better"]) == (0.055, 0.55, False)
    assert found["verdict"]["decision"] == "block"
    assert found["next"]["command"] == "mlgit check"


def test_changed_and_lost_data_are_distinguished(project: Folder) -> None:
    shutil.rmtree(project / ".dvc/cache")
    (project / "models/line.json").unlink()
    project.write("data/raw.csv", "x,y\n1,2\n")
    found = {each["path"]: (each["workspace"], each["in_cache"]) for each in status(project)["data"]}
    assert found == {
        "models/line.json": ("absent", False),
        "data/raw.csv": ("modified", False),
        "data/clean.csv": ("same", False),
    }
    assert "next: dvc pull" in project.here("status").out


def test_versions_and_environments_show_how_far_they_are_behind(project: Folder) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "first")
    project.git("tag", "-a", "line#staging#1", "-m", "to staging")
    project.commit("one")
    project.commit("two")
    (model,) = status(project)["models"]
    assert (model["latest"], model["behind"]) == ("v1.0.0", 2)
    staging, prod = model["environments"]
    assert (staging["version"], staging["behind"], prod["version"]) == ("v1.0.0", 2, None)
    out = project.here("-v", "status").out
    assert "\n          staging  v1.0.0!  promoted " in out
    assert " by Ada, 2 commits before HEAD\n" in out


def test_an_invalid_config_does_not_hide_the_rest(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\nversion: 1\n")
    found = status(project)
    assert found["verdict"] is None
    assert [failure["code"] for failure in found["failures"]] == ["config_invalid"]
    assert found["failures"][0]["location"].startswith("mlgit.yaml:2")
    assert found["pipeline_stages"] == 3
    assert found["next"]["command"] == "mlgit doctor"
    assert "Metrics   unknown" in project.here("status").out


@pytest.mark.parametrize("file", ["dvc.yaml", "dvc.lock", "data/raw.csv.dvc"])
def test_a_broken_dvc_file_is_shown_with_its_location(project: Folder, file: str) -> None:
    project.write(file, "<<<<<<< HEAD\na: 1\n=======\n")
    done = project.here("status")
    assert done.status == Exit.DONE, done.err
    assert f"({file}:" in done.out
    assert "merge conflict" in done.out


def test_a_broken_metric_file_is_reported(project: Folder) -> None:
    project.write("metrics/test.json", "[1, 2]")
    assert "a list" in project.here("status").out
    (project / "metrics/test.json").unlink()
    assert "`metrics/test.json` is missing" in project.here("status").out


def test_status_works_in_an_empty_repository(empty_repository: Folder) -> None:
    found = status(empty_repository)
    assert (found["commit"], found["branch"], found["remote"]) == (None, "main", None)
    assert found["failures"] == []


def test_status_works_without_dvc_and_without_a_remote(empty_repository: Folder) -> None:
    empty_repository.write("README", "x")
    empty_repository.commit("first")
    found = status(empty_repository)
    assert (found["pipeline_stages"], found["unpushed_tags"]) == (0, None)
    assert found["next"]["command"] == "mlgit init"


def test_a_metric_that_only_the_changed_config_names_is_compared_with_its_file_in_the_base(
    empty_repository: Folder,
) -> None:
    empty_repository.write("m.json", '{"auc": 0.9}')
    empty_repository.commit("first")
    empty_repository.git("switch", "-qc", "topic")
    config = "version: 1\nmodels:\n  m: {path: m.bin, metrics: [m.json, new.json]}\n"
    empty_repository.write("mlgit.yaml", config)
    empty_repository.write("new.json", '{"f1": 0.5}')
    diff = empty_repository.here("diff", "main", "--json").json()
    assert [each["key"] for each in diff["metrics"]] == ["f1"]
    back = empty_repository.here("diff", "HEAD", "main", "--json").json()
    assert back["metrics"] == []


def test_status_works_in_a_worktree_detached_and_from_a_folder(project: Folder, tmp_path: Path) -> None:
    from tests.support.shell import Folder as Place

    project.git("worktree", "add", "-q", "--detach", str(tmp_path / "other"))
    found = status(Place(tmp_path / "other"))
    assert found["branch"] is None
    assert found["failures"] == []
    assert found["pipeline_stages"] == 3
    inside = status(Place(project / "src"))
    assert {**inside, "remote_seen_age_s": 0} == {**status(project), "remote_seen_age_s": 0}


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_pathspec_settings_of_git_change_nothing(project: Folder, kind: str) -> None:
    project.write("data/raw.csv", "x,y\n")
    plain = project.here("status", "--json").json()
    assert plain["pipeline_stages"] == 3
    found = project.here("status", "--json", env={f"GIT_{kind}_PATHSPECS": "1"}).json()
    assert found | {"remote_seen_age_s": plain["remote_seen_age_s"]} == plain


def test_status_works_in_a_read_only_repository(project: Folder) -> None:
    shutil.rmtree(project / ".git/mlgit", ignore_errors=True)
    project.write(".git/mlgit", "a file where the cache folder should be")
    assert status(project)["failures"] == []


def test_broken_caches_are_ignored(project: Folder) -> None:
    before = status(project)
    folder = project / ".git/mlgit"
    for name in os.listdir(folder):
        if (folder / name).is_file():
            (folder / name).write_bytes(b"\xff\x00 broken")
    again = status(project)
    assert {**again, "remote_seen_age_s": 0} == {**before, "remote_seen_age_s": 0}


def test_a_bare_repository_and_no_repository_are_errors_with_a_hint(project: Folder, tmp_path: Path) -> None:
    bare = project.here("-C", str(project.path.parent / "origin.git"), "status")
    nowhere = project.here("-C", str(tmp_path), "status")
    assert (bare.status, nowhere.status) == (Exit.STATE, Exit.STATE)
    assert "bare repository" in bare.err
    assert "hint" in nowhere.err


def test_a_waiver_that_expires_soon_is_shown(project: Folder) -> None:
    from datetime import UTC, datetime, timedelta

    day = (datetime.now(UTC) + timedelta(days=3)).date()  # noqa: TID251 (the program uses the real clock)
    project.write(
        ".mlgit/waivers.yaml",
        "version: 1\nwaivers:\n- {id: w1, gate: r2-floor, floor: 0.4, reason: known, "
        f"approver: boss@example.org, expires: {day}}}\n",
    )
    project.commit("waive")
    project.git("push", "-q")
    (waiver,) = status(project)["waivers"]
    assert (waiver["id"], waiver["gate"], waiver["days_left"]) == ("w1", "r2-floor", 3)
    assert "waiver `w1` for `r2-floor` expires in 3 days" in project.here("status").out


@pytest.mark.parametrize(
    ("floor", "words"),
    [
        ("0.5", "\nGates     ✓ allowed, 1 of 2 passed, 1 skipped (nothing to compare with)\n"),
        ("0.999", "\nGates     ✗ blocked, 1 of 2 failed: R2 is 0.945, min 0.999\n"),
        (
            "0.9999999999999999999999999999",
            f"\nGates     ✗ blocked, 1 of 2 failed: R2 is 0.945, min\n{WIDE}\n",
        ),
    ],
)
def test_the_verdict_has_the_words_of_check(project: Folder, floor: str, words: str) -> None:
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", config.replace("{metric: r2, min: 0.5}", f"{{metric: r2, min: {floor}}}"))
    assert words in project.here("status").out
    reason = " ".join(words.split()).partition(": ")[2]
    assert reason in " ".join(project.here("check").out.split())


def test_local_tags_are_named_until_they_are_pushed(project: Folder) -> None:
    assert project.here("release", "line", "--local").status == Exit.DONE
    found = project.here("status", "--json").json()
    assert found["unpushed_tags"] == ["line@v1.0.0"]
    assert found["next"]["command"] == "mlgit push"
    project.git("fetch", "-q")  # a later fetch must not make it appear pushed
    assert project.here("status", "--json").json()["unpushed_tags"] == ["line@v1.0.0"]
    assert project.here("push").status == Exit.DONE
    assert project.here("status", "--json").json()["unpushed_tags"] == []


def test_tags_that_mlgit_pushed_are_not_named(project: Folder) -> None:
    assert project.here("release", "line").status == Exit.DONE
    assert project.here("promote", "line", "--to", "staging").status == Exit.DONE
    assert project.here("status", "--json").json()["unpushed_tags"] == []
