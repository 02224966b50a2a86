"""Stated outcomes: a tag that states that a gate was passed lowers no later check unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import (
    EnvironmentStatement,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
)
from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import rules
from tests.integration.test_emptied_releases import BASE, RELEASE
from tests.integration.test_older_baselines import message
from tests.support.checks import TODAY, check, notes
from tests.support.forged import date_of, forge_release, outcomes
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from mlgit.core.registry.statement import Statement
    from tests.support.shell import Folder

CODE = ("baseline_not_passed", "warn")
PASSED = GateOutcome(gate="drop", outcome="pass")
PASSED_ALL = outcomes(("drop", "mae-vs-base", "r2-floor"))
GATE = "gates:\n  drop: {metric: r2, vs: staging, max_drop: 0.00001}\n"


@pytest.fixture
def good(project: Folder) -> Folder:
    """The best model of all is v1.0.0, which is in staging."""
    train_into(project, "2.0", "staging")
    return project


def state(folder: Folder, tag: str, commit: str, found: Statement, *, later: bool = False) -> None:
    """Push a tag with a statement, as anyone can with plain git who may push tags.

    `later`: by its date, it is the newest one.
    """
    date = f"@{date_of(folder, '*') + 1} +0000" if later else None
    file = folder.write(".git/message", write_message("By hand", "", found))
    folder.git(
        "tag",
        "-a",
        "--cleanup=verbatim",
        "-F",
        str(file),
        tag,
        commit,
        env={"GIT_COMMITTER_DATE": date} if date else None,
    )
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


def release_by_hand(
    folder: Folder, number: int, outcome: str = "pass", *, model: str = "line", later: bool = False
) -> str:
    """A release of trunk's newest commit like that of v1.0.0."""
    first = statement(folder, "line@v1.0.0")
    assert isinstance(first, ReleaseStatement)
    commit, tag = folder.git("rev-parse", "HEAD").strip(), f"{model}@v1.0.{number}"
    tree = folder.git("rev-parse", "HEAD^{tree}").strip()
    files = tuple(replace(each, sha256=None) for each in first.files)
    gates = (*(each for each in first.gates if each.gate != "drop"), replace(PASSED, outcome=outcome))
    new = replace(first, model=model, version=f"v1.0.{number}", commit=commit, tree=tree, gates=gates)
    new = replace(new, files=files)
    state(folder, tag, commit, new, later=later)
    return commit


def promote_by_hand(
    folder: Folder,
    number: int,
    outcome: str = "pass",
    *,
    policy: bool = True,
    at: str | None = None,
    place: str = "line#staging",
) -> None:
    model, _, environment = place.partition("#")
    renamed = place != "line#staging"
    commit = release_by_hand(folder, number, model=model, later=renamed)
    first = statement(folder, "line#staging#1")
    assert isinstance(first, EnvironmentStatement)
    oid = folder.git("rev-parse", f"refs/tags/{model}@v1.0.{number}").strip()
    new = replace(
        first,
        model=model,
        environment=environment,
        sequence=number + 1,
        at=at or first.at,
        version=f"v1.0.{number}",
        release=TagPointer(tag=f"{model}@v1.0.{number}", oid=oid),
        policy=folder.git("rev-parse", "origin/main").strip() if policy else None,
        gates=(*(each for each in first.gates if each.gate != "drop"), replace(PASSED, outcome=outcome)),
    )
    state(folder, f"{place}#{number + 1}", commit, new, later=renamed)


def statement(folder: Folder, tag: str) -> Statement | None:
    return parse_message(folder.git("cat-file", "tag", tag).partition("\n\n")[2] + "\n")


def test_a_promotion_that_states_what_the_numbers_deny_is_a_finding(good: Folder) -> None:
    rules(good, gate=GATE)
    train(good, "1.992")
    promote_by_hand(good, 1)
    verdict = check(good, status=Exit.DONE)
    assert CODE in notes(verdict)
    text = message(verdict, "baseline_not_passed")
    assert text.startswith(
        "`drop` of `line`: it compares with staging (line@v1.0.1), and `line#staging#2` of "
    )
    assert "states that v1.0.1 passed it after v1.0.0; by the numbers in Git it did not: r2 1 → 0.956" in text
    report = good.here("report", "--format", "markdown").out
    assert "did not pass its gates" in report.partition("| ")[0]


def test_further_promotions_hide_it_only_if_they_make_it_good(good: Folder) -> None:
    rules(good, gate=GATE)
    for number, slope in enumerate(("1.992", "1.9921", "1.9922"), 1):
        train(good, slope)
        promote_by_hand(good, number)
    assert "`line#staging#2` of " in message(check(good, status=Exit.DONE), "baseline_not_passed")
    train(good, "2.000001")
    promote_by_hand(good, 4)
    assert CODE not in notes(check(good, status=Exit.DONE))


