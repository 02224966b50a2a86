"""Git health: what makes this clone show another registry than other clones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import default_branch_at
from mlgit.core.fetch_settings import hiding_refs, pruning
from mlgit.core.overview.doctor import Finding, fault, warning
from mlgit.core.wording import word
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


def check_default_branch(project: Project) -> Iterator[Finding]:
    """Whether the remote has another default branch than this clone takes for trunk."""
    remote, trunk = project.remote, project.trunk_here
    if remote is None or trunk is None or project.settings.trunk is not None:
        return
    name = default_branch_at(project.git, remote)
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
    elif obstacle.kind == "left_out":
        yield fault(
            "tags_left_out",
            f"This clone leaves out tags when it fetches (`{obstacle.setting}`): "
            "its registry differs from what everyone else sees",
            repair=repair,
        )
