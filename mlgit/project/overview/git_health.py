"""Git health: settings of git that make this clone show another registry than others do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.doctor import Finding, fault, warning
from mlgit.project.registry.tag_settings import hiding_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project


def check_tag_settings(project: Project) -> Iterator[Finding]:
    """Settings because of which the registry seen here is not the one of other clones."""
    for each in hiding_settings(project):
        if each.deletes:
            yield warning(
                "tags_are_pruned",
                f"A `git fetch` that prunes deletes tags that `{project.remote}` lacks (`{each.setting}`), "
                "such as those written with `--local`",
                repair=each.repair,
            )
        elif each.setting.endswith("tagOpt"):
            yield fault(
                "tags_not_fetched",
                f"This clone never fetches tags (`{each.setting}`): "
                "the registry seen here is not the one everybody else sees",
                repair=each.repair,
            )
        else:
            yield warning(
                "tags_are_hidden",
                f"Clones and remotes on this machine do not show tags (`{each.setting}`)",
                repair=each.repair,
            )
