"""Settings of git that delete or hide tags: `doctor` and `--local` name them, and their repair works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

DELETE = {
    "fetch.pruneTags": (("fetch.pruneTags", "true"),),
    "remote.origin.pruneTags": (("remote.origin.pruneTags", "yes"),),
    "both prunes": (("fetch.prune", "true"), ("fetch.pruneTags", "on")),
    "a refspec of tags": (("fetch.prune", "true"), ("remote.origin.fetch", "+refs/tags/*:refs/tags/*")),
    "the remote's own prune": (
        ("remote.origin.prune", "1"),
        ("remote.origin.fetch", "refs/tags/line@*:refs/tags/line@*"),
    ),
}
HIDE = {
    "tags_not_fetched": ("remote.origin.tagOpt", "--no-tags"),
    "tags_are_hidden": ("transfer.hideRefs", "refs/tags"),
}
HARMLESS = {
    "the remote's own setting wins": (("fetch.pruneTags", "true"), ("remote.origin.pruneTags", "false")),
    "prune of branches": (("fetch.prune", "true"),),
    "another remote": (("remote.other.pruneTags", "true"),),
    "a refspec of tags": (("remote.origin.fetch", "refs/tags/*:refs/tags/*"),),
    "refs elsewhere": (("fetch.prune", "true"), ("remote.origin.fetch", "+refs/*:refs/copy/*")),
    "tagOpt of all tags": (("remote.origin.tagOpt", "--tags"),),
    "other hidden refs": (("transfer.hideRefs", "refs/tags/private"), ("uploadpack.hideRefs", "refs/pull")),
    "shown again": (("transfer.hideRefs", "!refs/tags"),),
}
IDS = {"tags_are_pruned", "tags_not_fetched", "tags_are_hidden"}


def configure(folder: Folder, settings: tuple[tuple[str, str], ...]) -> None:
    for key, value in settings:
        folder.git("config", "--add", key, value)


def findings(folder: Folder) -> dict[str, str]:
    found = folder.here("doctor", "--json").json()["findings"]
    return {each["id"]: each["repair"] for each in found if each["id"] in IDS}


@pytest.mark.parametrize("case", DELETE)
def test_settings_that_delete_tags_are_named(project: Folder, case: str) -> None:
    configure(project, DELETE[case])
    done = project.here("release", "line", "--local", "--json")
    assert done.status == Exit.DONE, done.err
    assert [note for note in done.json()["notes"] if "deletes these tags" in note]
    repair = findings(project)["tags_are_pruned"]
    project.git("fetch", "-q", "--prune")
    assert project.git("tag", "--list", "line@*") == ""  # as it says
    assert project.run("sh", "-c", repair).status == 0
    assert findings(project) == {}
    assert project.here("release", "line", "--local").status == Exit.DONE
    project.git("fetch", "-q")
    assert project.git("tag", "--list", "line@*") == "line@v1.0.0"


@pytest.mark.parametrize("kind", HIDE)
def test_settings_that_hide_tags_are_named(project: Folder, kind: str) -> None:
    configure(project, (HIDE[kind],))
    found = findings(project)
    assert found.keys() == {kind}
    assert project.run("sh", "-c", found[kind]).status == 0
    assert findings(project) == {}


@pytest.mark.parametrize("case", HARMLESS)
def test_other_settings_are_not_named(project: Folder, case: str) -> None:
    configure(project, HARMLESS[case])
    assert findings(project) == {}
