"""Pushed: which tags this clone has seen at the remote, and which it wrote with `--local`.

A cache file with lines of `+oid key` (seen at the remote with that key), `-oid` (written here with
`--local`) and `!oid` (written here, and the remote has another tag of that name); the last line of each oid
counts. Without the file, `status` can only guess from the time of the last fetch.

Git keeps the tags of all remotes under the same names. Where a clone has several, a tag is the remote's if
it was seen there (in a listing, or named in FETCH_HEAD), was written here, or was here while that remote was
the only one. Any other one may be a fork's: it does not count, also once the other remote is gone.
"""

from __future__ import annotations

import os
from binascii import crc32
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import REMOTE_TAGS, in_ci
from mlgit.core.registry.tags import TAGS, Taken, parse_tag
from mlgit.core.trust.moved import taken
from mlgit.project.remote_commits import fetched_tags, shown_address
from mlgit.project.settings import all_remotes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Literal, TypedDict

    from mlgit.adapters.git.tags.cache import TagCache
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

    class _Fields(TypedDict):
        """The fields of a Status about names that others took."""

        taken_tags: tuple[str, ...]
        taken_repair: str | None


# The tags of a pair are dated a second apart, so the second may be slightly in the future.
_TAG_SLACK_S = 5
_CLONE_SLACK_S = 3
NOT_SEEN = "so it may be a fork's"
_ELSEWHERE = "?"
_SEEN, _ONLY, _BEFORE, _DOUBTED = "published-tags", "only-remote", "tags-before-others", "tags-of-others"


def seen_at_remote(project: Project) -> Mapping[str, bool]:
    """Tag oid -> whether the remote has it, for the oids in the file."""
    return {oid: mark == "+" for oid, mark in _marks(project).items() if mark != _ELSEWHERE}


def _marks(project: Project) -> Mapping[str, str]:
    """Tag oid -> its last mark; `?` if what it was published to had another name or address."""
    own, marks = _key(project), dict[str, str]()
    for line in _lines(project, _SEEN):
        oid, _, key = line[1:].partition(" ")
        if line[:1] != "+" or key == own:
            marks[oid] = line[:1]
        elif marks.get(oid) != "+":
            marks[oid] = _ELSEWHERE
    return marks


def taken_names(project: Project, registry: Registry) -> Taken | None:
    """What is recorded about names that others took; None if there is none."""
    marks = _marks(project)
    if project.remote is None or "!" not in marks.values():
        return None
    facts = [fact for state in registry.models.values() for fact in state.facts]
    ours = [fact for fact in facts if marks.get(fact.oid) == "!"]
    only_here = [fact for fact in facts if marks.get(fact.oid) == "-"]
    return taken(project.remote, ours, only_here) if ours else None


def taken_fields(project: Project, registry: Registry | None) -> _Fields:
    """The same as fields of a status."""
    found = None if registry is None else taken_names(project, registry)
    return {
        "taken_tags": () if found is None else found.tags,
        "taken_repair": None if found is None else found.repair,
    }


def unpushed_tags(
    project: Project, registry: Registry | None, seen_at: datetime | None
) -> tuple[str, ...] | None:
    """The tags that only this clone has; None if that is not known.

    Those are tags that were written here and not seen at the remote since, whatever became of the last fetch,
    and the user's own ones of which nothing is recorded, if they are newer than that fetch (`seen_at`).
    """
    if registry is None or project.remote is None:
        return None
    facts = [fact for state in registry.models.values() for fact in state.facts]
    marks = _marks(project)
    here = {fact.tag for fact in facts if marks.get(fact.oid, "") in set("-!")}
    # The remote may only have moved, so what was published is not called unpushed.
    rest = [fact for fact in facts if fact.oid not in marks]
    if seen_at is None:
        return tuple(sorted(here)) if here or not facts else None
    limit = seen_at.timestamp() + _TAG_SLACK_S
    newer = [fact for fact in rest if fact.tagged_at_s > limit]
    here.update({fact.tag for fact in newer} - once_at_remote(project, newer))
    return tuple(sorted(here))


