"""A clock that is ahead: mlgit dates later tags after its tags, and names it, not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.test_refused_tags import findings
from tests.support.forged import forge_assignment, forge_release, outcomes
from tests.support.registry import change, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

LATER, LATER_S = "2090-01-01T00:00:00Z", 3_786_912_000


@pytest.mark.parametrize("stated", [{"at": LATER}, {}], ids=["by its clock", "by git's date alone"])
def test_the_tag_of_the_clock_that_is_ahead_is_named_and_no_later_one(
    staged: Folder, stated: dict[str, Any]
) -> None:
    train(staged, "1.99")
    forge_release(staged, gates=outcomes(["r2-floor", "mae-vs-base"]))
    env = {"GIT_AUTHOR_NAME": "Bob", "GIT_COMMITTER_NAME": "Bob"}
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=["r2-floor"], date=LATER_S, env=env, **stated)
    change(staged, "rollback", "line", "--env", "staging", "-m", "Night")
    assert staged.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/line#staging#3") > str(
        LATER_S
    )
    (finding,) = findings(staged, "tag_from_the_future")
    assert finding["subjects"] == ["line#staging#2"]
    assert finding["message"].startswith("`line#staging#2` of Bob is dated 2090-01-01 00:00 UTC, in the ")
    assert finding["repair"].startswith("correct the clock of Bob's machine; ")


def test_no_screen_shows_an_age_of_what_is_dated_ahead(staged: Folder) -> None:
    train(staged, "1.99")
    forge_release(staged, gates=outcomes(["r2-floor", "mae-vs-base"]), at=LATER)
    config = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", f"{config}deploy: {{staging: {{target: local, path: 'served/{{model}}'}}}}\n")
    staged.write(".gitignore", "/served\n")
    staged.commit("Deploy")
    staged.git("push", "-q")
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=["r2-floor"], date=LATER_S, at=LATER)
    forge_assignment(staged, "line#staging#3", "v1.0.0", "rollback", gates=(), date=LATER_S + 9, at=LATER)
    commands = [["status"], ["show", "line"], ["show", "line@v1.0.1"], ["show", "line#staging"]]
    refused = [["rollback", "--env", "staging", "-m", "Night"]]
    for argv in (*commands, *refused):
        done = staged.here(*argv)
        shown_as = " ".join((done.out + done.err).split())
        assert "2090-01-01 00:00 UTC (dated ahead)" in shown_as, argv
        assert "since on " not in shown_as
    shown = staged.here("history").out.splitlines()  # a date would take the room of the reasons
    assert any(line.startswith("dated ahead  staging  ← v1.0.0") for line in shown), shown
    assert "! line#staging#3 is dated 2090-01-01 00:00 UTC" in shown
    done = staged.here("promote", "line@v1.0.1", "--to", "staging")
    assert "rolled it back on 2090-01-01 00:00 UTC (dated ahead)" in done.out, done.err


def test_a_version_that_was_there_was_released_by_then_whatever_the_clock_of_its_release(
    staged: Folder,
) -> None:
    train(staged, "1.99")
    forge_release(staged, gates=outcomes(["r2-floor", "mae-vs-base"]), at=LATER)
    change(staged, "promote", "line", "--to", "staging")
    (held,) = staged.here("history", "--at", "2080-01-01", "--json").json()["held"]
    assert held["label"] == "v1.0.1"
