"""Marks: what is marked without reading a statement, next to what the whole rules refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.trust.look import look
from mlgit.core.trust.marks import NO_STATEMENT, Marks, other_name, unless_needed
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, OFF, RC, ROWS, V1, V2, Row, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

MOVED = "the release that it names is missing or was replaced"


def marked(row: Row) -> dict[str, str]:
    """The marked tags of a row, from what the cache of tags keeps of them."""
    tags = [_seen(each, other="other" if each.tag in row.renamed else None) for each in row.tags]
    state = replay(tags).model("m")
    marks = Marks(state, foreign=row.foreign)
    return {each.tag: why for each in state.facts if (why := marks.why(each)) is not None}


def _seen(tag: TagFact, *, other: str | None) -> TagFact:
    found = look(tag.tag, tag.commit, tag.message().encode())
    return tag._replace(flaw=found.flaw if other is None else other_name(other), release=found.release)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_does_not_count_is_marked(row: Row) -> None:
    # A mark says what is wrong with a tag itself, not with its place or the one that was written with it.
    refused = {
        tag: why for tag, why in row.refused.items() if "written with it" not in why and OFF not in why
    }
    found = marked(row)
    assert found.keys() == refused.keys()
    assert {tag: why for tag, why in found.items() if why != MOVED} == {
        tag: why for tag, why in refused.items() if found[tag] != MOVED
    }


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        (
            moved("m#prod#1", 2, V1),
            f"it is at {commit(2)[:7]}, and its release `m@v1.0.0` at {commit(1)[:7]}",
        ),
        (moved("m#prod#1", 1, V1._replace(name=V2.name)), "it states v2.0.0, and its release is `m@v1.0.0`"),
        (moved("m#prod!#1", 1, None), None),
        (moved("m#prod#1", 3, RC), None),
        (moved("m#prod#1", 1, V1, oid=FIRST.oid), MOVED),
        (fact("m@deprecated", 1), None),
    ],
)
def test_a_tag_and_the_release_that_it_names_must_agree(tag: TagFact, why: str | None) -> None:
    row = Row((V1, V2, RC, tag), {}, off=(3,))
    assert marked(row).get(tag.tag) == why


def test_nothing_is_marked_where_nothing_is() -> None:
    assert Marks(replay(()).model("m"), foreign=False).why(None) is None


def test_an_assignment_whose_only_version_does_not_count_is_marked() -> None:
    row = Row((V1, fact("m#prod#1", 1)), {}, renamed=("m@v1.0.0",), foreign=True)
    assert marked(row)["m#prod#1"].startswith("its release `m@v1.0.0` does not count: ")


def test_deleting_a_tag_of_another_tool_is_not_the_first_advice() -> None:
    advice = unless_needed(["line#prod#2"], "origin", why=NO_STATEMENT)
    assert advice.startswith("if another tool makes tags here, write `foreign_tags: allow`")
    assert advice.index("foreign_tags") < advice.index("if no one needs it")
