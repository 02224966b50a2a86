"""Refused tags: well-formed tags that do not count, each with the reason."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.cache import MISSING
from mlgit.core.overview.doctor import Finding, fault, remark, warning
from mlgit.core.registry.moves import incomplete_changes
from mlgit.core.registry.statement import EnvironmentStatement, TagPointer
from mlgit.core.registry.tags import TAGS, after_fetch, deletion, parse_tag
from mlgit.core.release.going_back import NothingBefore, rollback_target
from mlgit.core.release.promotion import check_promotion
from mlgit.core.trust.marks import NO_STATEMENT, unless_needed
from mlgit.core.trust.moved import REWRITTEN, if_still_lightweight, named_as
from mlgit.core.trust.newest_release import still_lost
from mlgit.core.trust.proof import parse_statement
from mlgit.core.trust.rules import was_promoted
from mlgit.core.wording import count, listed, word, words
from mlgit.errors import AnswerNo, MlgitError, StateError
from mlgit.project.registry.completeness import may_be_elsewhere
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.pushed import NOT_SEEN
from mlgit.project.registry.read import ignored_tags, read_registry
from mlgit.project.registry.tag_settings import (
    choose_remote,
    ignored_hint,
    releases_elsewhere,
    tag_repair,
)
from mlgit.project.release.provenance import stated_otherwise
from mlgit.project.trust.accept import accept_with_facts
from mlgit.project.trust.marks import foreign_tags_allowed, of_other_tools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mlgit.core.registry.state import ModelState, Refusal
    from mlgit.core.trust.rules import Facts
    from mlgit.project.open import Project

_SHOWN = 5
_NEEDED = (
    "promote other versions; if another tool makes tags here, write `foreign_tags: allow` into `mlgit.yaml` "
    "on trunk"
)


def check_ignored_tags(project: Project) -> Iterator[Finding]:
    """Tags that look like tags of mlgit and do not count."""
    ignored = sorted(ignored_tags(project).items())
    other = releases_elsewhere(project) if ignored else None
    if other is not None:
        text = f"No tag counts here: this clone has seen none of {len(ignored)} at `{project.remote}`"
        repair, tags = choose_remote(project, other), tuple(tag for tag, _ in ignored)
        yield warning("tag_of_a_fork", f"{text}, so they may be a fork's", repair=repair, subjects=tags)
        return
    others = of_other_tools(project)
    unseen: list[str] = []
    for tag, why in ignored:
        name = parse_tag(tag)
        if name is not None and others(name.model) and "lightweight" in why:
            continue
        if why == MISSING:
            yield _missing(project, tag)
            continue
        if why.endswith(NOT_SEEN):
            unseen.append(tag)
            continue
        kind, repair = "unreadable_tag", unless_needed([tag], project.remote, why=why)
        if "lightweight" in why:
            kind, repair = "lightweight_tag", _lightweight(project, tag)
        yield warning(kind, f"The tag `{tag}` does not count: {why}", repair=repair, subjects=(tag,))
    if unseen:
        yield _unseen(project, unseen)


def _unseen(project: Project, tags: Sequence[str]) -> Finding:
    """Tags that may be a fork's, together: after the address of the remote changed, these are all."""
    named, it = (f"The tag {listed(tags)} does", "it") if len(tags) == 1 else (f"{listed(tags)} do", "them")
    they = "it" if len(tags) == 1 else "they"
    text = f"{named} not count: this clone has not seen {it} at `{project.remote}`, so {they} may be a fork's"
    repair = ignored_hint(project, tags[0], NOT_SEEN, *tags[1:_SHOWN])
    return warning("tag_of_a_fork", text, repair=repair, subjects=tuple(tags))


