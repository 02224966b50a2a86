"""The same tags give the same state, in whatever order they come and whatever their times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import Registry, in_order, replay
from mlgit.core.registry.semver import Version
from mlgit.core.registry.statement import Builder, ReleaseStatement
from mlgit.core.stated_time import as_time, parse_time, write_time
from tests.support.tags import commit, fact, stated

if TYPE_CHECKING:
    import random

    from mlgit.core.registry.state import EnvironmentState, TagFact


RELEASE = ReleaseStatement(
    model="m",
    version="v1.0.0",
    commit=commit(1),
    tree="d" * 40,
    at="2026-05-03T10:00:00Z",
    builder=Builder(kind="local"),
)


def prod(*facts: TagFact) -> EnvironmentState:
    return replay(facts).model("m").environment("prod")


def signature(registry: Registry) -> object:
    """All values of a registry, in comparable form."""
    return {
        name: (
            [(str(each.version), each.tag, each.deregistered) for each in state.versions],
            {
                env: (each.commit, each.counter, [(c.fact.tag, c.before, c.action) for c in each.changes])
                for env, each in state.environments.items()
            },
            state.deprecated,
        )
        for name, state in registry.models.items()
    }


TAGS = [
    f"{model}{rest}"
    for model in ("m", "n")
    for rest in (
        "@v1.0.0", "@v1.1.0", "@v1.0.0!", "@v2.0.0-rc.1", "@deprecated",
        "#prod#1", "#prod#2", "#prod!#2", "#prod#3", "#prod!#3", "#prod#9", "#prod#10", "#dev#1", "#dev!#2",
    )
]  # fmt: skip
HISTORIES = st.lists(
    st.tuples(st.sampled_from(TAGS), st.integers(0, 3)), unique_by=lambda pair: pair[0], max_size=14
)


@given(
    HISTORIES, st.randoms(use_true_random=False), st.lists(st.integers(0, 2**40), min_size=14, max_size=14)
)
def test_order_and_clock_do_not_matter(
    history: list[tuple[str, int]], shuffler: random.Random, clocks: list[int]
) -> None:
    straight = [fact(tag, at, seconds=number) for number, (tag, at) in enumerate(history)]
    skewed = [fact(tag, at, seconds=clocks[number]) for number, (tag, at) in enumerate(history)]
    shuffler.shuffle(skewed)
    assert signature(replay(straight)) == signature(replay(skewed))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*TAGS, "m#prod", "m#prod!", "m@v1.0.0#3", "m@v1.0.0!#4"]),
            st.integers(0, 3),
            st.integers(0, 5),
        ),
        unique_by=lambda triple: triple[0],
        max_size=14,
    ),
    st.randoms(use_true_random=False),
)
def test_tags_without_counters_also_have_one_order(
    history: list[tuple[str, int, int]], shuffler: random.Random
) -> None:
    facts = [fact(tag, at, seconds=seconds) for tag, at, seconds in history]
    shuffled = list(facts)
    shuffler.shuffle(shuffled)
    assert signature(replay(facts)) == signature(replay(shuffled))


def test_the_tenth_change_follows_the_ninth() -> None:
    assert prod(fact("m#prod#10", 2), fact("m#prod#9", 1)).commit == commit(2)


def test_a_stale_clone_cannot_win_with_a_lower_counter_and_a_later_clock() -> None:
    assert prod(fact("m#prod#3", 3, seconds=10), fact("m#prod#2", 2, seconds=99)).commit == commit(3)


def test_a_pair_under_one_counter_is_one_change() -> None:
    state = prod(fact("m#prod#1", 1), fact("m#prod!#2", 1), fact("m#prod#2", 2))
    assert [each.before for each in state.changes] == [None, commit(1)]
    assert state.commit == commit(2)
    assert state.commit == commit(2)
    assert state.counter == 2


def test_an_unassignment_closes_only_its_own_commit() -> None:
    state = prod(fact("m#prod#1", 1), fact("m#prod#2", 2), fact("m#prod!#3", 1))
    assert state.commit == commit(2)


def test_the_newest_open_assignment_holds() -> None:
    state = prod(fact("m#prod#1", 1), fact("m#prod#2", 2), fact("m#prod!#3", 2))
    assert state.commit == commit(1)
    assert [each.tag for each in state.open_assignments] == ["m#prod#1"]


def test_an_unassignment_before_its_assignment_closes_nothing() -> None:
    assert prod(fact("m#prod!#1", 1), fact("m#prod#2", 1)).commit == commit(1)


def test_an_emptied_environment_keeps_its_counter() -> None:
    state = prod(fact("m#prod#1", 1), fact("m#prod!#2", 1))
    assert (state.commit, state.label, state.version, state.since, state.author) == (None,) * 5
    assert state.counter == 2


def test_a_tag_without_counter_is_sorted_by_its_time() -> None:
    one, two = fact("m#prod#1", 1, seconds=10), fact("m#prod#2", 2, seconds=20)
    assert prod(one, two, fact("m#prod", 3, seconds=30)).commit == commit(3)
    assert prod(one, two, fact("m#prod", 3, seconds=15)).commit == commit(2)
    assert in_order([two, fact("m#prod", 3, seconds=5), one])[0].tag == "m#prod"


def test_a_rejection_counts_even_if_its_clock_was_behind() -> None:
    (version,) = (
        replay([fact("m@v1.0.0", 1, seconds=99), fact("m@v1.0.0!", 1, seconds=1)]).model("m").versions
    )
    assert version.deregistered


def test_a_rejection_without_a_registration_is_not_a_version() -> None:
    assert replay([fact("m@v1.0.0!", 1)]).model("m").versions == ()
    assert replay([fact("m@v1.0.0!#1", 1), fact("m@v1.0.0!#2", 1)]).model("m").versions == ()


@pytest.mark.parametrize("later", ["m@v1.0.0#3", "m@v1.0.0#1"])
@pytest.mark.parametrize("first", ["m@v1.0.0", "m@v1.0.0#1"])
def test_the_first_registration_of_a_version_stays_and_so_does_its_rejection(first: str, later: str) -> None:
    facts = [fact(first, 1, seconds=9), fact("m@v1.0.0!#2", 1), fact(later, 2)]
    if first == later:
        return
    (version,) = replay(facts).model("m").versions
    assert version.deregistered
    assert version.commit == commit(1)


def test_versions_ascend_and_latest_skips_pre_releases_and_rejected_ones() -> None:
    state = replay(
        [
            fact("m@v1.10.0", 3),
            fact("m@v1.9.0", 2),
            fact("m@v2.0.0-rc.1", 4),
            fact("m@v1.11.0", 5),
            fact("m@v1.11.0!", 5),
        ]
    ).model("m")
    assert [str(each.version) for each in state.versions] == ["v1.9.0", "v1.10.0", "v1.11.0", "v2.0.0-rc.1"]
    assert state.latest is not None
    assert str(state.latest.version) == "v1.10.0"


def test_an_environment_on_a_commit_without_version_says_so() -> None:
    state = prod(fact("m#prod#1", 7))
    assert state.version is None
    assert state.label == "unregistered (0000000)"


def test_the_statement_decides_between_two_versions_on_one_commit_or_the_higher_wins() -> None:
    facts = [fact("m@v1.0.0", 1), fact("m@v1.1.0", 1)]
    assert prod(*facts, fact("m#prod#1", 1)).label == "v1.1.0"
    statement = stated("promote", "2026-01-01T00:00:00Z", version="v1.0.0")
    assert prod(*facts, fact("m#prod#1", 1, message=statement)).label == "v1.0.0"


def test_a_rollback_holds_until_the_next_promotion() -> None:
    rolled = stated("rollback", "2026-05-03T10:00:00Z")
    facts = [fact("m#prod#1", 1), fact("m#prod!#2", 1), fact("m#prod#2", 2, message=rolled)]
    state = prod(*facts)
    assert state.held
    assert state.changes[-1].action == "rollback"
    assert state.since == datetime(2026, 5, 3, 10, tzinfo=UTC)
    assert not prod(*facts, fact("m#prod!#3", 2), fact("m#prod#3", 3)).held


def test_an_unassignment_has_the_action_unassign() -> None:
    state = prod(fact("m#prod#1", 1), fact("m#prod!#2", 1), fact("m#prod#3", 2))
    assert [each.action for each in state.changes] == ["promote", "unassign", "promote"]
    assert [each.fact.tag for each in state.changes] == ["m#prod#1", "m#prod!#2", "m#prod#3"]


def test_a_version_is_registered_by_its_tagger_when_the_statement_says() -> None:
    message = write_message("Release", "", RELEASE)
    (version,) = replay([fact("m@v1.0.0", 1, seconds=99, message=message)]).model("m").versions
    assert (version.author, version.registered_at) == ("Ada", datetime(2026, 5, 3, 10, tzinfo=UTC))
    assert version.statement == RELEASE


@pytest.mark.parametrize("message", ["Registering artifact m version v1.0.0", stated("promote")])
def test_a_version_whose_tag_states_no_release_has_no_statement(message: str) -> None:
    (version,) = replay([fact("m@v1.0.0", 1, message=message)]).model("m").versions
    assert version.statement is None


@pytest.mark.parametrize(
    "other",
    [replace(RELEASE, model="n"), replace(RELEASE, version="v2.0.0"), replace(RELEASE, commit=commit(2))],
)
def test_a_statement_about_another_release_is_not_this_versions(other: ReleaseStatement) -> None:
    copied = fact("m@v1.0.0", 1, message=write_message("Release", "", other))
    (version,) = replay([copied]).model("m").versions
    assert version.statement is None


def test_the_versions_of_a_commit_ascend() -> None:
    state = replay([fact("m@v1.10.0", 1), fact("m@v1.9.0", 1), fact("m@v2.0.0", 2)]).model("m")
    assert [str(each.version) for each in state.at_commit(commit(1))] == ["v1.9.0", "v1.10.0"]
    assert state.at_commit(commit(3)) == ()


def test_unknown_models_and_environments_are_empty() -> None:
    state = Registry().model("m")
    assert state.versions == ()
    assert state.latest is None
    assert state.environment("prod").commit is None
    assert not state.environment("prod").held
    assert state.find(Version(1, 0, 0)) is None


@pytest.mark.parametrize("seconds", [-5, 0, 1, 2**31, 2**62])
def test_any_clock_becomes_a_time(seconds: int) -> None:
    time = as_time(seconds)
    assert parse_time(write_time(time)) == time


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01"])
def test_a_text_that_is_not_a_time_is_not_parsed(text: str) -> None:
    assert parse_time(text) is None


class Counted(str):
    """A commit id that counts how often it is compared or hashed."""

    __slots__ = ()
    looks = 0

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__ne__(other)

    def __hash__(self) -> int:
        Counted.looks += 1
        return super().__hash__()


def looks_at_commits(turns: int) -> int:
    """The number of looks at commits if `turns` promotions stay open and all are closed at the end."""
    facts = [fact(f"m@v1.{n}.0", n) for n in range(turns)]
    facts += [fact(f"m#prod#{n + 1}", n) for n in range(turns)]
    facts += [fact(f"m#prod!#{turns + n + 1}", n) for n in range(turns)]
    Counted.looks = 0
    state = replay(each._replace(commit=Counted(each.commit)) for each in facts).model("m")
    assert state.environment("prod").open_assignments == ()
    return Counted.looks


def test_the_work_grows_with_the_tags_and_not_faster() -> None:
    assert looks_at_commits(400) <= 5 * looks_at_commits(100)


def test_closed_assignments_are_removed_from_among_open_ones() -> None:
    facts = [fact(f"m#prod#{n + 1}", n % 5) for n in range(20)]
    facts += [fact("m#prod!#21", 4), fact("m#prod!#22", 2), fact("m#prod#23", 4)]
    here = prod(*facts)
    assert [each.name.counter for each in here.open_assignments] == [
        n + 1 for n in range(20) if n % 5 not in {4, 2}
    ] + [23]
    assert here.changes[-1].before == commit(3)
    assert here.commit == commit(4)


def test_an_environment_that_is_emptied_after_a_rollback_stays_held() -> None:
    back = fact("m#prod#2", 1, message=stated("rollback"))
    rolled = (fact("m@v1.0.0", 1), fact("m#prod#1", 1), back)
    for facts in (rolled, (*rolled, fact("m#prod!#3", 1))):
        assert replay(facts).model("m").environment("prod").held


def test_a_model_without_tags_is_not_deprecated_and_has_no_newest_tag() -> None:
    found = replay(()).model("m")
    assert (found.deprecated, found.newest_tag_s) == (False, 0)
