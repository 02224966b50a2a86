"""Read: the registry of a repository, from the tags of all models or of one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.refs import moved_at_s
from mlgit.adapters.git.tags.cache import MISSING, TagCache
from mlgit.adapters.git.tags.facts import TagListing, read_tags
from mlgit.adapters.git.tags.listed import Started, stamp_of_tags
from mlgit.adapters.git.tags.objects import parse_tags, start_listing_tags
from mlgit.core.record import NamedTuple
from mlgit.core.registry.replay import replay
from mlgit.core.registry.tags import TAGS, ref_patterns
from mlgit.core.stated_time import as_time
from mlgit.core.trunk import HEADS
from mlgit.core.wording import listed
from mlgit.errors import ToolError
from mlgit.project.registry.pushed import in_doubt, of_others, taken_names, unpushed_tags
from mlgit.project.remote_commits import fetched_at_s

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mlgit.adapters.git.tags.listed import Stamp
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


def read_registry(project: Project, *, model: str | None = None) -> Registry:
    """Models, versions and environments as the local tags have them; no network.

    With `model`, only its tags are listed and read, and the result has no other model.

    Raises:
        ToolError: git cannot read one of the tags.
    """
    return read_registry_tags(project, model=model)[0]


def read_model(project: Project, name: str) -> ModelState:
    """One model; only its tags are listed and read.

    Raises:
        ToolError: git cannot read one of the tags.
    """
    return read_registry(project, model=name).model(name)


def read_facts(project: Project) -> tuple[TagFact, ...]:
    """Every local tag that counts, by name.

    Raises:
        ToolError: git cannot read one of the tags.
    """
    return _whole(_listing(project))


class ModelTags(NamedTuple):
    """The tags of one model as they are here; of all models if none is named, and `state` is then None.

    `here` maps names to object ids; `ignored` maps names that do not count to the reason.
    """

    state: ModelState | None
    here: Mapping[str, str]
    ignored: Mapping[str, str]


def read_model_tags(project: Project, name: str | None) -> ModelTags:
    """The state of a model with the tags that do not count; only its tags are listed and read.

    Raises:
        ToolError: git cannot read one of the tags.
    """
    listing = _listing(project, name)
    facts = _whole(listing)
    # The object of a tag that does not count is not known here.
    here = dict.fromkeys(listing.ignored, "") | {fact.tag: fact.oid for fact in facts}
    state = None if name is None else replay(facts, listing.ignored).model(name)
    ignored = {tag: why for tag, why in listing.ignored.items() if tag not in project.set_aside}
    return ModelTags(state, here, ignored)


def read_registry_tags(project: Project, *, model: str | None = None) -> tuple[Registry, Mapping[str, str]]:
    """`read_registry`, and the tags that do not count as `ignored_tags` has them, in one reading.

    Raises:
        ToolError: git cannot read one of the tags.
    """
    listing = _listing(project, model)
    kept = _KEPT.get(project, _Kept(None)).registries
    if model not in kept or kept[model][0] is not listing:
        kept[model] = listing, replay(_whole(listing), listing.ignored)
    return kept[model][1], listing.ignored


def ignored_tags(project: Project) -> Mapping[str, str]:
    """Names of tags that look like tags of a model but do not count -> why."""
    return _listing(project).ignored


def tags_as_of(project: Project) -> datetime | None:
    """When tags were last fetched with trunk; None if that is unknown or there is no remote.

    A clone, a push and a new `HEAD` of the remote are not fetches.
    """
    if project.remote is None:
        return None
    ref = "" if project.trunk_here is None else project.trunk_here.ref
    trunk = ref.removeprefix(HEADS).removeprefix(f"refs/remotes/{project.remote}/") or None
    # Each working tree has its own FETCH_HEAD, which git writes at every fetch.
    folders = {project.git_dir, project.common_dir}
    found = (fetched_at_s(project, folder, trunk, now_s=project.now.timestamp()) for folder in folders)
    times = [at_s for at_s in found if at_s is not None]
    return as_time(max(times)) if times else None


def tags_seen_at(project: Project) -> datetime | None:
    """The time of the last fetch, or else of the last change of the remote's `HEAD`, as by a clone.

    It only serves to guess which of the user's own tags are newer than what was seen of the remote.
    """
    fetched = tags_as_of(project)
    if fetched is not None or project.remote is None:
        return fetched
    # With refs in a table (reftable) there is no such file, and git's log has the committer's time, which may
    # be wrong.
    ref = f"refs/remotes/{project.remote}/HEAD"
    with suppress(OSError):
        return as_time(int(os.stat(os.path.join(project.common_dir, ref)).st_mtime))
    if not os.path.isdir(os.path.join(project.common_dir, "reftable")):
        return None
    moved_s = moved_at_s(project.git, ref)
    return None if moved_s is None else as_time(moved_s)


def tags_only_here(project: Project, registry: Registry | None) -> tuple[str, ...] | None:
    """The tags that only this clone has, as far as it has seen the remote; None if that is not known."""
    return unpushed_tags(project, registry, tags_seen_at(project))


def unpublished_notes(project: Project, registry: Registry) -> tuple[str, ...]:
    """What others do not see of what is shown: tags that are only here, or whose names others took."""
    found = taken_names(project, registry)
    if found is not None:
        text = f"`{project.remote}` has other tags of these names: {listed(found.tags)}"
        return (f"{text}; `{found.repair}` takes those",)
    tags = tags_only_here(project, registry) or ()
    doubted = in_doubt(project, registry, tags) if tags else frozenset()
    sure, perhaps = ([tag for tag in tags if (tag in doubted) is doubt] for doubt in (False, True))
    notes, one = [], "it" if len(sure) == 1 else "them"
    if sure:
        # Not that this publishes them: without a DVC remote it keeps a release here, and says why.
        notes.append(f"only here, so others do not see {one}: {listed(sure)}; run `mlgit push`")
    if perhaps:
        notes.append(f"perhaps only here: {listed(perhaps)}; `mlgit push` sends what {project.remote} lacks")
    return tuple(notes)


def _whole(listing: TagListing) -> tuple[TagFact, ...]:
    """The facts. Raises ToolError if a tag cannot be read: it may be the newest one of an environment."""
    lost = [tag for tag, why in listing.ignored.items() if why == MISSING]
    if lost:
        raise ToolError(
            f"The object of the tag `{lost[0]}` is missing or damaged",
            hint="run `git fsck`; `mlgit doctor` shows every such tag and how to fix it",
            details=tuple(lost[1:]),
        )
    return listing.facts


class _Kept:
    """What was read of the tags while their refs had this stamp: of all models (None), or of one."""

    def __init__(self, stamp: Stamp | None) -> None:
        self.stamp = stamp
        self.refs: dict[str | None, tuple[Mapping[str, str], frozenset[str]]] = {}
        self.listings: dict[str | None, TagListing] = {}
        self.registries: dict[str | None, tuple[TagListing, Registry]] = {}


_KEPT: WeakKeyDictionary[Project, _Kept] = WeakKeyDictionary()


def _kept(project: Project) -> _Kept:
    """What is kept of these tags; one command asks for them a dozen times."""
    kept, stamp = _KEPT.get(project), stamp_of_tags(project.common_dir)
    return _Kept(stamp) if kept is None or stamp is None or kept.stamp != stamp else kept


def _listing(project: Project, model: str | None = None) -> TagListing:
    kept = _kept(project)
    tags, replaced = _refs(project, model, kept)
    cache = TagCache(project.cache_dir)
    others = of_others(project, tags, cache)
    listing = kept.listings.get(model)
    if listing is None:
        listing = read_tags(project.objects, tags, cache=cache, whole=model is None, replaced=replaced)
        if MISSING not in listing.ignored.values():
            kept.listings[model] = listing
    if not others:
        return listing
    lost = {tag: why for tag, why in listing.ignored.items() if why == MISSING}
    facts = tuple(fact for fact in listing.facts if fact.tag not in others)
    return TagListing(facts=facts, ignored={**listing.ignored, **others, **lost})


def _refs(project: Project, model: str | None, kept: _Kept) -> tuple[Mapping[str, str], frozenset[str]]:
    """Tag name -> object id, and the replaced objects; they are kept if no later change could go unseen."""
    if model not in kept.refs and model is not None and None in kept.refs:
        tags, replaced = kept.refs[None]
        own = tuple(pattern.removeprefix(TAGS)[:-1] for pattern in ref_patterns(model))
        kept.refs[model] = {tag: oid for tag, oid in tags.items() if tag.startswith(own)}, replaced
    if model not in kept.refs:
        asked = project.take_started("tags") if model is None else None
        started = asked or start_listing_tags(project.git, model)
        kept.refs[model] = parse_tags(started())
        if kept.stamp is not None and isinstance(started, Started) and kept.stamp.older_than(started.begun_s):
            _KEPT[project] = kept
    return kept.refs[model]
