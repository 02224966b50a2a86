"""Clocks: a date that someone chose neither dates later tags nor decides what was there before."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.replay import replay
from mlgit.core.stated_time import LAST_DAY
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, V1, V2, ask, moved, release

NOW = 1_000_000
DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "newest"),
    [(NOW - 9, NOW - 9), (NOW + DAY, NOW + DAY), (NOW + 3 * DAY, 10), (999_999_999_999_999, 10)],
)
def test_a_tag_that_does_not_count_dates_no_other_if_its_clock_was_far_ahead(
    seconds: int, newest: int
) -> None:
    tags = [V1, FIRST, fact("m#other#1", 1, seconds=seconds)]
    facts = Facts({each.oid: each.tag for each in tags}, False, {}, {}, now_s=NOW)  # noqa: FBT003
    assert accepted_state(replay(tags).model("m"), facts).newest_tag_s == newest
    assert accepted_state(replay(tags).model("m"), facts._replace(foreign=True)).newest_tag_s == max(
        seconds, newest
    )


def test_a_release_that_counts_dates_the_next_tag_whatever_its_clock() -> None:
    tags = [release("m@v1.0.0", 1, seconds=NOW + 9 * DAY)]
    facts = Facts({each.oid: each.tag for each in tags}, False, {}, {}, now_s=NOW)  # noqa: FBT003
    assert accepted_state(replay(tags).model("m"), facts).newest_tag_s == NOW + 9 * DAY


@pytest.mark.parametrize("late", [LAST_DAY, LAST_DAY + 1, 999_999_999_999_999])
def test_at_the_end_of_time_a_version_may_go_on_to_the_next_environment(late: int) -> None:
    policy = commit(7)
    staged = moved("m#staging#1", 2, V2, seconds=late)
    tag = moved("m#prod#2", 2, V2, seconds=LAST_DAY, policy=policy)
    rules = {policy: {"prod": Environment(name="prod", source="staging")}}
    assert ask(V1, V2, FIRST, staged, tag, rules=rules).environment("prod").doubt is None
