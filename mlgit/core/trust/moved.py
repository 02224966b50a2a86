"""Moved: what to do about a tag that names a release whose own tag is another one now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.statement import EnvironmentStatement, TagPointer
from mlgit.core.registry.tags import TAGS
from mlgit.core.trust.marks import unless_needed
from mlgit.core.trust.proof import parse_statement
from mlgit.core.wording import listed, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.registry.state import ModelState, Refusal, TagFact
    from mlgit.core.trust.rules import Facts


def that_name_what_is_here(
    fact: TagFact, named: TagPointer, raw: ModelState, refused: Mapping[str, Refusal]
) -> list[str]:
    """The tags of others that name the release which has that name here, not the one that this tag names."""
    here = next((TagPointer(tag=each.tag, oid=each.oid) for each in raw.facts if each.tag == named.tag), None)
    if here is None or here.oid == named.oid:
        return []
    others = [each for each in raw.facts if each.tag not in {fact.tag, *refused}]
    statements = ((each.tag, parse_statement(each.message()).statement) for each in others)
    return [tag for tag, one in statements if isinstance(one, EnvironmentStatement) and one.release == here]


def take_back(fact: TagFact, named: TagPointer, witnesses: list[str], facts: Facts) -> str:
    """What to do about a tag that names another release than other tags do."""
    verb = "names" if len(witnesses) == 1 else "name"
    deletes = unless_needed([fact.tag], facts.remote, why="")
    who = fact.tagger or "its author"
    return f"{listed(witnesses)} {verb} the `{named.tag}` that is there; ask {who}, and {deletes}"


def put_back(refusal: Refusal, named: TagPointer, *, moved: bool, facts: Facts) -> Refusal:
    """With what puts a release back whose name another tag or a lightweight one has now."""
    ref = TAGS + named.tag
    command = f"git update-ref {word(ref)} {named.oid}"
    if facts.remote is not None:
        command += f" && git push --force {word(facts.remote)} {word(ref)}"
    if moved and facts.has(named.oid):
        return refusal._replace(repair=command)
    last = f"`{command}` puts it back"
    if not facts.has(named.oid):
        push = f"git push --force {word(facts.remote or 'REMOTE')} {named.oid}:{word(ref)}"
        last = f"this clone lacks the release's object {named.oid[:7]}; in a clone that has it, run `{push}`"
    if not moved:
        last = f"run `{facts.fetch}`; if the tag is still lightweight, {last}"
    return refusal._replace(advice=last, missing=not moved)