def test_a_gate_that_came_later_was_not_passed_and_not_stated(good: Folder) -> None:
    train_into(good, "1.992", "staging")
    rules(good, gate=GATE)
    verdict = check(good, status=Exit.DONE)
    assert CODE not in notes(verdict)


def test_a_limit_that_was_wider_then_was_kept(good: Folder) -> None:
    rules(good, gate=GATE.replace("0.00001", "0.5"))
    train_into(good, "1.992", "staging")
    text = (good / "mlgit.yaml").read_text()
    good.write("mlgit.yaml", text.replace("max_drop: 0.5", "max_drop: 0.00001"))
    good.commit("Ask for more")
    good.git("push", "-q", "origin", "HEAD:main")
    assert CODE not in notes(check(good, status=Exit.DONE))


@pytest.mark.parametrize("how", ["skipped", "no policy", "line", "staging", "later ones", "named line"])
def test_neither_other_words_nor_another_name_nor_later_tags_hide_it(good: Folder, how: str) -> None:
    how, named = how.removeprefix("named "), how.startswith("named ")
    rules(good, gate=GATE.replace("staging", "'line#staging'") if named else GATE)
    train(good, "1.992")
    promote_by_hand(good, 1, "skipped" if how == "skipped" else "pass", policy=how != "no policy")
    for number in range(2, 14) if how == "later ones" else ():
        good.commit("Words")
        good.git("push", "-q", "origin", "HEAD:main")
        promote_by_hand(good, number)
    if how in {"line", "staging"}:
        for file in ("mlgit.yaml", "dvc.yaml"):
            old, new = ("  line: {path", "  other: {path") if how == "line" else ("staging", "other")
            good.write(file, (good / file).read_text(encoding="utf-8").replace(old, new))
        good.commit("Another name")
        good.git("push", "-q", "origin", "HEAD:main")
    text = message(check(good, status=Exit.DONE), "baseline_not_passed")
    what = (
        "`skipped` of it for v1.0.1 after v1.0.0"
        if how == "skipped"
        else "that v1.0.1 passed it after v1.0.0"
    )
    assert f"`line#staging#2` of Ada states {what}; by the numbers in Git it" in text


@pytest.mark.parametrize(("old", "new"), [("  line: {path", "  other: {path"), ("staging", "other")])
def test_the_first_tag_under_a_new_name_is_compared_with_what_was_there(
    good: Folder, old: str, new: str
) -> None:
    rules(good, gate=GATE)
    for file in ("mlgit.yaml", "dvc.yaml"):
        good.write(file, (good / file).read_text(encoding="utf-8").replace(old, new))
    train(good, "1.992")
    place = "line#other" if old == "staging" else "other#staging"
    promote_by_hand(good, 1, place=place)
    text = message(check(good, status=Exit.DONE), "baseline_not_passed")
    before = "v1.0.0 in `staging`"
    before = before if old == "staging" else f"line@{before}"
    assert f"`{place}#2` of Ada states that v1.0.1 passed it after {before}; by the numbers" in text


@pytest.mark.parametrize(
    ("floor", "days", "found"), [("0.99", 30, True), ("0.9", 30, False), ("0.9", -30, False)]
)
def test_a_failure_that_no_waiver_covered_is_a_finding(
    good: Folder,
    floor: str,
    days: int,
    found: bool,  # noqa: FBT001
) -> None:
    rules(good, gate=GATE)
    last = TODAY + timedelta(days)
    entry = f"id: w, gate: drop, floor: {floor}, reason: R, approver: boss@example.org, expires: {last}"
    good.write(".mlgit/waivers.yaml", f"version: 1\nwaivers: [{{{entry}}}]\n")
    train(good, "1.992")
    promote_by_hand(good, 1, "fail", at=f"{TODAY}T00:00:00Z")
    verdict = check(good, status=Exit.DONE if days > 0 else Exit.BLOCKED)
    assert (CODE in notes(verdict)) is found
    if found:
        text = message(verdict, "baseline_not_passed")
        assert "states `fail` of it for v1.0.1 after v1.0.0, and no waiver that trunk had then covers" in text
    refused = "it states `fail` of the gate `drop`, which blocks a promotion"
    assert (refused in good.here("history", "line").out) is (days < 0)


