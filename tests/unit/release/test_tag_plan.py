"""Tag plans: the tag of a release."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlgit.adapters.git.tags.objects import parse_header, tag_content
from mlgit.core.registry.message import human_part, parse_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.semver import Version
from mlgit.core.registry.statement import Builder, ReleaseStatement
from mlgit.core.release.tag_plan import Move, plan_assignment, plan_release
from mlgit.core.stated_time import LAST_DAY, as_time
from tests.support.tags import commit, fact

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
STATE = replay([fact("d:m@v1.0.0".replace(":", "="), 1)]).model("d:m")
STATEMENT = ReleaseStatement(
    model="d:m",
    version="v1.1.0",
    commit=commit(2),
    tree="d" * 40,
    at="2026-05-03T12:00:00Z",
    metrics={"m.json:auc": "0.9", "m.json:f1": "0.8"},
    builder=Builder(kind="local"),
)


@pytest.mark.parametrize("text", ["Better on small tumours", "", None])
def test_a_release_is_one_tag_on_the_stated_commit_with_its_numbers(text: str | None) -> None:
    (tag,) = plan_release(STATE, STATEMENT, Version(1, 1, 0), now=NOW, text=text)
    assert (str(tag.name), tag.commit, tag.at_s) == ("d=m@v1.1.0", commit(2), int(NOW.timestamp()))
    assert parse_message(tag.message) == STATEMENT
    subject, _, paragraph = human_part(tag.message).partition("\n\n")
    assert subject == "Release d:m v1.1.0"
    assert paragraph.splitlines() == [*([text] if text else []), "m.json:auc = 0.9", "m.json:f1 = 0.8"]


def test_a_release_is_dated_after_the_newest_tag_of_its_model() -> None:
    late = int(NOW.timestamp()) + 1000
    state = replay([fact("m@v1.0.0", 1, seconds=late)]).model("m")
    (tag,) = plan_release(state, STATEMENT, Version(1, 1, 0), now=NOW, text=None)
    assert tag.at_s == late + 1
    statement = parse_message(tag.message)
    assert statement is not None
    assert statement.at == "2026-05-03T12:00:00Z"


@pytest.mark.parametrize("clock", [LAST_DAY, 253_402_300_799, 999_999_999_999_998, 999_999_999_999_999])
def test_no_tag_is_dated_so_late_that_it_cannot_be_read(clock: int) -> None:
    state = replay([fact("m@v1.0.0", 1, seconds=clock), fact("m#prod#1", 1)]).model("m")
    plan = plan_release(state, STATEMENT, Version(1, 1, 0), now=NOW, text=None)
    (version,) = state.versions
    plan += plan_assignment(state, state.environment("prod"), version, Move(action="promote", now=NOW))
    for tag in plan:
        content = tag_content(tag="m", commit=tag.commit, tagger="A <a@b>", at_s=tag.at_s, message="x\n")
        header = parse_header(content)
        assert header is not None
        assert header.tagged_at_s == tag.at_s
        assert int(as_time(tag.at_s).timestamp()) == tag.at_s
