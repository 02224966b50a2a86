"""Forged tags: statements that plain git writes, and what each command that acts does about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import EnvironmentStatement, GateOutcome, TagPointer
from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

# What a forged tag states, and a part of the reason why it does not count.
FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a rollback to what was never there": ({"action": "rollback"}, "was not in `staging` before"),
    "a rollback without a policy": ({"action": "rollback", "policy": None}, "was not in `staging` before"),
    "an old policy": ({"policy": "main~1"}, "which are older than"),
    "a policy off trunk": ({"policy": "topic"}, "which are not trunk's"),
    "no gates": ({"gates": ()}, "it states no outcome of `r2-floor`"),
    "no gates and no policy": ({"gates": (), "policy": None}, "it states no outcome of `r2-floor`"),
    "gates that failed": ({"outcome": "fail"}, "it states `fail` of the gate"),
}
READERS: dict[str, list[str]] = {
    "get": ["get", "line#staging", "-o", "out"],
    "promote": ["promote", "line", "--to", "prod"],
    "ci tag": ["ci", "tag", "--", "line#staging#2"],
    "doctor": ["doctor", "--json"],
}


def forge(folder: Folder, fields: dict[str, Any]) -> None:
    """Push `line#staging#2` with a statement like that of `line#staging#1`, apart from some fields."""
    first = parse_message(folder.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n")
    assert isinstance(first, EnvironmentStatement)
    wanted = {"policy": "main", **fields}
    policy, outcome = wanted.pop("policy"), wanted.pop("outcome", None)
    if outcome is not None:
        wanted["gates"] = tuple(GateOutcome(gate=each.gate, outcome=outcome) for each in first.gates)
    release = TagPointer(tag="line@v1.0.1", oid=folder.git("rev-parse", "refs/tags/line@v1.0.1").strip())
    statement = replace(
        first,
        sequence=2,
        version="v1.0.1",
        release=release,
        policy=None if policy is None else folder.git("rev-parse", policy).strip(),
        **wanted,
    )
    file = folder.write(".git/message", write_message("Move", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), "line#staging#2", "line@v1.0.1^{}")
    folder.git("push", "-q", "origin", "refs/tags/line#staging#2")


@pytest.fixture
def released(staged: Folder) -> Folder:
    """The project with v1.0.1 on trunk, which was never in staging, and a branch that was not merged."""
    staged.write("README.md", "words\n")
    staged.commit("Go on")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force").status == Exit.DONE
    staged.git("checkout", "-q", "-b", "topic")
    staged.commit("Never merged")
    staged.git("checkout", "-q", "main")
    return staged


@pytest.mark.parametrize(("fields", "why"), FIELDS.values(), ids=FIELDS)
def test_no_command_acts_on_a_forged_statement(released: Folder, fields: dict[str, Any], why: str) -> None:
    forge(released, fields)
    for reader, argv in READERS.items():
        done = released.here(*argv)
        assert done.status == {"doctor": Exit.DONE, "ci tag": Exit.BLOCKED}.get(reader, Exit.STATE), reader
        assert why in done.out + done.err, reader


def test_an_honest_statement_made_elsewhere_counts(released: Folder) -> None:
    forge(released, {})
    assert released.here("get", "line#staging", "-o", "out", "--json").json()["version"] == "v1.0.1"
