"""`mlgit deploy` into a folder: the served release, the journal, and wrong usage."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.schema import assert_valid
from tests.support.shell import Folder
from tests.support.targets import (
    assign,
    configure,
    deploy_here,
    folder_of,
    forget_data,
    lines,
    releases,
    served,
    steps,
)

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = ["intent", "fetched", "verified", "switched", "done"]


def test_the_version_of_the_environment_is_served(deployable: Folder) -> None:
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "deploy")
    (deployment,) = record["deployments"]
    assert deployment["state"] == "deployed"
    assert deployment["version"] == "v1.0.0"
    assert deployment["stated"] is True
    assert deployment["steps"] == WHOLE
    place = folder_of(deployable)
    assert served(place) == "v1.0.0"
    assert os.readlink(place / "current") == "releases/v1.0.0"
    assert steps(place) == WHOLE
    assert sorted(os.listdir(place)) == ["current", "deployments", "releases"]


def test_manifest_and_journal_are_valid(deployable: Folder) -> None:
    import json

    deploy_here(deployable)
    place = folder_of(deployable)
    assert_valid(json.loads((place / "current" / "manifest.json").read_text()), "release-manifest")
    for line in lines(place):
        assert_valid(line, "deployment-journal")


def test_every_user_can_read_the_release(deployable: Folder) -> None:
    deploy_here(deployable)
    release = folder_of(deployable) / "releases" / "v1.0.0"
    assert release.stat().st_mode & 0o777 == 0o755
    assert (release / "line.json").stat().st_mode & 0o444 == 0o444


def test_the_second_run_finds_it_deployed_and_writes_nothing(deployable: Folder) -> None:
    deploy_here(deployable)
    before = steps(folder_of(deployable))
    forget_data(deployable)
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.DONE, done.err
    assert done.out.startswith("Already: line@v1.0.0 is deployed to prod\n")
    assert steps(folder_of(deployable)) == before


def test_a_dry_run_reports_the_same_and_writes_nothing(deployable: Folder) -> None:
    done = deployable.here("deploy", "--env", "prod", "--dry-run", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "deploy")
    (planned,) = record["deployments"]
    assert planned["state"] == "planned"
    assert not (deployable / "served").exists()
    made = deploy_here(deployable)
    assert list(made.steps) == planned["steps"]
    assert (made.release, made.folder, made.tag) == tuple(planned[key] for key in ("release", "place", "tag"))


def test_it_reports_the_version_that_was_served_before(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod")
    assert done.out.partition("\n")[0].endswith(" s (was v1.0.0)")
    assert served(folder_of(deployable)) == "v1.0.1"


def test_files_come_from_the_remote_if_the_cache_is_empty(deployable: Folder) -> None:
    shutil.rmtree(deployable / ".dvc" / "cache")
    assert deploy_here(deployable).state == "deployed"
    assert served(folder_of(deployable)) == "v1.0.0"


def test_going_back_needs_no_network(deployable: Folder) -> None:
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    forget_data(deployable)
    shutil.rmtree(deployable.path.parent / "origin.git")
    assign(deployable, "v1.0.0")
    done = deployable.here("deploy", "--env", "prod", "--offline", "--json")
    assert done.status == Exit.DONE, done.err
    (back,) = done.json()["deployments"]
    assert (back["state"], back["kept"]) == ("deployed", True)
    assert back["steps"] == ["intent", "verified", "switched", "done"]
    assert served(folder_of(deployable)) == "v1.0.0"


def test_the_same_release_under_a_new_tag_is_only_recorded(deployable: Folder) -> None:
    deploy_here(deployable)
    tag = assign(deployable, "v1.0.0")
    again = deploy_here(deployable)
    assert (again.state, again.steps) == ("already", ("done",))
    assert lines(folder_of(deployable))[-1]["tag"] == tag
    assert deploy_here(deployable).steps == ()


def test_old_releases_are_removed_but_not_the_served_and_the_previous_one(deployable: Folder) -> None:
    place = folder_of(deployable)
    for version in ("v1.0.0", "v1.0.1", "v1.0.2"):
        assign(deployable, version)
        made = deploy_here(deployable)
    assert made.removed == ("v1.0.0",)
    assert releases(place) == ["v1.0.1", "v1.0.2"]


def test_keep_one_still_leaves_the_previous_release(deployable: Folder) -> None:
    configure(deployable, "deploy:\n  prod: {target: local, path: 'served/{model}', keep: 1}\n")
    for version in ("v1.0.0", "v1.0.1", "v1.0.2"):
        assign(deployable, version)
        deploy_here(deployable)
    assert releases(folder_of(deployable)) == ["v1.0.1", "v1.0.2"]


def test_a_file_missing_in_the_remote_is_a_recorded_failure(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    forget_data(deployable)
    (deployable.path.parent / "storage").mkdir()
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "neither in the cache nor in the DVC remote" in done.err
    assert "it failed while fetching its files" in done.err
    assert done.out.startswith("Failed: line@v1.0.1 to prod\n")
    place = folder_of(deployable)
    assert served(place) == "v1.0.0"
    failed = lines(place)[-1]
    assert (failed["step"], failed["during"]) == ("failed", "fetched")
    assert_valid(failed, "deployment-journal")
    assert releases(place) == ["v1.0.0"]


def test_a_late_job_finds_its_tag_superseded(deployable: Folder) -> None:
    first = "line#prod#1"
    newer = assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--tag", f"refs/tags/{first}", "--json")
    assert done.status == Exit.DONE, done.err
    assert_valid(done.json(), "deploy")
    (late,) = done.json()["deployments"]
    assert (late["state"], late["tag"], late["superseded_by"]) == ("superseded", first, newer)
    assert not (deployable / "served").exists()


def test_a_clone_with_old_tags_does_not_undo_a_newer_deployment(deployable: Folder) -> None:
    newer = assign(deployable, "v1.0.1")
    deployable.git("push", "-q", "origin", f"refs/tags/{newer}")
    deploy_here(deployable)
    deployable.git("tag", "-d", newer)
    late = deploy_here(deployable)
    assert (late.state, late.superseded_by) == ("superseded", newer)
    assert served(folder_of(deployable)) == "v1.0.1"
    # If the tag is gone for good, no deployment would ever work again.
    assert "run `git fetch --tags`; if it was deleted for good, move the journal" in late.notes[0]
    deployable.git("push", "-q", "origin", f":refs/tags/{newer}")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.out
    assert "neither this clone nor `origin` has that tag" in done.out + done.err
    hint = (done.out + done.err).partition("deploy again after `")[2].partition("`")[0]
    deployable.ok("sh", "-c", hint)
    assert deploy_here(deployable).state == "deployed"
    assert served(folder_of(deployable)) == "v1.0.0"


def test_a_clone_without_tags_does_not_look_like_an_empty_environment(
    deployable: Folder, tmp_path: Path
) -> None:
    clone = Folder(tmp_path / "clone")
    deployable.git("clone", "-q", "--no-tags", str(deployable.path.parent / "origin.git"), str(clone.path))
    for more in ((), ("--dry-run",)):
        done = clone.here("deploy", "--env", "prod", "--offline", *more)
        assert done.status == Exit.STATE
        assert "what `prod` holds of `line` is not known here: this clone may lack tags" in done.err
        assert "git fetch --tags origin && git config --unset-all remote.origin.tagOpt" in done.err
    clone.git("config", "--unset", "remote.origin.tagOpt")
    (deployment,) = clone.here("deploy", "--env", "prod", "--offline", "--json").json()["deployments"]
    assert deployment["state"] == "unassigned"
    (note,) = deployment["notes"]
    assert note.startswith("there is no tag of `prod` for `line` in this clone; `git fetch --tags origin`")
    deployable.git("push", "-q", "--tags")
    clone.git("fetch", "-q", "--tags")
    clone.git("tag", "-a", "line#prod!#2", "-m", "Unassign", "line#prod#1^{commit}")
    emptied = deploy_here(clone)
    assert (emptied.state, emptied.notes) == ("unassigned", ())


def test_an_emptied_environment_leaves_its_target_unchanged(deployable: Folder) -> None:
    deploy_here(deployable)
    emptied = deployable.here("unassign", "line", "--env", "prod", "-m", "Stop", "--local")
    assert emptied.status == Exit.DONE, emptied.err
    for more in ((), ("--tag", "line#prod!#2")):
        done = deployable.here("deploy", "--env", "prod", *more)
        assert done.status == Exit.DONE, done.err
        assert done.out.startswith("line is not in prod; its target was not changed\n")
    assert served(folder_of(deployable)) == "v1.0.0"


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (("--env", "prd"), 4, "did you mean `prod`?"),
        (("--env", "staging"), 4, "`deploy:` in `mlgit.yaml` on origin/main does not declare `staging`"),
        (("--env", "prod", "lime"), 4, "did you mean `line`?"),
        (("--env", "prod", "--tag", "line#prod#9"), 4, "There is no tag `line#prod#9` here"),
        (("--env", "prod", "--tag", "line#staging#1"), 2, "not of `prod`"),
        (("--env", "prod", "--tag", "line@v1.0.0"), 2, "is not a tag of an environment"),
        (("--env", "prod", "--tag", "line#prod#1$(id)"), 2, "is not a tag of an environment"),
        (("--env", "prod", "other", "--tag", "line#prod#1"), 2, "is a tag of `line`"),
        ((), 2, "--env"),
    ],
)
def test_wrong_usage_is_refused(deployable: Folder, argv: tuple[str, ...], status: int, message: str) -> None:
    done = deployable.here("deploy", *argv)
    assert done.status == status, done.err
    assert message in done.err
    assert not (deployable / "served").exists()


def test_the_target_is_read_from_trunk(deployable: Folder) -> None:
    text = (deployable / "mlgit.yaml").read_text()
    deployable.write("mlgit.yaml", text.replace("served/{model}", "stolen/{model}"))
    deploy_here(deployable)
    assert served(folder_of(deployable)) == "v1.0.0"
    assert not (deployable / "stolen").exists()


def test_models_that_only_dvc_declares_do_not_share_a_folder(deployable: Folder) -> None:
    text = (deployable / "mlgit.yaml").read_text().replace("models:\n  line: {path: models/line.json}\n", "")
    deployable.write("mlgit.yaml", text.replace("served/{model}", "served"))
    dvc = (deployable / "dvc.yaml").read_text()
    deployable.write("dvc.yaml", f"{dvc}  other: {{path: data/clean.csv, type: model}}\n")
    deployable.commit("Two models")
    deployable.git("push", "-q")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG, done.err
    assert "`line` in `prod` and `other` in `prod` would be deployed to one folder" in done.err
    assert "`{model}`" in done.err


def test_a_renamed_model_frees_its_folder_when_its_environment_is_emptied(
    deployable: Folder,
) -> None:
    configure(deployable, "deploy:\n  prod: {target: local, path: served/line}\n")
    deployable.git("tag", "-a", "old#prod#1", "-m", "Promote", "line@v1.0.0^{commit}")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG
    assert "`line` in `prod` and `old` in `prod` would be deployed to one folder" in done.err
    deployable.git("tag", "-a", "old#prod!#2", "-m", "Unassign", "old#prod#1^{commit}")
    assert deploy_here(deployable).model == "line"
    assert served(folder_of(deployable)) == "v1.0.0"
    emptied = deploy_here(deployable, tag="old#prod!#2")
    assert (emptied.model, emptied.state, emptied.target) == ("old", "unassigned", "local")


def test_the_other_models_are_deployed_if_one_fails(deployable: Folder) -> None:
    text = (deployable / "mlgit.yaml").read_text()
    models = "models:\n  clean: {path: data/clean.csv}\n"
    deployable.write("mlgit.yaml", text.replace("models:\n", models))
    commit = deployable.commit("Two models")
    deployable.git("push", "-q")
    deployable.git("tag", "-a", "clean#prod#1", "-m", "Promote", commit)
    (deployable / "served").mkdir()
    (deployable / "served" / "clean").write_text("a file")
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == Exit.TOOL
    states = {each["model"]: each["state"] for each in done.json()["deployments"]}
    assert states == {"clean": "failed", "line": "deployed"}
    assert served(folder_of(deployable)) == "v1.0.0"


def test_a_directory_model_is_served_completely(deployable: Folder) -> None:
    deployable.write(
        "dvc.yaml",
        "stages:\n  train:\n    cmd: python make.py\n    deps: [make.py]\n    outs: [models/bert]\n",
    )
    deployable.write(
        "make.py",
        "import os\nos.makedirs('models/bert/deep')\n"
        "open('models/bert/a.bin', 'w').write('a')\nopen('models/bert/deep/b.bin', 'w').write('b')\n",
    )
    text = (deployable / "mlgit.yaml").read_text()
    deployable.write("mlgit.yaml", text.replace("models/line.json", "models/bert"))
    (deployable / "dvc.lock").unlink()
    deployable.dvc("repro", "-q")
    commit = deployable.commit("A directory")
    deployable.git("push", "-q")
    deployable.git("tag", "-a", "line@v2.0.0", "-m", "Release", commit)
    assign(deployable, "v2.0.0")
    assert deploy_here(deployable).state == "deployed"
    current = folder_of(deployable) / "current"
    assert (current / "bert" / "deep" / "b.bin").read_text() == "b"
    (current / "bert" / "deep" / "b.bin").write_text("c")
    assert deploy_here(deployable).release == "v2.0.0~2"
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    assert releases(folder_of(deployable)) == ["v1.0.0", "v1.0.1"]


def test_the_hint_about_a_missing_target_is_valid_yaml(deployable: Folder) -> None:
    configure(deployable, "")
    done = deployable.here("deploy", "--env", "staging", "--json")
    assert done.status == Exit.STATE
    line = done.json()["error"]["hint"].partition("`")[2].rpartition("`")[0]
    configure(deployable, f"{line}\n")
    done = deployable.here("deploy", "--env", "staging", "--dry-run")
    assert done.status == Exit.DONE, done.err
    assert "/srv/models/line" in deployable.here("deploy", "--env", "staging", "--dry-run", "--json").out


def test_a_rollback_to_a_place_without_target_writes_nothing(
    deployable: Folder,
) -> None:
    before = deployable.git("tag")
    done = deployable.here("rollback", "--env", "staging", "--deploy", "-m", "slow")
    assert done.status == Exit.STATE
    assert "does not declare `staging`; nothing was rolled back" in done.err
    assert (
        "hint: leave out `--deploy`, which rolls back and deploys nothing; or add `deploy: {staging: "
        in done.err
    )
    assert deployable.git("tag") == before
