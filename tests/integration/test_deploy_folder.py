"""Deployment folders that are damaged, incomplete, or changed by other programs."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.core.deploy.fetching import Source
from mlgit.core.pipeline.stages import Pointer
from mlgit.errors import Exit
from mlgit.project.deploy.model_files import ModelFile, ModelFiles, staged_before
from tests.support.schema import assert_valid
from tests.support.targets import (
    CONTENTS,
    assign,
    configure,
    deploy_here,
    folder_of,
    forget_data,
    releases,
    served,
    steps,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

WHOLE = ["intent", "fetched", "verified", "switched", "done"]


def test_a_release_with_foreign_files_in_it_stays(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    (place / "releases" / "v1.0.0" / "notes.txt").write_text("mine")
    for version in ("v1.0.1", "v1.0.2"):
        assign(deployable, version)
        made = deploy_here(deployable)
    assert made.state == "deployed"
    assert "files are in it that mlgit did not put there" in made.notes[0]
    assert sorted(os.listdir(place / "releases" / "v1.0.0")) == ["manifest.json", "notes.txt"]


def test_foreign_folders_below_releases_are_not_touched(deployable: Folder) -> None:
    theirs = folder_of(deployable) / "releases"
    for name in ("v1.0.0", ".incoming-0123456789ab", "backup"):
        (theirs / name).mkdir(parents=True)
        (theirs / name / "file").write_text("mine")
    for version in ("v1.0.0", "v1.0.1", "v1.0.2"):
        assign(deployable, version)
        assert deploy_here(deployable).state == "deployed"
    assert (theirs / "v1.0.0" / "file").read_text() == "mine"
    assert [name for name in releases(folder_of(deployable)) if (theirs / name / "file").exists()] == [
        ".incoming-0123456789ab",
        "backup",
        "v1.0.0",
    ]


def test_a_damaged_served_release_is_fetched_again_next_to_it(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    (place / "releases" / "v1.0.0" / "line.json").write_text("damaged")
    again = deploy_here(deployable)
    assert (again.state, again.release) == ("deployed", "v1.0.0~2")
    assert "damaged" in again.notes[0]
    assert served(place) == "v1.0.0"
    assert (place / "releases" / "v1.0.0" / "line.json").read_text() == "damaged"
    assert deploy_here(deployable).state == "already"


def test_a_damaged_kept_release_is_not_served_again(deployable: Folder) -> None:
    place = folder_of(deployable)
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    (place / "releases" / "v1.0.0" / "line.json").unlink()
    assign(deployable, "v1.0.0")
    repaired = deploy_here(deployable)
    assert (repaired.state, repaired.kept) == ("deployed", False)
    assert served(place) == "v1.0.0"
    assert "v1.0.0" not in releases(place)


def test_a_damaged_kept_release_without_network_leaves_the_old_one_served(deployable: Folder) -> None:
    place = folder_of(deployable)
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    (place / "releases" / "v1.0.0" / "line.json").write_text(CONTENTS["v1.0.1"])
    forget_data(deployable)
    assign(deployable, "v1.0.0")
    done = deployable.here("deploy", "--env", "prod", "--json")
    assert done.status == Exit.TOOL
    assert_valid(done.json(), "deploy")
    (failed,) = done.json()["deployments"]
    assert failed["failure"]["step"] == "fetched"
    assert "still served: v1.0.1" in done.err
    assert f"journal: {place}/deployments/prod.jsonl" in done.err
    assert served(place) == "v1.0.1"
    assert [name for name in releases(place) if name.startswith(".")] == []


def test_a_file_that_was_changed_with_its_manifest_is_not_accepted(
    deployable: Folder,
) -> None:
    place = folder_of(deployable)
    for version in ("v1.0.0", "v1.0.1"):
        assign(deployable, version)
        deploy_here(deployable)
    old, new = (place / "releases" / version for version in ("v1.0.0", "v1.0.1"))
    shutil.copy(new / "line.json", old / "line.json")
    before, after = (
        next(line for line in (each / "manifest.json").read_text().splitlines() if "sha256" in line)
        for each in (old, new)
    )
    (old / "manifest.json").write_text((old / "manifest.json").read_text().replace(before, after))
    assign(deployable, "v1.0.0")
    assert deploy_here(deployable).kept is False
    assert served(place) == "v1.0.0"


def test_a_folder_of_another_environment_is_refused(deployable: Folder) -> None:
    deploy_here(deployable)
    configure(deployable, "deploy:\n  staging: {target: local, path: 'served/{model}'}\n")
    assign(deployable, "v1.0.1", environment="staging")
    done = deployable.here("deploy", "--env", "staging")
    assert done.status == Exit.TOOL
    assert "belongs to the environment `prod`" in done.err
    assert served(folder_of(deployable)) == "v1.0.0"


@pytest.mark.parametrize("name", ["releases", "deployments"])
def test_a_link_in_the_folder_that_leads_out_of_it_is_refused(deployable: Folder, name: str) -> None:
    elsewhere = deployable.path.parent / "elsewhere"
    elsewhere.mkdir()
    folder_of(deployable).mkdir(parents=True)
    (folder_of(deployable) / name).symlink_to(elsewhere)
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.out
    assert f"{name}` is a link" in done.err
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["prod.jsonl", "prod.lock"])
def test_a_link_instead_of_journal_or_lock_is_not_followed(deployable: Folder, name: str) -> None:
    victim = deployable.path.parent / "victim"
    victim.write_text("precious")
    place = folder_of(deployable) / "deployments"
    place.mkdir(parents=True)
    (place / name).symlink_to(victim)
    assert deployable.here("deploy", "--env", "prod").status == Exit.TOOL
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "leads", ["/etc", "../elsewhere", "releases/../../elsewhere", "releases/.incoming-1"]
)
def test_a_current_that_leads_elsewhere_is_not_replaced(deployable: Folder, leads: str) -> None:
    place = folder_of(deployable)
    place.mkdir(parents=True)
    (place / "current").symlink_to(leads)
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert f"leads to `{leads}`" in done.err
    assert os.readlink(place / "current") == leads
    found = deployable.here("doctor", "--json").json()["findings"]
    repairs = {each["repair"] for each in found if each["id"] in {"deployment_failed", "not_served"}}
    assert all(each.startswith("mv ") for each in repairs), repairs


def test_a_current_that_is_a_folder_is_not_replaced(deployable: Folder) -> None:
    place = folder_of(deployable)
    (place / "current").mkdir(parents=True)
    (place / "current" / "model").write_text("mine")
    assert deployable.here("deploy", "--env", "prod").status == Exit.TOOL
    assert (place / "current" / "model").read_text() == "mine"


def test_a_link_instead_of_a_released_file_is_damage(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    file = place / "releases" / "v1.0.0" / "line.json"
    copy = deployable.path.parent / "copy.json"
    shutil.move(file, copy)
    file.symlink_to(copy)
    again = deploy_here(deployable)
    assert again.release == "v1.0.0~2"
    for version in ("v1.0.1", "v1.0.2"):
        assign(deployable, version)
        deploy_here(deployable)
    assert copy.read_text() == CONTENTS["v1.0.0"]


def test_a_link_instead_of_the_staging_folder_is_not_followed(deployable: Folder) -> None:
    elsewhere = deployable.path.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("precious")
    oid = deployable.git("rev-parse", "line#prod#1")
    place = folder_of(deployable) / "releases"
    place.mkdir(parents=True)
    (place / f".incoming-{oid[:12]}").symlink_to(elsewhere)
    assert deployable.here("deploy", "--env", "prod").status == Exit.TOOL
    assert os.listdir(elsewhere) == ["file"]


def test_a_file_behind_a_link_is_not_taken_from_a_killed_fetch(tmp_path: Path) -> None:
    content = b"of a killed fetch"
    pointer = Pointer(md5=hashlib.md5(content).hexdigest())  # noqa: S324 (DVC's hash)
    files = ModelFiles("m", (ModelFile(Source(path="m/a", pointer=pointer), "m/a"),))
    for folder in ("elsewhere", "whole/m", "linked", "linked-file/m"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "elsewhere" / "a").write_bytes(content)
    (tmp_path / "whole" / "m" / "a").write_bytes(content)
    (tmp_path / "linked" / "m").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "linked-file" / "m" / "a").symlink_to(tmp_path / "elsewhere" / "a")
    (tmp_path / "way").symlink_to(tmp_path / "whole")
    found = {
        name: staged_before(files, str(tmp_path / name)) for name in ("whole", "linked", "linked-file", "way")
    }
    assert {name: list(sums) for name, sums in found.items()} == {
        "whole": ["m/a"],
        "linked": [],
        "linked-file": [],
        "way": ["m/a"],
    }


def test_a_torn_last_line_of_the_journal_is_cut_off(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    journal = place / "deployments" / "prod.jsonl"
    journal.write_text(journal.read_text() + '{"at": "2026-05-03T12:0')
    assign(deployable, "v1.0.1")
    made = deploy_here(deployable)
    assert made.state == "deployed"
    assert made.notes == (f"`{journal}` has a line that cannot be read",)
    assert steps(place) == WHOLE * 2
    assert deploy_here(deployable).notes == ()


def test_a_lost_journal_costs_only_another_fetch(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    (place / "deployments" / "prod.jsonl").unlink()
    again = deploy_here(deployable)
    assert (again.state, again.release) == ("deployed", "v1.0.0~2")
    assert served(place) == "v1.0.0"
    assert releases(place) == ["v1.0.0", "v1.0.0~2"]


def test_a_release_that_was_deleted_manually_is_fetched_again(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    shutil.rmtree(place / "releases" / "v1.0.0")
    assert deploy_here(deployable).state == "deployed"
    assert served(place) == "v1.0.0"


def test_a_model_named_like_the_manifest_is_refused(deployable: Folder) -> None:
    text = (deployable / "mlgit.yaml").read_text()
    deployable.write("manifest.json", "{}")
    deployable.write("mlgit.yaml", text.replace("models/line.json", "manifest.json"))
    commit = deployable.commit("A model in Git")
    deployable.git("push", "-q")
    deployable.git("tag", "-a", "line@v2.0.0", "-m", "Release", commit)
    assign(deployable, "v2.0.0")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.STATE
    assert "give the model's file another name" in done.err


@pytest.mark.parametrize("path", [".git/mlgit/served", "served/../.git/served"])
def test_the_folder_of_git_is_refused_as_a_target(deployable: Folder, path: str) -> None:
    configure(deployable, f"deploy:\n  prod: {{target: local, path: '{path}'}}\n")
    assert deployable.here("deploy", "--env", "prod").status == Exit.CONFIG


def test_a_link_to_the_folder_of_git_is_refused_as_a_target(deployable: Folder) -> None:
    (deployable / "served").symlink_to(deployable / ".git")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG, done.err
    assert "the repository itself" in done.err


def test_a_file_that_a_server_left_in_a_release_is_not_damage(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    (place / "current" / "line.json.cache").write_text("of a server")
    assert deploy_here(deployable).state == "already"
    assign(deployable, "v1.0.1")
    deploy_here(deployable)
    assign(deployable, "v1.0.0")
    assert deploy_here(deployable).kept is True


def test_a_folder_of_another_model_is_refused(deployable: Folder) -> None:
    place = folder_of(deployable)
    deploy_here(deployable)
    journal = place / "deployments" / "prod.jsonl"
    journal.write_text(journal.read_text().replace('"model": "line"', '"model": "gone"'))
    done = deployable.here("deploy", "--env", "prod", "line")
    assert done.status == Exit.TOOL
    assert "belongs to the model `gone`" in done.err
    assert served(place) == "v1.0.0"


def test_two_models_that_share_a_folder_through_a_link_are_refused(deployable: Folder) -> None:
    deploy_here(deployable)
    (deployable / "served" / "other").symlink_to(folder_of(deployable))
    deployable.git("tag", "-a", "other#prod#1", "-m", "Promote", "line@v1.0.1^{commit}")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG
    assert "would be deployed to one folder" in done.err
    assert "give each a folder" in done.err


def test_only_the_folder_of_a_model_is_made_below_a_place_that_is_there(
    deployable: Folder, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    place = disk / "prod"
    configure(deployable, f"deploy:\n  prod: {{target: local, path: '{disk}/{{environment}}/{{model}}'}}\n")
    done = deployable.here("deploy", "--env", "prod")
    assert (done.status, disk.exists()) == (Exit.TOOL, False), done.out
    assert f"`{place}` is not on this machine, and `line` would be deployed below it" in done.err
    assert "deploying" not in deployable.here("status").out
    place.mkdir(parents=True)
    assert deploy_here(deployable).state == "deployed"
    shutil.rmtree(place / "line")
    done = deployable.here("deploy", "--env", "prod")
    assert (done.status, os.listdir(place)) == (Exit.TOOL, [])
    assert f"`{place}/line` is gone, to which this clone deployed before" in done.err
    (place / "line").mkdir()
    assert deploy_here(deployable).state == "deployed"
