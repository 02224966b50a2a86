"""Rules: a table of assignments that kept or broke the rules of their moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.replay import replay
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import RC, V1, V2, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

PROD = Environment(name="prod")
TAKES_PRE = Environment(name="prod", pre=True)
FROM_STAGING = Environment(name="prod", source="staging")
P7, P8 = commit(7), commit(8)
NONE_TAKEN = "v3.0.0-rc.1 is a pre-release, and `prod` took none"
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


OLD_RULES = f"it was written by the rules of {P7[:7]}, which are older than its commit"
OLDER_RULES = f"it was written by the rules of {P7[:7]}, which are older than those of the tag before"
SECOND = moved("m#prod#2", 2, V2, seconds=20, policy=P7)
AFTER_8 = (moved("m#prod#1", 1, V1, seconds=10, policy=P8), SECOND)
ROWS = {
    "a promotion": Row((FIRST, SECOND), None),
    "a pre-release": Row((FIRST, moved("m#prod#2", 3, RC, policy=P7)), NONE_TAKEN),
    "a pre-release without a policy": Row((FIRST, moved("m#prod#2", 3, RC)), NONE_TAKEN),
    "a pre-release that is rolled back to": Row(
        (FIRST, moved("m#prod#2", 3, RC, policy=P7, action="rollback")), NONE_TAKEN
    ),
    "a pre-release by another tool": Row((FIRST, fact("m#prod#2", 3)), NONE_TAKEN),
    "a pre-release off trunk": Row((FIRST, fact("m#prod#2", 3)), NONE_TAKEN, off=(3,)),
    "a pre-release where they are taken now": Row((fact("m#prod#2", 3),), None, today=TAKES_PRE, off=(3,)),
    "a pre-release where they were taken": Row((moved("m#prod#2", 3, RC, policy=P7),), None, then=TAKES_PRE),
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
    "rules older than the commit": Row((FIRST, SECOND), OLD_RULES, later=frozenset({(commit(2), P7)})),
    "rules older than those before": Row(AFTER_8, OLDER_RULES, later=frozenset({(P8, P7)})),
    "rules before that left trunk": Row(AFTER_8, None, later=frozenset({(P8, P7)}), off=(8,)),
    "gates that were not recorded": Row((FIRST, SECOND), "it states no outcome of `auc`", gates=("auc",)),
    "an environment that is not declared": Row((moved("m#prod#2", 2, V2),), None, today=None),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_newest_assignment(row: Row) -> None:
    tags = (V1, V2, RC, *row.tags)
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=True,
        elsewhere={commit(number): "it is not on main" for number in row.off},
        rules={policy: {} if row.then is None else {"prod": row.then} for policy in (P7, P8)},
        today={} if row.today is None else {"prod": row.today},
        precedes=lambda first, second: (first, second) not in row.later,
        gates={(P7, "prod"): {gate: ["fail"] for gate in row.gates}},
    )
    doubt = accepted_state(replay(tags).model("m"), facts).environment("prod").doubt
    assert (None if doubt is None else doubt.why) == row.why
