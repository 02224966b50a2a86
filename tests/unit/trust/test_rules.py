"""Rules: a table of assignments that kept or broke the rules of their moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import GateOutcome
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import RC, V1, V2, ask, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

PROD = Environment(name="prod")
TAKES_PRE = Environment(name="prod", pre=True)
FROM_STAGING = Environment(name="prod", source="staging")
P7, P8 = commit(7), commit(8)
NONE_TAKEN = "v3.0.0-rc.1 is a pre-release, and `prod` did not accept pre-releases"
NOT_HERE = "its version was not in `prod` before"
FIRST = moved("m#prod#1", 1, V1, seconds=10, policy=P7)


class Row(NamedTuple):
    """Tags after the releases, why the newest one of prod does not count, and what is known."""

    tags: tuple[TagFact, ...]
    why: str | None
    today: Environment | None = PROD
    then: Environment | None = PROD
    later: frozenset[tuple[str, str]] = frozenset()
    off: tuple[int, ...] = ()
    gates: tuple[str, ...] = ()
    never: frozenset[tuple[str, str]] = frozenset()


OLD_RULES = f"it was written by the rules of {P7[:7]}, which are older than its commit"
NEVER_TRUNKS = f"it was written by the rules of {P7[:7]}, and nothing in Git shows that trunk had them"
OLDER_RULES = f"it was written by the rules of {P7[:7]}, which are older than those of the tag before"
SECOND = moved("m#prod#2", 2, V2, seconds=20, policy=P7)
BACK = (
    moved("m#prod#1", 1, V1),
    moved("m#prod#2", 2, V2, seconds=20),
    moved("m#prod#3", 1, V1, seconds=30, policy=P7, action="rollback"),
)
AFTER_8 = (moved("m#prod#1", 1, V1, seconds=10, policy=P8), SECOND)
ROWS = {
    "a promotion": Row((FIRST, SECOND), None),
    "a pre-release": Row((FIRST, moved("m#prod#2", 3, RC, policy=P7)), NONE_TAKEN),
    "a pre-release in the place of a version": Row(
        (FIRST, moved("m#prod!#2", 1, RC), moved("m#prod#2", 3, RC, policy=P7)), NONE_TAKEN
    ),
    "a pre-release without a policy": Row((FIRST, moved("m#prod#2", 3, RC)), NONE_TAKEN),
    "a pre-release that is rolled back to": Row(
        (FIRST, moved("m#prod#2", 3, RC, policy=P7, action="rollback")), NONE_TAKEN
    ),
    "a pre-release by another tool": Row((FIRST, fact("m#prod#2", 3)), NONE_TAKEN),
    "a pre-release off trunk": Row((FIRST, fact("m#prod#2", 3)), NONE_TAKEN, off=(3,)),
    "a pre-release where they are taken now": Row((fact("m#prod#2", 3),), None, today=TAKES_PRE, off=(3,)),
    "a pre-release where they were taken": Row((moved("m#prod#2", 3, RC, policy=P7),), None, then=TAKES_PRE),
    "a pre-release that was merged after its promotion": Row(
        (moved("m#prod#1", 3, RC, policy=P7),), None, then=TAKES_PRE, later=frozenset({(commit(3), P7)})
    ),
    "a pre-release where trunk declares nothing": Row((moved("m#prod#2", 3, RC),), NONE_TAKEN, today=None),
    "a rollback": Row((FIRST, SECOND, moved("m#prod#3", 1, V1, policy=P7, action="rollback")), None),
    "a rollback to what was never there": Row(
        (FIRST, moved("m#prod#2", 2, V2, policy=P7, action="rollback")), NOT_HERE
    ),
    "a rollback to what was never there, without a policy": Row(
        (FIRST, moved("m#prod#2", 2, V2, action="rollback")), NOT_HERE
    ),
    "a rollback to what was emptied there": Row(
        (
            FIRST,
            moved("m#prod!#2", 1, V1, action="unassign"),
            moved("m#prod#3", 2, V2, action="rollback"),
        ),
        NOT_HERE,
    ),
    "a rollback to what was promoted against the rules": Row(
        (FIRST, SECOND, moved("m#prod#3", 1, V1), moved("m#prod#4", 2, V2, action="rollback")),
        NOT_HERE,
        later=frozenset({(commit(2), P7)}),
    ),
    "no policy, and not promoted before": Row(
        (FIRST, moved("m#prod#2", 2, V2, seconds=20)),
        "its version was not in `staging` before",
        today=FROM_STAGING,
    ),
    "rules that were never trunk's": Row((FIRST, SECOND), NEVER_TRUNKS, never=frozenset({(P7, commit(2))})),
    "a rollback by rules that were never trunk's": Row(
        BACK, NEVER_TRUNKS, never=frozenset({(P7, commit(1))})
    ),
    "rules older than the commit": Row((FIRST, SECOND), OLD_RULES, later=frozenset({(commit(2), P7)})),
    "rules older than those before": Row(AFTER_8, OLDER_RULES, later=frozenset({(P8, P7)})),
    "rules before that left trunk": Row(AFTER_8, None, later=frozenset({(P8, P7)}), off=(8,)),
    "rules older than those two before": Row(
        (AFTER_8[0], moved("m#prod#2", 2, V2, seconds=20), moved("m#prod#3", 2, V2, policy=P7)),
        OLDER_RULES,
        later=frozenset({(P8, P7)}),
    ),
    "a tag by another tool before": Row((fact("m#prod#1", 1), SECOND), None),
    "a commit without a release": Row((fact("m#prod#1", 5),), None),
    "a pre-release from a branch that has newer commits": Row(
        (moved("m#prod#2", 3, RC, policy=P7),),
        None,
        then=TAKES_PRE,
        off=(3,),
        later=frozenset({(commit(3), P7)}),
    ),
    "a rollback where nothing was declared any more": Row(BACK, None, then=None),
    "a rollback of what was never in the environment before": Row(BACK, None, then=FROM_STAGING),
    "a rollback by older rules to what was never there": Row(
        (FIRST, moved("m#prod#2", 2, V2, policy=P7, action="rollback")),
        OLD_RULES,
        later=frozenset({(commit(2), P7)}),
    ),
    "a rollback to what was only taken out": Row(
        (FIRST, moved("m#prod!#2", 2, V2, action="unassign"), moved("m#prod#3", 2, V2, action="rollback")),
        NOT_HERE,
    ),
    "gates that were not recorded, without a policy": Row(
        (moved("m#prod#2", 2, V2),), "it states no outcome of `auc`", gates=("auc",)
    ),
    "gates that were not recorded": Row((FIRST, SECOND), "it states no outcome of `auc`", gates=("auc",)),
    "an environment that is not declared": Row((moved("m#prod#2", 2, V2),), None, today=None),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_newest_assignment(row: Row) -> None:
    tags = (V1, V2, RC, *row.tags)

    def precedes(first: str, second: str) -> bool:
        return (first[:], second[:]) not in row.later

    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=True,
        elsewhere={commit(number): "it is not on main" for number in row.off},
        rules={policy: {} if row.then is None else {"prod": row.then} for policy in (P7, P8)},
        today={} if row.today is None else {"prod": row.today},
        precedes=precedes,
        had_rules_of=lambda policy, at: (policy, at) not in row.never,
        gates={(policy, "prod"): {gate: ["fail"] for gate in row.gates} for policy in (P7, "")},
    )
    doubt = accepted_state(replay(tags).model("m"), facts).environment("prod").doubt
    assert (None if doubt is None else doubt.why) == row.why


STEPS = {
    "dev": Environment(name="dev"),
    "staging": Environment(name="staging", source="dev"),
    "prod": Environment(name="prod", source="staging"),
}
DEV = moved("m#dev#1", 1, V1, seconds=5, policy=P7)
STAGED = moved("m#staging#1", 1, V1, seconds=6, policy=P7)
LEFT = moved("m#staging!#2", 1, V1, seconds=6, action="unassign")
NOT_STAGED = "its version was not in `staging` before"
NOT_STAGED_ANY_MORE = "its version was not in `staging` any more, as the date of `m#staging!#2` of Ada shows"


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ((DEV, STAGED), None),
        ((STAGED,), NOT_STAGED),
        ((DEV._replace(tagged_at_s=6), STAGED), NOT_STAGED),
        ((DEV, STAGED._replace(tagged_at_s=7)), NOT_STAGED),
        ((DEV, STAGED, moved("m#dev!#2", 1, V1, seconds=6, action="unassign")), None),
        ((DEV._replace(tagged_at_s=4), STAGED._replace(tagged_at_s=5)), None),
        ((DEV._replace(tagged_at_s=4), STAGED._replace(tagged_at_s=5), LEFT), NOT_STAGED_ANY_MORE),
    ],
    ids=[
        "each in its turn",
        "never in dev",
        "dev too late",
        "staging too late",
        "left dev",
        "long ago",
        "left staging",
    ],
)
def test_a_version_goes_from_one_environment_to_the_next(
    before: tuple[TagFact, ...], why: str | None
) -> None:
    tag = moved("m#prod#1", 1, V1, seconds=7, policy=P7)
    doubt = ask(V1, *before, tag, rules={P7: STEPS}).environment("prod").doubt
    assert (None if doubt is None else doubt.why) == why


@pytest.mark.parametrize(
    ("tags", "off", "refused"),
    [
        ((V1, V2, moved("m#prod#1", 2, V2)), 2, ["m#prod#1", "m@v2.0.0"]),
        ((V1, V2, FIRST), 7, ["m#prod#1"]),
    ],
    ids=["the commit of a release", "a policy"],
)
def test_in_a_clone_that_is_cut_off_it_is_not_known_what_is_on_trunk(
    tags: tuple[TagFact, ...], off: int, refused: list[str]
) -> None:
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=True,
        elsewhere={commit(off): "it may be on trunk"},
        rules={},
        deepen="git fetch --unshallow",
    )
    state = accepted_state(replay(tags).model("m"), facts)
    assert sorted(each.fact.tag for each in state.refused) == refused
    assert {each.why.rpartition(": ")[2] for each in state.refused} == {"it may be on trunk"}
    releases = [each for each in state.refused if each.fact.name.action == "register"]
    assert {(each.hint, each.missing) for each in releases} <= {("run `git fetch --unshallow`", True)}


def test_rules_from_elsewhere_do_not_count() -> None:
    tag = moved("m#prod#1", 1, V1, policy=commit(8))
    assert "which are not trunk's" in ask(V1, tag, off=(8,)).refused[0].why


def test_a_refusal_without_a_repair_has_a_hint() -> None:
    (stranger,) = ask(fact("m@v9.0.0", 9)).refused
    assert "foreign_tags: allow" in stranger.hint
    (renamed,) = ask(V1, renamed=("m@v1.0.0",)).refused
    assert renamed.hint == "if no one needs it, `git tag -d m@v1.0.0` deletes it"


TIGHT = {"prod": FROM_STAGING}
EARLY = moved("m#dev#1", 1, V1, seconds=15, policy=P8)


@pytest.mark.parametrize(
    ("others", "places", "why"),
    [
        ((EARLY,), {P7: 1, P8: 2}, "its version was not in `staging` before, by the rules of 0000000"),
        ((EARLY, moved("m#staging#1", 2, V2, seconds=16, policy=P8)), {P7: 1, P8: 2}, None),
        ((EARLY._replace(tagged_at_s=25),), {P7: 1, P8: 2}, None),
        ((EARLY,), {P7: 2, P8: 1}, None),
        ((EARLY,), {P8: 2}, None),
        ((moved("m#prod!#9", 5, None, action="unassign", seconds=15, policy=P8),), {P7: 1, P8: 2}, None),
    ],
    ids=[
        *("stricter rules were there", "they are kept", "a later tag shows them", "they are older"),
        *("off the line", "a tag that does not count shows them"),
    ],
)
def test_a_promotion_by_older_rules_than_a_tag_before_shows_keeps_the_newer_ones(
    others: tuple[TagFact, ...], places: dict[str, int], why: str | None
) -> None:
    tags = (V1, V2, FIRST, *others, moved("m#prod#2", 2, V2, seconds=20, policy=P7))
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=False,
        elsewhere={},
        rules={P7: {"prod": PROD}, P8: TIGHT | {"staging": PROD, "dev": PROD}},
        shows={each.tag: P8 for each in others} | {"m#prod#1": P7, "m#prod#2": P7},
        place=places.get,
    )
    doubt = accepted_state(replay(tags).model("m"), facts).environment("prod").doubt
    if why is None:
        assert doubt is None
    else:
        assert doubt is not None
        assert doubt.why == f"{why}, which trunk had by then, as the date of `m#dev#1` of Ada shows"
        assert doubt.hint == (
            "if Ada wrote `m#prod#2` before `m#dev#1` was there, `git tag -d 'm#dev#1'` deletes that; "
            "otherwise promote or roll back again"
        )


@pytest.mark.parametrize(("committed_s", "counts"), [(19, False), (20, True), (25, True)])
def test_rules_that_were_committed_later_were_not_there_whatever_a_tag_is_dated(
    committed_s: float, *, counts: bool
) -> None:
    tags = (V1, V2, FIRST, EARLY, moved("m#prod#2", 2, V2, seconds=20, policy=P7))
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=False,
        elsewhere={},
        rules={P7: {"prod": PROD}, P8: TIGHT | {"staging": PROD, "dev": PROD}},
        shows={EARLY.tag: P8, "m#prod#1": P7, "m#prod#2": P7},
        place={P7: 1, P8: 2}.get,
        committed_s={P7: 1.0, P8: committed_s}.__getitem__,
    )
    doubt = accepted_state(replay(tags).model("m"), facts).environment("prod").doubt
    assert (doubt is None) is counts


@pytest.mark.parametrize(("stated", "why"), [("auc", None), ("mae", "it states no outcome of `auc`")])
def test_gates_that_trunk_had_by_then_are_asked(stated: str, why: str | None) -> None:
    late = moved("m#prod#2", 2, V2, seconds=20, policy=P7, gates=(GateOutcome(gate=stated, outcome="pass"),))
    tags = (V1, V2, FIRST, EARLY, late)
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=False,
        elsewhere={},
        rules={policy: {"prod": PROD, "dev": PROD} for policy in (P7, P8)},
        gates={(P8, "prod"): {"auc": ["fail"]}},
        shows={"m#prod#1": P7, "m#dev#1": P8},
        place={P7: 1, P8: 2}.get,
    )
    doubt = accepted_state(replay(tags).model("m"), facts).environment("prod").doubt
    assert (None if doubt is None else doubt.why.partition(",")[0]) == why