def in_doubt(project: Project, registry: Registry, tags: Collection[str]) -> frozenset[str]:
    """Those of these tags that the remote may have: git keeps no trace of `git push --tags`."""
    marks = _marks(project)
    facts = (fact for state in registry.models.values() for fact in state.facts if fact.tag in tags)
    return frozenset(fact.tag for fact in facts if fact.oid not in marks)


def once_at_remote(project: Project, facts: Iterable[TagFact]) -> frozenset[str]:
    """Those of these tags that came from the remote, or that it was seen to have.

    Tags of which nothing is recorded came from the remote if another person made them, or if they are among
    the packed refs, where `git clone` writes them. `git gc` also packs refs made here: the safe mistake is
    not to push them.
    """
    if not (facts := tuple(facts)):
        return frozenset()
    known, packed = seen_at_remote(project), _packed(project)
    identity = project.git.try_text("var", "GIT_COMMITTER_IDENT") or ""
    mine = identity.rpartition("> ")[0].rpartition("<")[2]
    return frozenset(
        fact.tag
        for fact in facts
        if known.get(fact.oid, packed.get(TAGS + fact.tag) == fact.oid or fact.email != mine)
    )


def were_seen_at(project: Project) -> Literal["this", "another"] | None:
    """Where tags were seen: at the remote or, if none was, at another name or address."""
    marks = set(_marks(project).values())
    return "this" if "+" in marks else "another" if _ELSEWHERE in marks else None


def _packed(project: Project) -> Mapping[str, str]:
    """Full ref name -> object id in the file of packed refs."""
    try:
        with open(os.path.join(project.common_dir, "packed-refs"), "rb") as file:
            lines = file.read().decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return {}
    entries = (line.partition(" ") for line in lines)
    return {ref: oid for oid, _, ref in entries if ref.startswith("refs/")}


def ever_seen(project: Project) -> frozenset[str]:
    """The oids of tags that this clone has seen at the remote, whether or not they are there now."""
    end = f" {_key(project)}"
    lines = (line for line in _lines(project, _SEEN) if line[:1] == "+" and line.endswith(end))
    return frozenset(line[1:].partition(" ")[0] for line in lines)


def record_seen(project: Project, oids: Iterable[str], *, at_remote: bool) -> None:
    """Record whether the remote has these tags; does nothing in a read-only clone."""
    known = seen_at_remote(project)
    news = [oid for oid in dict.fromkeys(oids) if known.get(oid) is not at_remote]
    key = _key(project) if at_remote else ""
    _append(project, _SEEN, [f"+{oid} {key}" if at_remote else f"-{oid}" for oid in news])


def record_taken(project: Project, oids: Iterable[str]) -> None:
    """Record that the remote has other tags of the names of these, which were never published."""
    known = _marks(project)
    _append(project, _SEEN, [f"!{oid}" for oid in oids if known.get(oid) != "!"])


def record_listing(project: Project, remote: str, patterns: Sequence[str]) -> None:
    """Record which tags are the remote's, where this clone may have those of another one.

    Raises:
        GitFailed: the remote does not answer.
    """
    if len(_configured(project)) > 1:
        from mlgit.adapters.git.push import list_remote_refs

        record_seen(project, list_remote_refs(project.git, remote, patterns).values(), at_remote=True)


def of_others(project: Project, tags: Mapping[str, str], cache: TagCache) -> Mapping[str, str]:
    """Those of these tags that may be another remote's -> why; git is asked only if there may be some.

    `tags` maps names to object ids; `cache` has those that this clone had read before.
    """
    remotes = _configured(project)
    several, doubted = len(remotes) > 1, frozenset(_lines(project, _DOUBTED))
    if several:
        _keep_before(project, cache)
        suspects = set(tags.values())
    else:
        _note_only(project, remotes)
        usual = {shown_address(address) for address in remotes.values()}
        suspects = {oid for oid, address in fetched_tags(project) if address.lower() not in usual} | doubted
    found = {tag: oid for tag, oid in tags.items() if oid in suspects and parse_tag(tag) is not None}
    # The tags here are compared with those that a step of a CI job listed.
    listed = in_ci(os.environ) and os.environ.get(REMOTE_TAGS)
    if not found or project.remote is None or listed:
        return {}
    known = set(seen_at_remote(project))
    if several:
        known |= _before(project) - doubted
    found = {tag: oid for tag, oid in found.items() if oid not in known}
    if found:
        # As git writes it into FETCH_HEAD, after what `insteadOf` makes of it.
        shown = shown_address(project.git.try_text("ls-remote", "--get-url", project.remote) or "")
        named = {oid for oid, address in fetched_tags(project) if address == shown}
        named |= _cloned(project, shown)
        record_seen(project, named.intersection(found.values()), at_remote=True)
        found = {tag: oid for tag, oid in found.items() if oid not in named}
    _append(project, _DOUBTED, sorted(set(found.values()) - doubted))
    return dict.fromkeys(found, f"this clone has not seen it at `{project.remote}`, {NOT_SEEN}")


