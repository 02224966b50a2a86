"""What `mlgit ci tag` says of an assignment that needs a promotion which no gate ever saw."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.forged import date_of, forge_assignment
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Done, Folder

GATES = "  r2-vs-{0}: {{metric: r2, vs: {0}, max_drop: 0.02, when: promote}}\n"
forge = partial(forge_assignment, gates=("r2-floor", "r2-vs-prod", "r2-vs-staging"))


def ask(folder: Folder, tag: str) -> Done:
    return folder.here("ci", "tag", "--", tag)


@pytest.fixture
def better(staged: Folder) -> Folder:
    """v1.0.0 in staging and prod, whose gates compare with what they hold, and a better v1.0.1 in both."""
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    gates = "".join(GATES.format(each) for each in ("staging", "prod"))
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{gates}"))
    staged.commit("Compare")
    staged.git("push", "-q")
    change(staged, "promote", "line", "--to", "prod")
    return staged


@pytest.fixture
def worse(better: Folder) -> Folder:
    """A worse v1.0.1 on trunk, which the gates of staging and prod block."""
    train(better, "1.985")
    change(better, "release", "line")
    assert better.here("promote", "line@v1.0.1", "--to", "staging").status == Exit.BLOCKED
    return better


def test_a_rollback_to_what_the_gates_block_is_refused(worse: Folder) -> None:
    forge(worse, "line#staging#2", "v1.0.1")
    forge(worse, "line#staging#3", "v1.0.0", "rollback")
    forge(worse, "line#staging#4", "v1.0.1", "rollback")
    done = ask(worse, "line#staging#4")
    assert done.status == Exit.BLOCKED
    assert "it relies on `line#staging#2`, which its gates block: r2-vs-staging: " in done.out
    assert "Refused: the tag failed verification; nothing is deployed" in done.out
    assert "`staging` holds v1.0.1 by this tag, and other commands deploy it all the same" in done.out
    assert worse.here("get", "line#staging", "-o", "out").status == Exit.DONE
    superseded = ask(worse, "line#staging#2")
    assert superseded.status == Exit.BLOCKED
    assert "`line#staging#4` superseded it" in superseded.out
    assert "r2-vs-staging: " in superseded.out
    assert ask(worse, "line#staging#3").status == Exit.DONE


def test_a_version_on_the_commit_of_the_rules_is_compared_with(worse: Folder) -> None:
    train_into(worse, "1.996", "staging")
    forge(worse, "line#staging#3", "v1.0.1")
    forge(worse, "line#staging#4", "v1.0.2", "rollback")
    forge(worse, "line#staging#5", "v1.0.1", "rollback")
    done = ask(worse, "line#staging#5")
    assert done.status == Exit.BLOCKED
    assert "it relies on `line#staging#3`, which its gates block: r2-vs-staging: " in done.out


def test_a_promotion_from_where_the_gates_block_is_refused(worse: Folder) -> None:
    text = (worse / "mlgit.yaml").read_text(encoding="utf-8")
    worse.write(
        "mlgit.yaml", text.replace("prod: {from: staging}", "prod: {from: staging, gates: [r2-floor]}")
    )
    worse.commit("Only the floor")
    worse.git("push", "-q")
    hints = ["mlgit rollback line --env staging -m REASON", "mlgit promote line@v1.0.1 --to staging"]
    for tag, version, hint in zip(("#2", "#3"), ("v1.0.1", "v1.0.0"), hints, strict=True):
        forge(worse, f"line#staging{tag}", version)
        refused = worse.here("promote", "line@v1.0.1", "--to", "prod")
        assert refused.status == Exit.BLOCKED
        assert "The gates block `line#staging#2`, which put `line@v1.0.1` into `staging`" in refused.err
        assert "r2-vs-staging: " in refused.err
        assert hint in refused.err
    # The same promotion twice is compared with what was there before the first one, not with itself.
    forge(worse, "line#staging#4", "v1.0.1")
    forge(worse, "line#staging#5", "v1.0.1")
    assert "The gates block `line#staging#5`" in worse.here("promote", "line@v1.0.1", "--to", "prod").err
    forge(worse, "line#prod#2", "v1.0.1")
    done = ask(worse, "line#prod#2")
    assert done.status == Exit.BLOCKED
    assert "it relies on `line#staging#5`, which its gates block: r2-vs-staging: " in done.out


def test_no_promotion_follows_one_that_its_gates_block(worse: Folder) -> None:
    forge(worse, "line#staging#2", "v1.0.1")
    train(worse, "1.9851")
    change(worse, "release", "line")
    refused = worse.here("promote", "line@v1.0.2", "--to", "staging")
    assert refused.status == Exit.BLOCKED
    assert "`line#staging#2` of Ada states that v1.0.1 passed it after v1.0.0" in refused.err
    assert "`mlgit rollback line --env staging -m REASON` puts back what was there before" in refused.err
    forge(worse, "line#staging#3", "v1.0.2")
    named = worse.here("rollback", "line@v1.0.1", "--env", "staging", "-m", "Alarm", "--dry-run")
    assert (
        "note: The gates block `line#staging#2`, which put `line@v1.0.1` into `staging`: r2-vs-" in named.out
    )
    done = worse.here("rollback", "line", "--env", "staging", "-m", "Alarm")
    assert "Rolled back staging of line from v1.0.2 to v1.0.0" in done.out
    assert "`line@v1.0.1` is passed over: the gates block `line#staging#2`" in done.out


def test_a_promotion_that_is_dated_before_its_version_left_is_refused(better: Folder) -> None:
    train_into(better, "1.996", "staging")
    entry = date_of(better, "line#staging#2")
    change(better, "rollback", "line", "--env", "staging", "-m", "Worse than it looks")
    # A promotion that ends a hold is not compared with what was rolled back.
    change(better, "promote", "line@v1.0.0", "--to", "staging")
    assert ask(better, "line#staging#4").status == Exit.DONE
    assert better.here("promote", "line@v1.0.1", "--to", "prod").status == Exit.BLOCKED
    forge(better, "line#prod#2", "v1.0.1", date=entry + 1)
    done = ask(better, "line#prod#2")
    assert done.status == Exit.BLOCKED
    assert "left `staging` by `line#staging#3`, and only the date of this tag says" in done.out
    change(better, "promote", "line@v1.0.1", "--to", "staging")
    assert ask(better, "line#prod#2").status == Exit.DONE


def test_what_mlgit_writes_is_verified_also_by_stricter_gates_of_now(better: Folder) -> None:
    train_into(better, "1.996", "staging")
    change(better, "promote", "line", "--to", "prod")
    text = (better / "mlgit.yaml").read_text(encoding="utf-8")
    better.write("mlgit.yaml", text.replace("min: 0.5", "min: 0.9999"))
    better.commit("Ask for more")
    better.git("push", "-q")
    for environment in ("prod", "staging"):
        change(better, "rollback", "line", "--env", environment, "-m", "Back")
    for tag in ("line#prod#1", "line#prod#2", "line#prod#3", "line#staging#2", "line#staging#3"):
        done = ask(better, tag)
        assert done.status == Exit.DONE, done.out


def test_a_promotion_is_not_compared_with_what_followed_it(staged: Folder) -> None:
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    gate = "  gain: {metric: r2, vs: prod, min_rise: 0.0001, when: promote}\n"
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{gate}"))
    staged.commit("Ask for more")
    staged.git("push", "-q")
    change(staged, "promote", "line", "--to", "prod")
    train_into(staged, "1.996", "staging")
    change(staged, "promote", "line", "--to", "prod")
    for tag in ("line#staging#2", "line#prod#2"):
        done = ask(staged, tag)
        assert done.status == Exit.DONE, done.out + done.err


def test_what_a_waiver_let_through_stays_when_the_waiver_goes(worse: Folder) -> None:
    now = datetime.fromtimestamp(worse.path.stat().st_mtime, UTC)
    end = f"reason: R, approver: boss@example.org, expires: '{(now + timedelta(days=30)).date()}'"
    gates = ("r2-vs-staging", "r2-vs-prod", "mae-vs-base")
    floors = zip(gates, (0.5, 0.5, 1), strict=True)
    entries = ", ".join(f"{{id: {gate}, gate: {gate}, floor: {floor}, {end}}}" for gate, floor in floors)
    worse.write(".mlgit/waivers.yaml", f"version: 1\nwaivers: [{entries}]\n")
    worse.commit("Agree", date=now.isoformat())
    worse.git("push", "-q")
    change(worse, "promote", "line@v1.0.1", "--to", "staging")
    train(worse, "1.95")
    change(worse, "release", "line")
    worse.git("rm", "-q", ".mlgit/waivers.yaml")
    worse.commit("No waiver")
    worse.git("push", "-q")
    lifted = "`r2-vs-prod`, `r2-vs-staging`"
    for tag, names in (("line#staging#2", lifted), ("line@v1.0.2", "`mae-vs-base`")):
        done = ask(worse, tag)
        assert done.status == Exit.DONE, done.out
        assert f"lets {names} through" in done.out
    # A new promotion has no waiver any more.
    assert worse.here("promote", "line@v1.0.2", "--to", "staging").status == Exit.BLOCKED
    forge(worse, "line#staging#3", "v1.0.2")
    done = ask(worse, "line#staging#3")
    assert done.status == Exit.BLOCKED
    assert "gates failed: r2" in done.out


def test_doctor_names_what_ends_that_a_tag_does_not_count(staged: Folder) -> None:
    train(staged, "1.996")
    change(staged, "release", "line")
    for tag in ("line#prod#1", "line#prod#2"):  # v1.0.1 was never in `staging`
        forge(staged, tag, "v1.0.1")
    found = {each["id"]: each for each in staged.here("doctor", "--json").json()["findings"]}
    command = "mlgit unassign line --env prod -m 'its newest tag does not count'"
    assert found["refused_tag"]["repair"] == command
    assert staged.here(*shlex.split(command)[1:]).status == Exit.DONE
    change(staged, "promote", "line@v1.0.0", "--to", "prod", "--downgrade")
    forge(staged, "line#prod#5", "v1.0.1")
    found = {each["id"]: each for each in staged.here("doctor", "--json").json()["findings"]}
    assert found["refused_tag"]["repair"] == command.replace("unassign", "rollback")
    answer = "mlgit answers that it is not known, because `line#prod#5` does not count"
    assert answer in found["readers_disagree"]["message"]
