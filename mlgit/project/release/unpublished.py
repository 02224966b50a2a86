"""Unpublished: the tags of this clone that a remote lacks, and pushing those that may go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.push import fetch_refs
from mlgit.adapters.git.tags.cache import TagCache
from mlgit.adapters.git.tags.facts import read_tags
from mlgit.adapters.git.tags.objects import list_tags, parse_header
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.release.publication import TagPush, plan_tags
from mlgit.core.trust.moved import taken
from mlgit.core.wording import word, words
from mlgit.errors import LostRace, ToolError
from mlgit.project.push_addresses import is_read_elsewhere, push_tags_to
from mlgit.project.registry.pushed import (
    of_others,
    once_at_remote,
    record_seen,
    record_taken,
    seen_at_remote,
)
from mlgit.project.registry.read import read_facts, read_model
from mlgit.project.registry.tag_settings import were_elsewhere
from mlgit.project.release.model_data import unfetchable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

_PEELED = "^{}"


def unpublished_tags(project: Project, remote: str, theirs: Mapping[str, str]) -> tuple[TagPush, ...]:
    """The tags that count here and that the remote lacks; `theirs` are its refs, with peeled tags.

    Raises:
        LostRace: the remote has another tag of one of these names.
    """
    facts = read_facts(project)
    conflicts = [fact for fact in facts if theirs.get(f"{TAGS}{fact.tag}", fact.oid) != fact.oid]
    if conflicts:
        found = {fact.tag: theirs[f"{TAGS}{fact.tag}"] for fact in conflicts}
        only_here = [fact for fact in facts if f"{TAGS}{fact.tag}" not in theirs]
        raise _conflict(project, remote, found, taken(remote, conflicts, only_here).repair)
    missing = [fact for fact in facts if f"{TAGS}{fact.tag}" not in theirs]
    # An empty remote never had a tag.
    is_new = not theirs or (_is_without_tags(theirs) and were_elsewhere(project))
    withdrawn = frozenset[str]() if is_new else once_at_remote(project, missing)
    strange = [fact for fact in _of_others(project) if f"{TAGS}{fact.tag}" not in theirs]
    not_ours = {
        fact.tag: f"it may be a fork's; if it is yours: `git push {word(remote)} {word(TAGS + fact.tag)}`"
        for fact in strange
    }
    return plan_tags(
        [*missing, *strange],
        remote=remote,
        versions=_versions(theirs),
        withdrawn=withdrawn,
        kept=_without_model(project, missing)
        | _of_other_releases(facts, missing)
        | _blocked(project, remote, missing, theirs)
        | not_ours,
    )


def _is_without_tags(refs: Iterable[str]) -> bool:
    return not any(parse_tag(ref.removeprefix(TAGS)) for ref in refs if ref.startswith(TAGS))


def _of_others(project: Project) -> tuple[TagFact, ...]:
    """The tags that may be another remote's: they must not go to this one as ours."""
    tags = list_tags(project.git)
    others = of_others(project, tags, TagCache(project.cache_dir))
    return read_tags(project.objects, {tag: tags[tag] for tag in others}).facts


def push_tags(project: Project, remote: str, batch: Sequence[TagPush]) -> tuple[str, ...]:
    """Create these tags on the remote, all or none; returns what to know about its further addresses.

    Raises:
        LostRace: the remote has another tag of one of these names by now.
        ToolError: the remote failed or refused.
    """
    refs = {f"{TAGS}{tag.tag}": tag.oid for tag in batch}
    result, elsewhere = push_tags_to(project, remote, create=refs)
    if result.outcome == "lost":
        found = {ref.removeprefix(TAGS): oid for ref, oid in result.theirs.items()}
        facts = [fact for fact in read_facts(project) if fact.tag in {tag.tag for tag in batch}]
        ours = [fact for fact in facts if fact.tag in found]
        only_here = [fact for fact in facts if fact.tag not in found]
        raise _conflict(project, remote, found, taken(remote, ours, only_here).repair)
    if remote == project.remote and not (elsewhere and is_read_elsewhere(project, remote)):
        record_seen(project, (tag.oid for tag in batch), at_remote=True)
    return elsewhere


def _without_model(project: Project, facts: Iterable[TagFact]) -> dict[str, str]:
    """Tag -> why no one could fetch the model of that release, unless the tag says that it is elsewhere."""
    found = {}
    for fact in facts:
        stated = fact.statement if fact.name.action == "register" else None
        if not isinstance(stated, ReleaseStatement) or stated.data_elsewhere:
            continue
        reason = unfetchable(project, fact.name.model, fact.commit)
        if reason is not None:
            found[fact.tag] = (
                f"{reason}; if it is kept somewhere else: `git tag -d {word(fact.tag)}`, then"
                f" `mlgit release {word(fact.tag)} --data-elsewhere`"
            )
    return found


