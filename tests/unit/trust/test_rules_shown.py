"""Rules that other tags, git or a record on trunk show, and the reasons where they show nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.stated_time import LAST_DAY
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Brought, Facts, record_of_rules
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import V1, V2, ask, moved, release
from tests.unit.trust.test_rules import DEV, EARLY, FIRST, P7, P8, PROD, STAGED, STEPS, TIGHT

if TYPE_CHECKING:
    from mlgit.core.registry.state import Refusal, TagFact

LATE = moved("m#prod#2", 2, V2, seconds=20, policy=P7)


def why_not(*tags: TagFact, **known: Any) -> str | None:  # noqa: ANN401 (fields of Facts)
    """Why the newest tag of prod does not count."""
    doubt = doubt_of(*tags, **known)
    return None if doubt is None else doubt.why


def doubt_of(*tags: TagFact, **known: Any) -> Refusal | None:  # noqa: ANN401 (fields of Facts)
    every = (V1, V2, *tags)
    facts = Facts(
        names={each.oid: each.tag for each in every},
        foreign=False,
        elsewhere={},
        rules={P7: {"prod": PROD}, P8: TIGHT | {"staging": PROD, "dev": PROD}},
        shows={EARLY.tag: P8, "m#prod#1": P7, "m#prod#2": P7},
        place={P7: 1, P8: 2}.get,
    )
    return accepted_state(replay(every).model("m"), facts._replace(**known)).environment("prod").doubt


V9 = release("m@v9.0.0", 9)._replace(tagged_at_s=15)


@pytest.mark.parametrize(
    ("remote", "deletes"),
    [
        (None, "`git tag -d m@v9.0.0` deletes that"),
        ("up", "`git push up :refs/tags/m@v9.0.0 && git tag -d m@v9.0.0` deletes that for everyone"),
    ],
)
def test_a_release_that_shows_newer_rules_is_to_be_deleted_alone(remote: str | None, deletes: str) -> None:
    doubt = doubt_of(FIRST, V9, LATE, shows={V9.tag: P8, "m#prod#1": P7, "m#prod#2": P7}, remote=remote)
    assert doubt is not None
    start = "if Ada wrote `m#prod#2` before `m@v9.0.0` was there, "
    assert doubt.advice == f"{start}{deletes}; otherwise promote or roll back again"


def test_a_tag_of_the_same_second_does_not_show_newer_rules() -> None:
    assert why_not(FIRST, EARLY, LATE) is not None
    assert why_not(FIRST, EARLY._replace(tagged_at_s=20), LATE) is None


def test_rules_of_another_line_are_not_newer() -> None:
    assert why_not(FIRST, EARLY, LATE, precedes=lambda first, second: (first, second) != (P7, P8)) is None


def test_rules_whose_place_is_not_known_are_not_newer() -> None:
    assert why_not(FIRST, EARLY, LATE, place={P7: 0.5}.get) is None


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({}, f"it was written by the rules of {P7[:7]}, and nothing in Git shows that trunk had them"),
        (
            {"deepen": "git fetch --unshallow"},
            f"whether the rules of {P7[:7]} were trunk's is not known: this clone is shallow",
        ),
        (
            {"elsewhere": {P7: "it may be on trunk"}},
            f"it was written by the rules of {P7[:7]}, which are not trunk's",
        ),
        ({"elsewhere": {P7: "it may be on trunk"}, "deepen": "git fetch"}, "it may be on trunk"),
    ],
)
def test_rules_of_which_git_does_not_show_that_trunk_had_them(known: dict[str, Any], text: str) -> None:
    assert why_not(FIRST, had_rules_of=lambda *_: False, **known) == text


ADVICE = f"if trunk's tip was {commit(9)[:7]} once, `git merge x` records that"
BY_PERSON = Brought(merge="c", tip=commit(9), record="git merge x")


@pytest.mark.parametrize(
    ("tag", "known", "advice"),
    [
        (FIRST, {}, ADVICE),
        (FIRST, {"brought": lambda _: Brought(merge="c")}, None),
        (FIRST, {"brought": lambda _: None}, None),
        (FIRST, {"elsewhere": {P7: "it is not on main"}}, None),
        (FIRST, {"had_rules_of": lambda *_: True}, None),
        (moved("m#prod#1", 1, V1), {}, None),
        (fact("m#prod#1", 1), {}, None),
        (V1, {}, None),
    ],
)
def test_what_records_that_trunk_had_rules(tag: TagFact, known: dict[str, Any], advice: str | None) -> None:
    facts = Facts({}, foreign=False, elsewhere={}, rules={}, had_rules_of=lambda *_: False)
    facts = facts._replace(brought=lambda _: BY_PERSON)
    assert record_of_rules(tag, facts._replace(**known)) == advice


@pytest.mark.parametrize(
    ("seconds", "counts"), [(LAST_DAY, True), (LAST_DAY + 1, True), (LAST_DAY - 1, False)]
)
def test_a_clock_at_the_end_of_time_says_nothing_about_what_came_first(seconds: int, *, counts: bool) -> None:
    staged = STAGED._replace(tagged_at_s=seconds)
    tag = moved("m#prod#1", 1, V1, seconds=7, policy=P7)
    doubt = ask(V1, DEV, staged, tag, rules={P7: STEPS}).environment("prod").doubt
    assert (doubt is None) is counts
