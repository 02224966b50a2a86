"""Releases that have another object or commit now, with the command that puts them back or starts over."""

from __future__ import annotations

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import Refusal
from mlgit.core.registry.statement import TagPointer
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.moved import REWRITTEN, rewritten, that_name_what_is_here
from mlgit.core.trust.rules import Facts
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, PAIR, V1, V2, moved, rejection

NAMED = TagPointer(tag="m@v2.0.0", oid="e" * 40)
PUT = f"git update-ref refs/tags/m@v2.0.0 {'e' * 40}"


def facts(remote: str | None = "origin", *, here: bool = True) -> Facts:
    return Facts(
        {}, foreign=False, elsewhere={}, rules={}, remote=remote, has=lambda _: here, fetch="git fetch"
    )


@pytest.mark.parametrize(
    ("known", "is_moved", "repair", "advice"),
    [
        (facts(), True, f"{PUT} && git push --force origin refs/tags/m@v2.0.0", None),
        (facts(None), True, PUT, None),
        (
            facts(),
            False,
            None,
            (
                "run `git fetch`; if the tag is still lightweight, "
                f"`{PUT} && git push --force origin refs/tags/m@v2.0.0` puts it back"
            ),
        ),
        (
            facts(here=False),
            True,
            None,
            (
                f"this clone lacks the release's object {'e' * 7}; in a clone that has it, "
                f"run `git push --force origin {'e' * 40}:refs/tags/m@v2.0.0`"
            ),
        ),
        (
            facts(None, here=False),
            False,
            None,
            (
                "run `git fetch`; if the tag is still lightweight, this clone lacks the release's object "
                f"{'e' * 7}; in a clone that has it, "
                f"run `git push --force REMOTE {'e' * 40}:refs/tags/m@v2.0.0`"
            ),
        ),
    ],
)
def test_a_release_is_put_back_under_its_name(
    known: Facts, *, is_moved: bool, repair: str | None, advice: str | None
) -> None:
    tag = moved("m#prod#1", 2, V2, oid=NAMED.oid)
    tags = (V2, tag) if is_moved else (tag,)
    raw = replay(tags, {} if is_moved else {V2.tag: "it is lightweight"}).model("m")
    state = accepted_state(raw, known._replace(names={each.oid: each.tag for each in tags}))
    (found,) = state.refused
    assert (found.repair, found.advice) == (repair, advice)
    assert found.missing is not is_moved


def test_the_tags_that_name_the_release_which_is_there_are_witnesses() -> None:
    wrong = moved("m#prod#3", 2, V2, oid="e" * 40)
    raw = replay((V1, V2, FIRST, *PAIR, wrong, rejection(V1))).model("m")
    found = that_name_what_is_here(wrong, NAMED, raw, {})
    assert found == ["m#prod!#2", "m#prod#2"]
    refused = {"m#prod#2": Refusal(PAIR[1], "no")}
    assert that_name_what_is_here(wrong, NAMED, raw, refused) == ["m#prod!#2"]
    assert that_name_what_is_here(PAIR[1], TagPointer(tag=V2.tag, oid=V2.oid), raw, {}) == []
    assert that_name_what_is_here(wrong, TagPointer(tag="m@v9.0.0", oid="e" * 40), raw, {}) == []


FILTERED = tuple(each._replace(commit=commit(int(each.commit, 16) + 100)) for each in (V1, V2))
OVER = "git tag -d $(git tag -l 'm@*' 'm#*')"


