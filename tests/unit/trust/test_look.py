"""Look: it answers as the exact rules do, for tags as mlgit writes them and for every kind of misfit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.registry.message import MARK, write_message
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    GateOutcome,
    ReleaseStatement,
    Statement,
    TagPointer,
    encode,
)
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.look import look
from mlgit.core.trust.marks import NO_STATEMENT
from mlgit.core.trust.proof import claims_problem, parse_statement

COMMIT, OTHER, OID = "a" * 40, "b" * 40, "c" * 40
RELEASE = ReleaseStatement(
    model="sub:m",
    version="v1.0.0",
    commit=COMMIT,
    tree="d" * 40,
    at="2026-05-03T12:00:00Z",
    metrics={"metrics.json:auc": "0.9", 'odd"}]:\\': "é"},
    gates=(GateOutcome(gate="auc", outcome="pass"),),
    builder=Builder(kind="github", run="https://example.org/1"),
)
MOVE = EnvironmentStatement(
    model="sub:m",
    environment="prod",
    sequence=2,
    action="promote",
    at="2026-05-03T12:00:00Z",
    version="v1.0.0",
    release=TagPointer(tag="sub=m@v1.0.0", oid=OID),
    gates=(GateOutcome(gate="auc", outcome="pass"), GateOutcome(gate="b", outcome="warn")),
    policy=COMMIT,
)
STATEMENTS = {
    "a release": RELEASE,
    "of another model": replace(RELEASE, model="n"),
    "of another version": replace(RELEASE, version="v1.0.1"),
    "of another commit": replace(RELEASE, commit=OTHER),
    "a builder with braces": replace(RELEASE, builder=Builder(kind="{x}")),
    "a long version": replace(RELEASE, version="v" + "9" * 1000),
    "a promotion": MOVE,
    "without a release": replace(MOVE, release=None, version=None),
    "a reason that needs an escape": replace(MOVE, reason='"é\n'),
    "a rollback": replace(MOVE, action="rollback", reason="it was worse"),
    "taken out": replace(MOVE, action="unassign"),
    "of another environment": replace(MOVE, environment="dev"),
    "of another sequence": replace(MOVE, sequence=3),
    "of another model's environment": replace(MOVE, model="n"),
}
TAGS = (
    "sub=m@v1.0.0",
    "sub=m@v1.0.0#4",
    "sub=m@v1.0.0!",
    "sub=m#prod#2",
    "sub=m#prod!#2",
    "sub=m#prod",
    "sub=m@deprecated",
)
ENDINGS = ("", "-----BEGIN SSH SIGNATURE-----\nx\n", "more\n")


def exactly(tag: str, message: str) -> str | None:
    name = parse_tag(tag)
    assert name is not None
    statement, problem = parse_statement(message)
    if statement is None and problem is None:
        return NO_STATEMENT
    fact = TagFact(name, tag, OID, COMMIT, 0, "", "", lambda _: message)
    return problem or claims_problem(fact, statement) if statement is not None else problem


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_look_answers_as_the_exact_rules_do(statement: Statement, tag: str, ending: str) -> None:
    message = write_message("Words", "", statement) + ending
    found = look(tag, COMMIT, message.encode())
    exact = exactly(tag, message)
    assert found.flaw == (None if exact is None else exact if len(exact) <= 300 else f"{exact[:300]}…")
    named = statement.release if isinstance(statement, EnvironmentStatement) else None
    assert found.release == ("" if named is None else named.oid)


MISFITS = {
    "no mark": "x\n",
    "torn": f"x\n\n{MARK}\n{{\n",
    "without words": f"{MARK}\n{encode(RELEASE)}\n",
    "without an end of line": f"x\n\n{MARK}\n{encode(RELEASE)}",
    "with a space": f"x\n\n{MARK}\n{encode(RELEASE)} \n",
    "with a field": f'x\n\n{MARK}\n{encode(MOVE)[:-1]},"x":1}}\n',
    "subject of another release": write_message("x", "", MOVE).replace(f'Tag":"{OID}', f'Tag":"{OTHER}'),
    "two": write_message("x", "", RELEASE) + f"{MARK}\n{encode(MOVE)}\n",
}


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("message", MISFITS.values(), ids=MISFITS)
def test_a_look_at_a_damaged_message_answers_as_the_exact_rules_do(message: str, tag: str) -> None:
    assert look(tag, COMMIT, message.encode()).flaw == exactly(tag, message)


def test_a_name_of_no_model_has_no_flaw_of_its_own() -> None:
    assert look("v1.0.0", COMMIT, write_message("x", "", RELEASE).encode()).flaw is None
