"""Registrations with a counter: they replace no release, take no rejection back, and leave nothing open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.trust.kept import by_all_tags
from mlgit.core.trust.marks import Marks
from mlgit.core.trust.newest_release import doubtful_refusal
from tests.support.tags import fact
from tests.unit.trust.test_accept import AT, NO_STATEMENT, OFF, V1, V2, ask, moved, rejection, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

COUNTED = "it has a counter after its version, which mlgit never writes"
AGAIN = {
    "by mlgit": release("m@v2.0.0#3", 2, states="v2.0.0"),
    "on another commit": release("m@v2.0.0#3", 1, states="v2.0.0"),
    "by another tool": fact("m@v2.0.0#3", 2),
    "dated before it": fact("m@v2.0.0#3", 2, seconds=-9),
}


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("tag", AGAIN.values(), ids=AGAIN)
def test_no_tag_replaces_a_release_or_takes_its_rejection_back(tag: TagFact, *, foreign: bool) -> None:
    (first, second) = ask(V1, V2, tag, foreign=foreign).versions
    assert (first.tag, second.tag, second.commit) == (V1.tag, V2.tag, V2.commit)
    for more in ((), (fact("m@v2.0.0!#1", 2),)):
        state = ask(V1, V2, rejection(V2), tag, *more, foreign=foreign)
        assert state.versions[-1].withdrawn
        assert state.latest is not None
        assert state.latest.tag == V1.tag
        assert doubtful_refusal(state) is None


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (V2, release("m@v2.0.0#1", 1, states="v2.0.0"), COUNTED),
        (V2, fact("m@v2.0.0#1", 1), "`m@v2.0.0` registers that version already"),
        (fact("m@v2.0.0", 9), fact("m@v2.0.0#1", 2), "`m@v2.0.0` registers that version already"),
        (fact("m@v2.0.0#1", 2), fact("m@v2.0.0#3", 1), "`m@v2.0.0#1` registers that version already"),
    ],
)
def test_where_foreign_tags_count_the_second_registration_is_refused_and_named(
    first: TagFact, second: TagFact, why: str
) -> None:
    refused = {each.fact.tag: each.why for each in ask(first, second, foreign=True, off=(9,)).refused}
    assert refused == {second.tag: why} | ({first.tag: OFF} if first.commit.endswith("9") else {})
    if second.name.counter == 1:
        assert {each.fact.tag: each.why for each in ask(first, second, off=(9,)).refused}[second.tag] in {
            NO_STATEMENT,
            COUNTED,
        }
    raw = replay([first, second]).model("m")
    assert second.message().startswith("Release") or Marks(raw, foreign=True).why(second) == why


def test_a_lightweight_release_is_not_replaced_either() -> None:
    raw = replay([fact("m@v2.0.0#1", 2)], {"m@v2.0.0": "it is lightweight"}).model("m")
    assert Marks(raw, foreign=True).why(raw.facts[0]) == "`m@v2.0.0` registers that version already"


def test_a_rejection_with_a_counter_does_not_count() -> None:
    tag = fact("m@v2.0.0!#1", 2, message=rejection(V2).message())
    assert {each.fact.tag: each.why for each in ask(V1, V2, tag, foreign=True).refused} == {tag.tag: COUNTED}


SAME = release("m@v3.0.0", 2)
LIVE = moved("m#prod#1", 2, SAME, seconds=10)
REJECTED = "its commit is `m@v2.0.0`, which Ada deregistered"
PLAIN = fact("m@v2.0.0!", 2)


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ((V2, SAME, rejection(V2)), {SAME.tag: REJECTED}),
        ((V2, SAME, rejection(V2), fact("m@v3.0.0!", 2)), {SAME.tag: REJECTED, "m@v3.0.0!": NO_STATEMENT}),
        (
            (V2, SAME, rejection(V2), LIVE),
            {SAME.tag: REJECTED, LIVE.tag: f"its release `m@v3.0.0` does not count: {REJECTED}"},
        ),
        ((V2, SAME, rejection(V2), rejection(SAME)), {}),
        ((V2, SAME, PLAIN), {PLAIN.tag: NO_STATEMENT}),
        ((fact("m@v2.0.0", 2), SAME, PLAIN), {"m@v2.0.0": NO_STATEMENT, PLAIN.tag: NO_STATEMENT}),
        ((V2, SAME), {}),
        ((V2, release("m@v3.0.0", 1), rejection(V2)), {}),
    ],
    ids=[
        *("another number", "with a rejection by hand", "in an environment", "both are rejected"),
        *("the rejection does not count", "nor what it rejects", "nothing is rejected", "another commit"),
    ],
)
def test_a_rejected_commit_does_not_come_back_under_another_number(
    tags: tuple[TagFact, ...], why: dict[str, str]
) -> None:
    assert {each.fact.tag: each.why for each in ask(*tags).refused} == why
    seen = [tag._replace(flaw=NO_STATEMENT if not tag.message() else None) for tag in tags]
    marks = Marks(replay(seen).model("m"), foreign=False)
    found = {each.tag: marks.why(each) for each in seen if each.name.environment is None}
    assert {tag: one for tag, one in found.items() if one} == {
        tag: one for tag, one in why.items() if "#" not in tag
    }


LATER, BEFORE = "2026-05-03T12:00:01Z", "2026-05-03T11:59:59Z"
OTHER = release("m@v2.0.0-rc.1", 2)


def named(tag: str, version: TagFact, *, at: str = AT) -> TagFact:
    """An assignment, written at a time, that names a release."""
    found = moved(tag, 2, version, seconds=10)
    message = found.message().replace(AT, at)
    return found._replace(release=version.oid, read=lambda _: message)


@pytest.mark.parametrize(
    "other", [OTHER, SAME, release("m@v1.5.0", 2)], ids=lambda each: str(each.name.version)
)
@pytest.mark.parametrize(
    ("moves", "counts"),
    [
        ([("m#prod#1", 0, BEFORE)], True),
        ([("m#prod#1", 0, AT)], True),
        ([("m#prod#1", 0, LATER)], False),
        ([("m#prod#1", 1, BEFORE)], False),
        ([("m#prod#1", 0, BEFORE), ("m#prod#2", 1, BEFORE)], False),
        ([("m#dev#1", 0, LATER), ("m#prod#1", 0, BEFORE)], True),
        ([], False),
    ],
    ids=["before", "at once", "later", "the other one", "both", "also before", "never"],
)
def test_what_was_in_an_environment_stays_when_another_number_of_its_commit_is_rejected(
    other: TagFact, moves: list[tuple[str, int, str]], *, counts: bool
) -> None:
    """Anyone who may push tags can register a commit under another number, and reject that."""
    assignments = [named(tag, (V2, other)[which], at=at) for tag, which, at in moves]
    tags = (V2, other, rejection(other), *assignments)
    state = ask(*tags, remote="origin")
    why = f"its commit is `{other.tag}`, which Ada deregistered"
    refused = {each.fact.tag: each for each in state.refused}
    assert (V2.tag not in refused) is counts
    assert (Marks(replay(tags).model("m"), foreign=False).why(V2) is None) is counts
    environment = state.environment("prod")
    if counts:
        assert (environment.label, state.latest and state.latest.tag) == ("v2.0.0", V2.tag)
        return
    found = refused[V2.tag]
    assert found.why == why
    assert f"if `{other.tag}` is the mistake, `git push origin :refs/tags/{other.tag}" in (found.advice or "")
    named_too = any(which == 0 for _, which, _ in moves)
    assert (f":refs/tags/{V2.tag} " not in (found.advice or "")) is named_too


def test_a_label_is_never_another_number_than_the_stated_one() -> None:
    tags = (OTHER, named("m#prod#1", V2))
    assert replay(tags).model("m").environment("prod").label == f"unregistered ({V2.commit[:7]})"
    assert replay((V2, *tags)).model("m").environment("prod").label == "v2.0.0"
    assert replay((V2, OTHER, fact("m#prod#1", 2))).model("m").environment("prod").label == "v2.0.0"


def test_going_back_shows_what_an_environment_holds_by_all_of_its_tags() -> None:
    tags = (V1, V2, OTHER, rejection(OTHER), named("m#prod#1", V2, at=LATER))
    counting, raw = ask(*tags).environment("prod"), replay(tags).model("m").environment("prod")
    assert counting.doubt is not None
    assert by_all_tags(raw, counting).label == "v2.0.0"