@pytest.mark.parametrize(
    ("tags", "here", "is_rewritten"),
    [
        (FILTERED, False, True),
        ((*FILTERED, FIRST), False, True),
        # what the releases name is still here, or one of them is as it was, or of another tool
        (FILTERED, True, False),
        ((V1, FILTERED[1]), False, False),
        ((FILTERED[0], fact("m@v2.0.0", 102)), False, False),
        ((FIRST,), False, False),
    ],
)
def test_a_history_that_was_filtered_is_started_over(
    tags: tuple[object, ...], *, here: bool, is_rewritten: bool
) -> None:
    raw = replay(tags).model("m")  # type: ignore[arg-type]
    refused = {each.tag: Refusal(each, "no", repair="x", missing=True) for each in raw.facts}
    found = rewritten(raw, refused, facts(here=here))
    assert found.keys() == (refused.keys() if is_rewritten else set())
    for each in found.values():
        assert (each.why, each.repair, each.missing) == (REWRITTEN, None, False)
        there = "git push origin $(git tag -l --format=':%(refname)' 'm@*' 'm#*')"
        text = f"if that was meant, `{there} && {OVER}` deletes all tags of `m` for everyone; "
        assert each.advice == f"{text}then run `mlgit release m` and promote it"


def test_what_other_tools_wrote_and_what_counts_is_not_started_over() -> None:
    raw = replay((*FILTERED, FIRST)).model("m")
    refused = {each.tag: Refusal(each, "no", foreign=each.tag == FIRST.tag) for each in raw.facts}
    assert rewritten(raw, refused, facts(here=False)).keys() == {each.tag for each in FILTERED}
    (one,) = {each.advice for each in rewritten(raw, refused, facts(None, here=False)).values()}
    assert (
        one
        == f"if that was meant, `{OVER}` deletes all tags of `m`; then run `mlgit release m` and promote it"
    )
    del refused[FILTERED[0].tag]
    assert rewritten(raw, refused, facts(here=False)) == {}


@pytest.mark.parametrize(
    ("seconds", "newest"), [(10, 10), (100 + 2 * 86_400, 100 + 2 * 86_400), (101 + 2 * 86_400, 5)]
)
def test_a_tag_that_does_not_count_dates_the_next_one_unless_it_is_far_ahead(
    seconds: int, newest: int
) -> None:
    late = fact("m#prod#2", 1, seconds=seconds)
    known = facts()._replace(names={}, now_s=100)
    state = accepted_state(replay((V1._replace(tagged_at_s=5), late)).model("m"), known)
    assert state.newest_tag_s == newest


@pytest.mark.parametrize(
    ("tag", "counter"),
    [
        ("m#prod#7", 7),
        (f"m#prod#{10**9 - 1}", 10**9 - 1),
        (f"m#prod#{10**9}", 1),
        ("m#prod", 1),
        ("m@v9.0.0", 1),
    ],
)
def test_a_number_that_is_taken_is_not_used_again_unless_it_is_absurd(tag: str, counter: int) -> None:
    names = {each.oid: each.tag for each in (V1, FIRST)}
    state = accepted_state(replay((V1, FIRST, fact(tag, 1))).model("m"), facts()._replace(names=names))
    assert state.environment("prod").counter == counter


@pytest.mark.parametrize(("tag", "counter"), [("m#prod", 0), ("m#prod#3", 3), ("m#staging#3", 0)])
def test_an_environment_without_a_tag_that_counts_continues_after_the_numbers_of_others(
    tag: str, counter: int
) -> None:
    known = facts()._replace(names={V1.oid: V1.tag})
    state = accepted_state(replay((V1, fact(tag, 1))).model("m"), known)
    assert state.environment("prod").counter == counter


def test_a_release_that_does_not_count_takes_the_number_of_no_environment() -> None:
    known = facts()._replace(names={V1.oid: V1.tag})
    state = accepted_state(replay((V1, fact("m@v1.0.0#7", 1))).model("m"), known)
    assert list(state.environments) == []


def test_a_tag_that_counts_dates_the_next_one_however_far_ahead_it_is() -> None:
    ahead = V1._replace(tagged_at_s=10**9)
    known = facts()._replace(names={V1.oid: V1.tag}, now_s=100)
    assert accepted_state(replay((ahead,)).model("m"), known).newest_tag_s == 10**9


def test_a_tag_without_a_number_that_counts_takes_none() -> None:
    plain = fact("m#prod", 1)
    known = facts()._replace(names={each.oid: each.tag for each in (V1, plain)}, foreign=True)
    here = accepted_state(replay((V1, plain)).model("m"), known).environment("prod")
    assert (here.label, here.counter) == ("v1.0.0", 0)
