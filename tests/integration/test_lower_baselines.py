"""Baselines that became lower than they were, by commands and by tags: no check keeps silent about it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import GateOutcome, ReleaseStatement
from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import GATE, rules, worse
from tests.integration.test_emptied_releases import BASE, RELEASE
from tests.integration.test_older_baselines import message
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, notes, results
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

PROMOTE_OLD = ("promote", "line@v1.0.0", "--to", "staging")
UNASSIGN = ("unassign", "line", "--env", "staging", "-m", "Ward 3")
WAYS: dict[str, list[tuple[str, ...]]] = {
    "by a rollback and a promotion of the same version": [
        ("rollback", "line", "--env", "staging", "-m", "Ward 3"),
        PROMOTE_OLD,
    ],
    "by a promotion that goes down": [(*PROMOTE_OLD, "--downgrade")],
    "by a promotion after it was emptied": [UNASSIGN, (*PROMOTE_OLD, "--downgrade")],
}


@pytest.fixture
def better(project: Folder) -> Folder:
    """v1.0.1 is in staging, and better than v1.0.0, which was there before."""
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    return project


@pytest.mark.parametrize("commands", WAYS.values(), ids=WAYS)
def test_an_environment_that_held_more_before_is_a_note(
    better: Folder, commands: list[tuple[str, ...]]
) -> None:
    for argv in commands:
        change(better, *argv)
    rules(better)
    verdict = check(better, status=Exit.DONE)
    assert notes(verdict) == [("baseline_held", "note")]
    text = message(verdict, "baseline_held")
    assert text.startswith("`staging` held v1.0.1 of `line` until 20")
    assert re.search("when Ada (took it out|rolled it back|replaced it); it holds v1.0.0 now", text)
    assert "held v1.0.1" in better.here("report", "--format", "markdown").out.partition("| ")[0]
    change(better, "promote", "line@v1.0.1", "--to", "staging")
    assert check(better, status=Exit.DONE)["notes"] == []


def test_what_a_rollback_lowered_is_a_note_until_a_promotion_makes_it_good(better: Folder) -> None:
    rules(better)
    change(better, "rollback", "line", "--env", "staging", "-m", "Ward 3")
    train(better, "1.995")
    change(better, "release", "line")
    report = change(better, "promote", "line", "--to", "staging")
    assert any("`staging` is held by a rollback: Ada put `line` back to v1.0.0" in n for n in report["notes"])
    verdict = check(better, status=Exit.DONE)
    assert notes(verdict) == [("baseline_held", "note")]
    text = message(verdict, "baseline_held")
    assert text.startswith("`staging` held v1.0.1 before Ada rolled it back to v1.0.0 on 20")
    assert (
        "; `drop` compares with staging (line@v1.0.2), which does not pass it after v1.0.1: r2 1 → " in text
    )
    train(better, "2.0005")
    change(better, "release", "line")
    report = change(better, "promote", "line", "--to", "staging")
    assert any("held v1.0.1 before Ada rolled it back" in each for each in report["notes"])
    assert check(better, status=Exit.DONE)["notes"] == []


@pytest.mark.parametrize("vs", ["staging", "line#staging"])
def test_a_higher_version_of_an_older_commit_is_lower_too(better: Folder, vs: str) -> None:
    release_again(better, "v9.0.0")
    change(better, "promote", "line@v9.0.0", "--to", "staging")
    rules(better, gate=GATE.replace("staging", f"'{vs}'"))
    assert "it holds v9.0.0 now" in message(check(better, status=Exit.DONE), "baseline_held")


def test_an_emptied_environment_does_not_let_an_older_version_in(better: Folder) -> None:
    rules(better, gate=f"{GATE}  floor: {{metric: r2, min: 0.1}}\n")
    change(better, *UNASSIGN)
    done = better.here(*PROMOTE_OLD)
    assert done.status == Exit.BLOCKED
    assert "`line@v1.0.0` is lower than `v1.0.1`, which `staging` held last" in done.err
    done = better.here(*PROMOTE_OLD, "--downgrade")
    assert done.status == Exit.BLOCKED
    assert "The gates block" in done.err
    report = change(better, "rollback", "line", "--env", "staging", "-m", "Ward 3")
    assert report["version"] == "v1.0.1"


def test_an_emptied_environment_takes_the_version_before_a_rejected_one(better: Folder) -> None:
    rules(better)
    change(better, *UNASSIGN)
    change(better, "deregister", "line@v1.0.1", "-m", "Bad")
    change(better, *PROMOTE_OLD)


def release_again(folder: Folder, version: str, at: str | None = None) -> None:
    """Push a release of a commit, otherwise of that of v1.0.0, as anyone can with plain git."""
    tag = "line@v1.0.0"
    first = parse_message(folder.git("cat-file", "tag", tag).partition("\n\n")[2] + "\n")
    assert isinstance(first, ReleaseStatement)
    commit = folder.git("rev-parse", at or f"{tag}^{{}}").strip()
    gates = (*(each for each in first.gates if each.gate != "drop"), GateOutcome(gate="drop", outcome="pass"))
    statement = replace(first, version=version, commit=commit, gates=gates)
    file = folder.write(".git/message", write_message("Release", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), f"line@{version}", commit)
    folder.git("push", "-q", "origin", f"refs/tags/line@{version}")


@pytest.mark.parametrize(("more", "effect"), [("", "warn"), ("on_loosened: fail\n", "block")])
def test_the_newest_release_of_an_older_commit_is_a_finding(better: Folder, more: str, effect: str) -> None:
    rules(better, more, gate=RELEASE)
    assert check(better, status=Exit.DONE)["notes"] == []
    release_again(better, "v9.0.0")
    verdict = check(better, status=Exit.BLOCKED if more else Exit.DONE)
    assert ("baseline_older", effect) in notes(verdict)
    text = message(verdict, "baseline_older")
    assert "compares with line@v9.0.0, the newest release" in text
    assert "of an older commit than `line@v1.0.1`" in text
    assert "older commit" in better.here("report", "--format", "markdown").out.partition("| ")[0]


def test_the_newest_release_at_the_head_of_an_older_branch_is_a_finding(project: Folder) -> None:
    rules(project, gate=RELEASE)
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    project.git("checkout", "-q", "-b", "docs", "line@v1.0.0^{}")
    project.commit("Write more")
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge pull request #3 from acme/docs", "docs")
    project.git("push", "-q", "origin", "HEAD:main")
    release_again(project, "v1.0.2", "docs")
    verdict = check(project, status=Exit.DONE)
    assert notes(verdict) == [("baseline_older", "warn")]
    text = message(verdict, "baseline_older")
    assert "the newest release, although its branch left trunk before `line@v1.0.1`" in text


def test_the_base_of_a_release_that_is_of_an_older_commit_is_a_finding(better: Folder) -> None:
    rules(better, gate=BASE)
    release_again(better, "v9.0.0")
    train(better, "2.01")
    done = better.here("release", "line@v9.0.1")
    assert "of an older commit than `line@v1.0.1`" in done.out + done.err


def test_a_deregistered_newest_release_is_a_note_until_the_next_one(better: Folder) -> None:
    rules(better, gate=RELEASE)
    change(better, *UNASSIGN)
    change(better, "deregister", "line@v1.0.1", "-m", "Bad")
    verdict = check(better, status=Exit.DONE)
    assert notes(verdict) == [("baseline_deregistered", "note")]
    text = message(verdict, "baseline_deregistered")
    assert text.startswith("`vs: release` compares with line@v1.0.0, because Ada deregistered v1.0.1 on 20")
    assert "deregistered v1.0.1" in better.here("report", "--format", "markdown").out.partition("| ")[0]
    train(better, "2.001")
    change(better, "release", "line")
    assert check(better, status=Exit.DONE)["notes"] == []


def test_ci_does_not_compare_with_a_change_that_it_merged_into_its_own_branch(better: Folder) -> None:
    rules(better, gate=RELEASE)
    worse(better)
    better.git("checkout", "-q", "main")
    better.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    release_again(better, "v9.0.0", at="topic")
    for variable in ("CI", "JENKINS_URL"):
        verdict = check(better, status=Exit.BLOCKED, env={variable: "true"})
        assert results(verdict)["line/drop"][:2] == ("error", "unknown_here")
    verdict = check(better, status=Exit.BLOCKED)  # by the gate against the base
    assert results(verdict)["line/drop"][0] == "pass"
    assert ("baseline_unmerged", "note") in notes(verdict)
    text = message(verdict, "baseline_unmerged")
    assert text.startswith("`vs: release` compares with line@v9.0.0, which is not on `origin/main`, but")


@pytest.mark.parametrize("vs", ["release", "line@latest"])
def test_the_newest_release_is_not_compared_with_itself_when_it_is_promoted(staged: Folder, vs: str) -> None:
    gate = f"  r2-vs-release: {{metric: r2, vs: {vs}, max_drop: 0.02, when: promote}}\n"
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{gate}"))
    staged.commit("Compare with the release before")
    staged.git("push", "-q")
    train(staged, "1.985")
    assert staged.here("release", "line").status == Exit.DONE
    done = staged.here("promote", "line", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "r2-vs-release failed: r2 0.945 → 0.9175" in done.err
    assert staged.here("promote", "line@v1.0.0", "--to", "prod").status == Exit.DONE


def deregistered(folder: Folder) -> None:
    change(folder, *UNASSIGN)
    change(folder, "deregister", "line@v1.0.1", "-m", "Bad")


def replaced_by_a_plain_tag(folder: Folder) -> None:
    plant(folder, "line@v1.0.1", "line@v1.0.1^{}")


def replaced_by_a_lightweight_tag(folder: Folder) -> None:
    folder.git("tag", "-f", "line@v1.0.1", "line@v1.0.1^{}")
    folder.git("push", "-q", "--force", "origin", "refs/tags/line@v1.0.1")


GONE = [deregistered, replaced_by_a_plain_tag, replaced_by_a_lightweight_tag]


@pytest.mark.parametrize("lose", GONE)
def test_a_higher_number_of_an_older_commit_hides_no_newest_release_that_is_gone(
    better: Folder, lose: Callable[[Folder], None]
) -> None:
    rules(better, gate=RELEASE)
    lose(better)
    release_again(better, "v9.0.0")
    verdict = check(better, status=Exit.DONE)
    assert ("baseline_older", "warn") in notes(verdict)
    assert "of an older commit than `line@v1.0.1`, which " in message(verdict, "baseline_older")


def test_a_version_that_left_for_a_higher_number_of_an_older_commit_is_missed_also_if_rejected(
    better: Folder,
) -> None:
    release_again(better, "v9.0.0")
    change(better, "promote", "line@v9.0.0", "--to", "staging")
    change(better, "deregister", "line@v1.0.1", "-m", "Bad")
    rules(better)
    assert "it holds v9.0.0 now" in message(check(better, status=Exit.DONE), "baseline_held")


def test_a_lower_version_is_refused_without_a_claim_about_what_is_not_known(better: Folder) -> None:
    train_into(better, "2.001", "staging")
    plant(better, "line@v1.0.2", "line@v1.0.2^{}")
    done = better.here(*PROMOTE_OLD)
    assert done.status == Exit.BLOCKED
    assert (
        "`line@v1.0.0` is lower than `v1.0.1`, which `staging` held by the tags before `line#staging#3`, "
        "which does not count"
    ) in done.err
