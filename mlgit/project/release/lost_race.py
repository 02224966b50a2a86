"""Lost race: report who changed a model or a tag first, and fetch their tags."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.git.push import fetch_refs, try_fetch_refs
from mlgit.adapters.git.tags.facts import read_tags
from mlgit.core.registry.state import EnvironmentState, ModelState, TagFact, version_of
from mlgit.core.registry.tags import TAGS, parse_tag, ref_patterns
from mlgit.core.trust.moved import taken
from mlgit.core.wording import cut, format_since, listed, word, words
from mlgit.errors import Interrupted, LostRace, MlgitError, StateError, ToolError
from mlgit.project.registry.pushed import record_seen, record_taken, seen_at_remote
from mlgit.project.registry.read import read_facts, read_model
from mlgit.project.trust.accept import accept

_REASON = 60  # characters of a reason in one line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from mlgit.project.open import Project

_NOTHING = "nothing was written"


def lost(project: Project, remote: str, there: Mapping[str, str], elsewhere: tuple[str, ...]) -> LostRace:
    """Report who was first by the refs that are there; `elsewhere` says which further addresses took ours."""
    theirs = {ref: oid for ref, oid in there.items() if ref.startswith(TAGS)}
    error = lost_race(project, remote, theirs) if theirs else lost_branch(remote, there)
    if elsewhere:
        error.message = error.message.removesuffix(f"; {_NOTHING}")
        error.details = (*(each for each in error.details if each != _NOTHING), *elsewhere)
    return error


def lost_race(project: Project, remote: str, theirs: Mapping[str, str]) -> LostRace:
    """Fetch the tags that won the race, and report the newest of them.

    All tags of their models are fetched: a change may have two tags, of which only one blocked ours.
    """
    tags = {ref.removeprefix(TAGS): oid for ref, oid in theirs.items()}
    record_seen(project, tags.values(), at_remote=True)
    if not fetch_models(project, remote, tags):
        fetch_refs(project.git, remote, tuple(theirs))
    facts = {fact.tag: fact for fact in read_tags(project.objects, tags).facts}
    names = ", ".join(f"`{tag}`" for tag in tags)
    if not facts:
        return LostRace(
            f"`{remote}` already has {names}, but that does not count",
            hint="run `mlgit doctor`, which shows why and how to fix it",
        )
    first = next(iter(facts.values())).name
    state = read_model(project, first.model)
    about = (first.environment, first.version, first.counter)
    for fact in state.facts:
        if (fact.name.environment, fact.name.version, fact.name.counter) == about:
            facts[fact.tag] = fact
    winner = max(facts.values(), key=lambda fact: (fact.name.action in {"assign", "register"}, fact.tag))
    if first.environment is None:
        hint = f"see `mlgit history {word(first.model)}`, then run this again"
    else:
        hint = look_first(_as_it_counts(project, state).environment(first.environment))
    return LostRace(_sentence(winner, state, now=project.now), details=(_NOTHING,), hint=hint)


def _as_it_counts(project: Project, state: ModelState) -> ModelState:
    """The model without the tags that do not count; with them if it cannot be read now."""
    with suppress(MlgitError):
        return accept(project, state)
    return state


def look_first(here: EnvironmentState) -> str:
    """The hint after someone else changed an environment: the same command again may undo what they did."""
    name = f"`{here.environment}`"
    if here.doubt is not None:
        now = f"what {name} holds now is not known here"
    elif here.label is None:
        now = f"{name} is empty now"
    elif here.held:
        now = f"{name} is held at {here.label} now, and a promotion would end that"
    else:
        now = f"{name} holds {here.label} now"
    look = f"mlgit history {word(here.model)} --env {word(here.environment)}"
    return f"{now}; see `{look}` before you run this again"


def interrupted(remote: str, tags: Iterable[str]) -> Interrupted:
    """The error of a person who stopped a push: the remote may have taken it."""
    return Interrupted(
        f"Interrupted; `{remote}` may have the tags already: {listed(tags)}",
        hint=f"run `git fetch --tags {word(remote)}`, then `mlgit status` shows what is there",
    )


def lost_branch(remote: str, theirs: Mapping[str, str]) -> LostRace:
    """Report that someone else moved the branch that was to be pushed with the tags."""
    branch = next(iter(theirs)).removeprefix("refs/heads/")
    return LostRace(
        f"Someone else just pushed to `{remote}/{branch}`; {_NOTHING}",
        hint=f"run `git pull --tags {word(remote)} {word(branch)}`, then this again",
    )


def written_elsewhere(project: Project, remote: str, tags: Iterable[str]) -> StateError:
    """The error that the remote took tags, and has none where it is read: it has two addresses."""
    read, written = (
        project.git.try_text("remote", "get-url", *option, remote) or remote for option in ((), ("--push",))
    )
    delete = words(("git", "push", "--delete", remote, *(TAGS + tag for tag in tags)))
    same = words(("git", "remote", "set-url", "--push", remote, read))
    return StateError(
        f"`{remote}` is read from {read} and written to {written}: the tags are only where it is written",
        hint=f"run `{delete}`, then `{same}`, and this again",
    )


def never_published(
    project: Project, remote: str, names: Collection[str], there: Collection[str]
) -> LostRace | None:
    """The error about tags that the remote has for others; None if one of ours was ever published.

    `there` are the refs of the remote.
    """
    facts, seen = read_facts(project), seen_at_remote(project)
    ours = [fact for fact in facts if fact.tag in names]
    if len(ours) != len(names) or not all(seen.get(fact.oid) is False for fact in ours):
        return None
    record_taken(project, (fact.oid for fact in ours))
    found = taken(remote, ours, [fact for fact in facts if TAGS + fact.tag not in there])
    subject, were = ("the tag", "was") if len(ours) == 1 else ("the tags", "were")
    return LostRace(
        f"`{remote}` has other tags of these names: {listed(found.tags)}; {subject} of this clone {were} "
        "never published",
        hint=f"to use theirs, run `{found.repair}`",
    )


def moved_tag(project: Project, remote: str, tag: str, *, here: str, there: str) -> StateError:
    """The error about a tag that differs; tags of environments show which one is the release."""
    named = {fact.release: fact.tag for fact in read_facts(project) if fact.release in {here, there}}
    put_back = f"git push --force {word(remote)} {word(TAGS + tag)}"
    if here in named:
        return StateError(
            f"The tag `{tag}` was moved on `{remote}`: `{named[here]}` names the one that is here",
            hint=f"run `{put_back}`, which restores it for everyone",
        )
    if there in named:
        return StateError(
            f"The tag `{tag}` was moved here: `{named[there]}` names the one that is on `{remote}`",
            hint=f"run `git fetch --force --tags {word(remote)}`",
        )
    return StateError(
        f"The tag `{tag}` differs from the one on `{remote}`",
        hint=f"if yours was never published, run `git tag -d {word(tag)}` and fetch again; "
        f"if it was moved there, `{put_back}` restores it for everyone",
    )


def fetch_models(project: Project, remote: str, tags: Mapping[str, str]) -> bool:
    """Fetch all tags of the models of these tags; return whether these tags are here now."""
    refspecs = [f"{pattern}:{pattern}" for model in _models_of(tags) for pattern in ref_patterns(model)]
    try:
        fetch_refs(project.git, remote, refspecs)
    except ToolError:
        return try_fetch_refs(project.git, remote, [TAGS + tag for tag in tags])
    return True


def states_of(project: Project, tags: Iterable[str]) -> list[ModelState]:
    """The models of these tags, from the local tags."""
    return [read_model(project, model) for model in _models_of(tags)]


def _models_of(tags: Iterable[str]) -> list[str]:
    names = (parse_tag(tag) for tag in tags)
    return list(dict.fromkeys(name.model for name in names if name is not None))


def _sentence(fact: TagFact, state: ModelState, *, now: datetime) -> str:
    """For example "alice promoted `tumor@v1.4.0` to `prod` 3 s ago (tumor#prod#5)"."""
    name, ago = fact.name, format_since(fact.at, now)
    verb = {
        "register": "released",
        "deregister": "deregistered",
        "assign": "promoted",
        "unassign": "unassigned",
        "deprecate": "deprecated",
    }[name.action]
    what = name.model if name.version is None else f"{name.model}@{name.version}"
    where, reason = "", fact.parsed_summary.reason
    why = f': "{cut(reason, _REASON)}"' if reason else ""
    if name.environment is not None:
        version = version_of(fact, {fact.commit: state.at_commit(fact.commit)})
        what = f"{name.model}@{version.version}" if version else f"{name.model} ({fact.commit[:7]})"
        if fact.parsed_summary.action == "rollback" and name.action == "assign":
            to = f"`{name.environment}` of `{name.model}` to {what.removeprefix(f'{name.model}@')}"
            return f"{fact.tagger} rolled back {to} {ago} ({fact.tag}){why}"
        where = f" {'from' if name.action == 'unassign' else 'to'} `{name.environment}`"
    return f"{fact.tagger} {verb} `{what}`{where} {ago} ({fact.tag}){why}"
