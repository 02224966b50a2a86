"""Rules that are not a plain file of text are refused, on disk and at a commit; links of DVC are followed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = GATES + "gates:\n  r2-floor: {metric: r2, min: 0.9}\n"
WAIVERS = "version: 1\nwaivers: []\n"


def link(project: Folder, name: str, target: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("name", "target", "refused"),
    [
        ("mlgit.yaml", "rules/gates.txt", "mlgit.yaml"),
        ("mlgit.yaml", "nowhere.txt", "mlgit.yaml"),
        (".mlgit/waivers.yaml", "../rules/waivers.yaml", ".mlgit/waivers.yaml"),
        (".mlgit", "rules", ".mlgit/waivers.yaml"),
    ],
)
def test_a_link_in_place_of_rules_is_refused(project: Folder, name: str, target: str, refused: str) -> None:
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic")
    project.write("rules/gates.txt", RULES.replace("0.9", "0.1"))
    project.write("rules/waivers.yaml", WAIVERS)
    link(project, name, target)
    for _ in ("in the working tree", "committed"):
        done = project.here("check")
        assert done.status == Exit.CONFIG, done.out
        assert f"{refused}` is a symbolic link, and rules are only read from a file of their own" in done.err
        project.commit("Link")
    done = project.here("check", "--rev", "HEAD")
    assert done.status == Exit.CONFIG
    assert f":{refused}` is a symbolic link" in done.err


def folder(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    project.write("mlgit.yaml/rules.yaml", RULES)


def submodule(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    project.git("init", "-q", "mlgit.yaml")
    place = str(project / "mlgit.yaml")
    project.git("-C", place, "commit", "-q", "--allow-empty", "-m", "Empty")


def not_text(project: Folder) -> None:
    (project / "mlgit.yaml").write_bytes(RULES.encode() + b"# caf\xe9\n")


ODD = {
    folder: "is a folder, and rules are only read from a file of their own",
    submodule: "is a submodule, and rules are only read from a file of their own",
    not_text: "UTF-8",
}


@pytest.mark.parametrize(("edit", "text"), [*ODD.items()])
def test_rules_that_are_not_a_file_of_text_are_refused_wherever_they_are_read(
    project: Folder, edit: Callable[[Folder], None], text: str
) -> None:
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic")
    edit(project)
    for line in ("check", "check --rev HEAD", "report", "ci pr -o report"):
        done = project.here(*line.split())
        assert done.status == Exit.CONFIG, (line, done.out)
        assert text in done.err, line
        assert "removed" not in done.out + done.err
        project.git("add", "-A", "mlgit.yaml")
        project.git("commit", "-q", "--allow-empty", "-m", "Odd")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    for line in ("release line", "promote line --to prod", "ci merged"):
        done = project.here(*line.split())
        assert done.status == Exit.CONFIG, (line, done.out)
        assert text in done.out + done.err, line


@pytest.mark.parametrize(("edit", "text"), [*ODD.items()])
def test_a_change_that_repairs_such_rules_is_checked_by_its_own(
    project: Folder, edit: Callable[[Folder], None], text: str
) -> None:
    edit(project)
    project.git("add", "-A", "mlgit.yaml")
    project.git("commit", "-q", "-m", "Odd")
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic")
    project.git("rm", "-rqf", "--cached", "mlgit.yaml")
    shutil.rmtree(project / "mlgit.yaml", ignore_errors=True)
    project.write("mlgit.yaml", RULES)
    project.commit("Repair")
    verdict = check(project, status=Exit.DONE)
    (note,) = [each for each in verdict["notes"] if each["code"] == "trunk_config_invalid"]
    assert text in note["message"]
    page = project.here("check").out.splitlines()
    assert page[2].startswith("! ")


def test_files_of_dvc_that_are_links_are_followed_alike(project: Folder) -> None:
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    before = check(project, status=Exit.DONE)["results"]
    for name in ("dvc.yaml", "dvc.lock", "metrics/test.json"):
        project.write(f"other/{name}.txt", (project / name).read_text())
        link(project, name, f"{'../' * name.count('/')}other/{name}.txt")
    assert check(project, status=Exit.DONE)["results"] == before
    project.commit("Links")
    after = check(project, "--rev", "HEAD", status=Exit.DONE)["results"]
    assert [(each["key"], each["candidate"]) for each in after] == [("r2", before[0]["candidate"])]
