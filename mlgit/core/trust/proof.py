"""Proof: check a tag's statement against the tag, and against the release that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import NamedTuple, record
from mlgit.core.registry.message import MARK, parse_message
from mlgit.core.registry.statement import (
    EnvironmentStatement,
    RejectionStatement,
    ReleaseStatement,
    Statement,
    encode,
)
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import cut, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mlgit.core.registry.state import ModelState, TagFact

ProofState = Literal["pass", "fail", "skip"]
OUTCOMES = frozenset({"pass", "fail", "inconclusive", "error", "skipped"})
_BLOCKING = frozenset({"fail", "error"})
_LONGEST_OUTCOME = 40
_SIGNATURE = "-----BEGIN "


@record
class Proof:
    """The result of one check of a tag; `skip` if there was nothing to check."""

    tag: str
    check: str
    state: ProofState
    message: str


class ParsedStatement(NamedTuple):
    """The statement in a message and what is wrong with it; both None if the message has no statement."""

    statement: Statement | None
    problem: str | None


def parse_statement(message: str) -> ParsedStatement:
    """Read the statement in a tag's message; a problem if mlgit would not write it that way."""
    head, mark, rest = f"\n{message}".rpartition(f"\n{MARK}\n")
    if not mark:
        return ParsedStatement(None, None)
    statement = parse_message(message)
    if statement is None or not head.strip():
        return ParsedStatement(None, "its statement cannot be parsed")
    line, _, following = rest.partition("\n")
    if encode(statement) != line:
        return ParsedStatement(
            statement, "its statement is not written canonically, or has fields of its own"
        )
    if following.strip() and not following.startswith(_SIGNATURE):
        return ParsedStatement(statement, "there is text after its statement")
    return ParsedStatement(statement, None)


def claims_problem(fact: TagFact, statement: Statement) -> str | None:
    """How a statement and its own tag differ; None if they agree."""
    name = fact.name
    if name.version is not None and name.counter is not None:
        return "it has a counter after its version, which mlgit never writes"
    if isinstance(statement, ReleaseStatement):
        if name.action != "register":
            return "it is not a release, but states one"
        claimed: tuple[object, ...] = (statement.model, statement.version, statement.commit)
        found: tuple[object, ...] = (name.model, str(name.version), fact.commit)
    elif isinstance(statement, RejectionStatement):
        if name.action != "deregister":
            return "it is not a rejection, but states one"
        claimed = (statement.model, statement.version)
        found = (name.model, str(name.version))
    else:
        if name.environment is None:
            return "it is not about an environment, but states one"
        if name.action == "assign" and statement.action == "unassign":
            return "it puts a version there, but states that one was taken out"
        claimed = (statement.model, statement.environment, statement.sequence)
        found = (name.model, name.environment, name.counter)
    differing = [
        f"{each} instead of {other}" for each, other in zip(claimed, found, strict=True) if each != other
    ]
    return f"it states {', '.join(differing)}" if differing else None


def gates_problem(
    statement: EnvironmentStatement | ReleaseStatement,
    demanded: Mapping[str, Collection[str]],
    *,
    what: str,
    lifted: Callable[[str, str], bool] = lambda *_: False,
) -> str | None:
    """The gates whose outcomes are missing in a statement, or that should have stopped it.

    Each of the `demanded` gates has the outcomes that are refused, unless a waiver `lifted` one of them.
    """
    stated = {each.gate: each.outcome for each in statement.gates}
    if len(stated) < len(statement.gates):
        return "it states two outcomes of one gate, which mlgit never writes"
    strange = next((each for each in stated.values() if each not in OUTCOMES), None)
    if strange is not None:
        return f"it states `{cut(strange, _LONGEST_OUTCOME)}`, which is not the outcome of a gate"
    missing = [gate for gate in demanded if gate not in stated]
    if missing:
        return f"it states no outcome of {listed(missing)}"
    refused = (gate for gate, outcomes in demanded.items() if stated[gate] in outcomes)
    gate = next((each for each in refused if not lifted(each, stated[each])), None)
    if gate is None:
        return None
    why = f"which blocks {what}" if stated[gate] in _BLOCKING else "which that gate cannot have"
    return f"it states `{stated[gate]}` of the gate `{gate}`, {why}"


def names_release(tag: str, model: str) -> bool:
    """Whether a tag's name is that of a release of the model."""
    name = parse_tag(tag)
    return name is not None and name.action == "register" and name.model == model


def _not_here(tag: str, model: str, state: ModelState) -> str:
    if not names_release(tag, model):
        return f"it names `{tag}`, which is not a release of `{model}`"
    why = state.ignored.get(tag)
    if why is not None:
        return f"its release `{tag}` does not count: {why}"
    return f"it names the release `{tag}`, which is not here"


def release_problem(
    fact: TagFact, statement: EnvironmentStatement | RejectionStatement, state: ModelState
) -> str | None:
    """How a tag and the release that it names differ; None if they agree."""
    named = statement.release
    if named is None:
        return None
    found = next((each for each in state.facts if each.tag == named.tag), None)
    if found is None or not names_release(named.tag, fact.name.model):
        return _not_here(named.tag, fact.name.model, state)
    if found.oid != named.oid:
        return f"it names `{named.tag}` as {named.oid[:7]}, but that tag is {found.oid[:7]}"
    if str(found.name.version) != statement.version:
        return f"it states {statement.version}, and its release is `{named.tag}`"
    if fact.name.action in {"assign", "deregister"} and found.commit != fact.commit:
        return f"it is at {fact.commit[:7]}, and its release `{named.tag}` at {found.commit[:7]}"
    return None
