"""The commit that brought a waiver, whatever trunk's history looks like: never a crash, never a guess."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import DATE, TODAY, check, notes, results, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

FILE = ".mlgit/waivers.yaml"
END = (TODAY + timedelta(days=30)).isoformat()


def waive(name: str = "dip") -> str:
    who = f"reason: Known, approver: carol@example.org, expires: {END}"
    return f"version: 1\nwaivers:\n  - {{id: {name}, gate: mae-vs-base, floor: 3, {who}}}\n"


def plain(project: Folder) -> None:
    project.write(FILE, waive())
    project.commit("Waive")


def moved_here(project: Folder) -> None:
    project.write("waivers.yaml", waive())
    project.commit("Waive elsewhere")
    (project / ".mlgit").mkdir(exist_ok=True)
    project.git("mv", "waivers.yaml", FILE)
    project.commit("Move")


def merged(project: Folder) -> None:
    project.git("checkout", "-qb", "waiver")
    plain(project)
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "waiver")


def merged_by_hand(project: Folder) -> None:
    """The merge itself writes what neither side has."""
    project.git("checkout", "-qb", "waiver")
    project.write(FILE, waive("other"))
    project.commit("Waive")
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "--no-commit", "waiver")
    project.write(FILE, waive())
    project.commit("Merge")


def merged_twice(project: Folder) -> None:
    """Both sides bring the same entry."""
    project.git("checkout", "-qb", "waiver")
    plain(project)
    project.git("checkout", "-q", "main")
    plain(project)
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "waiver")


def merged_the_other_way(project: Folder) -> None:
    """Trunk becomes a merge whose first parent is the branch."""
    project.git("checkout", "-qb", "waiver")
    plain(project)
    project.git("checkout", "-q", "main")
    project.commit("Go on")
    project.git("checkout", "-q", "waiver")
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "main")
    project.git("checkout", "-qB", "main")


def taken_back_and_again(project: Folder) -> None:
    plain(project)
    project.git("revert", "--no-edit", "HEAD")
    project.git("revert", "--no-edit", "HEAD")


def invalid_between(project: Folder) -> None:
    plain(project)
    project.write(FILE, "version: [\n")
    project.commit("Break")
    plain(project)


def other_layout(project: Folder) -> None:
    plain(project)
    project.write(FILE, "# Words\n" + waive())
    project.commit("Comment")


def replaced(project: Folder) -> None:
    """A replacement hides the commit that brought it."""
    plain(project)
    tip = project.git("rev-parse", "HEAD")
    orphan = project.git("commit-tree", "-m", "Whole", f"{tip}^{{tree}}")
    project.commit("Go on")
    project.git("replace", tip, orphan)


def far_date(project: Folder) -> None:
    """Git keeps days that Python does not know."""
    project.write(FILE, waive())
    project.git("add", "-A")
    project.git("commit", "-qm", "Waive", env={"GIT_COMMITTER_DATE": "@999999999999 +0000"})


def to_file(project: Folder) -> None:
    project.write("w.yaml", waive("other"))
    (project / ".mlgit").mkdir(exist_ok=True)
    (project / FILE).symlink_to("../w.yaml")
    project.commit("Link")
    project.write("w.yaml", waive())
    project.commit("Waive behind the link")


def to_folder(project: Folder) -> None:
    project.write("w/waivers.yaml", waive())
    (project / ".mlgit").symlink_to("w")
    project.commit("Link")


def to_folder_of_links(project: Folder) -> None:
    project.write("deep/w.yaml", waive())
    (project / "w").mkdir()
    (project / "w" / "waivers.yaml").symlink_to("../deep/w.yaml")
    (project / ".mlgit").symlink_to("w")
    project.commit("Links")


KNOWN = [
    *(plain, moved_here, merged, merged_by_hand, merged_twice, merged_the_other_way),
    *(taken_back_and_again, invalid_between, other_layout, replaced, far_date),
]
LINKS = [to_file, to_folder, to_folder_of_links]


def prepare(project: Folder, history: Callable[[Folder], None]) -> None:
    history(project)
    project.git("push", "-q", "-f", "origin", "HEAD:main")
    project.git("checkout", "-qb", "worse")
    gates = (project / "mlgit.yaml").read_text().replace("min: 0.5", "min: -9")
    project.write("mlgit.yaml", gates)
    train(project, "1.5")
    project.commit("Worse")


@pytest.mark.parametrize("history", KNOWN)
def test_a_waiver_counts_and_its_commit_is_known(project: Folder, history: Callable[[Folder], None]) -> None:
    prepare(project, history)
    verdict = check(project, *DATE, status=Exit.DONE)
    assert results(verdict)["line/mae-vs-base"][2] == "waived"
    assert "waiver_untraced" not in {code for code, _ in notes(verdict)}


@pytest.mark.parametrize("history", LINKS)
def test_a_waiver_behind_a_link_never_counts(project: Folder, history: Callable[[Folder], None]) -> None:
    """It is refused, or ignored because no commit is known to have written it."""
    prepare(project, history)
    done = project.here("check", *DATE)
    assert done.status in {Exit.BLOCKED, Exit.CONFIG}, done.out + done.err
    assert "waivers.yaml" in done.err or "of unknown origin" in done.out


def test_a_waiver_in_a_shallow_clone_does_not_crash(project: Folder, tmp_path: Path) -> None:
    plain(project)
    project.git("commit", "-q", "--allow-empty", "-m", "Go on")
    project.git("push", "-q")
    origin = Path(project.git("remote", "get-url", "origin")).resolve().as_uri()
    shallow = type(project)(tmp_path / "shallow")
    project.git("clone", "-q", "--depth=1", origin, str(shallow.path))
    shallow.git("checkout", "-qb", "topic")
    shallow.write("README.md", "Words\n")
    shallow.commit("Words")
    assert shallow.here("check", *DATE).status in {Exit.DONE, Exit.BLOCKED, Exit.STATE}
