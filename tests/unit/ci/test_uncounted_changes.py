"""What the run of a tag says about newer tags that do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.ci.tag_event import uncounted_changes
from mlgit.core.registry.replay import replay
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts
from tests.support.tags import fact
from tests.unit.trust.test_accept import moved, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

V1 = release("m@v1.0.0", 1)
FIRST = moved("m#prod#1", 1, V1)
OTHER = moved("m#staging#1", 1, V1)
PLAIN, PLAIN_TOO = fact("m#prod#2", 1), fact("m#prod#3", 1)
FLAWED = moved("m#prod#2", 1, V1, oid="0" * 40)
LATER = moved("m#prod#4", 1, V1)


@pytest.mark.parametrize(
    ("tags", "own", "note"),
    [
        ([FIRST], FIRST, None),
        ([FIRST, PLAIN], FIRST, "`m#prod#2` does not count and changes nothing; `mlgit doctor` shows why"),
        ([FIRST, PLAIN, PLAIN_TOO], FIRST, "`m#prod#2`, `m#prod#3` do not count and change nothing"),
        ([FIRST, PLAIN, LATER], LATER, None),
        ([FIRST, PLAIN, LATER], FIRST, None),
        ([FIRST, OTHER, PLAIN], OTHER, None),
        ([FIRST, PLAIN], PLAIN, "`prod` does not change: `m#prod#1` decides what it holds"),
        ([FIRST, FLAWED], FLAWED, None),
        ([PLAIN], PLAIN, None),
        ([FIRST, PLAIN], V1, None),
    ],
)
def test_only_newer_ones_are_named(tags: list[TagFact], own: TagFact, note: str | None) -> None:
    facts = [V1, *tags]
    state = accepted_state(
        replay(facts).model("m"),
        Facts(names={each.oid: each.tag for each in facts}, foreign=False, elsewhere={}, rules={}),
    )
    found = uncounted_changes(own, state)
    assert [each[: len(note or "")] for each in found] == ([] if note is None else [note])
