"""Rejected models that come back: under another number of their commit, or under a new name of the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_lower_baselines import release_again
from tests.integration.test_refused_tags import findings
from tests.support.registry import change, train
from tests.support.terminal import typed

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.fixture
def rejected(staged: Folder) -> Folder:
    """v1.0.0 is in staging, and v1.0.1, of trunk's tip, was deregistered."""
    train(staged, "1.985")
    change(staged, "release", "line")
    change(staged, "deregister", "line@v1.0.1", "-m", "Biased")
    return staged


def test_another_number_of_the_rejected_commit_is_refused_and_is_what_doctor_deletes(
    rejected: Folder,
) -> None:
    release_again(rejected, "v1.0.2", at="line@v1.0.1^{}")
    why = "its commit is `line@v1.0.1`, which Ada deregistered"
    for argv in (
        ["promote", "line@v1.0.2", "--to", "staging"],
        ["get", "line@v1.0.2", "-o", "out"],
    ):
        done = rejected.here(*argv)
        assert done.status == Exit.BLOCKED, argv
        assert why in done.out + done.err, argv
    assert rejected.here("ci", "tag", "--", "line@v1.0.2").status == Exit.BLOCKED
    rejected.here("ci", "merged")
    assert "line#staging#2" not in rejected.git("tag")
    (clash,) = findings(rejected, "clashing_versions")
    assert clash["repair"].endswith(" && git tag -d line@v1.0.2")


def test_what_is_live_stays_when_another_number_of_its_commit_is_rejected(staged: Folder) -> None:
    """Only dates show which of the two is genuine: it stays, but is neither promoted nor put back."""
    release_again(staged, "v1.0.1-rc.1")
    change(staged, "deregister", "line@v1.0.1-rc.1", "-m", "No")
    why = "its commit is `line@v1.0.1-rc.1`, which Ada deregistered"
    assert "v1.0.0!" not in staged.here("models").out
    assert staged.here("get", "line#staging", "-o", "out").status == Exit.DONE
    (clash,) = findings(staged, "clashing_versions")
    assert "otherwise promote another version of `line`" in clash["repair"]
    for argv in (["promote", "line@v1.0.0", "--to", "prod"], ["ci", "tag", "--", "line#staging#1"]):
        done = staged.here(*argv)
        assert (done.status, why in done.out + done.err) == (Exit.BLOCKED, True), argv
    train(staged, "1.985")
    change(staged, "release", "line")
    change(staged, "promote", "line", "--to", "staging")
    back = ("rollback", "line", "--env", "staging", "-m", "Ward 3")
    done = staged.here(*back)
    assert (done.status, why in done.err) == (Exit.BLOCKED, True)
    command = clash["repair"].partition("is the mistake, `")[2].partition("`")[0]
    assert staged.run("bash", "-c", command).status == 0
    assert change(staged, *back)["version"] == "v1.0.0"


def test_the_hint_takes_back_the_rejection_of_another_number(project: Folder) -> None:
    change(project, "release", "line")
    release_again(project, "v1.0.1-rc.1")
    change(project, "deregister", "line@v1.0.1-rc.1", "-m", "No")
    done = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "its commit is `line@v1.0.1-rc.1`, which Ada deregistered" in done.err
    command = done.err.partition("is the mistake, `")[2].partition("`")[0]
    assert project.run("bash", "-c", command).status == 0
    change(project, "promote", "line@v1.0.0", "--to", "staging")


def test_a_new_name_does_not_release_what_was_rejected_under_the_old_one(rejected: Folder) -> None:
    for name in ("mlgit.yaml", "dvc.yaml"):
        text = (rejected / name).read_text(encoding="utf-8")
        rejected.write(name, text.replace("  line: {path", "  neu: {path"))
    rejected.commit("Another name")
    rejected.git("push", "-q")
    done = rejected.here("release", "neu")
    assert done.status == Exit.STATE
    assert "This model was rejected before: `line@v1.0.1` was deregistered by Ada" in done.err
    assert "run `mlgit release neu --force`" in done.err
    assert change(rejected, "release", "neu", "--force")["version"] == "v1.0.0"


