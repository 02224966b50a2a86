"""A change of `.gitmodules` or `.lfsconfig` with which content comes from another place is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.shell import Folder

MODULES, LFS = ".gitmodules", ".lfsconfig"
MODULE = '[submodule "raw"]\n\tpath = data/raw\n\turl = https://example.org/raw.git\n'
SERVER = "[lfs]\n\turl = https://example.org/lfs\n"
READS_MODULES = "Git reads submodules from another place after the merge (`.gitmodules`): "
READS_LFS = "Git LFS works differently after the merge (`.lfsconfig`): "
MINE = MODULE.replace("example.org", "me:secret@example.net")
CHANGES: dict[str, tuple[str, str | None, str | None]] = {
    "another address": (
        MODULES,
        MINE,
        f"{READS_MODULES}`data/raw` https://example.org/raw.git -> https://example.net/raw.git",
    ),
    "another name for the path": (
        MODULES,
        MINE.replace('"raw"', '"other"'),
        f"{READS_MODULES}`data/raw` https://example.org/raw.git -> https://example.net/raw.git",
    ),
    "one more submodule": (MODULES, f'{MODULE}[submodule "x"]\n\tpath = x\n\turl = ../x\n', None),
    "another spelling": (MODULES, MODULE.replace("\turl", "  url"), None),
    "no submodules": (MODULES, None, None),
    "not Git's format": (MODULES, "[submodule\n", "Git cannot parse `.gitmodules`"),
    "another server": (
        LFS,
        SERVER.replace(".org", ".net"),
        f"{READS_LFS}`lfs.url` https://example.org/lfs -> https://example.net/lfs",
    ),
    "no server": (LFS, None, f"{READS_LFS}`lfs.url` is gone"),
    "files left out": (
        LFS,
        f"{SERVER}\tfetchexclude = data\n\tlocksverify = true\n",
        f"{READS_LFS}`lfs.fetchexclude` is new: data",
    ),
}


@pytest.fixture
def topic(empty_repository: Folder) -> Folder:
    folder = empty_repository
    folder.write("mlgit.yaml", "version: 1\nmodels: {net: {path: net.bin, metrics: [m.json]}}\n")
    folder.write("net.bin", "one")
    folder.write("m.json", '{"auc": 0.9}')
    folder.write(MODULES, MODULE)
    folder.write(LFS, SERVER)
    folder.commit("Start")
    folder.git("branch", "-M", "main")
    folder.git("switch", "-qc", "topic")
    return folder


def notes(folder: Folder) -> list[dict[str, str]]:
    found = folder.here("check", "--json").json()["verdict"]["notes"]
    return [each for each in found if each["code"] == "git_settings_changed"]


@pytest.mark.parametrize(("file", "content", "text"), CHANGES.values(), ids=CHANGES)
def test_settings_with_which_git_reads_other_content_are_a_warning(
    topic: Folder, file: str, content: str | None, text: str | None
) -> None:
    if content is None:
        (topic / file).unlink()
    else:
        topic.write(file, content)
    expected = [] if text is None else [(text, "warn")]
    assert [(each["message"], each["effect"]) for each in notes(topic)] == expected
    topic.commit("Configure")
    found = notes(topic)
    assert [(each["message"], each["effect"]) for each in found] == expected
    for each in found:
        assert topic.run("sh", "-c", each["hint"].split("`")[1]).status == 0
    assert notes(topic) == []


def test_settings_that_only_the_target_changed_are_not_of_the_change(topic: Folder) -> None:
    topic.git("switch", "-q", "main")
    topic.write(LFS, SERVER.replace(".org", ".net"))
    topic.commit("Move the files")
    topic.git("switch", "-q", "topic")
    assert notes(topic) == []
