"""Git health: what makes this clone show another registry than other clones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.push import list_remote_refs
from mlgit.adapters.git.refs import default_branch_at
from mlgit.adapters.git.tags.objects import list_tags
from mlgit.core.fetch_settings import hiding_refs, pruning
from mlgit.core.overview.doctor import Finding, fault, warning
from mlgit.core.registry.tags import Taken, parse_tag, put_back_or_delete
from mlgit.core.trust.marks import NO_STATEMENT, unless_needed
from mlgit.core.trust.moved import taken
from mlgit.core.wording import listed, word, words
from mlgit.project.overview.refused_tags import annotate
from mlgit.project.registry.completeness import clone_facts, clone_repair
from mlgit.project.registry.pushed import in_doubt, once_at_remote, seen_at_remote, taken_names
from mlgit.project.registry.read import read_facts, read_registry, tags_only_here
from mlgit.project.registry.tag_settings import fetch_settings, is_new_remote
from mlgit.project.release.model_data import kept_back
from mlgit.project.trust.marks import foreign_tags_allowed, of_other_tools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.fetch_settings import Obstacle
    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

_NETWORK_TIMEOUT_S = 30
_SHOWN = 5
_HIDES = ("transfer.hiderefs", "uploadpack.hiderefs", "receive.hiderefs")


def check_clone(project: Project) -> Iterator[Finding]:
    """What this clone lacks, or will lack, of its remote; one command repairs all that it lacks."""
    clone = clone_facts(project)
    whole = clone_repair(project)
    if clone.shallow:
        yield warning(
            "shallow_clone",
            "This clone is shallow: tags and baselines may be missing",
            repair=whole,
        )
    if clone.remote is None:
        return
    if not clone.fetched:
        yield warning(
            "never_fetched",
            f"This clone has never fetched from `{clone.remote}`: its releases are not known here",
            repair=whole,
        )
    for obstacle in clone.obstacles:
        yield from _obstacle(obstacle, whole)
    settings = fetch_settings(project, clone.remote)
    for each in pruning(settings, clone.remote):
        yield warning(
            "tags_are_pruned",
            f"A `git fetch` that prunes deletes tags that `{clone.remote}` lacks (`{each.setting}`), "
            "such as those written with `--local`",
            repair=each.repair,
        )
    for setting in hiding_refs(settings, _HIDES):
        yield warning(
            "tags_are_hidden",
            f"Clones and remotes on this machine do not show tags (`{setting.key}={setting.value}`)",
            repair=setting.removal,
        )


def check_default_branch(project: Project) -> Iterator[Finding]:
    """Whether the remote has another default branch than this clone takes for trunk."""
    remote, trunk = project.remote, project.trunk_here
    if remote is None or trunk is None or project.settings.trunk is not None:
        return
    name = default_branch_at(project.git, remote)
    if name is None and not list_remote_refs(project.git, remote, ["*"]):
        yield warning(
            "remote_is_empty",
            f"`{remote}` is empty: someone emptied it, or it is not the one that this clone was made from",
            repair=f"see `git remote get-url {word(remote)}`; `mlgit push` sends the branch and the tags",
        )
    if name is not None and trunk.ref.startswith("refs/remotes/") and trunk.short != f"{remote}/{name}":
        yield warning(
            "default_branch_moved",
            f"The default branch of `{remote}` is `{name}`, and this clone takes `{trunk.short}` for trunk",
            repair=f"git fetch {word(remote)} && git remote set-head {word(remote)} --auto",
        )


def _obstacle(obstacle: Obstacle, repair: str) -> Iterator[Finding]:
    if obstacle.kind == "narrow":
        yield warning(
            "single_branch",
            f"This clone fetches only some branches (`{obstacle.setting}`), and only the tags on them",
            repair=repair,
        )
    elif obstacle.kind == "no_tags":
        yield fault(
            "tags_not_fetched",
            f"This clone never fetches tags (`{obstacle.setting}`): "
            "its registry differs from what everyone else sees",
            repair=repair,
        )
    elif obstacle.kind == "mirror":
        yield fault(
            "mirror",
            f"This clone is a mirror (`{obstacle.setting}`): its branches are also those of the remote, "
            "so trunk is not known",
            repair=repair,
        )
    elif obstacle.kind == "left_out":
        yield fault(
            "tags_left_out",
            f"This clone leaves out tags when it fetches (`{obstacle.setting}`): "
            "its registry differs from what everyone else sees",
            repair=repair,
        )


def check_taken_names(project: Project) -> Iterator[Finding]:
    """Tags that were never pushed, and of whose names the remote has others, as it was seen last."""
    found = taken_names(project, read_registry(project))
    if found is not None:
        yield _taken(str(project.remote), found)


def _taken(remote: str, found: Taken) -> Finding:
    text = f"{remote} has other tags of these names, and these were never pushed: {listed(found.tags)}"
    return fault("taken_names", text, repair=found.repair, subjects=found.tags)


def check_unpushed_tags(project: Project) -> Iterator[Finding]:
    """Tags that were written here and not published, as far as this clone knows."""
    registry = read_registry(project)
    found = taken_names(project, registry)
    taken = () if found is None else found.tags
    tags = [tag for tag in tags_only_here(project, registry) or () if tag not in taken]
    if tags:
        perhaps = bool(in_doubt(project, registry, tags))
        yield _unpushed(project, str(project.remote), read_facts(project), tags, perhaps=perhaps)


def _unpushed(
    project: Project, remote: str, facts: Iterable[TagFact], tags: Sequence[str], *, perhaps: bool = False
) -> Finding:
    repair = "mlgit push"
    text = f"These tags are only here and not at {remote}, so no one else sees them: {listed(tags)}"
    if perhaps:
        text = f"These tags may only be here: it is not known whether {remote} has them: {listed(tags)}"
    if kept_back(project, facts, tags) is not None:
        from mlgit.adapters.dvc.engine import remote_command

        text += "; without a DVC remote, `mlgit push` keeps them here"
        repair = f"{remote_command(project.root)} && mlgit push"
    return warning("tags_not_pushed", text, repair=repair, subjects=tuple(tags))


def check_remote_tags(project: Project) -> Iterator[Finding]:
    """Tags that differ between the remote and this clone, or are on one side only."""
    remote = project.remote
    if remote is None:
        return
    theirs, annotated = _tags_of_remote(project, remote)
    ours = {tag: oid for tag, oid in list_tags(project.git).items() if parse_tag(tag) is not None}
    missing = sorted(theirs.keys() - ours.keys())
    clashing = {tag for tag in theirs.keys() & ours.keys() & annotated if theirs[tag] != ours[tag]}
    facts = read_facts(project)
    only_here = [fact for fact in facts if fact.tag not in theirs]
    # A new remote never had a tag, and this may be the only copy.
    is_new = not theirs and is_new_remote(project, remote)
    withdrawn = [] if is_new else sorted(once_at_remote(project, only_here))
    yield from _clashing(project, remote, facts, clashing, only_here)
    fetch = f"git fetch --tags {word(remote)}"
    if missing:
        text = f"{remote} has tags that are not here: {listed(missing)}"
        yield warning("tags_missing_here", text, repair=fetch, subjects=tuple(missing))
    if withdrawn:
        text = f"{remote} no longer has these tags, so this clone shows a state that is gone"
        repair = put_back_or_delete(withdrawn, remote)
        yield warning(
            "tags_deleted_at_remote", f"{text}: {listed(withdrawn)}", repair=repair, subjects=tuple(withdrawn)
        )
    unpushed = sorted(ours.keys() - theirs.keys() - set(withdrawn))
    if unpushed:
        yield _unpushed(project, remote, facts, unpushed)
    lightweight = {tag: oid for tag, oid in theirs.items() if tag not in annotated}
    yield from _lightweight(project, remote, lightweight, {fact.tag for fact in facts})


def _lightweight(
    project: Project, remote: str, tags: Mapping[str, str], annotated_here: Collection[str]
) -> Iterator[Finding]:
    """Tags that are lightweight at the remote, apart from those of other tools."""
    allowed = foreign_tags_allowed(project)
    others = of_other_tools(project)
    for tag, oid in sorted(tags.items()):
        name = parse_tag(tag)
        if name is None or others(name.model):
            continue
        if tag in annotated_here:
            text = f"The tag `{tag}` does not count for others: it is lightweight at {remote}, and not here"
            repair = _restore_or_take([tag], remote)
            yield fault("lightweight_tag_at_remote", text, repair=repair, subjects=(tag,))
            continue
        yield warning(
            "lightweight_tag_at_remote",
            f"The tag `{tag}` does not count: it is lightweight at {remote}",
            repair=annotate(tag, oid, remote) if allowed else unless_needed([tag], remote, why=NO_STATEMENT),
            subjects=(tag,),
        )


def _clashing(
    project: Project,
    remote: str,
    facts: Sequence[TagFact],
    clashing: Collection[str],
    only_here: Sequence[TagFact],
) -> Iterator[Finding]:
    """Tags of which the remote has others; where ours were never published, theirs are taken."""
    seen = seen_at_remote(project)
    never = [fact for fact in facts if fact.tag in clashing and seen.get(fact.oid) is False]
    if never:
        yield _taken(remote, taken(remote, never, only_here))
    left = set(clashing).difference(fact.tag for fact in never)
    ours = left & {fact.tag for fact in facts}  # elsewhere, ours is lightweight or damaged
    for others, repair in ((ours, _restore_or_take), (left - ours, _take)):
        if others:
            yield fault(
                "clashing_tags",
                f"These tags differ from those at {remote}: {listed(sorted(others))}",
                repair=repair(sorted(others), remote),
                subjects=tuple(sorted(others)),
            )


def _take(tags: Sequence[str], remote: str) -> str:
    return f"git tag -d {words(tags)} && git fetch --tags {word(remote)}"


def _restore_or_take(tags: Sequence[str], remote: str) -> str:
    """What to do about tags that the remote has otherwise: those here may be the only proof of a move."""
    them = "it" if len(tags) == 1 else "them"
    restore = words(("git", "push", "--force", remote, *(f"refs/tags/{tag}" for tag in tags)))
    return (
        f"if someone moved {them} there, `{restore}` restores {them} for everyone; "
        f"otherwise `{_take(tags, remote)}` takes what {word(remote)} has"
    )


def _tags_of_remote(project: Project, remote: str) -> tuple[Mapping[str, str], frozenset[str]]:
    """The remote's tags that mlgit can parse, by object id, and the annotated ones among them."""
    answer = project.git.run("ls-remote", "--tags", remote, timeout_s=_NETWORK_TIMEOUT_S)
    theirs: dict[str, str] = {}
    annotated: set[str] = set()
    for line in answer.decode("utf-8", "surrogateescape").split("\n"):
        oid, _, ref = line.partition("\t")
        tag = ref.removeprefix("refs/tags/")
        # git lists the object of an annotated tag under the tag's name with `^{}`.
        if tag.endswith("^{}"):
            annotated.add(tag.removesuffix("^{}"))
        elif parse_tag(tag) is not None:
            theirs[tag] = oid
    return theirs, frozenset(annotated)
