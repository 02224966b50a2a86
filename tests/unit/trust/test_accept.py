"""Accept: a table of the tags that do not count, and of what an environment then holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    GateOutcome,
    RejectionStatement,
    ReleaseStatement,
    TagPointer,
)
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import commit, fact

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.registry.statement import EnvironmentAction

AT = "2026-05-03T12:00:00Z"


def release(tag: str, at: int, *, seconds: int = 0, states: str | None = None) -> TagFact:
    """A release by mlgit; `states` is the version that it states."""
    statement = ReleaseStatement(
        model="m",
        version=states or tag.partition("@")[2],
        commit=commit(at),
        tree=commit(0),
        at=AT,
        builder=Builder(kind="local"),
    )
    return fact(tag, at, seconds=seconds, message=write_message("Release", "", statement))


def moved(
    tag: str,
    at: int,
    version: TagFact | None,
    *,
    action: EnvironmentAction = "promote",
    seconds: int = 0,
    policy: str | None = None,
    oid: str | None = None,
    gates: tuple[GateOutcome, ...] = (),
) -> TagFact:
    """A tag of an environment by mlgit."""
    name = fact(tag, at).name
    pointer = None if version is None else TagPointer(tag=version.tag, oid=oid or version.oid)
    statement = EnvironmentStatement(
        model="m",
        environment=str(name.environment),
        sequence=name.counter or 0,
        action=action,
        at=AT,
        version=None if version is None else str(version.name.version),
        release=pointer,
        policy=policy,
        gates=gates,
    )
    return fact(tag, at, seconds=seconds, message=write_message("Move", "", statement))


def rejection(version: TagFact, *, at: int | None = None, states: str | None = None) -> TagFact:
    """A rejection by mlgit."""
    statement = RejectionStatement(
        model="m",
        version=states or str(version.name.version),
        release=TagPointer(tag=version.tag, oid=version.oid),
        at=AT,
    )
    place = int(version.commit, 16) if at is None else at
    return fact(f"{version.tag}!", place, message=write_message("Deregister", "", statement))


def misused(tag: str) -> dict[str, Any]:
    """What makes the message of one tag that of another."""
    other = fact(tag, 1)
    return {"tag": other.tag, "name": other.name, "oid": other.oid}


def followed(tag: TagFact) -> TagFact:
    """The same tag with more text after its statement."""
    message = f"{tag.message()}\nmore\n"
    return tag._replace(read=lambda _: message)


V1, V2, RC = release("m@v1.0.0", 1), release("m@v2.0.0", 2), release("m@v3.0.0-rc.1", 3)
FIRST = moved("m#prod#1", 1, V1, seconds=10)
PAIR = (moved("m#prod!#2", 1, V2, seconds=20), moved("m#prod#2", 2, V2, seconds=21))
OUT = moved("m#prod!#3", 2, V2, action="unassign", seconds=30)
NO_STATEMENT = "it has no statement, so mlgit did not write it"
OFF = "its commit is not on main"


def ask(
    *tags: TagFact,
    foreign: bool = False,
    off: tuple[int, ...] = (),
    renamed: tuple[str, ...] = (),
    rules: dict[str, dict[str, Environment]] | None = None,
    gates: dict[str, frozenset[str]] | None = None,
    **known: Any,  # noqa: ANN401 (fields of Facts)
) -> ModelState:
    names = {each.oid: "other" if each.tag in renamed else each.tag for each in tags}
    facts = Facts(names, foreign, {commit(number): OFF for number in off}, rules or {})
    facts = facts._replace(gates={(commit(7), "prod"): gates or {}}, **known)
    return accepted_state(replay(tags).model("m"), facts)


class Row(NamedTuple):
    """Tags, then what does not count of them, what prod holds, and which tag is in doubt."""

    tags: tuple[TagFact, ...]
    refused: dict[str, str]
    holds: str | None = "v1.0.0"
    doubt: str | None = None
    off: tuple[int, ...] = ()
    renamed: tuple[str, ...] = ()
    foreign: bool = False


def because_of(why: str) -> dict[str, str]:
    """What does not count if v2.0.0 does not: the release, and the change that it is in."""
    moved = f"its release `m@v2.0.0` does not count: {why}"
    return {"m@v2.0.0": why, "m#prod!#2": moved, "m#prod#2": moved}


ROWS = {
    "all by mlgit": Row((V1, V2, FIRST, *PAIR), {}, "v2.0.0"),
    "nothing": Row((), {}, None),
    "a foreign release": Row((V1, FIRST, fact("m@v9.0.0", 9)), {"m@v9.0.0": NO_STATEMENT}),
    "a foreign release, allowed": Row((V1, FIRST, fact("m@v9.0.0", 9)), {}, foreign=True),
    "a foreign release off trunk, allowed": Row(
        (V1, FIRST, fact("m@v9.0.0", 9)), {"m@v9.0.0": OFF}, foreign=True, off=(9,)
    ),
    "a foreign assignment": Row((V1, FIRST, fact("m#prod#9", 9)), {"m#prod#9": NO_STATEMENT}),
    "only a foreign assignment": Row(
        (V1, fact("m#prod#9", 1)), {"m#prod#9": NO_STATEMENT}, None, doubt="m#prod#9"
    ),
    "a foreign assignment without a counter": Row(
        (V1, FIRST, fact("m#prod", 9, seconds=99)), {"m#prod": NO_STATEMENT}
    ),
    "a foreign assignment, allowed": Row((V1, V2, FIRST, fact("m#prod#9", 2)), {}, "v2.0.0", foreign=True),
    "a foreign assignment off trunk, allowed": Row(
        (V1, FIRST, fact("m#prod#9", 9)), {"m#prod#9": OFF}, doubt="m#prod#9", foreign=True, off=(9,)
    ),
    "a foreign assignment off trunk": Row(
        (V1, FIRST, fact("m#prod#9", 9)), {"m#prod#9": NO_STATEMENT}, off=(9,)
    ),
    "a foreign assignment next to what emptied the environment": Row(
        (V1, FIRST, moved("m#prod!#2", 1, V1, action="unassign"), fact("m#prod#2", 1)),
        {"m#prod#2": NO_STATEMENT},
        None,
    ),
    "a foreign assignment of a refused release, allowed": Row(
        (V1, FIRST, fact("m@v9.0.0", 9), fact("m#prod#9", 9)),
        {"m@v9.0.0": OFF, "m#prod#9": f"its release `m@v9.0.0` does not count: {OFF}"},
        doubt="m#prod#9",
        foreign=True,
        off=(9,),
    ),
    "a foreign assignment of a pre-release off trunk, allowed": Row(
        (V1, FIRST, RC, fact("m#prod#9", 3)), {}, "v3.0.0-rc.1", foreign=True, off=(3,)
    ),
    "a foreign unassignment": Row((V1, FIRST, fact("m#prod!#3", 1)), {"m#prod!#3": NO_STATEMENT}),
    "a rejection": Row((V1, V2, FIRST, rejection(V2)), {}),
    "a rejection by another tool": Row((V1, V2, FIRST, fact("m@v2.0.0!", 2)), {"m@v2.0.0!": NO_STATEMENT}),
    "a rejection by another tool, allowed": Row((V1, V2, FIRST, fact("m@v2.0.0!", 2)), {}, foreign=True),
    "a rejection by another tool elsewhere, allowed": Row(
        (V1, V2, FIRST, fact("m@v2.0.0!", 1)),
        {"m@v2.0.0!": f"it is at {commit(1)[:7]}, and `m@v2.0.0` at {commit(2)[:7]}"},
        foreign=True,
    ),
    "a rejection of nothing, allowed": Row((V1, FIRST, fact("m@v2.0.0!", 1)), {}, foreign=True),
    "a rejection that stands elsewhere": Row(
        (V1, V2, FIRST, rejection(V2, at=1)),
        {"m@v2.0.0!": f"it is at {commit(1)[:7]}, and its release `m@v2.0.0` at {commit(2)[:7]}"},
    ),
    "a rejection of another release": Row(
        (V1, V2, FIRST, rejection(V2, states="v1.0.0")),
        {"m@v2.0.0!": "it states v1.0.0 instead of v2.0.0"},
    ),
    "a rejection of a release that is gone": Row(
        (V1, FIRST, rejection(V2)),
        {"m@v2.0.0!": "it names the release `m@v2.0.0`, which is not here"},
    ),
    "a promotion that stands for a rejection": Row(
        (V1, V2, FIRST, moved("m#prod#1", 1, V1)._replace(**misused("m@v2.0.0!"))),
        {"m@v2.0.0!": "it is not about an environment, but states one"},
    ),
    "a rejection that stands for a promotion": Row(
        (V1, FIRST, rejection(V1)._replace(**misused("m#prod#2"))),
        {"m#prod#2": "it is not a rejection, but states one"},
        doubt="m#prod#2",
    ),
    "only assignments by another tool": Row(
        (V1, fact("m#prod#1", 1)), {"m#prod#1": NO_STATEMENT}, None, doubt="m#prod#1"
    ),
    "a deprecated model": Row((V1, FIRST, fact("m@deprecated", 1)), {}),
    "a renamed release off trunk": Row(
        (V1, V2, FIRST, *PAIR),
        because_of("its object was made for `other`"),
        doubt="m#prod#2",
        off=(2,),
        renamed=("m@v2.0.0",),
    ),
    "a version with a counter only, allowed": Row(
        (fact("m@v1.0.0#1", 1), fact("m#prod#2", 1)), {}, foreign=True
    ),
    "only a foreign unassignment": Row((V1, fact("m#prod!#1", 1)), {"m#prod!#1": NO_STATEMENT}, None),
    "a renamed tag": Row(
        (V1, V2, FIRST, PAIR[1]),
        {"m#prod#2": "its object was made for `other`"},
        renamed=("m#prod#2",),
    ),
    "a release that states another": Row(
        (V1, FIRST, release("m@v2.0.0", 2, states="v1.0.0")),
        {"m@v2.0.0": "it states v1.0.0 instead of v2.0.0"},
    ),
    "an unreadable statement": Row(
        (V1, FIRST, fact("m#prod#3", 1, message="x\n--- mlgit/v1\n{}\n")),
        {"m#prod#3": "its statement cannot be parsed"},
        doubt="m#prod#3",
    ),
    "a statement with something after it": Row(
        (V1, FIRST, followed(moved("m#prod#2", 1, V1))),
        {"m#prod#2": "there is text after its statement"},
        doubt="m#prod#2",
    ),
    "an emptied environment": Row((V1, FIRST, moved("m#prod!#2", 1, V1, action="unassign")), {}, None),
    "an emptied environment whose release is gone": Row(
        (FIRST, moved("m#prod!#2", 1, V1, action="unassign")),
        {"m#prod#1": "it names the release `m@v1.0.0`, which is not here"},
        None,
    ),
    "an emptied environment whose release left trunk": Row(
        (V1, V2, FIRST, *PAIR, OUT), because_of(OFF), None, off=(2,)
    ),
    "the older one of two taken out, allowed": Row(
        (V1, V2, FIRST, fact("m#prod#2", 2), fact("m#prod!#3", 1)), {}, "v2.0.0", foreign=True
    ),
    "a foreign assignment before what was taken out": Row(
        (
            *(V1, V2, FIRST, fact("m#prod#2", 5), moved("m#prod!#3", 1, V2), moved("m#prod#3", 2, V2)),
            moved("m#prod!#4", 2, V2, action="unassign"),
        ),
        {
            **{tag.replace("#2", "#3"): why for tag, why in because_of(OFF).items()},
            "m#prod#2": NO_STATEMENT,
        },
        None,
        off=(2,),
    ),
    "a foreign assignment after that": Row(
        (V1, V2, FIRST, *PAIR, OUT, fact("m#prod#4", 1)),
        {**because_of(OFF), "m#prod#4": NO_STATEMENT},
        None,
        doubt="m#prod#4",
        off=(2,),
    ),
    "a moved release": Row(
        (
            V1,
            fact("m@v2.0.0", 5),
            FIRST,
            moved("m#prod!#2", 1, V2, oid="e" * 40),
            moved("m#prod#2", 2, V2, oid="e" * 40),
        ),
        {
            "m@v2.0.0": NO_STATEMENT,
            "m#prod!#2": f"it names `m@v2.0.0` as eeeeeee, but that tag is {V2.oid[:7]}",
            "m#prod#2": f"it names `m@v2.0.0` as eeeeeee, but that tag is {V2.oid[:7]}",
        },
        doubt="m#prod#2",
    ),
    "a release that left trunk": Row(
        (V1, V2, FIRST, *PAIR),
        because_of(OFF),
        doubt="m#prod#2",
        off=(2,),
    ),
    "a later promotion ends the doubt": Row(
        (V1, V2, FIRST, *PAIR, moved("m#prod!#3", 2, V1), moved("m#prod#3", 1, V1)),
        because_of(OFF),
        off=(2,),
    ),
    "a foreign tag after the doubt does not end it": Row(
        (V1, V2, FIRST, *PAIR, fact("m#prod#3", 1)),
        {**because_of(OFF), "m#prod#3": NO_STATEMENT},
        doubt="m#prod#2",
        off=(2,),
    ),
    "an assignment without a release": Row(
        (V1, FIRST, moved("m#prod!#2", 1, None), moved("m#prod#2", 2, None)),
        {
            "m#prod#2": "it does not name a release",
            "m#prod!#2": "`m#prod#2`, written with it, does not count",
        },
        doubt="m#prod#2",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_counts(row: Row) -> None:
    state = ask(*row.tags, foreign=row.foreign, off=row.off, renamed=row.renamed)
    assert {each.fact.tag: each.why for each in state.refused} == row.refused
    here = state.environment("prod")
    assert here.label == row.holds
    assert (None if here.doubt is None else here.doubt.fact.tag) == row.doubt
    raw = replay(row.tags).model("m")
    # The next tag must not take the name or the time of a refused one.
    assert here.counter == raw.environment("prod").counter
    assert state.newest_tag_s == raw.newest_tag_s
    # A rejection keeps its version out of environments whether or not it counts.
    without = {tag for tag in row.refused if tag != "m@v2.0.0!"}
    assert {fact.tag for fact in state.facts} == {fact.tag for fact in row.tags} - without


@pytest.mark.parametrize(
    ("prod", "version", "staged_at", "why"),
    [
        (Environment(name="prod"), V2, None, None),
        (Environment(name="prod", source="staging"), V2, 5, None),
        (Environment(name="prod", source="staging"), V2, None, "its version was not in `staging` before"),
        (Environment(name="prod", source="staging"), V2, 30, "its version was not in `staging` before"),
        (Environment(name="prod", pre=True), RC, None, None),
        (
            Environment(name="prod"),
            RC,
            None,
            "v3.0.0-rc.1 is a pre-release, and `prod` did not accept pre-releases",
        ),
        (None, V2, None, "trunk did not declare `prod` when it was written"),
    ],
)
def test_the_rules_of_its_moment_decide(
    prod: Environment | None, version: TagFact, staged_at: int | None, why: str | None
) -> None:
    policy = commit(7)
    number = int(version.commit, 16)
    tags = [V1, version, FIRST, moved("m#prod#2", number, version, seconds=20, policy=policy)]
    if staged_at is not None:
        tags.append(moved("m#staging#1", number, version, seconds=staged_at))
    state = ask(*tags, rules={policy: {} if prod is None else {"prod": prod}})
    doubt = state.environment("prod").doubt
    assert (None if doubt is None else doubt.why) == why
    assert doubt is None or doubt.sentence == f"The tag `m#prod#2` does not count: {why}"


@pytest.mark.parametrize("action", ["promote", "unassign"])
def test_half_of_a_change_that_does_not_count_hides_no_earlier_one_that_broke_a_rule(
    action: EnvironmentAction,
) -> None:
    policy = commit(7)
    early = moved("m#prod#1", 3, RC, policy=policy, seconds=10)
    half = moved("m#prod!#2", 3, None, action=action, seconds=20)
    other = moved("m#prod#2", 2, None, seconds=21)
    state = ask(V1, V2, RC, early, half, other, rules={policy: {"prod": Environment(name="prod")}})
    assert {each.fact.tag: each.why for each in state.refused} == {
        "m#prod#2": "it does not name a release",
        "m#prod!#2": "`m#prod#2`, written with it, does not count",
        "m#prod#1": "v3.0.0-rc.1 is a pre-release, and `prod` did not accept pre-releases",
    }


@pytest.mark.parametrize(
    ("tag", "foreign", "latest"),
    [
        (rejection(V2), False, "v1.0.0"),
        (fact("m@v2.0.0!", 2), False, "v2.0.0"),
        (fact("m@v2.0.0!", 2), True, "v1.0.0"),
        (rejection(V2, states="v1.0.0"), False, "v2.0.0"),
        (rejection(V2, states="v1.0.0"), True, "v2.0.0"),
    ],
)
def test_any_rejection_forbids_promotion_and_only_one_that_counts_changes_the_newest(
    tag: TagFact, latest: str, *, foreign: bool
) -> None:
    state = ask(V1, V2, tag, foreign=foreign)
    assert state.versions[-1].deregistered
    assert state.latest is not None
    assert str(state.latest.version) == latest
