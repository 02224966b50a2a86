"""Files of rules that are symbolic links are refused, on disk and at a commit; those of DVC are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check

if TYPE_CHECKING:
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
