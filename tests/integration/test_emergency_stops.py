"""Emergency stops: a tag that changes nothing keeps no one from taking a version out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.registry import change, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

# Tags by plain git, with the version of their commit: none of them changes what `get` and `deploy` take.
BY_HAND: dict[str, list[tuple[str, str]]] = {
    "none": [],
    "one that seems to empty it": [("line#staging!#3", "v1.0.1")],
    "one that seems to put the older version there": [("line#staging#3", "v1.0.0")],
    "one that puts the same version there": [("line#staging#3", "v1.0.1")],
    "two": [("line#staging#3", "v1.0.0"), ("line#staging!#4", "v1.0.1")],
}


@pytest.fixture
def live(project: Folder) -> Folder:
    """v1.0.1 is in staging, where v1.0.0 was before."""
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    return project


@pytest.fixture(params=BY_HAND.values(), ids=list(BY_HAND))
def touched(live: Folder, request: pytest.FixtureRequest) -> Folder:
    for tag, version in request.param:
        plant(live, tag, f"line@{version}^{{}}")
    assert live.here("get", "line#staging", "-o", "before").status == Exit.DONE
    return live


def test_unassign_takes_out_what_get_takes(touched: Folder) -> None:
    done = change(touched, "unassign", "line", "--env", "staging", "-m", "Ward 3")
    assert (done["version"], done["already"]) == ("v1.0.1", False)
    after = touched.here("get", "line#staging", "-o", "after")
    assert after.status == Exit.STATE
    assert "`staging` holds no version" in after.err
    again = touched.here("unassign", "line", "--env", "staging")
    assert (again.status, "Already" in again.out) == (Exit.DONE, True)
    found = touched.here("doctor", "--json").json()["findings"]
    marked = {tag for each in found if "does not count" in each["message"] for tag in each["subjects"]}
    assert not marked & {each["name"] for each in done["tags"]}


def test_deregister_refuses_what_get_takes_and_nothing_else(touched: Folder) -> None:
    live = touched.here("deregister", "line@v1.0.1", "-m", "Bad")
    assert live.status == Exit.STATE
    assert "`line@v1.0.1` is live in `staging`" in live.err
    assert "first run `mlgit rollback line --env staging -m REASON`" in live.err
    assert touched.here("deregister", "line@v1.0.0", "-m", "Bad").status == Exit.DONE


def test_the_only_version_that_was_there_is_taken_out_before_it_is_deregistered(staged: Folder) -> None:
    refused = staged.here("deregister", "line@v1.0.0", "-m", "Bad")
    assert "first run `mlgit unassign line --env staging -m REASON`\n" in refused.err
    assert staged.here("unassign", "line", "--env", "staging", "-m", "Bad").status == Exit.DONE
    assert staged.here("deregister", "line@v1.0.0", "-m", "Bad").status == Exit.DONE
