"""Look: it answers as the exact rules do, for tags as mlgit writes them and for every kind of misfit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.registry.message import LARGEST_BYTES, MARK, write_message
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
    "an empty line before the mark": f"\n{MARK}\n{encode(RELEASE)}\n",
    "two": write_message("x", "", RELEASE) + f"{MARK}\n{encode(MOVE)}\n",
}


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("message", MISFITS.values(), ids=MISFITS)
def test_a_look_at_a_damaged_message_answers_as_the_exact_rules_do(message: str, tag: str) -> None:
    assert look(tag, COMMIT, message.encode()).flaw == exactly(tag, message)


def test_a_name_of_no_model_has_no_flaw_of_its_own() -> None:
    assert look("v1.0.0", COMMIT, write_message("x", "", RELEASE).encode()).flaw is None


SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nx\n"
OUT = replace(MOVE, action="unassign")
USUAL = {
    "a release": ("sub=m@v1.0.0", write_message("Words", "", RELEASE)),
    "signed": ("sub=m@v1.0.0", write_message("Words", "", RELEASE) + SIGNATURE),
    "a promotion": ("sub=m#prod#2", write_message("Words", "", MOVE)),
    "signed too": ("sub=m#prod#2", write_message("Words", "", MOVE) + SIGNATURE),
    "the other half": ("sub=m#prod!#2", write_message("Words", "", MOVE)),
    "without a release": ("sub=m#prod#2", write_message("Words", "", replace(MOVE, release=None))),
    "taken out": ("sub=m#prod!#2", write_message("Words", "", OUT)),
    "without a line break at the end": ("sub=m#prod#2", write_message("Words", "", MOVE).rstrip()),
    "a letter": ("sub=m#prod#2", f"x\n{MARK}\n{encode(MOVE)}\n"),
}


@pytest.mark.parametrize(("tag", "message"), USUAL.values(), ids=USUAL)
def test_a_statement_as_mlgit_writes_it_is_not_parsed(
    tag: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look(tag, COMMIT, message.encode())
    assert found.flaw is exactly(tag, message) is None
    assert found.release == (OID if f'"oid":"{OID}"' in message else "")
    monkeypatch.setattr("mlgit.core.trust.look.parse_statement", None)
    assert look(tag, COMMIT, message.encode()) == found


@pytest.mark.parametrize("size", [LARGEST_BYTES - 1, LARGEST_BYTES, LARGEST_BYTES + 1])
@pytest.mark.parametrize(("tag", "statement"), [("sub=m@v1.0.0", RELEASE), ("sub=m#prod#2", MOVE)])
def test_a_message_that_is_too_large_cannot_be_parsed(tag: str, statement: Statement, size: int) -> None:
    message = write_message("Words", "", statement) + SIGNATURE
    start = message.index(MARK) + len(MARK) + 1
    message += "x" * (size - len(message) + start)
    assert look(tag, COMMIT, message.encode()).flaw == exactly(tag, message)
    assert (exactly(tag, message) is None) is (size <= LARGEST_BYTES)


@pytest.mark.parametrize("length", [299, 300, 301])
def test_a_long_flaw_is_cut(length: int) -> None:
    other = replace(RELEASE, version="v1.0.0-")
    short = exactly("sub=m@v1.0.0", write_message("Words", "", other))
    assert short is not None
    other = replace(RELEASE, version=f"v1.0.0-{'x' * (length - len(short))}")
    whole = exactly("sub=m@v1.0.0", write_message("Words", "", other))
    assert whole is not None
    assert len(whole) == length
    found = look("sub=m@v1.0.0", COMMIT, write_message("Words", "", other).encode()).flaw
    assert found == (whole if length <= 300 else f"{whole[:300]}…")
