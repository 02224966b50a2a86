"""Entries of models, versions and environments as commands print them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.entries import environment_entry, model_entry, order_environments, version_entry
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import ModelState
from tests.support.tags import commit, fact, stated

NAMES = st.lists(st.sampled_from("abcdef"), max_size=6)
STATE = replay(
    [
        fact("m@v1.0.0", 1, seconds=100),
        fact("m@v1.1.0", 2, seconds=200),
        fact("m@v1.2.0", 3, seconds=300),
        fact("m@v1.2.0!", 3, seconds=400),
        fact("m#prod#1", 1, seconds=500),
        fact("m#dev#1", 2, seconds=600),
        fact("m#old#1", 9, seconds=700),
        fact("m#empty#1", 1, seconds=800),
        fact("m#empty!#2", 1, seconds=900),
    ]
).model("m")


def test_a_version_entry_has_its_tag_and_current_environments() -> None:
    entry = version_entry(STATE, STATE.versions[0])
    assert (entry.version, entry.tag, entry.commit) == ("v1.0.0", "m@v1.0.0", commit(1))
    assert (entry.author, entry.registered_at) == ("Ada", datetime(1970, 1, 1, 0, 1, 40, tzinfo=UTC))
    assert entry.oid == STATE.versions[0].fact.oid
    assert entry.environments == ("prod",)
    assert not entry.deregistered


def test_a_rejected_version_is_marked_as_deregistered() -> None:
    entry = version_entry(STATE, STATE.versions[2])
    assert entry.deregistered
    assert entry.environments == ()


def test_only_the_stated_one_of_two_versions_on_one_commit_is_in_the_environment() -> None:
    promotion = fact("m#prod#1", 1, message=stated("promote", version="v1.0.0"))
    state = replay([fact("m@v1.0.0", 1), fact("m@v1.1.0", 1), promotion]).model("m")
    assert [version_entry(state, each).environments for each in state.versions] == [("prod",), ()]


def test_an_environment_entry_has_its_version_and_since_when() -> None:
    entry = environment_entry(STATE.environment("prod"), declared=True)
    assert (entry.environment, entry.declared, entry.held) == ("prod", True, False)
    assert (entry.label, entry.version, entry.commit) == ("v1.0.0", "v1.0.0", commit(1))
    assert (entry.since, entry.author) == (datetime(1970, 1, 1, 0, 8, 20, tzinfo=UTC), "Ada")


def test_a_commit_without_version_has_a_label_and_no_version() -> None:
    entry = environment_entry(STATE.environment("old"), declared=False)
    assert (entry.label, entry.version, entry.commit) == ("unregistered (0000000)", None, commit(9))


@pytest.mark.parametrize("name", ["empty", "never"])
def test_an_empty_environment_holds_nothing(name: str) -> None:
    entry = environment_entry(STATE.environment(name), declared=True)
    assert (entry.label, entry.version, entry.commit, entry.since, entry.author) == (None,) * 5


def test_a_rolled_back_environment_is_held() -> None:
    rollback = fact("m#prod#2", 1, message=stated("rollback"))
    state = replay([fact("m@v1.0.0", 1), fact("m#prod#1", 2), fact("m#prod!#2", 2), rollback]).model("m")
    assert environment_entry(state.environment("prod"), declared=True).held


def test_a_model_counts_usable_versions_and_lists_declared_environments_first() -> None:
    entry = model_entry(STATE, {"m": "m.onnx"}, ("staging", "prod"))
    assert (entry.name, entry.path, entry.declared, entry.deprecated) == ("m", "m.onnx", True, False)
    assert entry.versions == 2
    assert entry.latest is not None
    assert entry.latest.version == "v1.1.0"
    assert [(each.environment, each.declared) for each in entry.environments] == [
        ("staging", True),
        ("prod", True),
        ("dev", False),
        ("empty", False),
        ("old", False),
    ]


def test_a_model_without_tags_has_no_latest_version() -> None:
    entry = model_entry(ModelState(name="m"), {"m": None}, ())
    assert (entry.versions, entry.latest, entry.environments) == (0, None, ())


@given(NAMES, NAMES)
def test_each_environment_appears_once_and_declared_ones_keep_their_order(
    declared: list[str], found: list[str]
) -> None:
    ordered = order_environments(declared, found)
    first = list(dict.fromkeys(declared))
    assert list(ordered[: len(first)]) == first
    assert list(ordered[len(first) :]) == sorted(set(found) - set(declared))
