"""A release needs a model that others can fetch: in Git, or as an output whose content the DVC remote has."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.errors import Exit
from tests.support.registry import change, tags_of, valid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

CONFIG = "version: 1\nmodels:\n  net: {path: PATH}\n"
INSIST = "--data-elsewhere"


def declare(project: Folder, path: str | None) -> None:
    """Declare `net` at a path, commit, and push if there is a remote."""
    project.write("mlgit.yaml", CONFIG.replace("{path: PATH}", "{}" if path is None else f"{{path: {path}}}"))
    project.commit("Declare")
    if project.git("remote"):
        project.git("push", "-q")


def in_git(project: Folder) -> str:
    project.write("weights/net.bin", "weights")
    return "weights/net.bin"


def folder_in_git(project: Folder) -> str:
    in_git(project)
    return "weights"


def two_outputs(project: Folder) -> str:
    for name in ("a.bin", "b.bin"):
        project.write(f"weights/{name}", name)
        project.dvc("add", "-q", f"weights/{name}")
    project.dvc("push", "-q")
    return "weights"


def one_of_two_not_pushed(project: Folder) -> str:
    path = two_outputs(project)
    project.write("weights/b.bin", "another")
    project.dvc("add", "-q", "weights/b.bin")
    return path


def in_a_folder(project: Folder, name: str = "a.bin") -> str:
    project.write("weights/a.bin", "a")
    project.dvc("add", "-q", "weights")
    project.dvc("push", "-q")
    return f"weights/{name}"


def broken_link(project: Folder) -> str:
    (project / "net.bin").symlink_to("nowhere.bin")
    return "net.bin"


def lost_everywhere(project: Folder) -> str:
    project.ok("rm", "-rf", "../storage", ".dvc/cache")
    return "models/line.json"


def without_dvc_remote(project: Folder) -> str:
    project.dvc("remote", "remove", "storage")
    return "models/line.json"


def ignored(project: Folder) -> str:
    project.write(".git/info/exclude", "net.bin\n")
    project.write("net.bin", "weights")
    return "net.bin"


READY: dict[str, Callable[[Folder], str | None]] = {
    "output": lambda _: "models/line.json",
    "file in Git": in_git,
    "folder in Git": folder_in_git,
    "two outputs": two_outputs,
    "in a folder": in_a_folder,
}
UNREADY: dict[str, tuple[Callable[[Folder], str | None], str]] = {
    "misspelt": (lambda _: "models/lime.json", "neither a DVC output nor a file in Git"),
    "ignored by Git": (ignored, "neither a DVC output nor a file in Git"),
    "no path": (lambda _: None, "No path is declared for `net`"),
    "not in the folder": (lambda it: in_a_folder(it, "c.bin"), "does not have `c.bin`"),
    "one of two": (one_of_two_not_pushed, "`weights/b.bin` is not in the DVC remote"),
    "lost": (lost_everywhere, "`models/line.json` is not in the DVC remote"),
    "no DVC remote": (
        without_dvc_remote,
        "no default DVC remote from which others could fetch `models/line",
    ),
    "broken link": (broken_link, "is a link that leads to no file in Git"),
}


@pytest.mark.parametrize("name", READY)
def test_a_model_that_others_can_fetch_is_released(project: Folder, name: str) -> None:
    declare(project, READY[name](project))
    change(project, "release", "net", INSIST)
    stated = statement(project)
    assert not stated.data_elsewhere  # it is not true, whatever was asked for
    assert (stated.files != ()) == (name != "folder in Git")
    assert project.here("get", "net@v1.0.0", "-o", "fetched").status == Exit.DONE


@pytest.mark.parametrize("name", UNREADY)
def test_a_model_that_others_cannot_fetch_is_not_released(project: Folder, name: str) -> None:
    prepare, says = UNREADY[name]
    declare(project, prepare(project))
    done = project.here("release", "net")
    assert (done.status, says in done.err, "hint:" in done.err) == (Exit.STATE, True, True), done.err
    assert tags_of(project) == {}
    # The number is not spent, and the tag states that the user insisted.
    report = change(project, "release", "net", INSIST)
    assert report["version"] == "v1.0.0"
    assert any("the tag states that" in note for note in report["notes"])
    assert statement(project).data_elsewhere
    shown = project.here("show", "net@v1.0.0")
    assert "elsewhere: as its tag states, neither Git nor the DVC remote had the model" in shown.out
    assert valid(project.here("show", "net@v1.0.0", "--json"), "show")["stated"]["data_elsewhere"] is True
    shutil.rmtree(project / ".dvc" / "cache", ignore_errors=True)
    fetched = project.here("get", "net@v1.0.0", "-o", "fetched")
    if name != "broken link":
        assert fetched.status in {Exit.STATE, Exit.TOOL}
        assert "was released with `--data-elsewhere`" in fetched.err


def statement(project: Folder) -> ReleaseStatement:
    found = parse_message(project.git("tag", "-l", "--format=%(contents)", "net@v1.0.0"))
    assert isinstance(found, ReleaseStatement)
    return found


@pytest.mark.parametrize("options", [(), ("--local",)])
def test_without_a_git_remote_the_cache_is_enough(project: Folder, options: tuple[str, ...]) -> None:
    project.dvc("remote", "remove", "storage")
    if not options:
        project.git("remote", "remove", "origin")
    declare(project, "models/line.json")
    (project / ".dvc" / "cache").rename(project / ".dvc" / "other")
    done = project.here("release", "net", *options)
    assert (done.status, "in the DVC cache" in done.err) == (Exit.STATE, True), done.err
    (project / ".dvc" / "other").rename(project / ".dvc" / "cache")
    change(project, "release", "net", *options)
    assert not statement(project).data_elsewhere
