"""Waivers of `mlgit check`: read from trunk, with a commit, an approver and an end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import DATE, TODAY, check, notes, results, train

if TYPE_CHECKING:
    from tests.support.shell import Folder


def waive(**more: str) -> str:
    facts = {
        "id": "dip",
        "gate": "mae-vs-base",
        "floor": "3",
        "reason": "Known",
        "approver": "carol@example.org",
        "expires": (TODAY + timedelta(days=30)).isoformat(),
    } | more
    return (
        "version: 1\nwaivers:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in facts.items()) + "\n"
    )


def test_a_waiver_on_trunk_covers_a_failure_and_a_note_names_its_commit(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive())
    waived_in = project.commit("Waive")
    project.write("README.md", "Later\n")
    project.commit("Something else")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    gate_of = (project / "mlgit.yaml").read_text().replace("min: 0.5", "min: -9")
    project.write("mlgit.yaml", gate_of)
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, *DATE, status=Exit.DONE)
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "waived")
    assert verdict["decision"] == "allow_with_warnings"
    late = (TODAY + timedelta(days=31)).isoformat()
    expired = check(project, "--date", late, status=Exit.BLOCKED)
    assert ("waiver_expired", "warn") in notes(expired)
    note = next(each for each in expired["notes"] if each["code"] == "waiver_expired")
    assert waived_in[:7] in note["message"]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"floor": "2"}, "waiver_does_not_cover"),
        ({"gate": "no-such-gate"}, "waiver_unknown"),
        ({"approver": "ADA@example.org"}, "waiver_self_approved"),
        ({"approver": "grace@example.org"}, "waiver_self_approved"),
        ({"expires": (TODAY + timedelta(days=120)).isoformat()}, "waiver_too_long"),
    ],
)
def test_an_invalid_waiver_does_not_help(project: Folder, more: dict[str, str], note: str) -> None:
    project.write(".mlgit/waivers.yaml", waive(**more))
    project.commit("Waive")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.commit("Worse\n\nCo-authored-by: Grace <Grace@example.org>")
    verdict = check(project, *DATE, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-base"][2] == "block"
    assert [code for code, _ in notes(verdict)] == [note]


def test_a_pull_request_cannot_waive_itself(project: Folder) -> None:
    project.git("checkout", "-qb", "sly")
    project.write(".mlgit/waivers.yaml", waive())
    train(project, "1.5")
    project.commit("Worse, but waived")
    verdict = check(project, *DATE, status=Exit.BLOCKED)
    assert ("waivers_changed", "note") in notes(verdict)


@pytest.mark.parametrize(("more", "line"), [({"expires": "never"}, 8), ({"floor": ".nan"}, 5)])
def test_an_invalid_waivers_file_on_trunk_is_a_config_error(
    project: Folder, more: dict[str, str], line: int
) -> None:
    project.write(".mlgit/waivers.yaml", waive(**more))
    project.commit("Waive")
    project.git("push", "-q")
    done = project.here("check")
    assert done.status == Exit.CONFIG
    assert f".mlgit/waivers.yaml:{line}" in done.err


def test_a_waiver_is_valid_from_the_commit_that_last_changed_it(project: Folder) -> None:
    early = (TODAY - timedelta(days=80)).isoformat()
    project.write(".mlgit/waivers.yaml", waive(reason="First"))
    project.commit("Waive", date=f"{early}T12:00:00+00:00")
    project.git("push", "-q")
    train(project, "1.5")
    options = ("--allow-stale", *DATE)
    assert ("waiver_too_long", "warn") in notes(check(project, *options, status=Exit.BLOCKED))
    project.git("stash", "-q")
    project.write(".mlgit/waivers.yaml", waive(reason="Second"))
    renewed = project.commit("Renew", date=f"{TODAY.isoformat()}T00:00:00+00:00")
    project.git("push", "-q")
    project.git("stash", "pop", "-q")
    found = results(check(project, *options, status=Exit.BLOCKED))
    assert found["line/mae-vs-base"][2] == "waived"
    assert found["line/r2-floor"][2] == "block"
    assert renewed


def test_the_author_of_uncommitted_changes_cannot_approve_them(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive(approver="ada@example.org"))
    project.commit("Waive")
    project.git("push", "-q")
    train(project, "1.5")
    assert ("waiver_self_approved", "warn") in notes(check(project, *DATE, status=Exit.BLOCKED))


def test_before_the_first_commit_the_working_tree_is_trunk(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metric: auc, min: 0.5}\n")
    empty_repository.write(".mlgit/waivers.yaml", waive(gate="floor", covers="[error]"))
    verdict = check(empty_repository, *DATE, status=Exit.DONE)
    assert results(verdict) == {"floor": ("error", "unknown_metric", "waived")}


CAROL = {
    "GIT_AUTHOR_NAME": "Carol",
    "GIT_AUTHOR_EMAIL": "carol@example.org",
    "GIT_COMMITTER_NAME": "Carol",
    "GIT_COMMITTER_EMAIL": "carol@example.org",
}


@pytest.mark.parametrize(
    ("author", "merger", "expected"),
    [
        (None, None, {"waiver_by_author"}),
        (CAROL, None, set()),
        ({}, CAROL, {"waiver_by_author"}),
        (CAROL, CAROL, set()),
        (CAROL, {}, {"waiver_by_author"}),
    ],
)
def test_a_waiver_that_an_author_of_the_change_brought_is_a_finding(
    project: Folder, author: dict[str, str] | None, merger: dict[str, str] | None, expected: set[str]
) -> None:
    """The waiver is committed on trunk, or on a branch that `merger` merges."""
    if merger is not None:
        project.git("checkout", "-qb", "waiver")
    project.write(".mlgit/waivers.yaml", waive())
    project.git("add", "-A")
    project.git("commit", "-qm", "Waive", env=author)
    if merger is not None:
        project.git("checkout", "-q", "main")
        project.git("merge", "-q", "--no-ff", "-m", "Merge the waiver", "waiver", env=merger)
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    project.write("mlgit.yaml", (project / "mlgit.yaml").read_text().replace("min: 0.5", "min: -9"))
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, *DATE, status=Exit.DONE)
    assert results(verdict)["line/mae-vs-base"][2] == "waived"
    assert {code for code, _ in notes(verdict)} & {"waiver_by_author"} == expected
    if expected:
        shown = " ".join(" ".join(project.here("check", *DATE).out.splitlines()[:8]).split())
        assert "ada@example.org`, who wrote or committed part of this change" in shown


@pytest.mark.parametrize(
    ("committer", "expected"),
    [("ada@example.org", {"waiver_by_author"}), ("carol@example.org", {"waiver_self_approved"})],
)
def test_who_commits_a_change_under_another_name_is_an_author_of_it(
    project: Folder, committer: str, expected: set[str]
) -> None:
    project.write(".mlgit/waivers.yaml", waive())
    project.commit("Waive")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.git("add", "-A")
    env = {"GIT_COMMITTER_EMAIL": committer}
    project.git("commit", "-qm", "Worse", "--author=Bot <bot@example.org>", env=env)
    found = json.loads(project.here("check", "--json", "--rev", "HEAD", *DATE).out)["verdict"]
    assert {code for code, _ in notes(found)} & {"waiver_by_author", "waiver_self_approved"} == expected


def test_github_itself_is_not_an_author(project: Folder) -> None:
    env = {"GIT_COMMITTER_EMAIL": "noreply@github.com"}
    project.write(".mlgit/waivers.yaml", waive())
    project.git("add", "-A")
    project.git("commit", "-qm", "Waive", "--author=Carol <carol@example.org>", env=env)
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.git("add", "-A")
    project.git("commit", "-qm", "Worse", "--author=Bot <bot@example.org>", env=env)
    found = json.loads(project.here("check", "--json", "--rev", "HEAD", *DATE).out)["verdict"]
    assert results(found)["line/mae-vs-base"][2] == "waived"
    assert "waiver_by_author" not in {code for code, _ in notes(found)}


def test_a_change_of_waivers_says_what_each_will_let_through(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive())
    project.commit("Waive")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    more = waive(id="other", gate="'gates_loosened:r2-floor'").partition("waivers:\n")[2]
    project.write(".mlgit/waivers.yaml", waive(floor="20") + more)
    project.commit("Waive more")
    found = check(project, *DATE, status=Exit.DONE)["notes"]
    day = (TODAY + timedelta(days=30)).isoformat()
    messages = {each["waiver"]: each["message"] for each in found if each["code"] == "waivers_changed"}
    until = f"until {day}; its approver is `carol@example.org`"
    passed = "lets `mae-vs-base` fail if its number is at least as good as 20"
    assert messages == {
        "dip": f"After the merge, the edited waiver `dip` {passed}, {until}",
        "other": f"After the merge, the new waiver `other` agrees to a change of `r2-floor` {until}",
    }


@pytest.mark.parametrize("later", [None, waive(floor="52"), waive(id="other", floor="7")])
def test_waivers_that_trunk_changed_since_are_not_those_of_the_branch(
    project: Folder, later: str | None
) -> None:
    project.write(".mlgit/waivers.yaml", waive(floor="60"))
    project.commit("Waive")
    project.git("branch", "-q", "behind")
    if later is None:
        (project / ".mlgit/waivers.yaml").unlink()
    else:
        project.write(".mlgit/waivers.yaml", later)
    project.commit("Change it")
    project.git("push", "-q")
    project.git("checkout", "-q", "behind")
    assert "waivers_changed" not in {code for code, _ in notes(check(project, *DATE, status=Exit.DONE))}
    project.write(".mlgit/waivers.yaml", waive(floor="61"))
    found = check(project, *DATE, status=Exit.DONE)["notes"]
    (note,) = [each["message"] for each in found if each["code"] == "waivers_changed"]
    assert note.startswith("After the merge, the edited waiver `dip` lets")
