"""Promotions that state rules from before trunk tightened them, so that a worse version gets through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import findings
from tests.support.forged import date_of, forge_assignment, forge_unassignment
from tests.support.registry import change, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

forge = partial(forge_assignment, gates=["r2-floor"])


def tighten(folder: Folder) -> None:
    text = (folder / "mlgit.yaml").read_text(encoding="utf-8")
    text = text.replace("prod: {gates: [r2-floor]}", "prod: {from: staging, gates: [r2-floor]}")
    folder.write("mlgit.yaml", text)
    folder.commit("Promote only what was in staging")
    folder.git("push", "-q")


@pytest.fixture
def old_rules(staged: Folder) -> tuple[Folder, str]:
    """v1.0.0 in staging and prod, v1.0.1 released, and then stricter rules; the commit of the older ones."""
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", text.replace("prod: {from: staging}", "prod: {gates: [r2-floor]}"))
    staged.commit("No step before prod")
    staged.git("push", "-q")
    change(staged, "promote", "line", "--to", "prod")
    train(staged, "1.985")
    change(staged, "release", "line")
    policy = staged.git("rev-parse", "origin/main").strip()
    tighten(staged)
    assert staged.here("promote", "line@v1.0.1", "--to", "prod").status == Exit.BLOCKED
    return staged, policy


def test_the_newest_rules_that_an_earlier_tag_shows_are_asked(old_rules: tuple[Folder, str]) -> None:
    folder, policy = old_rules
    change(folder, "unassign", "line", "--env", "staging", "-m", "Stop")  # written by the stricter rules
    forge(folder, "line#prod#2", "v1.0.1", policy=policy)
    done = folder.here("get", "prod", "-o", "out")
    assert done.status == Exit.STATE
    assert "its version was not in `staging` before, by the rules of " in done.err
    assert folder.here("ci", "tag", "--", "line#prod#2").status == Exit.BLOCKED


def test_where_no_tag_shows_them_the_tags_own_job_asks_those_of_now(old_rules: tuple[Folder, str]) -> None:
    folder, policy = old_rules
    forge(folder, "line#prod#2", "v1.0.1", policy=policy)
    done = folder.here("ci", "tag", "--", "line#prod#2")
    assert done.status == Exit.BLOCKED
    assert "`line@v1.0.1` has not been in `staging`, which comes before `prod`" in " ".join(done.out.split())
    assert "the rules of trunk allow it" not in done.out
    assert folder.here("get", "prod", "-o", "out").status == Exit.DONE  # it may be older than the rules
    (found,) = findings(folder, "held_by_older_rules")
    assert found["subjects"] == ["line#prod#2"]
    assert "`prod` holds `line@v1.0.1`, which today's rules would not let in" in found["message"]


def test_what_came_before_the_rules_stays(old_rules: tuple[Folder, str]) -> None:
    folder = old_rules[0]
    folder.git("revert", "-n", "HEAD")
    folder.commit("As before")
    folder.git("push", "-q")
    change(folder, "promote", "line@v1.0.1", "--to", "prod")
    tighten(folder)
    assert folder.here("get", "prod", "-o", "out").status == Exit.DONE
    change(folder, "rollback", "line", "--env", "prod", "-m", "Night")
    assert folder.here("ci", "tag", "--", "line#prod#3").status == Exit.DONE


@pytest.mark.parametrize(("later_s", "status"), [(60, Exit.DONE), (-60, Exit.STATE)])
def test_a_tag_that_is_dated_back_does_not_show_rules_that_were_committed_later(
    old_rules: tuple[Folder, str], later_s: int, status: int
) -> None:
    folder, policy = old_rules
    forge(folder, "line#prod#2", "v1.0.1", policy=policy)
    dated = date_of(folder, "line#prod#2")
    text = (folder / "mlgit.yaml").read_text(encoding="utf-8")
    folder.write("mlgit.yaml", text.replace("  r2-floor:", "  r2-more: {metric: r2, min: 0.1}\n  r2-floor:"))
    folder.git("add", "mlgit.yaml")
    when = {"GIT_COMMITTER_DATE": f"@{dated + later_s} +0000"}
    folder.git("commit", "-q", "-m", "One more gate", env=when)
    folder.git("push", "-q")
    forge_assignment(folder, "line#staging#2", "v1.0.0", gates=["r2-more"], date=dated - 1)
    done = folder.here("get", "prod", "-o", "out")
    assert done.status == status, done.err
    if status != Exit.DONE:
        assert "as the date of `line#staging#2` of Ada shows" in done.err
        assert "before `line#staging#2` was there, `git push origin " in done.err


def test_what_took_a_version_out_before_by_its_date_is_named(old_rules: tuple[Folder, str]) -> None:
    folder = old_rules[0]
    change(folder, "promote", "line@v1.0.1", "--to", "staging")
    change(folder, "promote", "line@v1.0.1", "--to", "prod")
    dated = date_of(folder, "line#prod#2")
    forge_unassignment(folder, "line#staging!#3", "line@v1.0.1", "v1.0.1", date=dated - 1)
    assert folder.here("get", "prod", "-o", "out").status == Exit.STATE
    (found, _) = findings(folder, "refused_tag")
    assert found["message"].endswith(
        "its version was not in `staging` any more, as the date of `line#staging!#3` of Ada shows"
    )
    assert "`git push origin ':refs/tags/line#staging!#3' && git tag -d 'line#staging!#3'`" in found["repair"]
    folder.git("push", "-q", "origin", ":refs/tags/line#staging!#3")
    folder.git("tag", "-d", "line#staging!#3")
    assert folder.here("get", "prod", "-o", "out").status == Exit.DONE
