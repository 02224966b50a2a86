"""The newest release: if its tag does not count any more, no older one takes its place unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.checks import GATES, check, results
from tests.support.registry import change, clone, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


@pytest.fixture
def twice(staged: Folder) -> Folder:
    """Two releases of `line`, a commit after them, and a gate against the newest release."""
    gate = "gates:\n  newest: {metric: r2, vs: release, max_drop: 0.1}\n"
    staged.write("mlgit.yaml", f"{GATES}{gate}environments: {{staging: {{}}, prod: {{}}}}\n")
    staged.commit("Compare with the newest release")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force").status == Exit.DONE
    staged.commit("Go on")
    staged.git("push", "-q")
    return staged


def _moved(folder: Folder) -> str:
    plant(folder, "line@v1.0.1", "HEAD")
    return "it has no statement"


def _renamed(folder: Folder) -> str:
    folder.git("update-ref", "refs/tags/line@v1.0.1", folder.git("rev-parse", "line@v1.0.0"))
    folder.git("push", "-q", "--force", "origin", "refs/tags/line@v1.0.1")
    return "made for `line@v1.0.0`"


def _left_trunk(folder: Folder) -> str:
    folder.git("reset", "-q", "--hard", "HEAD~1")
    folder.git("commit", "-q", "--amend", "-m", "Reworded")
    folder.git("push", "-q", "--force")
    return "is not on origin/main"


def _lightweight(folder: Folder) -> str:
    folder.git("tag", "-f", "line@v1.0.1", "HEAD")
    return "lightweight"


def _by_hand(folder: Folder) -> str:
    plant(folder, "line@v9.0.0", "HEAD")
    return "`line@v9.0.0` does not count"


@pytest.mark.parametrize("spoil", [_moved, _renamed, _left_trunk, _lightweight, _by_hand])
def test_a_newest_release_that_does_not_count_is_not_replaced(
    twice: Folder, spoil: Callable[[Folder], str]
) -> None:
    assert results(check(twice, status=Exit.DONE))["line/newest"][0] == "pass"
    why = spoil(twice)
    verdict = check(twice, status=Exit.BLOCKED)
    assert results(verdict)["line/newest"] == ("error", "unknown_here", "block")
    assert why in verdict["baselines"][0]["message"]
    if spoil is not _lightweight:
        done = twice.here("promote", "line@latest", "--to", "staging")
        assert done.status == Exit.BLOCKED
        assert why in done.err
        assert twice.here("get", "line@latest", "-o", "out").status == Exit.STATE


@pytest.mark.parametrize("spoil", [_lightweight, _by_hand])
def test_the_error_about_a_plain_tag_names_its_maker_and_what_repairs_it_for_everybody(
    twice: Folder, spoil: Callable[[Folder], str]
) -> None:
    spoil(twice)
    if spoil is _lightweight:
        twice.git("push", "-q", "--force", "origin", "refs/tags/line@v1.0.1")
    done = twice.here("check")
    tag = "line@v9.0.0" if spoil is _by_hand else "line@v1.0.1"
    command = f"git push origin :refs/tags/{tag} && git tag -d {tag}"
    text = " ".join(done.out.split())
    assert done.status == Exit.BLOCKED
    assert f"`{command}` deletes it for everyone" in text
    if spoil is _by_hand:
        assert f"mlgit did not write it; {twice.git('log', '-1', '--format=%cn')} made it" in text
    assert f"`{command}`" in twice.here("get", "line@latest", "-o", "out").err
    assert twice.run("bash", "-c", command).status == 0
    assert results(check(twice, status=Exit.DONE))["line/newest"][0] == "pass"
    assert twice.git("ls-remote", "origin", f"refs/tags/{tag}") == ""


def test_an_older_release_that_does_not_count_changes_nothing(twice: Folder) -> None:
    plant(twice, "line@v0.1.0", "HEAD")
    plant(twice, "line@v9.0.0-rc.1", "HEAD")
    assert results(check(twice, status=Exit.DONE))["line/newest"][0] == "pass"
    assert twice.here("get", "line@latest", "-o", "out").status == Exit.DONE


@pytest.mark.parametrize("vs", ["release", "base"])
def test_no_older_release_takes_the_place_of_a_lost_one_that_an_environment_holds(
    twice: Folder, vs: str
) -> None:
    change(twice, "promote", "line@v1.0.1", "--to", "staging")
    text = (twice / "mlgit.yaml").read_text(encoding="utf-8")
    twice.write("mlgit.yaml", text.replace("vs: release", f"vs: {vs}"))
    twice.commit("Go on again")
    twice.git("push", "-q", "origin", "HEAD", ":refs/tags/line@v1.0.1")
    fresh = clone(twice, "fresh")
    verdict = check(fresh, "--purpose", "release", status=Exit.BLOCKED)
    assert results(verdict)["line/newest"] == ("error", "unknown_here", "block")
    why = "it names the release `line@v1.0.1`, which"
    assert why in verdict["baselines"][0]["message"]
    for argv in (
        ["promote", "line", "--to", "staging"],
        ["promote", "line@latest", "--to", "prod"],
        ["get", "line@latest", "-o", "out"],
        ["diff", "line@latest"],
        ["show", "line@latest"],
    ):
        done = fresh.here(*argv)
        assert (done.status, why in done.err) == (Exit.STATE, True), (argv, done.out, done.err)
    fresh.git("update-ref", "refs/tags/line@v1.0.1", twice.git("rev-parse", "line@v1.0.1"))
    assert results(check(fresh, "--purpose", "release", status=Exit.DONE))["line/newest"][0] == "pass"


def _newest(folder: Folder) -> str:
    (baseline,) = check(folder, status=Exit.DONE)["baselines"]
    return str(baseline["label"])


def test_only_a_rejection_by_mlgit_makes_an_older_release_the_newest(twice: Folder) -> None:
    plant(twice, "line@v1.0.1!", "line@v1.0.1^{}")
    assert _newest(twice) == "line@v1.0.1"
    refused = twice.here("promote", "line@v1.0.1", "--to", "staging")
    assert refused.status == Exit.BLOCKED
    assert "`line@v1.0.1` is deregistered" in refused.err
    (finding,) = [
        each for each in twice.here("doctor", "--json").json()["findings"] if each["id"] == "foreign_tag"
    ]
    assert "delete that tag and run `mlgit deregister line@v1.0.1 -m REASON` again" in finding["repair"]
    twice.git("push", "-q", "--delete", "origin", "line@v1.0.1!")
    twice.git("tag", "-d", "line@v1.0.1!")
    assert twice.here("deregister", "line@v1.0.1", "-m", "leak").status == Exit.DONE
    assert _newest(twice) == "line@v1.0.0"
    assert "leak" in twice.here("history").out
    assert "foreign_tag" not in twice.here("doctor", "--json").out
    tag = twice.here("ci", "tag", "line@v1.0.1!", "--json")
    assert tag.status == Exit.DONE, tag.err


def test_those_that_show_take_the_same_version_for_the_newest(twice: Folder) -> None:
    assert twice.here("promote", "line@v1.0.1", "--to", "staging").status == Exit.DONE
    rules = (twice / "mlgit.yaml").read_text()
    twice.write("mlgit.yaml", rules.replace("prod: {}", "prod: {from: staging}"))
    twice.commit("Promote from staging")
    twice.git("push", "-q")
    plant(twice, "line@v1.0.1!", "line@v1.0.1^{}")
    (model,) = twice.here("models", "--json").json()["models"]
    assert (model["latest"]["version"], model["versions"]) == ("v1.0.1", 2)
    assert twice.here("show", "line@latest", "--json").json()["version"]["version"] == "v1.0.1"
    assert twice.here("status", "--json").json()["models"][0]["latest"] == "v1.0.1"
    got = twice.here("get", "line@latest", "-o", "out")
    assert "the tag `line@v1.0.1!` of that does not count" in got.err
    assert "roll `staging` back" not in twice.here("show", "staging").out
    refused = twice.here("promote", "line", "--to", "prod")
    assert refused.status == Exit.BLOCKED
    assert "the tag `line@v1.0.1!` does not count, but keeps its version out of environments" in refused.err
    findings = twice.here("doctor", "--json").json()["findings"]
    (live,) = [each for each in findings if each["id"] == "rejected_and_live"]
    assert live["repair"] == "if that was a mistake, delete `line@v1.0.1!` here and on the remote"


def test_a_release_never_repeats_a_version_that_does_not_count(staged: Folder) -> None:
    staged.commit("Go on")
    staged.git("push", "-q")
    plant(staged, "line@v9.0.0", "HEAD")
    done = staged.here("release", "line")
    assert done.status == Exit.STATE, done.out
    assert "`line@v9.0.0` is at this commit" in done.err
    assert "does not count: it has no statement" in done.err
    done = staged.here("release", "line", "--commit", "--force")
    assert done.status == Exit.DONE, done.err
    assert "Released line@v1.0.1" in done.out


@pytest.mark.parametrize("kind", ["annotated", "lightweight"])
def test_the_next_number_follows_what_counts_and_uses_no_name_again(staged: Folder, kind: str) -> None:
    for tag in ("line@v1.0.1", "line@v1.1.0", "line@v9.0.0"):
        if kind == "annotated":
            plant(staged, tag)
        else:
            staged.git("tag", tag)
    staged.write("mlgit.yaml", f"{GATES}environments: {{staging: {{}}}}\n")
    staged.commit("Compare with nothing")
    staged.git("push", "-q")
    for bump, number in (("patch", "v1.0.2"), ("minor", "v1.2.0"), ("major", "v2.0.0")):
        proposed = staged.here("release", "line", "--bump", bump, "--force", "--dry-run", "--json")
        assert (proposed.status, proposed.json()["version"]) == (Exit.DONE, number), proposed.err


def test_a_rejected_version_is_named_with_who_rejected_it_and_when(twice: Folder) -> None:
    assert twice.here("deregister", "line@v1.0.1", "-m", "leak").status == Exit.DONE
    who, day = twice.git(
        "for-each-ref", "refs/tags/line@v1.0.1!", "--format=%(taggername)|%(taggerdate:short)"
    ).split("|")
    sentence = f"`line@v1.0.1` was deregistered by {who} on {day}: leak"
    for argv in (("get", "line@v1.0.1", "-o", "out"), ("deregister", "line@v1.0.1", "-m", "again")):
        done = twice.here(*argv)
        assert done.status == Exit.DONE, done.err
        assert sentence in " ".join((done.out + done.err).split())


def test_the_next_number_follows_a_release_that_left_trunk(twice: Folder) -> None:
    _left_trunk(twice)
    twice.write("mlgit.yaml", f"{GATES}environments: {{staging: {{}}, prod: {{}}}}\n")
    twice.commit("Compare with nothing")
    twice.git("push", "-q")
    proposed = twice.here("release", "line", "--force", "--dry-run", "--json")
    assert proposed.json()["version"] == "v1.0.2", proposed.err


def test_a_promotion_says_that_it_compares_with_a_release_that_was_never_promoted(staged: Folder) -> None:
    gate = "gates:\n  drop: {metric: r2, vs: release, when: promote, max_drop: 0.01}\n"
    staged.write("mlgit.yaml", f"{GATES}{gate}environments: {{staging: {{}}}}\n")
    staged.commit("Compare with the newest release")
    staged.git("push", "-q")
    train(staged, "1.9")
    change(staged, "release", "line")
    assert staged.here("promote", "line", "--to", "staging").status == Exit.BLOCKED
    train(staged, "1.901")
    change(staged, "release", "line")
    note = (
        "`vs: release` compares with line@v1.0.1, which was never in an environment; `staging` holds v1.0.0"
    )
    verdict = check(staged, "--promote-to", "staging", "--rev", "line@v1.0.2", status=Exit.DONE)
    assert [each["message"] for each in verdict["notes"] if each["code"] == "baseline_unpromoted"] == [note]
    report = change(staged, "promote", "line", "--to", "staging")
    assert note in report["notes"]
    train(staged, "1.902")
    change(staged, "release", "line")
    assert not any(
        "never in" in each for each in change(staged, "promote", "line", "--to", "staging")["notes"]
    )