def test_a_release_that_states_what_the_numbers_deny_is_a_finding(good: Folder) -> None:
    rules(good, gate=RELEASE.replace("0.01", "0.00001"))
    train(good, "1.992")
    release_by_hand(good, 1)
    train(good, "1.9921")
    verdict = check(good, status=Exit.DONE)
    assert CODE in notes(verdict)
    assert "`line@v1.0.1` of " in message(verdict, "baseline_not_passed")
    # Whatever its own date is: v1.0.0 was there before, as far as its tag states.
    done = good.here("release", "line")
    assert done.status == Exit.BLOCKED
    assert "by the numbers in Git it did not" in done.err


def test_a_gate_of_another_model_names_what_did_not_pass_the_gates_of_its_own(good: Folder) -> None:
    beats = "  beats: {model: other, metric: r2, vs: line@latest, max_drop: 0.5}\n"
    rules(good, gate=RELEASE.replace("0.01", "0.00001") + beats)
    text, own = (good / "mlgit.yaml").read_text(encoding="utf-8"), "metrics: [metrics/test.json]"
    models = f"  other: {{path: params.yaml, {own}}}\n  line: {{{own}, path"
    good.write("mlgit.yaml", text.replace("  line: {path", models))
    train(good, "1.992")
    release_by_hand(good, 1)
    train(good, "1.9921")
    found = message(check(good, status=Exit.DONE), "baseline_not_passed")
    assert found.startswith(
        "`beats` of `other`: it compares with line@v1.0.1; `drop` of `line`: `line@v1.0.1`"
    )
    assert "states that v1.0.1 passed it after v1.0.0; by the numbers in Git it did not" in found


def test_no_release_follows_one_that_its_gates_block(good: Folder) -> None:
    rules(good, gate=BASE.replace("0.01", "0.00001"))
    train(good, "1.992")
    forge_release(good, gates=PASSED_ALL, date=date_of(good, "*") + 1)
    train(good, "1.9921")
    refused = good.here("release", "line")
    assert refused.status == Exit.BLOCKED
    assert "`line@v1.0.1` of Ada states that v1.0.1 passed it after v1.0.0" in refused.err
    assert "`mlgit deregister line@v1.0.1 -m REASON` rejects it" in refused.err
    forge_release(good, gates=PASSED_ALL, version="v1.0.2", date=date_of(good, "*") + 1)
    for argv in (("ci", "tag", "line@v1.0.2"), ("promote", "line@v1.0.2", "--to", "staging")):
        done = good.here(*argv)
        assert done.status == Exit.BLOCKED
        assert "`line@v1.0.1` of Ada states that" in done.out + done.err
    # What was there at its moment counts, also if it is rejected afterwards.
    change(good, "unassign", "line", "--env", "staging", "-m", "Bad")
    change(good, "deregister", "line@v1.0.0", "-m", "Bad")
    done = good.here("ci", "tag", "line@v1.0.1")
    assert done.status == Exit.BLOCKED
    assert "r2 1 → 0.956" in done.out


def test_what_is_better_than_all_before_may_take_its_place(good: Folder) -> None:
    """Else anyone who may push tags could stop every release."""
    rules(good, gate=BASE.replace("0.01", "0.00001"))
    train(good, "1.992")
    forge_release(good, gates=PASSED_ALL, date=date_of(good, "*") + 1)
    train(good, "2.000001")
    done = good.here("release", "line")
    assert done.status == Exit.DONE, done.err
    assert "1 warning" in done.out


def test_more_tags_of_the_same_commit_hide_nothing(good: Folder) -> None:
    rules(good, gate=GATE)
    train(good, "1.992")
    for number in range(1, 14):
        promote_by_hand(good, number)
    assert "`line#staging#2` of " in message(check(good, status=Exit.DONE), "baseline_not_passed")


def test_another_name_of_the_gate_hides_nothing(good: Folder) -> None:
    rules(good, gate=GATE)
    train(good, "1.992")
    promote_by_hand(good, 1)
    good.write("mlgit.yaml", (good / "mlgit.yaml").read_text().replace("  drop:", "  other:"))
    good.commit("Call it otherwise")
    good.git("push", "-q", "origin", "HEAD:main")
    assert CODE in notes(check(good, status=Exit.DONE))


def test_a_hotfix_with_a_lower_number_accuses_no_release(project: Folder) -> None:
    rules(project, gate=RELEASE.replace("0.01", "0.00001"))
    for number, slope in (("v1.0.0", "1.99"), ("v1.1.0", "1.995"), ("v1.0.1", "1.999"), ("v1.2.0", "1.996")):
        train(project, slope)
        change(project, "release", f"line@{number}")
    train(project, "1.997")
    assert CODE not in notes(check(project, status=Exit.DONE))
