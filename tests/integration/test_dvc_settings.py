"""A change of DVC's configuration, with which DVC reads other things after the merge, is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check

if TYPE_CHECKING:
    from tests.support.shell import Folder

CONFIG = ".dvc/config"
STORAGE = "['remote \"storage\"']\n    url = ../../storage\n"
CORE = "[core]\n    remote = storage\n"


def texts(project: Folder) -> list[str]:
    verdict = project.here("check", "--json").json()["verdict"]
    notes = [each for each in verdict["notes"] if "dvc_settings" in each["code"]]
    assert {(each["code"], each["effect"]) for each in notes} <= {("dvc_settings_changed", "warn")}
    return [each["message"] for each in notes]


OTHER = f"`{CONFIG}` makes DVC work differently after the merge: "
FAILS = "so every command of DVC fails after the merge"
MINE = STORAGE.replace("../../storage", "../mine")


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        (CONFIG, CORE + STORAGE + "[exp]\n    auto_push = true\n", None),
        (CONFIG, "[core\n", f"DVC cannot parse `{CONFIG}` (line 1), {FAILS}"),
        (
            CONFIG,
            "[core]\n    remot = storage\n",
            f"DVC refuses `{CONFIG}`: extra keys not allowed @ data['core']['remot'], {FAILS}",
        ),
        (CONFIG, CORE + MINE, f"{OTHER}`remote.storage.url` ../../storage -> ../mine"),
        (CONFIG, CORE + STORAGE + "[cache]\n    dir = x\n", f"{OTHER}`cache.dir` is new: x"),
        (CONFIG, "", f"{OTHER}`core.remote` is gone, `remote.storage.url` is gone"),
        (CONFIG, None, f"`{CONFIG}` is gone: after the merge, DVC has none of its settings"),
        (
            f"{CONFIG}.local",
            CORE + MINE,
            f"{OTHER.replace(CONFIG, f'{CONFIG}.local')}`remote.storage.url` ../../storage -> ../mine",
        ),
        (
            f"data/{CONFIG}",
            "",
            f"`data/{CONFIG}` is new: after the merge, DVC takes `data` for a project of its own",
        ),
        (f"new/{CONFIG}", CORE + STORAGE, None),
    ],
)
def test_settings_with_which_dvc_reads_other_things_are_a_warning(
    project: Folder, file: str, content: str | None, text: str | None
) -> None:
    project.git("checkout", "-qb", "topic")
    if content is None:
        (project / file).unlink()
    else:
        project.write(file, content)
    project.git("add", "-Af", file)
    expected = [] if text is None else [text]
    assert texts(project) == expected
    project.git("commit", "-qm", "Configure")
    assert texts(project) == expected


def test_the_hint_takes_a_change_of_settings_back(project: Folder) -> None:
    project.git("checkout", "-qb", "topic")
    project.write(CONFIG, CORE + MINE)
    (note,) = check(project, status=Exit.DONE)["notes"]
    assert "makes DVC work differently" in project.here("check").out.partition("pass")[0]
    project.run(*note["hint"].split("`")[1].split())
    assert texts(project) == []


def test_settings_that_only_the_target_changed_are_not_of_the_change(project: Folder) -> None:
    project.git("checkout", "-qb", "topic")
    project.write("README.md", "More\n")
    project.commit("Edit")
    project.git("checkout", "-q", "main")
    project.write(CONFIG, CORE + STORAGE.replace("../../storage", "../other"))
    project.commit("Move the data")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    assert texts(project) == []


@pytest.mark.parametrize("link", [".dvc", CONFIG])
def test_settings_behind_a_link_are_compared(project: Folder, link: str) -> None:
    project.git("checkout", "-qb", "topic")
    project.write("cfg/.gitkeep", "")
    (project / link).rename(project / "cfg/dvc")
    (project / link).symlink_to("cfg/dvc" if link == ".dvc" else "../cfg/dvc")
    project.git("add", "-Af", link, "cfg/.gitkeep", "cfg/dvc" if link != ".dvc" else "cfg/dvc/config")
    assert texts(project) == []
    project.git("commit", "-qm", "Move the settings")
    assert texts(project) == []
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.write(CONFIG, CORE + MINE)
    project.git("commit", "-qam", "Configure")
    assert texts(project) == [f"{OTHER}`remote.storage.url` ../../storage -> ../mine"]
    (note,) = check(project, status=Exit.DONE)["notes"]
    project.run(*note["hint"].split("`")[1].split())
    assert texts(project) == []


def test_settings_that_git_does_not_have_are_not_called_gone(project: Folder) -> None:
    project.git("checkout", "-qb", "topic")
    project.write("../elsewhere", CORE + STORAGE)
    (project / CONFIG).unlink()
    (project / CONFIG).symlink_to("../../elsewhere")
    project.git("commit", "-qam", "Link")
    unknown = f"It is not known what `{CONFIG}` sets after the merge"
    assert texts(project) == [f"{unknown}: a link there leads to no file of Git"]
    (project / CONFIG).unlink()
    project.write(CONFIG, CORE + STORAGE + "# more\n" * 200_000)
    project.git("commit", "-qam", "Explain")
    assert texts(project) == [f"{unknown}: it is larger than 1 MiB"]
