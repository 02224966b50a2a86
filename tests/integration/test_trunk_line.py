"""Whose rules a tag was written by: those that trunk had, and not those of a commit inside a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from mlgit.project.trust.trunk_line import TrunkLine
from tests.integration.test_forged_tags import forge, released
from tests.support.forged import forge_assignment, forge_release, outcomes
from tests.support.registry import opened, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

__all__ = ("released",)  # the fixture

FLOOR = "  r2-floor: {metric: r2, min: 0.5}\n"


def commit(folder: Folder, message: str, text: str | None = None) -> str:
    """A commit with this `mlgit.yaml`, or with the same."""
    if text is not None:
        folder.write("mlgit.yaml", text)
    return folder.commit(message)


def pull_request(folder: Folder) -> str:
    """Merge a branch that lifts a gate and puts it back; the commit without it."""
    rules = (folder / "mlgit.yaml").read_text()
    folder.git("checkout", "-q", "-b", "change")
    lifted = commit(folder, "Lift the gate", rules.replace(FLOOR, ""))
    commit(folder, "Put it back", rules)
    folder.git("checkout", "-q", "main")
    folder.git("merge", "-q", "--no-ff", "-m", "Merge", "change")
    folder.git("push", "-q")
    return lifted


def pulled(folder: Folder) -> str:
    """Merge what was pushed meanwhile into an own commit, as `git pull` does; the tip before it."""
    start = folder.git("rev-parse", "HEAD").strip()
    there = commit(folder, "There")
    folder.git("reset", "-q", "--hard", start)
    commit(folder, "Here")
    folder.git("merge", "-q", "-m", "Pull", there)
    folder.git("push", "-q")
    return there


PULLS = (
    "Merge branch 'main' of ../origin",
    "Merge branch 'master' of ../origin into master",
    "Merge remote-tracking branch 'origin/main'",
    "Merge remote-tracking branch 'refs/remotes/origin/main'",
    "Merge branch 'main' into change",
)


def pulled_later(folder: Folder, message: str = PULLS[0]) -> str:
    """The same, with other rules at that tip, and others after it and before the merge."""
    rules = (folder / "mlgit.yaml").read_text()
    start = folder.git("rev-parse", "HEAD").strip()
    there = commit(folder, "There", rules.replace("min: 0.5", "min: 0.55"))
    newer = commit(folder, "Rules there", f"{rules}# more\n")
    folder.git("reset", "-q", "--hard", start)
    commit(folder, "Here")
    folder.git("merge", "-q", "-m", message, newer)
    folder.git("push", "-q")
    return there


def forwarded(folder: Folder) -> str:
    """Trunk goes forward to a branch, and each of its commits is a tip of trunk."""
    folder.git("checkout", "-q", "-b", "change")
    inside = commit(folder, "First")
    commit(folder, "Second")
    folder.git("checkout", "-q", "main")
    folder.git("merge", "-q", "--ff-only", "change")
    folder.git("push", "-q")
    return inside


def measured_by_itself(folder: Folder) -> tuple[str, str]:
    """Merge a branch with a model that measures itself, and takes that back; that commit and the head."""
    folder.git("checkout", "-q", "-b", "change")
    folder.git("push", "-q", "-u", "origin", "change")
    before = (folder / "src/evaluate.py").read_text()
    folder.write(
        "src/evaluate.py",
        'open("metrics/test.json", "w").write(\'{"mae": 0.0, "r2": 1.0, "rows": 10}\')\n',
    )
    inside = train(folder, "-7")
    folder.write("src/evaluate.py", before)
    head = train(folder, "1.98")
    folder.git("checkout", "-q", "main")
    folder.git("merge", "-q", "--no-ff", "-m", "Merge branch 'change'", "change")
    folder.git("push", "-q", "origin", "main")
    return inside, head


def test_a_commit_inside_a_pull_request_is_never_released(staged: Folder) -> None:
    inside, head = measured_by_itself(staged)
    staged.git("checkout", "-q", "--detach", inside)
    staged.dvc("checkout", "-q")
    refused = staged.here("release", "line")
    assert refused.status == Exit.STATE
    assert (
        f"HEAD ({inside[:7]}) came to trunk by a merge, and nothing in Git shows that trunk's" in refused.err
    )
    forge_release(staged, gates=outcomes(["mae-vs-base", "r2-floor"]))
    staged.git("checkout", "-q", "main")
    why = f"brought its commit {inside[:7]}, and nothing in Git shows that trunk's tip was there"
    for argv in (
        ["promote", "line@v1.0.1", "--to", "staging"],
        ["get", "line@v1.0.1", "-o", "out"],
        ["ci", "tag", "--", "line@v1.0.1"],
    ):
        done = staged.here(*argv)
        assert why in done.out + done.err, argv
        assert "commit-tree" not in done.out + done.err  # the merge says that a branch was merged
        assert done.status == Exit.BLOCKED
    staged.here("ci", "merged")
    assert "line#staging#2" not in staged.git("tag")
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=["mae-vs-base", "r2-floor"])
    back = staged.here("rollback", "line", "--env", "staging", "-m", "Not measured")
    assert "Rolled back staging of line from v1.0.1 to v1.0.0" in back.out, back.err
    line = TrunkLine(opened(staged), [staged.git("rev-parse", "HEAD").strip()])
    assert line.was_tip(head)  # the gates of the pull request were about it


@pytest.mark.parametrize(
    ("message", "counts"),
    [
        *((message, True) for message in PULLS),
        ("Merge branch 'change'", False),
        ("Merge branch 'main' into 'main'", False),
        ("Merge branch 'main' into main", False),
        ("Merge branch 'main' into 'change'", False),
        ("Merge branch 'master' into change", False),
        ("Sync with trunk", False),
        ("Merge remote-tracking branch 'origin/not/main'", False),
        ("Merge pull request #1 from eve/main", False),
    ],
)
def test_what_trunk_was_before_it_was_pulled_is_known_by_the_merge(
    staged: Folder, message: str, *, counts: bool
) -> None:
    there = pulled_later(staged, message)
    line = TrunkLine(opened(staged), [staged.git("rev-parse", "HEAD").strip()])
    assert line.was_tip(there) == counts
    assert line.had_gates_of(there) == counts
    assert line.had_rules_of(there, there) == counts


def test_what_was_pulled_comes_before_the_merge_that_pulled_it(staged: Folder) -> None:
    start = staged.git("rev-parse", "HEAD").strip()
    there = pulled_later(staged)
    names = (start, there, "HEAD^2", "HEAD")
    commits = [staged.git("rev-parse", name).strip() for name in names]
    line = TrunkLine(opened(staged), commits[-1:])
    places = [line.place(each) for each in commits]
    assert places == sorted(set(places), key=lambda place: place or 0)


def test_without_trunk_no_commit_has_a_place_in_its_line(staged: Folder) -> None:
    line = TrunkLine(opened(staged), [])
    commit = staged.git("rev-parse", "HEAD").strip()
    assert (line.place(commit), line.was_tip(commit), line.brought(commit)) == (None, True, None)


def test_a_merge_inside_a_pull_request_says_nothing_about_trunk(staged: Folder) -> None:
    staged.git("checkout", "-q", "-b", "change")
    staged.git("push", "-q", "-u", "origin", "change")
    inside = pulled_later(staged, "Merge branch 'main' into change")
    head = staged.git("rev-parse", "HEAD").strip()
    staged.git("checkout", "-q", "main")
    staged.git("merge", "-q", "--no-ff", "-m", "Merge pull request #1 from eve/change", "change")
    line = TrunkLine(opened(staged), [staged.git("rev-parse", "HEAD").strip()])
    assert line.was_tip(head)
    assert not line.was_tip(inside)
    assert not line.had_gates_of(inside)
    assert line.place(inside) is None


def test_the_head_of_a_branch_that_trunk_did_not_take_is_never_released(staged: Folder) -> None:
    staged.git("checkout", "-q", "-b", "rejected")
    staged.git("push", "-q", "-u", "origin", "rejected")
    head = train(staged, "1.98")
    staged.git("checkout", "-q", "main")
    staged.git("merge", "-q", "-s", "ours", "-m", "Close the branch, which was rejected", "rejected")
    staged.git("push", "-q", "origin", "main")
    staged.git("checkout", "-q", "--detach", head)
    staged.dvc("checkout", "-q")
    refused = staged.here("release", "line")
    assert refused.status == Exit.STATE
    assert "came to trunk by a merge, and nothing in Git shows that trunk had its model" in refused.err
    forge_release(staged, gates=outcomes(["mae-vs-base", "r2-floor"]))
    staged.git("checkout", "-q", "main")
    merge = staged.git("rev-parse", "--short=7", "HEAD").strip()
    done = staged.here("promote", "line@v1.0.1", "--to", "staging")
    assert f"the merge {merge} brought its commit {head[:7]}, and did not take the model from" in done.err
    assert done.status == Exit.BLOCKED


def forge_release_of(folder: Folder, commit: str) -> None:
    folder.git("checkout", "-q", "--detach", commit)
    forge_release(folder, gates=outcomes(["mae-vs-base", "r2-floor"]))
    folder.git("checkout", "-q", "main")


@pytest.mark.parametrize(
    ("message", "offered"),
    [
        ("Merge pull request #7 from acme/main", "the tip"),
        ("Merge pull request #7 from acme/master", "the tip"),  # trunk was renamed
        ("Merge pull request 'Back' (#7) from main into develop", "the tip"),
        ("Merge pull request #7 in ACME/line from main to develop", "the tip"),
        ("Merge branch 'main' into 'develop'", "the tip"),
        ("Sync with trunk", "the commit"),  # what was merged may be any branch that began there
        ("Merge branches 'a' and 'b' into develop", "the commit"),
        ("Merge pull request #7 from acme/change", "nothing"),
        ("Merge pull request #7 from acme/not/main", "nothing"),
        ("Merge pull request 'From main' (#7) from change into main", "nothing"),
        ("Merge pull request 'Eve' (#7) from eve:main into main", "nothing"),
        ("Merge branch 'change' into 'main'", "nothing"),
    ],
)
def test_what_is_recorded_is_what_trunk_was(staged: Folder, message: str, offered: str) -> None:
    there = pulled_later(staged, message)
    tip = staged.git("rev-parse", "HEAD^2").strip()
    line = TrunkLine(opened(staged), [staged.git("rev-parse", "HEAD").strip()])
    brought = line.brought(there)
    assert brought is not None
    if offered == "nothing":
        assert brought.advice is None
    else:
        expected = {"the tip": tip, "the commit": there}[offered]
        assert f"if trunk's tip was {expected[:7]} once" in (brought.advice or "")
        assert (brought.tip, expected[:12] in (brought.record or "")) == (expected, True)


@pytest.mark.parametrize("remote", [True, False])
def test_what_git_does_not_show_can_be_recorded_on_trunk(staged: Folder, *, remote: bool) -> None:
    there = pulled_later(staged, "Sync with trunk")
    merge = staged.git("rev-parse", "HEAD").strip()
    forge_release_of(staged, there)
    if not remote:
        staged.git("remote", "remove", "origin")
    refused = staged.here("get", "line@v1.0.1", "-o", "out")
    assert f"it was released by the gates of {there[:7]}, and nothing in Git shows" in refused.err
    hint = re.search(rf"if trunk's tip was {there[:7]} once, `(git .+)` records that", refused.err)
    assert hint is not None
    staged.ok("sh", "-c", hint[1])
    assert staged.here("get", "line@v1.0.1", "-o", "out").status == Exit.DONE
    assert "Healthy" in staged.here("doctor").out
    assert staged.git("rev-parse", f"{merge}^{{tree}}") == staged.git("rev-parse", "main^{tree}")


@pytest.mark.parametrize("name", ["origin/main", "{tip:.12}", "{tip:.7}"])
def test_no_tag_decides_what_is_recorded_on_trunk(staged: Folder, name: str) -> None:
    tip = pulled_later(staged, "Sync with trunk")
    forge_release_of(staged, tip)
    main = staged.git("rev-parse", "main").strip()
    evil = staged.git("commit-tree", "-m", "Evil", "-p", main, f"{main}~1^{{tree}}").strip()
    staged.git("tag", "-a", "-m", "Mine", name.format(tip=tip), evil)
    refused = staged.here("get", "line@v1.0.1", "-o", "out")
    hint = re.search(r"if trunk's tip was .{7} once, `(git .+)` records that", refused.err)
    assert hint is not None, refused.err
    staged.ok("sh", "-c", hint[1])
    staged.git("fetch", "-q", "origin")
    recorded = staged.git("rev-parse", *(f"refs/remotes/origin/main^{part}" for part in ("1", "2", "{tree}")))
    assert recorded.split() == [main, tip, staged.git("rev-parse", f"{main}^{{tree}}").strip()]


def test_rules_from_inside_a_pull_request_do_not_count(released: Folder) -> None:
    policy = pull_request(released)
    forge(released, {"policy": policy, "gates": ()})
    for argv in (["get", "line#staging", "-o", "out"], ["ci", "tag", "--", "line#staging#2"]):
        done = released.here(*argv)
        assert (
            f"by the rules of {policy[:7]}, and nothing in Git shows that trunk had them"
            in done.out + done.err
        )
        assert done.status in {Exit.BLOCKED, Exit.STATE}


def test_rules_that_git_does_not_show_can_be_recorded_on_trunk(released: Folder) -> None:
    forge(released, {"policy": pulled_later(released, "Sync with trunk")})
    refused = released.here("get", "line#staging", "-o", "out")
    hint = re.search(r"if trunk's tip was .{7} once, `(git .+)` records that", refused.err)
    assert hint is not None
    released.ok("sh", "-c", hint[1])
    assert released.here("get", "line#staging", "-o", "out").status == Exit.DONE


@pytest.mark.parametrize("way", [pulled, pulled_later, forwarded])
def test_rules_that_trunk_had_count_however_trunk_went_on(
    released: Folder, way: Callable[[Folder], str]
) -> None:
    forge(released, {"policy": way(released)})
    assert released.here("get", "line#staging", "-o", "out", "--json").json()["version"] == "v1.0.1"


def test_rules_before_a_merge_count_for_what_was_there_before_it(released: Folder) -> None:
    rules = (released / "mlgit.yaml").read_text()
    released.git("checkout", "-q", "-b", "change")
    inside = commit(released, "Inside")
    commit(released, "Tighten", f"{rules}# tighter\n")
    released.git("checkout", "-q", "main")
    before = commit(released, "Before")
    released.git("merge", "-q", "--no-ff", "-m", "Merge", "change")
    line = TrunkLine(opened(released), [released.git("rev-parse", "HEAD").strip()])
    assert line.had_rules_of(inside, before)
    assert not line.had_rules_of(inside, inside)


def test_a_release_of_a_commit_inside_a_pull_request_has_gates_that_trunk_had(staged: Folder) -> None:
    lifted = pull_request(staged)
    staged.git("checkout", "-q", "--detach", lifted)
    refused = staged.here("release", "line@v1.0.1", "--force")
    assert refused.status == Exit.STATE
    assert (
        f"HEAD ({lifted[:7]}) came to trunk by a merge, and nothing in Git shows that trunk had its gates"
        in refused.err
    )
    forge_release(staged, gates=outcomes(["mae-vs-base"]))
    staged.git("checkout", "-q", "main")
    why = f"it was released by the gates of {lifted[:7]}, and nothing in Git shows that trunk had them"
    for argv, status in (
        (["promote", "line@v1.0.1", "--to", "staging"], Exit.BLOCKED),
        (["get", "line@v1.0.1", "-o", "out"], Exit.BLOCKED),
        (["ci", "tag", "--", "line@v1.0.1"], Exit.BLOCKED),
    ):
        done = staged.here(*argv)
        assert why in done.out + done.err, argv
        assert done.status == status


@pytest.mark.parametrize("way", [pulled, pulled_later, forwarded])
def test_a_release_of_what_trunk_was_counts_however_trunk_went_on(
    staged: Folder, way: Callable[[Folder], str]
) -> None:
    there = way(staged)
    staged.git("checkout", "-q", "--detach", there)
    forge_release(staged, gates=outcomes(["mae-vs-base", "r2-floor"]))
    staged.git("checkout", "-q", "main")
    assert staged.here("get", "line@v1.0.1", "-o", "out").status == Exit.DONE
    staged.git("tag", "-d", "line@v1.0.1")
    staged.git("push", "-q", "origin", ":refs/tags/line@v1.0.1")
    staged.git("checkout", "-q", "--detach", there)
    assert staged.here("release", "line@v1.0.1", "--force").status == Exit.DONE