def check_refused_tags(project: Project) -> Iterator[Finding]:
    """Tags that no command acts on: foreign ones together, those with a statement one by one."""
    others = of_other_tools(project)
    for raw in read_registry(project).models.values():
        if others(raw.name):
            continue
        state, facts = accept_with_facts(project, raw)
        yield from _against_rules_of_now(project, state)
        yield from _stated_otherwise(project, state)
        named = _named(raw)
        yield from _foreign(state, project.remote, named=named)
        lost = tuple(each.fact.tag for each in state.refused if each.why == REWRITTEN)
        if lost:
            text = (
                f"{count(len(lost), 'tag')} of `{raw.name}` do not count: the history was rewritten, and the "
            )
            advice = next(each.advice for each in state.refused if each.why == REWRITTEN)
            yield fault(
                "rewritten_history",
                f"{text}the commits of their releases are not here",
                repair=advice,
                subjects=lost,
            )
        for each in state.refused:
            refusal = (
                each
                if state.environment(each.fact.name.environment or "").doubt == each
                else still_lost(each)
            )
            if not refusal.foreign and refusal.why != REWRITTEN and not may_be_elsewhere(project, refusal):
                yield fault(
                    "refused_tag",
                    refusal.sentence + _incomplete(raw, refusal),
                    repair=refusal.repair
                    or refusal.advice
                    or _way_out(state, facts, refusal, _fetch(project, raw, refusal))
                    or _unless_named(refusal, project.remote, named)
                    or f"mlgit history {word(raw.name)}",
                    subjects=(refusal.fact.tag,),
                )


def _against_rules_of_now(project: Project, state: ModelState) -> Iterator[Finding]:
    """What no promotion would put there any more, apart from its gates; it stays, by rules of before."""
    for name, declared in sorted(project.trunk_config.environments.items()):
        here = state.environment(name)
        version = here.version
        if version is None or version.deregistered or here.doubt is not None or here.held:
            continue
        try:
            check_promotion(state, declared, version, downgrade=True)
        except AnswerNo as error:
            yield remark(
                "held_by_older_rules",
                f"`{name}` holds `{version.tag}`, which today's rules would not let in: {error.message}",
                repair=error.hint,
                subjects=() if here.holder is None else (here.holder.tag,),
            )
        except StateError:
            continue  # what `from` holds is not known, which is a finding of its own


def _stated_otherwise(project: Project, state: ModelState) -> Iterator[Finding]:
    """The newest release and what environments hold, if a tag states other values than its commit has."""
    held = (each.version for each in state.environments.values())
    for version in {each.tag: each for each in (state.latest, *held) if each is not None}.values():
        statement = version.statement
        if statement is None:
            continue
        try:
            path = declared_models(project, version.commit).get(version.model)
            wrong = stated_otherwise(project, statement, version.commit, path=path)
        except MlgitError:
            continue  # what cannot be read is a finding of its own
        if wrong is not None:
            yield warning(
                "stated_otherwise",
                f"`{version.tag}` of {version.author} does not state what its commit has: {wrong}",
                repair=f"mlgit show {word(version.tag)}",
                subjects=(version.tag,),
            )


def _incomplete(raw: ModelState, refusal: Refusal) -> str:
    """The clause about earlier changes of its environment that this clone does not have whole."""
    name, counter = refusal.fact.name.environment, refusal.fact.name.counter
    if name is None or counter is None:
        return ""
    missing = [str(each) for each in islice(incomplete_changes(raw.environment(name), counter), _SHOWN)]
    if not missing:
        return ""
    what = f"change {missing[0]}" if len(missing) == 1 else f"changes {', '.join(missing)}"
    return f"; this clone also lacks a tag of {what} of `{name}`"


def _fetch(project: Project, raw: ModelState, refusal: Refusal) -> str | None:
    """What fetches the tags that this clone is seen to lack."""
    return tag_repair(project) if _incomplete(raw, refusal) else None


