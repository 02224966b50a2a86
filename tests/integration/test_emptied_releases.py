"""Releases that were all deregistered: a finding says which tag took the last one, never "no release yet"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import message, rules, worse
from tests.support.checks import check, notes, results
from tests.support.registry import change
from tests.support.registry import train as retrain

if TYPE_CHECKING:
    from tests.support.shell import Folder

RELEASE = "gates:\n  drop: {metric: r2, vs: release, max_drop: 0.01}\n"
BASE = "gates:\n  drop: {metric: r2, vs: base, max_drop: 0.01}\n"
TAKEN = "`line` has no release that counts any more: the tag `line@v1.0.0!` of "


def released(project: Folder, more: str = "", gate: str = RELEASE) -> None:
    rules(project, more, gate=gate)
    change(project, "release", "line")


def nothing_of(verdict: Any) -> str:  # noqa: ANN401 (it is JSON)
    (baseline,) = [each for each in verdict["baselines"] if each["state"] == "none"]
    return str(baseline["message"])


@pytest.mark.parametrize(("more", "effect"), [("", "warn"), ("on_loosened: fail\n", "block")])
def test_releases_that_were_all_deregistered_are_a_finding(project: Folder, more: str, effect: str) -> None:
    released(project, more)
    worse(project)
    assert results(check(project, status=Exit.BLOCKED))["line/drop"][0] == "fail"
    change(project, "deregister", "line@v1.0.0", "-m", "Bad")
    verdict = check(project, status=Exit.BLOCKED if more else Exit.DONE)
    assert results(verdict)["line/drop"][:2] == ("skipped", "no_baseline")
    assert ("baseline_emptied", effect) in notes(verdict)
    assert f"nothing is compared, because {TAKEN}" in message(verdict)
    assert TAKEN in nothing_of(verdict)
    assert "deregistered v1.0.0 on 2026-" in nothing_of(verdict)
    assert verdict["first_model"] is False
    for screen in (project.here("report", "--format", "markdown"), project.here("check")):
        assert "yet" not in screen.out
        assert "first model" not in screen.out


def test_one_release_that_is_left_is_compared_with(project: Folder) -> None:
    released(project)
    retrain(project, "1.995")
    change(project, "release", "line")
    change(project, "deregister", "line@v1.0.1", "-m", "Bad")
    worse(project)
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/drop"][0] == "fail"
    assert [each["label"] for each in verdict["baselines"] if each["vs"] == "release"] == ["line@v1.0.0"]


def test_the_base_of_a_release_after_a_deregistered_one_says_so(project: Folder) -> None:
    released(project, gate=BASE)
    change(project, "deregister", "line@v1.0.0", "-m", "Bad")
    retrain(project, "1.985")
    done = project.here("release", "line", "--json")
    assert TAKEN in done.out + done.err
    assert "comes before" not in done.out + done.err


@pytest.mark.parametrize("argv", [("status",), ("show", "line"), ("history", "--metric", "r2", "line")])
def test_no_screen_says_yet_of_a_model_that_had_a_version(project: Folder, argv: tuple[str, ...]) -> None:
    change(project, "release", "line")
    change(project, "deregister", "line@v1.0.0", "-m", "Bad")
    done = project.here(*argv)
    assert done.status == Exit.DONE, done.err
    assert "yet" not in done.out


def test_the_latest_version_says_that_every_one_was_deregistered(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "deregister", "line@v1.0.0", "-m", "Bad")
    done = project.here("diff", "line@latest")
    assert "`line` has no version; every one was deregistered" in done.err
