"""Git health: what makes this clone show another registry than other clones do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.git.push import list_remote_refs
from mlgit.adapters.git.refs import default_branch_at, list_refs
from mlgit.adapters.git.tags.objects import REPLACED
from mlgit.core.fetch_settings import hiding_refs, pruning
from mlgit.core.overview.doctor import Finding, fault, warning
from mlgit.core.wording import listed, word, words
from mlgit.project.registry.completeness import clone_facts, clone_repair
from mlgit.project.registry.tag_settings import fetch_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.fetch_settings import Obstacle
    from mlgit.project.open import Project

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


def check_overlays(project: Project) -> Iterator[Finding]:
    """What git shows in this clone in place of what the commits and the files have."""
    listing = project.git.run("ls-files", "-z", "-v", "--full-name", ":/").decode("utf-8", "surrogateescape")
    marks = "" if project.left_out.is_sparse else "S"
    unwatched = [name[2:] for name in listing.split("\0") if name and (name[0].islower() or name[0] in marks)]
    if unwatched:
        yield warning(
            "unwatched_files",
            f"These files may have changed unseen, because Git does not look at them: {listed(unwatched, 3)}",
            repair=f"git update-index --no-assume-unchanged {words(unwatched)} && "
            f"git update-index --no-skip-worktree {words(unwatched)}",
            subjects=tuple(unwatched),
        )
    replaced = [ref.removeprefix(REPLACED) for ref in list_refs(project.git, REPLACED)]
    if replaced:
        yield warning(
            "replaced_objects",
            f"`git replace` shows other content for {listed([oid[:7] for oid in replaced], 3)} here; "
            "mlgit reads what every other clone has",
            repair=f"git replace -d {words(replaced)}",
            subjects=tuple(replaced),
        )
    grafts = os.path.join(project.common_dir, "info", "grafts")
    if os.path.exists(grafts):
        yield warning(
            "grafts",
            "A file of grafts gives commits other parents here; mlgit reads those that every other clone has",
            repair=f"rm {word(grafts)}",
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
