"""Look: what a tag's object shows by itself, fast enough for thousands of tags."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.registry.message import LARGEST_BYTES, MARK
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.statement import (
    ENVIRONMENT_TYPE,
    RELEASE_TYPE,
    STATEMENT_TYPE,
    ReleaseStatement,
    Statement,
)
from mlgit.core.registry.tags import TagName, parse_tag
from mlgit.core.trust.marks import NO_STATEMENT
from mlgit.core.trust.proof import claims_problem, parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_FLAW = 300
_MARK = f"\n{MARK}\n".encode()
_SIGNATURE = b"-----BEGIN "


class Look(NamedTuple):
    """What is wrong with a statement for the name that its tag was made for; and the release that it names.

    `release` is an object id, empty if it names none.
    """

    flaw: str | None = None
    release: str = ""


def look(made_for: str, commit: str, message: bytes) -> Look:
    """Look at the message of a tag that was made for this name."""
    place = message.rfind(_MARK)
    if place < 0 and not message.startswith(_MARK[1:]):
        return Look(NO_STATEMENT)
    name = parse_tag(made_for)
    if name is None:
        return Look()  # no reader takes a name that differs from its object's, nor this one
    usual = _usual(name, commit, message, place)
    return _exact(name, made_for, commit, message.decode("utf-8", "replace")) if usual is None else usual


def _usual(name: TagName, commit: str, message: bytes, place: int) -> Look | None:
    """The answer for a statement as mlgit writes nearly all of them; None if it must be read."""
    start = place + len(_MARK)
    end = message.find(b"\n", start)
    rest = b"" if end < 0 else message[end:].strip()
    signed = rest.startswith(_SIGNATURE)
    if place < 1 or (rest and not signed) or len(message) - start > LARGEST_BYTES:
        return None
    line = message[start:] if end < 0 else message[start:end]
    if name.action == "register" and name.counter is None:
        texts = (
            f',"commit":"{commit}",',
            f',"model":"{name.model}","params":',
            f',"version":"{name.version}"}},',
        )
        fits = _begins_release()(line) and all(text.encode() in line for text in texts)
        return Look() if fits else None
    found = None if name.environment is None else _move().fullmatch(line)
    if found is None:
        return None
    action, environment, model, oid, sequence, subject = (each and each.decode() for each in found.groups())
    claimed = (model, environment, sequence)
    takes_out = name.action == "assign" and action == "unassign"
    if claimed != (name.model, name.environment, str(name.counter)) or takes_out or oid != subject:
        return None
    return Look(None, oid or "")


def _exact(name: TagName, tag: str, commit: str, message: str) -> Look:
    fact = TagFact(name, tag, "", commit, 0, "", "", lambda _: message)
    statement, problem = parse_statement(message)
    if statement is None:
        return Look(problem or NO_STATEMENT)
    problem = problem or claims_problem(fact, statement)
    if problem is not None and len(problem) > _LONGEST_FLAW:
        problem = f"{problem[:_LONGEST_FLAW]}…"
    return Look(problem, _release(statement))


def _release(statement: Statement) -> str:
    named = None if isinstance(statement, ReleaseStatement) else statement.release
    return "" if named is None else named.oid


@cache
def _move() -> re.Pattern[bytes]:
    """A canonical statement of an environment in which no text needs an escape."""
    text = r'"[ !#-\[\]-~]*"'
    kept = r'"([ !#-\[\]-~]*)"'
    gate = rf'\{{"gate":{text},"outcome":{text}\}}'
    pointer = rf'(?:null|\{{"oid":{text},"tag":{text}\}})'
    release = rf'(?:null|\{{"oid":{kept},"tag":{text}\}})'
    return re.compile(
        (
            rf'\{{"_type":"{re.escape(STATEMENT_TYPE)}","predicate":\{{"action":"(promote|rollback|unassign)",'
            rf'"at":{text},"environment":{kept},"gates":\[(?:{gate}(?:,{gate})*)?\],"model":{kept},'
            rf'(?:"policy":{text},)?"previous":{pointer},"reason":(?:null|{text}),"release":{release},'
            rf'"sequence":{kept},"version":(?:null|{text})\}},"predicateType":"{re.escape(ENVIRONMENT_TYPE)}",'
            rf'"subject":\[(?:\{{"digest":\{{"gitTag":{kept}\}},"name":{text}\}})?\]\}}'
        ).encode()
    )


@cache
def _begins_release() -> Callable[[bytes], object]:
    begins = rf'\{{"_type":"{re.escape(STATEMENT_TYPE)}","predicate":\{{"at":"[^"\\]*",'
    builder = r'"builder":\{[^{}\\]*\},'
    ends = rf'.*"predicateType":"{re.escape(RELEASE_TYPE)}","subject":\[[^\]]*\]\}}'
    return re.compile(f"{begins}{builder}{ends}".encode()).fullmatch
