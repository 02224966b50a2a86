"""Moved: what to do about tags whose release, or whose commits, are others now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.state import Refusal
from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement, TagPointer
from mlgit.core.registry.tags import (
    TAGS,
    Taken,
    after_fetch,
    built_on,
    deletion,
    ref_patterns,
    theirs_instead,
)
from mlgit.core.trust.marks import unless_needed
from mlgit.core.trust.newest_release import ANOTHER
from mlgit.core.trust.proof import names_release, parse_statement
from mlgit.core.wording import listed, word, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.trust.rules import Facts


NOT_HERE = "is not here"
REWRITTEN = "the history was rewritten after it was made, and the commit of its release is not here"


def rewritten(raw: ModelState, refused: Mapping[str, Refusal], facts: Facts) -> dict[str, Refusal]:
    """The refusals of a model all of whose releases name other commits than theirs, which are not here.

    Filters of the history (`git filter-repo`, `git lfs migrate`) make each tag again for the new commit. To
    push the former objects would bring back what was filtered out.
    """
    releases = [fact for fact in raw.facts if fact.name.action == "register"]
    if not releases or any(fact.tag not in refused for fact in releases):
        return {}
    for fact in releases:
        stated = parse_statement(fact.message()).statement
        if not isinstance(stated, ReleaseStatement) or stated.commit == fact.commit:
            return {}
        if facts.has(stated.commit):
            return {}
    advice = f"if that was meant, `{_start_over(raw.name, facts.remote)}` deletes all tags of `{raw.name}`"
    advice += " for everyone" if facts.remote is not None else ""
    advice += f"; then run `mlgit release {word(raw.name)}` and promote it"
    return {
        tag: each._replace(why=REWRITTEN, repair=None, advice=advice, missing=False)
        for tag, each in refused.items()
        if not each.foreign
    }


def _start_over(model: str, remote: str | None) -> str:
    """The command that deletes all tags of a model; there may be too many to name each."""
    patterns = [each.removeprefix(TAGS) for each in ref_patterns(model)]
    here = f"git tag -d $(git tag -l {words(patterns)})"
    if remote is None:
        return here
    there = f"git push {word(remote)} $(git tag -l --format=':%(refname)' {words(patterns)})"
    return f"{there} && {here}"


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


def _take_back(fact: TagFact, named: TagPointer, witnesses: list[str], facts: Facts) -> str:
    """What to do about a tag that names another release than other tags do."""
    verb = "names" if len(witnesses) == 1 else "name"
    deletes = unless_needed([fact.tag], facts.remote, why="")
    who = fact.tagger or "its author"
    return f"{listed(witnesses)} {verb} the `{named.tag}` that is there; ask {who}, and {deletes}"


def other_release(
    fact: TagFact,
    named: TagPointer,
    problem: str,
    raw: ModelState,
    refused: Mapping[str, Refusal],
    facts: Facts,
) -> Refusal:
    """The refusal of a tag that does not fit the release that it names, with what puts that right."""
    here = next((each.oid for each in raw.facts if each.tag == named.tag), None)
    if here == named.oid or not names_release(named.tag, raw.name):
        advice = unless_needed([fact.tag], facts.remote, why=problem)  # there is nothing to put back
        return Refusal(fact, problem, advice=advice)
    if here is None and named.tag not in raw.ignored:
        return _lost_release(fact, named, raw, facts)
    witnesses = that_name_what_is_here(fact, named, raw, refused)
    if here is not None and witnesses:
        return Refusal(fact, problem, advice=_take_back(fact, named, witnesses, facts))
    return _put_back(Refusal(fact, problem), named, moved=here is not None, facts=facts)


def lacks_tag(refusal: Refusal) -> bool:
    """Whether a tag is refused only because another one is not here, which proves nothing in some clones."""
    return refusal.why.endswith(NOT_HERE) and refusal.why != REWRITTEN


def _lost_release(fact: TagFact, named: TagPointer, raw: ModelState, facts: Facts) -> Refusal:
    """The refusal of a tag whose release this clone lacks; fetching helps only if the remote may have it."""
    why, ref = f"it names the release `{named.tag}`", TAGS + named.tag
    push = None if facts.remote is None else f"git push {word(facts.remote)} {word(ref)}"
    if facts.has(named.oid):
        here = f"git update-ref {word(ref)} {named.oid}"
        last = f"`{here}`" if push is None else f"`{here} && {push}`"
        last += f" puts it back; otherwise {ANOTHER}"
    elif push is None:
        last = ANOTHER
    else:
        last = f"run `{push}` in a clone that has it; if none has, {ANOTHER}"
    half = str(fact.name._replace(action="unassign"))
    tags = [fact.tag, *(each.tag for each in raw.facts if each.tag == half)]
    everyone = "" if facts.remote is None else " for everyone"
    last += f"; if no one needs `{fact.tag}`, `{deletion(tags, facts.remote)}` deletes it{everyone}"
    if facts.asked:
        why += f", which neither this clone nor `{facts.remote}` has"
    else:
        why += f", which {NOT_HERE}"
    if not facts.asked and facts.remote is not None:
        fetch = facts.complete or f"git fetch --tags {word(facts.remote)}"
        last = f"run `{fetch}`; if that does not bring it, {last}"
    return Refusal(fact, why, advice=last, missing=True)


def named_as(tag: str, raw: ModelState) -> Collection[str]:
    """The objects by which tags of environments name a release, whatever is there under its name now."""
    statements = (parse_statement(each.message()).statement for each in raw.facts if each.name.environment)
    named = (each.release for each in statements if isinstance(each, EnvironmentStatement))
    return {each.oid for each in named if each is not None and each.tag == tag}


def if_still_lightweight(named: TagPointer, *, fetch: str | None, remote: str | None, here: bool) -> str:
    """What puts a release back that is lightweight now; `here` says whether this clone has its object."""
    return after_fetch(fetch, _putting_back(named, remote, here=here), still="is still lightweight")


def _put_back(refusal: Refusal, named: TagPointer, *, moved: bool, facts: Facts) -> Refusal:
    """With what puts a release back whose name another tag or a lightweight one has now."""
    here = facts.has(named.oid)
    if not moved:
        advice = if_still_lightweight(named, fetch=facts.fetch, remote=facts.remote, here=here)
        return refusal._replace(advice=advice, missing=True)
    if here:
        return refusal._replace(repair=_puts_back(named, facts.remote))
    return refusal._replace(advice=_putting_back(named, facts.remote, here=False))


def _putting_back(named: TagPointer, remote: str | None, *, here: bool) -> str:
    if here:
        return f"`{_puts_back(named, remote)}` puts it back"
    push = f"git push --force {word(remote or 'REMOTE')} {named.oid}:{word(TAGS + named.tag)}"
    return f"this clone lacks the release's object {named.oid[:7]}; in a clone that has it, run `{push}`"


def _puts_back(named: TagPointer, remote: str | None) -> str:
    ref = TAGS + named.tag
    command = f"git update-ref {word(ref)} {named.oid}"
    return command if remote is None else f"{command} && git push --force {word(remote)} {word(ref)}"


def taken(remote: str, ours: Collection[TagFact], only_here: Iterable[TagFact]) -> Taken:
    """Our tags whose names others took, with the way out; `only_here` are others that the remote lacks.

    What names one of these releases is dropped with it: for everyone else it would name a lost one.
    """
    others = tuple(only_here)
    given_up = {fact.oid for fact in ours if fact.name.action == "register"}
    about = [fact for fact in others if fact.release in given_up]
    left = built_on([fact.name for fact in (*ours, *about)], {fact.tag: fact.name for fact in others})
    names = tuple(sorted(fact.tag for fact in ours))
    return Taken(names, theirs_instead(remote, names, {*left, *(fact.tag for fact in about)}))
