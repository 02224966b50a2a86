"""Numbers: which counter and version the next tag takes where tags that do not count are in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.registry.semver import propose
from mlgit.core.registry.tags import name_in_the_way, parse_tag
from mlgit.core.release.numbers import numbers_in_use
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import fact
from tests.unit.trust.test_accept import FIRST, V1, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState

IN_THE_WAY = "Git can have no tag of that name beside it"


def accepted(*tags: str, ignored: tuple[str, ...] = (), why: str = IN_THE_WAY) -> ModelState:
    """The model with v1.0.0 in prod, plain tags of these names, and others that are not read."""
    facts = [V1, FIRST, *(fact(tag, 1) for tag in tags)]
    known = Facts({each.oid: each.tag for each in facts}, False, {}, {})  # noqa: FBT003
    return accepted_state(replay(facts, dict.fromkeys(ignored, why)).model("m"), known)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("m#prod#3/x", "m#prod#3"),
        ("m#prod!#3/x/y", "m#prod!#3"),
        ("m@v1.0.2/x", "m@v1.0.2"),
        ("m@v1.0.2!/x", "m@v1.0.2!"),
        ("a/b#eu/prod#3/x", "a/b#eu/prod#3"),
        ("m#eu/prod#3", None),
        ("m#prod#3", None),
        ("m#prod/x.y", None),
        ("m/x", None),
        ("m#prod#03/x", None),
    ],
)
def test_a_tag_with_a_folder_of_a_name_is_in_its_way(text: str, name: str | None) -> None:
    assert name_in_the_way(text) == (None if name is None else parse_tag(name))


@pytest.mark.parametrize(
    ("tags", "ignored", "counter"),
    [
        ((), (), 1),
        (("m#prod#7",), (), 7),
        ((), ("m#prod#3/x",), 3),
        ((), ("m#prod!#3/x", "m#prod#4/x/y", "m#dev#9/x"), 4),
        (("m#prod#999999999999999",), (), 1),
        (("m#prod#999999999999999", "m#prod#5"), ("m#prod#888888888888/x",), 5),
    ],
)
def test_the_next_counter_passes_over_names_that_cannot_be_used_but_not_over_absurd_ones(
    tags: tuple[str, ...], ignored: tuple[str, ...], counter: int
) -> None:
    assert accepted(*tags, ignored=ignored).environment("prod").counter == counter


def test_a_name_in_the_way_counts_in_an_environment_without_tags() -> None:
    assert accepted(ignored=("m#dev#4/x",)).environment("dev").counter == 4
    assert accepted(ignored=("m#dev#4/x",)).environment("dev").doubt is None


def test_the_next_version_passes_over_a_name_that_cannot_be_used() -> None:
    for ignored in ("m@v1.0.1/x", "m@v1.0.1!/x"):
        released, taken = numbers_in_use(accepted(ignored=(ignored,)))
        assert str(propose(released, taken=taken)) == "v1.0.2"


@pytest.mark.parametrize("tag", ["m#prod#9", "m#prod#999999999999999"])
def test_a_tag_that_does_not_count_hides_no_newer_one_that_became_lightweight(tag: str) -> None:
    state = accepted(tag, ignored=("m#prod#2",), why="it is lightweight")
    doubt = state.environment("prod").doubt
    assert doubt is not None
    assert doubt.fact.tag == "m#prod#2"


def test_a_counter_of_a_tag_that_counts_is_followed_whatever_it_is() -> None:
    high = moved("m#prod#999999999999", 1, V1, seconds=20)
    known = Facts({each.oid: each.tag for each in (V1, FIRST, high)}, False, {}, {})  # noqa: FBT003
    state = accepted_state(replay([V1, FIRST, high]).model("m"), known)
    assert state.environment("prod").counter == 999_999_999_999
