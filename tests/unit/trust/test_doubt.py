"""Tests of `mlgit.core.trust.doubt`: the newest change of an environment decides, or nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import EnvironmentStatement, TagPointer
from mlgit.core.release.promotion import choose_version, require_changeable
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.doubt import environments_of
from mlgit.core.trust.rules import Facts
from mlgit.errors import Exit, StateError
from tests.support.tags import fact, stated
from tests.unit.trust.test_accept import moved, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.registry.statement import EnvironmentAction

V1, V2 = fact("m@v1.0.0", 1), fact("m@v2.0.0", 2)
FIRST = fact("m#prod#1", 1)
SECOND = (fact("m#prod!#2", 1), fact("m#prod#2", 2))


def half(
    tag: str, at: int, action: EnvironmentAction, version: str | None, *, release: bool = True
) -> TagFact:
    named = f"m@{version}"
    statement = EnvironmentStatement(
        model="m",
        environment="prod",
        sequence=int(tag[-1]),
        action=action,
        at="2026-01-01T00:00:00Z",
        version=version,
        release=TagPointer(tag=named, oid=fact(named, 1).oid) if version and release else None,
    )
    return fact(tag, at, message=write_message(action, "", statement))


HALF = half("m#prod!#2", 1, "promote", "v2.0.0")
MADE = release("m@v2.0.0", 2)
BACK = half("m#prod!#3", 2, "rollback", "v1.0.0")
LIGHT = "it is lightweight"
DELETE = "; if no clone has that tag, run the command that began this again, or delete it: `git push o"


class Row(NamedTuple):
    """Tags and ignored tags of a model; the version that `prod` holds, the tag in doubt, part of the hint."""

    tags: tuple[TagFact, ...]
    ignored: tuple[str, ...] = ()
    holds: str | None = "v1.0.0"
    doubt: str | None = None
    hint: str = "git fetch --again"
    stated: str | None = None
    renamed: tuple[str, ...] = ()
    read: bool = False


ROWS = {
    "nothing": Row((V1, V2), holds=None),
    "one change": Row((V1, V2, FIRST)),
    "an older tag is lightweight": Row((V1, V2, *SECOND), ("m#prod#1",), holds="v2.0.0"),
    "another environment": Row((V1, V2, FIRST), ("m#staging#2",)),
    "another model": Row((V1, V2, FIRST), ("n#prod#2",)),
    "a version is lightweight": Row((V1, V2, FIRST), ("m@v3.0.0",)),
    "the newest tag is lightweight": Row((V1, V2, FIRST), ("m#prod#2",), doubt="m#prod#2"),
    "the only tag is lightweight": Row((V1, V2), ("m#prod#1",), None, doubt="m#prod#1"),
    "the only tag of all is lightweight": Row((), ("m#prod#1",), None, doubt="m#prod#1"),
    "half a promotion": Row((V1, V2, FIRST, HALF), (), doubt="m#prod!#2", stated="v2.0.0", hint=DELETE),
    "half a rollback": Row(
        (V1, V2, FIRST, *SECOND, BACK), (), "v2.0.0", doubt="m#prod!#3", stated="v1.0.0", hint=DELETE
    ),
    "half a change whose object was made for another tag": Row((V1, V2, FIRST, HALF), renamed=("m#prod!#2",)),
    "half, the other one lightweight": Row((V1, V2, FIRST, HALF), ("m#prod#2",), doubt="m#prod#2"),
    "half of a change that began elsewhere": Row((V1, V2, HALF), (), None, doubt="m#prod!#2", hint=DELETE),
    "half of a promotion that names no release": Row(
        (V1, V2, FIRST, half("m#prod!#2", 1, "promote", "v7.0.0", release=False)),
        doubt="m#prod!#2",
        hint="see `mlgit doctor`",
        read=True,
    ),
    "emptied": Row((V1, V2, FIRST, half("m#prod!#2", 1, "unassign", None)), holds=None),
}


def accepted(row: Row, *, foreign: bool = True) -> ModelState:
    ignored = dict.fromkeys(row.ignored, LIGHT)
    facts = Facts(
        names={each.oid: "other" if each.tag in row.renamed else each.tag for each in row.tags},
        foreign=foreign,
        elsewhere={},
        rules={},
        fetch="git fetch --again",
        remote="o",
    )
    return accepted_state(replay(row.tags, ignored).model("m"), facts)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_which_tag_leaves_open_what_is_there(row: Row) -> None:
    state = accepted(row)
    here = state.environment("prod")
    assert here.label == row.holds
    doubt = here.doubt
    assert (None if doubt is None else doubt.fact.tag) == row.doubt
    require = require_changeable
    if doubt is None or row.read:
        require(here, None)
        return
    assert row.hint in doubt.hint
    assert "v2.0.0" not in doubt.hint
    assert "v1.0.0" not in doubt.hint
    assert doubt.stated == row.stated
    for version in ("v9.0.0", None):
        with pytest.raises(StateError, match=f"the tag `{row.doubt}` does not count") as caught:
            require(here, version)
        assert caught.value.exit_code == Exit.STATE
    if row.stated is not None:
        require(here, row.stated)
    with pytest.raises(StateError):
        choose_version(state, Environment(name="live", source="prod"), None)


def test_a_half_whose_other_tag_was_refused_says_so() -> None:
    first = fact("m#prod#1", 1, message=stated("rollback", version="v1.0.0"))
    state = accepted(Row((V1, MADE, first, HALF, fact("m#prod#2", 2))), foreign=False)
    doubt = state.environment("prod").doubt
    assert doubt is not None
    assert "`m#prod#2`, written with it, does not count: it has no statement" in doubt.sentence


def test_half_a_change_that_does_not_count_leaves_open_what_is_there() -> None:
    state = accepted(Row((V1, FIRST, moved("m#prod!#2", 1, V2))))
    here = state.environment("prod")
    assert here.doubt is not None
    assert here.doubt.fact.tag == "m#prod!#2"
    assert here.doubt.hint.startswith("run `git fetch --tags o`; if that does not bring it, ")
    require_changeable(here, "v9.0.0")  # it can be read, so a later change may follow it


def test_half_a_change_is_newer_than_a_foreign_tag_before_it() -> None:
    """Otherwise a promotion could take the foreign tag out, and with it what the half was to bring."""
    emptied = half("m#prod!#2", 1, "unassign", None)
    newest = half("m#prod!#4", 2, "promote", "v2.0.0")
    first = fact("m#prod#1", 1, message=stated("rollback", version="v1.0.0"))
    state = accepted(Row((MADE, first, emptied, fact("m#prod#3", 2), newest)), foreign=False)
    doubt = state.environment("prod").doubt
    assert doubt is not None
    assert (doubt.fact.tag, doubt.unread) == ("m#prod!#4", True)
    uncounted = accepted(Row((MADE, first, emptied, newest, fact("m#prod", 2))), foreign=False)
    assert uncounted.environment("prod").doubt == doubt
    later = accepted(Row((MADE, first, emptied, newest, fact("m#prod#5", 2))), foreign=False)
    doubt = later.environment("prod").doubt
    assert doubt is not None
    assert doubt.fact.tag == "m#prod#5"


def test_environments_are_those_of_all_tags() -> None:
    state = replay((V1, FIRST), {"m#dev#1": LIGHT, "m@v3.0.0": LIGHT, "m#prod#2": LIGHT}).model("m")
    assert environments_of(state) == ("dev", "prod")
    assert replay((), {"m#dev": LIGHT}).model("n").ignored == {}


# The newest tag, whether the remote was asked, and the remote -> how the hint begins.
HINTS = {
    ("light", False, "o"): "run `git fetch --again`; if the tag still does not count, see `mlgit doctor`",
    ("light", True, "o"): "see `mlgit doctor`",
    ("light", False, None): "see `mlgit doctor`",
    ("half", False, "o"): f"run `git fetch --again`{DELETE}",
    ("half", True, "o"): f"run `git push o 'refs/tags/m#prod#2'` in a clone that has that tag{DELETE}",
    ("half", False, None): "run the command that began this again, or delete it: `git tag -d 'm#prod!#2'`",
}


@pytest.mark.parametrize(("kind", "asked", "remote"), HINTS)
def test_no_hint_leads_to_itself(kind: str, *, asked: bool, remote: str | None) -> None:
    tags, ignored = ((V1, V2, FIRST), {"m#prod#2": LIGHT}) if kind == "light" else ((V1, V2, FIRST, HALF), {})
    facts = Facts(
        names={each.oid: each.tag for each in tags},
        foreign=True,
        elsewhere={},
        rules={},
        fetch=None if remote is None else "git fetch --again",
        remote=remote,
        asked=asked,
    )
    doubt = accepted_state(replay(tags, ignored).model("m"), facts).environment("prod").doubt
    assert doubt is not None
    assert doubt.hint.startswith(HINTS[kind, asked, remote])
