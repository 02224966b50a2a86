"""What the run of a tag says about newer tags that do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.ci.tag_event import effect_of_refused, uncounted_changes
from mlgit.core.registry.replay import replay
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import fact
from tests.unit.trust.test_accept import moved, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, TagFact

V1 = release("m@v1.0.0", 1)
FIRST = moved("m#prod#1", 1, V1)
OTHER = moved("m#staging#1", 1, V1)
PLAIN, PLAIN_TOO = fact("m#prod#2", 1), fact("m#prod#3", 1)
FLAWED = moved("m#prod#2", 1, V1, oid="0" * 40)
LATER = moved("m#prod#4", 1, V1)


HOLDS = "`prod` holds v1.0.0 by this tag, and other commands deploy it"
END = "all the same; to end that, run"
EMPTY = moved("m#prod!#2", 1, V1, action="unassign")


def accepted(tags: list[TagFact]) -> ModelState:
    facts = [V1, *tags]
    names = {each.oid: each.tag for each in facts}
    return accepted_state(
        replay(facts).model("m"), Facts(names=names, foreign=False, elsewhere={}, rules={}, now_s=1e12)
    )


@pytest.mark.parametrize(
    ("tags", "own", "superseded", "effect"),
    [
        (
            [FIRST],
            FIRST,
            None,
            f"{HOLDS} {END} `mlgit rollback m --env prod -m REASON`",
        ),
        ([FIRST, LATER], FIRST, "m#prod#4", "`m#prod#4` superseded it"),
        ([FIRST, PLAIN], PLAIN, None, "`prod` does not change: `m#prod#1` decides what it holds"),
        (
            [FIRST, FLAWED],
            FLAWED,
            None,
            "It leaves unknown what `prod` holds; `mlgit doctor` shows what ends that",
        ),
        ([PLAIN], PLAIN, None, "It leaves unknown what `prod` holds; `mlgit doctor` shows what ends that"),
        (
            [FIRST],
            V1,
            None,
            f"Other commands, such as `mlgit get`, take it {END} `mlgit deregister m@v1.0.0 -m REASON`",
        ),
        ([], fact("m@v1.0.1", 2), None, "It changes nothing"),
        ([FIRST, EMPTY], EMPTY, None, "Other commands count it all the same"),
    ],
)
def test_a_refused_tag_may_count_all_the_same(
    tags: list[TagFact], own: TagFact, superseded: str | None, effect: str
) -> None:
    assert effect_of_refused(own.tag, accepted(tags), superseded=superseded) == effect


@pytest.mark.parametrize(
    ("tags", "own", "note"),
    [
        ([FIRST], FIRST, None),
        ([FIRST, PLAIN], FIRST, "`m#prod#2` does not count and changes nothing; `mlgit doctor` shows why"),
        ([FIRST, PLAIN, PLAIN_TOO], FIRST, "`m#prod#2`, `m#prod#3` do not count and change nothing"),
        ([FIRST, PLAIN, LATER], LATER, None),
        ([FIRST, PLAIN, LATER], FIRST, None),
        ([FIRST, OTHER, PLAIN], OTHER, None),
        ([FIRST, PLAIN], V1, None),
    ],
)
def test_only_newer_ones_are_named(tags: list[TagFact], own: TagFact, note: str | None) -> None:
    found = uncounted_changes(own, accepted(tags))
    assert [each[: len(note or "")] for each in found] == ([] if note is None else [note])