def test_a_promotion_names_who_rejected_the_same_model_under_another_number(rejected: Folder) -> None:
    released = change(rejected, "release", "line", "--commit", "--force")
    tip = rejected.git("rev-parse", "--short=7", "origin/main").strip()
    assert f"`main` has a new, empty commit, {tip}, pushed to `origin`" in released["notes"]
    (note,) = change(rejected, "promote", "line", "--to", "staging")["notes"]
    assert re.sub(r"\d+ s ago", "1 s ago", note) == (
        'v1.0.2 is the same model as v1.0.1, which Ada deregistered 1 s ago: "Biased"'
    )
    change(rejected, "rollback", "line", "--env", "staging", "-m", "Ward 3")
    change(rejected, "release", "line", "--commit", "--force")
    (note,) = change(rejected, "promote", "line", "--to", "staging")["notes"][:1]
    assert re.sub(r"\d+ s ago", "1 s ago", note) == (
        'v1.0.3 is the same model as v1.0.2, which Ada rolled back in `staging` 1 s ago: "Ward 3"'
    )


def test_a_hint_names_who_rejected_the_model_before_a_new_release(rejected: Folder) -> None:
    """The commit of a deregistered version, first with an older version and then without any other."""
    why = "`line@v1.0.1` was deregistered by Ada"
    for argv in ((), ("--force",), ("--commit",)):
        done = rejected.here("release", "line", *argv)
        assert (done.status, f"rejected before: {why}" in done.err) == (Exit.STATE, True), done.err
        assert "hint: train another one, or run `mlgit release line --commit --force`" in done.err
    rejected.git("checkout", "-q", "--detach")
    done = rejected.here("release", "line")
    assert done.err.endswith("  hint: train another one\n")
    rejected.git("checkout", "-q", "main")
    change(rejected, "unassign", "line", "--env", "staging", "-m", "Empty")
    change(rejected, "deregister", "line@v1.0.0", "-m", "Biased, too")
    done = rejected.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE
    assert "Every final version of `line` is deregistered" in done.err
    assert why in done.err
    for command in (("promote", "line", "--to", "staging"), ("diff", "line@latest")):
        assert "hint: train another model, then run `mlgit release line`" in rejected.here(*command).err


@pytest.mark.parametrize(("answer", "reason"), [("Leaked labels\n", "Leaked labels"), ("\n", None)])
@pytest.mark.parametrize(
    ("argv", "asks", "after"),
    [
        (("deregister", "line@v1.0.1"), "Reject line@v1.0.1 for good. Why?", "deregister"),
        (("unassign", "--env", "staging"), "Take line@v1.0.0 out of staging. Why?", "unassign"),
    ],
)
def test_on_a_terminal_a_reason_is_offered_before_something_is_taken_away(
    staged: Folder, answer: str, reason: str | None, argv: tuple[str, ...], asks: str, after: str
) -> None:
    train(staged, "1.985")
    change(staged, "release", "line")
    done = typed(staged, answer, *argv)
    assert done.status == Exit.DONE, done.err
    assert asks in done.err
    newest = staged.here("history", "line", "--json").json()["events"][0]
    assert (newest["action"], newest["reason"]) == (after, reason)


def test_nothing_is_asked_about_a_change_that_is_refused(staged: Folder) -> None:
    done = typed(staged, "why\n", "deregister", "line@v1.0.0")
    assert done.status == Exit.STATE
    assert "Why?" not in done.err
    assert "`staging`" in done.err


@pytest.mark.parametrize("argv", [("deregister", "line@v1.0.1"), ("unassign", "--env", "staging")])
def test_nothing_is_asked_about_a_change_that_was_made_already(staged: Folder, argv: tuple[str, ...]) -> None:
    train(staged, "1.985")
    change(staged, "release", "line")
    change(staged, *argv)
    done = typed(staged, "why\n", *argv)
    assert (done.status, "Why?" in done.err) == (Exit.DONE, False)
    assert done.out.startswith("Already: ")


def test_a_tag_of_an_environment_that_became_lightweight_at_the_remote_is_found(staged: Folder) -> None:
    staged.git("push", "-qf", "origin", "HEAD:refs/tags/line#staging#1")
    found = staged.here("doctor", "--online", "--json").json()["findings"]
    (finding,) = [each for each in found if each["id"] == "lightweight_tag_at_remote"]
    assert (finding["severity"], finding["subjects"]) == ("error", ["line#staging#1"])
    assert staged.run("bash", "-c", finding["repair"].split("`")[1]).status == 0
    assert "lightweight" not in staged.here("doctor", "--online").out