def _blocked(
    project: Project, remote: str, missing: Sequence[TagFact], theirs: Mapping[str, str]
) -> dict[str, str]:
    """Tag -> why what was made with `--local` may not go there: its gates saw what was here then.

    Of promotions, only what an environment holds now is checked. A rollback needs no gates.
    """
    made = [fact for fact in missing if fact.name.action == "assign"]
    found = _blocked_releases(project, missing)
    for fact in (each for each in made if each.parsed_summary.action == "promote"):
        raw = read_model(project, fact.name.model)
        holder = raw.environment(fact.name.environment or "").holder
        if holder is None or holder.oid != fact.oid:
            continue
        if _lacks_tags(project, raw.name, theirs):
            fetch = words(("git", "fetch", "--tags", remote))
            found[fact.tag] = (
                f"`{remote}` has tags of `{raw.name}` that are not here; run `{fetch}`, then push again"
            )
            continue
        own = [each for each in missing if each.name.model == raw.name]
        change = [each for each in own if each.name[2:] == fact.name[2:]]
        since_s = min(each.tagged_at_s for each in change)
        later = {each.tag for each in own if each.name.environment and each.tagged_at_s >= since_s}
        blocks = _blocking_gates(project, fact, later)
        if blocks is not None:
            delete = words(("git", "tag", "-d", *(each.tag for each in change)))
            found[fact.tag] = f"the gates block it now: {blocks}; to delete it here: `{delete}`"
    return found


def _blocked_releases(project: Project, missing: Sequence[TagFact]) -> dict[str, str]:
    """Tag -> the gate that blocks a release by what is here now."""
    from mlgit.project.release.relied_promotions import release_problem

    found = {}
    for fact in (each for each in missing if each.name.action == "register"):
        raw = read_model(project, fact.name.model)
        version = next((each for each in raw.versions if each.fact.oid == fact.oid), None)
        if version is None or version.deregistered or not version.version.final:
            continue
        problem = release_problem(project, version, raw)
        if problem is not None and problem.reason != "not_fetched":
            delete = words(("git", "tag", "-d", fact.tag))
            found[fact.tag] = (
                f"the gates block it now: {problem.gate}: {problem.message}; to delete it here: `{delete}`"
            )
    return found


def _lacks_tags(project: Project, model: str, theirs: Mapping[str, str]) -> bool:
    here = list_tags(project.git)
    names = (parse_tag(tag) for ref in theirs if (tag := ref.removeprefix(TAGS)) not in here)
    return any(name is not None and name.model == model for name in names)


def _blocking_gates(project: Project, fact: TagFact, later: Collection[str]) -> str | None:
    """What `mlgit ci tag` would say of a promotion, before the `later` changes that only this clone has."""
    from mlgit.project.release.tag_rules import blocking_gates

    project.set_aside = frozenset(later)
    try:
        return blocking_gates(project, fact)
    finally:
        project.set_aside = frozenset()


def _of_other_releases(facts: Iterable[TagFact], missing: Iterable[TagFact]) -> dict[str, str]:
    """Tag -> that the release which it names is not here: no one else could use the tag."""
    releases = {"", *(fact.oid for fact in facts if fact.name.action == "register")}
    return {
        fact.tag: f"the release that it names is not here; to delete it here: `git tag -d {word(fact.tag)}`"
        for fact in missing
        if fact.release not in releases
    }


def _versions(theirs: Mapping[str, str]) -> Mapping[tuple[str, str], str]:
    """The remote's versions: (model, commit) -> tag."""
    found = {}
    for ref, commit in theirs.items():
        tag = ref.removeprefix(TAGS).removesuffix(_PEELED)
        name = parse_tag(tag) if ref.startswith(TAGS) and ref.endswith(_PEELED) else None
        if name is not None and name.action == "register":
            found[name.model, commit] = tag
    return found


def _conflict(project: Project, remote: str, theirs: Mapping[str, str], repair: str) -> LostRace:
    """The error for tags of someone else with the names of ours; it names their authors."""
    seen = seen_at_remote(project)
    ours = (fact.oid for fact in read_facts(project) if fact.tag in theirs and not seen.get(fact.oid))
    if remote == project.remote:
        record_taken(project, ours)
    authors = {tag: _author(project, remote, tag, theirs[tag]) for tag in sorted(theirs)}
    first = min(theirs)
    return LostRace(
        f"`{remote}` has a different `{first}`; nothing was pushed",
        details=tuple(f"`{tag}` on `{remote}`: {author}" for tag, author in authors.items()),
        hint=f"to use theirs, run `{repair}`",
    )


def _author(project: Project, remote: str, tag: str, oid: str) -> str:
    try:
        fetch_refs(project.git, remote, [f"{TAGS}{tag}"])
    except ToolError:
        return oid[:7]
    found = project.objects.get(oid)
    header = parse_header(found.content) if found is not None and found.type == "tag" else None
    if header is None:
        return f"{oid[:7]}, not annotated"
    return f"{header.tagger} made it, for {header.object[:7]}"