def _way_out(state: ModelState, facts: Facts | None, refusal: Refusal, fetch: str | None) -> str | None:
    """What ends the doubt about an environment whose newest tag this is.

    The clone may only lack an older tag: a rollback fetches it, and would then take out what is healthy.
    """
    here = state.environment(refusal.fact.name.environment or "")
    if here.doubt != refusal or (here.holder is None and refusal.unread):
        return None
    verb = "unassign" if here.holder is None else "rollback"
    try:
        rollback_target(
            state, here, counts=lambda each: facts is None or was_promoted(each.commit, here, state, facts)
        )
    except NothingBefore:
        verb = "unassign"
    except (AnswerNo, StateError):
        pass  # the rollback says what is in its way, and what ends that
    argv = ("mlgit", verb, state.name, "--env", here.environment, "-m", "its newest tag does not count")
    if fetch is None:
        return words(argv)
    return after_fetch(fetch, f"run `{words(argv)}`")


def _unless_named(refusal: Refusal, remote: str | None, named: Collection[str]) -> str | None:
    """How to delete a release that nothing needs; None for another tag, or if one names it."""
    fact = refusal.fact
    if fact.name.action != "register" or fact.tag in named:
        return None
    return unless_needed([fact.tag], remote, why=refusal.why)


def _named(raw: ModelState) -> frozenset[str]:
    """The releases that tags of environments name."""
    statements = (parse_statement(fact.message()).statement for fact in raw.facts if fact.name.environment)
    return frozenset(
        each.release.tag for each in statements if isinstance(each, EnvironmentStatement) and each.release
    )


def _foreign(state: ModelState, remote: str | None, *, named: Collection[str]) -> Iterator[Finding]:
    by_reason: dict[tuple[str, str | None], list[str]] = {}
    for refusal in state.refused:
        if refusal.foreign:
            own = refusal.advice if refusal.fact.name.action == "deregister" else None
            if refusal.fact.tag in named and refusal.fact.name.version is not None:
                own = _NEEDED
            by_reason.setdefault((refusal.why, own), []).append(refusal.fact.tag)
    for (why, advice), tags in by_reason.items():
        words = "The tag {} does not count" if len(tags) == 1 else "{} do not count"
        yield warning(
            "foreign_tag",
            f"{words.format(listed(tags, None))}: {why}",
            repair=advice or unless_needed(tags[:_SHOWN], remote, why=why),
            subjects=tuple(tags),
        )


def _missing(project: Project, tag: str) -> Finding:
    # Deleting the tag would hide that it is lost; git names the broken file if there is one.
    here = f"git fetch --refetch --tags {word(project.remote or 'REMOTE')}"
    return fault(
        "missing_tag_object",
        f"The object of the tag `{tag}` is missing or damaged, so the state of its model is not known",
        repair="run `git fsck`, and fetch it from a clone that has it" if project.remote is None else here,
        subjects=(tag,),
    )


def _lightweight(project: Project, tag: str) -> str:
    """What to do about a tag that is lightweight here: the remote may have the real one, or the same."""
    remote, allowed = project.remote, foreign_tags_allowed(project)
    named = _named_by_others(project, tag)
    if named is not None:  # to delete the tag, or to make another one of it, would lose the release
        here = project.objects.get(named.oid) is not None
        return if_still_lightweight(named, fetch=tag_repair(project), remote=remote, here=here)
    command = annotate(tag, word(f"refs/tags/{tag}^{{}}"), remote)
    if remote is None:
        return command if allowed else unless_needed([tag], None, why=NO_STATEMENT)
    last = f"`{command}` makes it count" if allowed else f"`{deletion([tag], remote)}` deletes it"
    return after_fetch(tag_repair(project), f"{last} for everyone", still="is still lightweight")


def _named_by_others(project: Project, tag: str) -> TagPointer | None:
    """The release as tags of environments name it; None if none does, or if they do not agree."""
    name = parse_tag(tag)
    if name is None or name.action != "register":
        return None
    oids = named_as(tag, read_registry(project).model(name.model))
    return TagPointer(tag=tag, oid=next(iter(oids))) if len(oids) == 1 else None


def annotate(tag: str, commit: str, remote: str | None) -> str:
    """The command that replaces a lightweight tag by an annotated one, here and at the remote."""
    here = f"git tag -f -a -m {word(tag)} {word(tag)} {commit}"
    return here if remote is None else f"{here} && git push --force {word(remote)} {word(TAGS + tag)}"
