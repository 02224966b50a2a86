"""What a folder on this machine serves, compared with what the environment's tags say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
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


@pytest.mark.parametrize("spoil", [_other_target, _nowhere])
def test_without_a_folder_in_the_rules_there_is_nothing_to_compare(
    deployable: Folder, spoil: Callable[[Folder], None]
) -> None:
    deploy_here(deployable)
    spoil(deployable)
    assert look(deployable) is None


def _current_is_a_folder(work: Folder) -> None:
    (folder_of(work) / "current").unlink()
    (folder_of(work) / "current").mkdir()


def _root_is_a_file(work: Folder) -> None:
    shutil.rmtree(folder_of(work))
    folder_of(work).write_text("x", encoding="utf-8")


def _releases_is_a_link(work: Folder) -> None:
    path = folder_of(work) / "releases"
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _journal_is_a_link(work: Folder) -> None:
    path = folder_of(work) / "deployments" / "prod.jsonl"
    path.rename(path.with_name("kept"))
    path.symlink_to("kept")


def _journal_is_a_folder(work: Folder) -> None:
    path = folder_of(work) / "deployments" / "prod.jsonl"
    path.unlink()
    path.mkdir()


def _journal_of_another(work: Folder) -> None:
    (folder_of(work) / "deployments" / "staging.jsonl").write_text("", encoding="utf-8")


def _is_not_mounted(work: Folder) -> None:
    assert work.here("deploy", "--env", "prod").status == Exit.DONE  # which keeps in the clone where to
    folder_of(work).parent.rename(folder_of(work).parent.with_name("away"))


# What is wrong with the folder -> how the reason begins, after the folder.
BROKEN: dict[Callable[[Folder], None], str] = {
    _own_link: "/current leads to /srv",
    _current_is_a_folder: "/current is not a link",
    _root_is_a_file: " is not a folder",
    _releases_is_a_link: "/releases is a link",
    _journal_is_a_link: "/deployments/prod.jsonl is not a plain file",
    _journal_is_a_folder: "/deployments/prod.jsonl is not a plain file",
    _journal_of_another: " belongs to the environment staging",
    _no_manifest: "/current leads to releases/v1.0.0, which mlgit did not create",
    _no_journal: "/current leads to releases/v1.0.0, which mlgit did not create",
    _other_model: " serves the model other",
    _is_not_mounted: ", to which this clone deployed, is not there any more",
}


# What has to be moved away before anything can be deployed there.
ROOM: dict[Callable[[Folder], None], str] = {
    _own_link: "FOLDER/current",
    _current_is_a_folder: "FOLDER/current",
    _root_is_a_file: "FOLDER",
    _releases_is_a_link: "FOLDER/releases",
    _journal_is_a_link: "FOLDER/deployments/prod.jsonl",
    _journal_is_a_folder: "FOLDER/deployments/prod.jsonl",
}


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda spoil: spoil.__name__)
def test_what_a_broken_folder_serves_is_not_known_and_every_screen_says_why(
    deployable: Folder, spoil: Callable[[Folder], None]
) -> None:
    deploy_here(deployable)
    deployable.git("push", "-q", "--tags")
    spoil(deployable)
    why = f"{folder_of(deployable)}{BROKEN[spoil]}"
    assert found(deployable).problem == why
    shown = deployable.here("status")
    unknown = f"! what the target serves is not known: {why}"
    assert unknown in " ".join(shown.out.split())
    away = ROOM.get(spoil, "").replace("FOLDER", str(folder_of(deployable)))
    left = f"mv {away} {away}.old" if away else "mlgit deploy --env prod"
    assert shown.out.endswith(f"next: {left}\n")
    assert "served unknown" in deployable.here("status", "-s").out
    assert f"! prod: what the target serves is not known: {why}\n" in deployable.here("models").out
    details = deployable.here("show", "line#prod").out
    assert f" served ! not known: {why} " in " ".join(details.split())
    assert details.endswith(f"next: {left}\n")
    assert f"! what the target serves is not known: {why}\n" in deployable.here("show", "line").out
    done = deployable.here("deploy", "--env", "prod")
    if done.status:
        assert "nothing was served before" not in done.err
    if away:
        assert f"hint: run `{left}`, then deploy again, or deploy to another folder\n" in done.err
        assert deployable.run("sh", "-c", left).status == Exit.DONE
        assert deployable.here("deploy", "--env", "prod").status == Exit.DONE


def test_a_link_that_leads_nowhere_serves_nothing(deployable: Folder) -> None:
    deploy_here(deployable)
    shutil.rmtree(folder_of(deployable) / "releases" / "v1.0.0")
    now = found(deployable)
    assert (now.label, now.matches, now.problem) == (None, False, None)
    assert "! the target serves nothing\n" in deployable.here("status").out


def test_what_a_later_change_put_there_is_not_still_served(deployable: Folder) -> None:
    deploy_here(deployable)
    newest = assign(deployable, "v1.0.1")
    deploy_here(deployable)
    deployable.git("push", "-q", "--tags")
    deployable.git("tag", "-d", newest)
    later = f"serves v1.0.1, by {newest}, which this clone does not have"
    assert found(deployable).later == newest
    shown = deployable.here("status").out
    assert f"! the target {later}" in " ".join(shown.split())
    assert shown.endswith("next: git fetch --tags origin\n")
    assert f"{folder_of(deployable)} {later}" in deployable.here("models").out
    assert deployable.here("show", "prod").out.endswith("next: git fetch --tags origin\n")
    deployable.git("fetch", "-q", "--tags", "origin")
    assert found(deployable).matches


def test_a_model_next_to_a_deployed_one_is_not_served_yet(deployable: Folder) -> None:
    deploy_here(deployable)
    project = opened(deployable)
    here = read_model(project, "line").environment("prod")
    other = replace(here, model="other")
    near = served(project, other)
    assert near is not None
    assert (near.label, near.matches) == (None, False)


def test_the_command_names_the_model_only_if_trunk_declares_several(deployable: Folder) -> None:
    assert deploy_command(opened(deployable), "line", "prod") == "mlgit deploy --env prod"
    assert deploy_command(opened(deployable), "other", "prod") == "mlgit deploy --env prod other"


def test_another_release_that_someone_linked_is_not_still_served(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    deploy_here(deployable)
    current = folder_of(deployable) / "current"
    current.unlink()
    current.symlink_to("releases/v1.0.0")
    assert "! the target serves v1.0.0, though v1.0.1 was deployed last\n" in deployable.here("status").out
    assign(deployable, "v1.0.0")
    assert found(deployable).right


@pytest.mark.parametrize(
    ("spoil", "how"), [(_lose, "is missing"), (_cut, "is not the size that was deployed")]
)
def test_every_screen_says_which_file_is_damaged(
    deployable: Folder, spoil: Callable[[Folder], None], how: str
) -> None:
    deploy_here(deployable)
    deployable.git("push", "-q", "--tags")
    spoil(deployable)
    text = f"{folder_of(deployable)} serves v1.0.0, but its line.json {how}"
    assert f"! prod: {text}\n" in deployable.here("models").out
    shown = deployable.here("show", "line#prod").out
    assert f"served ! {text}" in " ".join(shown.split())
    assert all(line.startswith((" " * 10, "  ")) for line in shown.splitlines()[2:4])


def test_a_deployment_that_failed_is_on_every_screen_until_one_succeeds(deployable: Folder) -> None:
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    storage = deployable.path.parent / "storage"
    shutil.rmtree(deployable / ".dvc" / "cache")
    away = storage.rename(storage.with_name("away"))
    assert deployable.here("deploy", "--env", "prod", "--offline").status == Exit.TOOL
    shown = " ".join(deployable.here("status").out.split())
    assert "! the target still serves v1.0.0; deploying v1.0.1 failed: the DVC remote" in shown
    away.rename(storage)
    assert deployable.here("deploy", "--env", "prod", "--offline").status == Exit.DONE
    assert "failed" not in deployable.here("status").out


def test_a_folder_that_may_not_be_read_is_not_called_empty(
    deployable: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    real_open, real_lstat, root = os.open, os.lstat, str(folder_of(deployable))

    def guarded(call: Callable[..., object]) -> Callable[..., object]:
        def refused(path: object, *args: object, **more: object) -> object:
            if str(path).startswith(f"{root}/"):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **more)

        return refused

    monkeypatch.setattr(os, "open", guarded(real_open))
    monkeypatch.setattr(os, "lstat", guarded(real_lstat))
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.TOOL
    assert "nothing was served" not in done.err
    assert f"what is served is not known: permission denied (`{root}/current`)" in done.err
    assert "journal:" not in done.err
