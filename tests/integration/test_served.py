"""What a folder on this machine serves, compared with what the environment's tags say."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.project.deploy.served import deploy_command, served
from mlgit.project.registry.read import read_model
from tests.support.registry import NOON, close_all, opened
from tests.support.targets import assign, configure, deploy_here, folder_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.registry.entries import Served
    from tests.support.shell import Folder


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


def look(work: Folder) -> Served | None:
    project = opened(work)
    return served(project, read_model(project, "line").environment("prod"))


def found(work: Folder) -> Served:
    result = look(work)
    assert result is not None
    return result


def test_a_folder_that_is_not_on_this_machine_is_not_known(deployable: Folder) -> None:
    assert look(deployable) is None


def test_what_was_deployed_matches_until_the_environment_changes(deployable: Folder) -> None:
    deploy_here(deployable)
    now = found(deployable)
    assert (now.label, now.matches, now.damaged, now.since) == ("v1.0.0", True, False, NOON)
    assert now.folder == str(folder_of(deployable))
    assign(deployable, "v1.0.1")
    assert (found(deployable).label, found(deployable).matches) == ("v1.0.0", False)
    deploy_here(deployable)
    assert (found(deployable).label, found(deployable).matches) == ("v1.0.1", True)


def test_a_folder_to_which_nothing_was_deployed_serves_nothing(deployable: Folder) -> None:
    folder_of(deployable).mkdir(parents=True)
    assert (found(deployable).label, found(deployable).matches) == (None, False)


def test_the_release_of_another_tag_with_the_same_name_does_not_match(deployable: Folder) -> None:
    deploy_here(deployable)
    commit = deployable.git("rev-parse", "line@v1.0.0^{commit}")
    deployable.git("tag", "-f", "-a", "line@v1.0.0", "-m", "Moved", commit)
    assert (found(deployable).label, found(deployable).matches) == (f"another v1.0.0 ({commit[:7]})", False)


def _lose(work: Folder) -> None:
    (folder_of(work) / "current" / "line.json").unlink()


def _cut(work: Folder) -> None:
    (folder_of(work) / "current" / "line.json").write_text("", encoding="utf-8")


@pytest.mark.parametrize("spoil", [_lose, _cut])
def test_a_release_with_a_lost_or_cut_file_is_damaged(
    deployable: Folder, spoil: Callable[[Folder], None]
) -> None:
    deploy_here(deployable)
    spoil(deployable)
    assert found(deployable).damaged


def _own_link(work: Folder) -> None:
    (folder_of(work) / "current").unlink()
    (folder_of(work) / "current").symlink_to("/srv")


def _no_manifest(work: Folder) -> None:
    (folder_of(work) / "current" / "manifest.json").write_text("{}", encoding="utf-8")


def _other_model(work: Folder) -> None:
    path = folder_of(work) / "current" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"model": "other"}
    path.write_text(json.dumps(manifest), encoding="utf-8")


def _no_journal(work: Folder) -> None:
    shutil.rmtree(folder_of(work) / "deployments")


def _other_target(work: Folder) -> None:
    configure(work, "deploy:\n  prod: {target: command, command: [sh, deploy.sh]}\n")


def _nowhere(work: Folder) -> None:
    configure(work, "")


@pytest.mark.parametrize(
    "spoil", [_own_link, _no_manifest, _other_model, _no_journal, _other_target, _nowhere]
)
def test_what_mlgit_cannot_be_sure_of_is_not_known(
    deployable: Folder, spoil: Callable[[Folder], None]
) -> None:
    deploy_here(deployable)
    spoil(deployable)
    assert look(deployable) is None


def test_the_command_names_the_model_only_if_trunk_declares_several(deployable: Folder) -> None:
    assert deploy_command(opened(deployable), "line", "prod") == "mlgit deploy --env prod"
    assert deploy_command(opened(deployable), "other", "prod") == "mlgit deploy --env prod other"