def _cloned(project: Project, shown: str) -> frozenset[str]:
    """The tags that `git clone` brought from an address, where the file that it wrote them to is as it was.

    git's log of HEAD begins with that address; packing refs later writes the file again, but not the remote's
    HEAD, which a clone writes right after it. A clone packs no branches of its own and none of another
    remote, and that one was configured later.
    """
    try:
        head = os.path.join(project.common_dir, "refs", "remotes", project.remote or "", "HEAD")
        packed_s = os.stat(os.path.join(project.common_dir, "packed-refs")).st_mtime
        cloned_s = os.stat(head).st_mtime
        added_s = os.stat(os.path.join(project.common_dir, "config")).st_mtime
        with open(os.path.join(project.common_dir, "logs", "HEAD"), "rb") as file:
            how = os.fsdecode(file.readline()).rstrip("\n").partition("\t")[2]
    except OSError:
        return frozenset()
    word, _, address = how.partition(" from ")
    if word != "clone:" or shown_address(address) != shown or abs(packed_s - cloned_s) > _CLONE_SLACK_S:
        return frozenset()
    own = (TAGS, f"refs/remotes/{project.remote}/")
    later = len(_configured(project)) > 1 and packed_s >= added_s
    packed = _packed(project)
    if later or not all(ref.startswith(own) for ref in packed):
        return frozenset()
    return frozenset(oid for ref, oid in packed.items() if ref.startswith(TAGS))


def _configured(project: Project) -> Mapping[str, str]:
    return all_remotes(lambda: project.remotes, git_dir=project.git_dir, common_dir=project.common_dir)


def _key(project: Project, remotes: Mapping[str, str] | None = None) -> str:
    """A short key of the remote: its name and address; what was seen at another one says nothing of it."""
    found = _configured(project) if remotes is None else remotes
    name = next(iter(found), "") if len(found) == 1 else (project.remote or "").lower()
    return f"{crc32(os.fsencode(f'{name} {found.get(name)}')):08x}"


def _note_only(project: Project, remotes: Mapping[str, str]) -> None:
    """Note which remote is the only one; the tags that were kept when there were several are kept no more."""
    key = _key(project, remotes)
    if remotes and _lines(project, _ONLY) != [key]:
        with suppress(OSError):
            os.makedirs(project.cache_dir, exist_ok=True)
            with open(os.path.join(project.cache_dir, _ONLY), "w", encoding="utf-8") as file:
                file.write(f"{key}\n")
    with suppress(OSError):
        os.unlink(os.path.join(project.cache_dir, _BEFORE))


def _keep_before(project: Project, cache: TagCache) -> None:
    """Keep the tags that were read here before there was another remote, with the key of the only one."""
    if not os.path.exists(os.path.join(project.cache_dir, _BEFORE)):
        _append(project, _BEFORE, [*_lines(project, _ONLY)[:1], *sorted(cache.oids())])


def _before(project: Project) -> frozenset[str]:
    """The tags that were here when the remote was the only one."""
    key, *oids = _lines(project, _BEFORE) or [""]
    return frozenset(oids) if key == _key(project) else frozenset()


def _lines(project: Project, name: str) -> list[str]:
    try:
        with open(os.path.join(project.cache_dir, name), encoding="utf-8") as file:
            return file.read().split("\n")[:-1]
    except (OSError, UnicodeDecodeError):
        return []


def _append(project: Project, name: str, lines: Collection[str]) -> None:
    if not lines:
        return
    with suppress(OSError):
        os.makedirs(project.cache_dir, exist_ok=True)
        with open(os.path.join(project.cache_dir, name), "a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
