"""Known names: whether this clone has the tags of every name that a baseline was looked for under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.project.registry.completeness import knows_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.gates.verdict import Baseline, Purpose
    from mlgit.core.registry.completeness import Known
    from mlgit.project.open import Project
    from mlgit.project.registry.read import ModelTags


def knows_names(
    project: Project,
    found: Baseline,
    names: tuple[str | None, str | None],
    commit: str | None,
    purpose: Purpose,
    *,
    ci: Mapping[str, str],
    read: Callable[[str | None], ModelTags],
) -> Known:
    """Whether all tags of a model are here, under the name where it was found, its own, and those before.

    A former name is only asked where its own one has nothing.
    """
    name, own = names
    known = knows_model(project, name, here=read(name).here, absent=found.state == "none", ci=ci)
    if known.known == "yes" and own not in {None, name}:
        known = knows_model(project, own, here=read(own).here, absent=True, ci=ci)
    if known.known == "yes" and found.state == "none" and name is not None:
        from mlgit.project.registry.former_names import knows_former_names

        known = knows_former_names(project, name, commit, purpose=purpose, ci=ci, read=read)
    return known
