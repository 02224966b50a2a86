"""Tags that do not count: how an environment is brought out of doubt, and what leads nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.integration.test_forged_tags import forge, released
from tests.integration.test_forged_tags_readers import half, state
from tests.integration.test_refused_tags import findings, plant
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder

__all__ = ("released",)  # the fixture


def emptied(folder: Folder) -> None:
    """Push an unassignment that states another number than its name has."""
    change(folder, "unassign", "line", "--env", "staging")
    text = folder.git("cat-file", "tag", "line#staging!#2").replace('"sequence":"2"', '"sequence":"7"')
    file = folder.write(".git/object", f"{text}\n")
    oid = folder.git("hash-object", "-t", "tag", "-w", str(file))
    folder.git("update-ref", "refs/tags/line#staging!#2", oid)
    folder.git("push", "-q", "--force", "origin", "refs/tags/line#staging!#2")


def refused_half(folder: Folder) -> None:
    half(folder)
    folder.git("push", "-q", "origin", ":refs/tags/line@v1.0.1")
    folder.git("tag", "-d", "line@v1.0.1")


# The newest change of staging, which holds v1.0.0 by the tag before.
DOUBTS: dict[str, Callable[[Folder], Any]] = {
    "the same version without gates": lambda folder: state(folder, "line@v1.0.0^{}", "line@v1.0.0", gates=()),
    "another version without gates": lambda folder: forge(folder, {"gates": ()}),
    "a refused unassignment": emptied,
    "half of a change whose release is gone": refused_half,
}


@pytest.mark.parametrize("kind", DOUBTS)
@pytest.mark.parametrize("to", [(), ("--to", "v1.0.0")], ids=["rollback", "rollback --to"])
def test_a_rollback_goes_to_what_counted_before(released: Folder, kind: str, to: tuple[str, ...]) -> None:
    DOUBTS[kind](released)
    assert released.here("get", "line#staging", "-o", "out").status == Exit.STATE
    if kind == "a refused unassignment":
        done = released.here("unassign", "line", "--env", "staging")
        assert done.status == Exit.STATE
        assert "not known here" in done.err
    repairs = [each["repair"] for each in findings(released, "refused_tag")]
    ways = ("mlgit rollback line --env staging", "git fetch --tags")
    assert any(way in each for each in repairs for way in ways)
    report = change(released, "rollback", "line", "--env", "staging", "-m", "Back", *to)
    assert (report["version"], report["already"]) == ("v1.0.0", False)
    got = released.here("get", "line#staging", "-o", "out", "--json")
    assert got.status == Exit.DONE, got.err
    assert got.json()["version"] == "v1.0.0"


def test_where_the_newest_tag_is_lightweight_nothing_is_emptied(staged: Folder) -> None:
    staged.git("tag", "line#staging#2", "line@v1.0.0^{}")
    staged.git("push", "-q", "origin", "refs/tags/line#staging#2")
    done = staged.here("unassign", "line", "--env", "staging")
    assert done.status == Exit.STATE
    assert "`line#staging#2` does not count: it is lightweight" in done.err


def test_a_rollback_passes_over_what_no_promotion_that_counts_put_there(released: Folder) -> None:
    forge(released, {"gates": ()})
    released.write("README.md", "more words\n")
    released.commit("Go on")
    released.git("push", "-q")
    change(released, "release", "line", "--force")
    change(released, "promote", "line@v1.0.2", "--to", "staging")
    to = released.here("rollback", "line", "--env", "staging", "-m", "Bad", "--to", "v1.0.1")
    assert to.status == Exit.STATE
    assert "`staging` cannot go back to" in to.err
    report = change(released, "rollback", "line", "--env", "staging", "-m", "Bad")
    assert report["version"] == "v1.0.0"
    assert any(
        "`line@v1.0.1` is passed over: no promotion that counts put it" in each for each in report["notes"]
    )
    assert released.here("get", "line#staging", "-o", "out", "--json").json()["version"] == "v1.0.0"


def test_a_high_number_that_does_not_count_supersedes_no_later_deployment(
    released: Folder, tmp_path: Path
) -> None:
    text = (released / "mlgit.yaml").read_text(encoding="utf-8")
    released.write(
        "mlgit.yaml", f"{text}deploy:\n  staging: {{target: local, path: '{tmp_path}/{{model}}'}}\n"
    )
    released.commit("Deploy")
    released.git("push", "-q")
    plant(released, "line#staging#999", "line@v1.0.0^{}")
    assert released.here("deploy", "--env", "staging").status == Exit.DONE
    released.git("push", "-q", "origin", ":refs/tags/line#staging#999")
    released.git("tag", "-d", "line#staging#999")
    change(released, "promote", "line@v1.0.1", "--to", "staging")
    (deployment,) = released.here("deploy", "--env", "staging", "--json").json()["deployments"]
    assert (deployment["state"], deployment["version"]) == ("deployed", "v1.0.1")


def test_a_rejection_that_does_not_count_is_named_where_it_takes_the_way_back(released: Folder) -> None:
    change(released, "promote", "line@v1.0.1", "--to", "staging")
    plant(released, "line@v1.0.0!", "line@v1.0.0^{}")
    back = ("rollback", "line", "--env", "staging", "-m", "Bad")
    for argv in (back, (*back, "--to", "v1.0.0"), ("promote", "line@v1.0.0", "--to", "staging")):
        done = released.here(*argv)
        assert done.status in {Exit.STATE, Exit.BLOCKED}
        assert "deregistered" in done.err
        assert "the tag `line@v1.0.0!` does not count, but keeps its version out" in done.err
        assert "delete `line@v1.0.0!` here and on the remote" in done.err


# The rollback of v1.0.1 in staging, as someone leaves it.
SPOILED: dict[str, Callable[[Folder], Any]] = {
    "lightweight": lambda folder: (
        folder.git("tag", "-f", "line#staging#3", "line@v1.0.0^{}"),
        folder.git("push", "-q", "-f", "origin", "refs/tags/line#staging#3"),
    ),
    "half": lambda folder: (
        folder.git("push", "-q", "origin", ":refs/tags/line#staging#3"),
        folder.git("tag", "-d", "line#staging#3"),
    ),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_nothing_is_promoted_from_where_it_is_not_known_what_is_there(released: Folder, kind: str) -> None:
    text = (released / "mlgit.yaml").read_text(encoding="utf-8")
    assert "from: staging" in text
    change(released, "promote", "line@v1.0.1", "--to", "staging")
    change(released, "rollback", "line", "--env", "staging", "-m", "Bad")
    assert "which comes before `prod`" in released.here("promote", "line@v1.0.1", "--to", "prod").err
    SPOILED[kind](released)
    done = released.here("promote", "line@v1.0.1", "--to", "prod")
    assert done.status == Exit.STATE
    assert "What `staging` holds of `line` is not known here" in done.err


def test_a_model_that_is_not_declared_does_not_make_an_environment_ambiguous(released: Folder) -> None:
    plant(released, "evil#staging#1", "line@v1.0.0^{}")
    done = released.here("get", "staging", "-o", "out", "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["version"] == "v1.0.0"


def test_what_half_of_a_change_may_have_put_there_is_not_rejected(released: Folder) -> None:
    half(released)
    done = released.here("deregister", "line@v1.0.1")
    assert done.status == Exit.STATE
    assert "`line@v1.0.1` may be live in `staging`: the tag `line#staging#2`" in done.err
    assert released.here("promote", "line@v1.0.1", "--to", "staging").status == Exit.DONE
    assert released.here("rollback", "line", "--env", "staging", "-m", "worse").status == Exit.DONE
    assert released.here("deregister", "line@v1.0.1").status == Exit.DONE


def test_half_of_a_change_can_be_deleted_and_its_version_is_in_no_hint(released: Folder) -> None:
    half(released)
    done = released.here("rollback", "line", "--env", "staging", "-m", "worse")
    assert done.status == Exit.STATE
    assert "; Ada made it" in done.err
    hint = done.err.partition("hint: ")[2]
    assert "v1.0.1" not in hint
    command = hint.rpartition("delete it: `")[2].partition("`")[0]
    (found,) = findings(released, "half_a_change")
    assert command in found["repair"]
    released.ok("sh", "-c", command)
    assert released.here("promote", "line@v1.0.0", "--to", "staging").status == Exit.DONE


@pytest.mark.parametrize("remote", [True, False])
def test_the_hint_about_a_lightweight_tag_ends_the_doubt(staged: Folder, *, remote: bool) -> None:
    staged.git("tag", "line#staging#2", "line@v1.0.0^{}")
    staged.git("push", "-q", "origin", "refs/tags/line#staging#2")
    if not remote:
        staged.git("remote", "remove", "origin")
    done = staged.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE
    assert done.err.partition("hint: ")[2].strip() == "see `mlgit doctor`"
    (found,) = findings(staged, "lightweight_tag")
    command = re.findall("`(git [^`]*)`", found["repair"])[-1]
    staged.ok("sh", "-c", command)
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE


def test_no_rollback_is_proposed_before_a_tag_that_is_missing_here_was_fetched(released: Folder) -> None:
    """The rollback fetches it, so that it would take out what that tag shows to be right."""
    change(released, "promote", "line@v1.0.1", "--to", "staging")
    change(released, "promote", "line@v1.0.0", "--to", "staging", "--downgrade")
    change(released, "rollback", "line", "--env", "staging", "-m", "Back")
    released.git("tag", "-d", "line#staging#2")
    found = next(each for each in findings(released, "refused_tag") if "`line#staging#4`" in each["message"])
    assert found["message"].endswith("; this clone also lacks a tag of change 2 of `staging`")
    fetch, rollback = found["repair"].split("; if the tag still does not count, ")
    assert fetch == "run `git fetch --force --tags origin`"
    assert rollback.startswith("run `mlgit rollback line --env staging ")
    released.git("fetch", "-q", "--force", "--tags", "origin")
    assert findings(released, "refused_tag") == []
