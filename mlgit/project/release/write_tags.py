"""Write tags: create the tags of a plan on the remote; locally without a remote or with `--local`.

The remote decides (compare-and-swap), and a local ref is created only for a tag that the remote accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.objects import (
    create_tag_refs,
    local_tags,
    make_tag,
    object_id,
    tag_content,
    user_identity,
)
from mlgit.adapters.git.tags.signing import make_signed_tag, signs_tags
from mlgit.core.record import record
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.release.collisions import collisions
from mlgit.core.release.tag_plan import PlannedTag, WrittenTag
from mlgit.core.stated_time import as_time
from mlgit.core.trust.marks import unless_needed
from mlgit.core.wording import listed, word
from mlgit.errors import StateError
from mlgit.project.push_addresses import push_tags_to
from mlgit.project.registry.pushed import record_seen
from mlgit.project.release.lost_race import (
    fetch_models,
    interrupted,
    lost,
    states_of,
    written_elsewhere,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.adapters.git.push import BranchMove
    from mlgit.core.fetch_settings import Pruning
    from mlgit.project.open import Project


@record
class Written:
    """The tags of a plan, and whether the remote has them."""

    tags: tuple[WrittenTag, ...]
    pushed: bool
    notes: tuple[str, ...] = ()


def write_tags(
    project: Project,
    plan: Sequence[PlannedTag],
    *,
    local: bool,
    dry_run: bool,
    moved: BranchMove | None = None,
) -> Written:
    """Write a plan completely or not at all, and move a branch with it; in a dry run, only report the tags.

    Raises:
        LostRace: the remote has another tag of one of these names.
        ToolError: the remote failed, or git could not sign a tag.
    """
    _require_numbers(project, plan)
    signed = signs_tags(project.git)
    tags = _tag_objects(project, plan, write=not dry_run, signed=signed)
    if dry_run:
        notes = ("git signs these tags, so their ids are only known once they are written",)
        return Written(tags=tags, pushed=False, notes=notes if signed else ())
    remote = None if local else project.remote
    refs = {tag.name: tag.oid for tag in tags}
    if remote is not None:
        return Written(tags=tags, pushed=True, notes=_push(project, remote, refs, moved))
    create_tag_refs(project.git, refs, moved=moved)
    record_seen(project, refs.values(), at_remote=False)
    prunes = "A `git fetch` that prunes deletes these tags (`{0.setting}`): run `mlgit push` before, "
    prunes += "or `{0.repair}`"
    return Written(tags=tags, pushed=False, notes=tuple(map(prunes.format, _pruning(project))))


def _require_numbers(project: Project, plan: Sequence[PlannedTag]) -> None:
    """Refuse a tag whose counter no reader takes, because the one before has the highest there is."""
    lost = next((each.name for each in plan if parse_tag(str(each.name)) is None), None)
    if lost is None:
        return
    before = lost._replace(counter=(lost.counter or 1) - 1)
    names = [str(before._replace(action=action)) for action in ("unassign", "assign")]
    tags = sorted(local_tags(project.git, names))
    raise StateError(
        f"No number is left for `{lost.environment}` of `{lost.model}` after {listed(tags)}",
        hint=unless_needed(tags, project.remote, why=""),
    )


def _pruning(project: Project) -> tuple[Pruning, ...]:
    from mlgit.core.fetch_settings import pruning
    from mlgit.project.registry.tag_settings import fetch_settings

    return () if project.remote is None else pruning(fetch_settings(project, project.remote), project.remote)


def _tag_objects(
    project: Project, plan: Sequence[PlannedTag], *, write: bool, signed: bool
) -> tuple[WrittenTag, ...]:
    """The planned tags with their object ids; without `write`, the ids that they would have unsigned."""
    identity = user_identity(project.git)
    tags = []
    for planned in plan:
        name, commit, at_s, message = str(planned.name), planned.commit, planned.at_s, planned.message
        if write and signed:
            oid = make_signed_tag(
                project.git, tag=name, commit=commit, tagger=identity, at_s=at_s, message=message
            )
        else:
            content = tag_content(tag=name, commit=commit, tagger=identity, at_s=at_s, message=message)
            oid = make_tag(project.git, content) if write else object_id(project.git, content)
        tags.append(WrittenTag(name=name, oid=oid, commit=commit, at=as_time(at_s)))
    return tuple(tags)


def _push(
    project: Project, remote: str, tags: Mapping[str, str], moved: BranchMove | None
) -> tuple[str, ...]:
    refs = {TAGS + name: oid for name, oid in tags.items()}
    try:
        pushed, elsewhere = push_tags_to(project, remote, create=refs, move=moved)
    except KeyboardInterrupt as error:
        raise interrupted(remote, tags) from error
    if pushed.outcome == "lost":
        raise lost(project, remote, pushed.theirs, elsewhere)
    fetched = fetch_models(project, remote, tags)
    if fetched and local_tags(project.git, tags).keys() != tags.keys():
        raise written_elsewhere(project, remote, tags)
    record_seen(project, refs.values(), at_remote=True)
    if moved is not None:
        # The new commit has the files of its parent, so the working tree does not change.
        project.git.run("update-ref", moved.ref, moved.new, moved.old)
        project.forget_refs()
    if not fetched:
        hint = f"run `git fetch {word(remote)} --tags`"
        return (f"`{remote}` has the tags, but they could not be fetched back; {hint}", *elsewhere)
    return (*elsewhere, *(note for state in states_of(project, tags) for note in collisions(state, tags)))
