"""Known names: whether this clone has the tags of every name that a baseline was looked for under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import KNOWN, Known
from mlgit.project.compare.baseline_files import deepening
from mlgit.project.registry.completeness import knows_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.gates.verdict import Baseline, Purpose
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

    A former name is only asked where its own one has nothing. A history that is cut off does not show it.
    """
    name, own = names
    known = knows_model(project, name, here=read(name).here, absent=found.state == "none", ci=ci)
    if known.known == "yes" and own not in {None, name}:
        known = knows_model(project, own, here=read(own).here, absent=True, ci=ci)
    if known.known == "yes" and found.state == "none" and name is not None:
        from mlgit.project.registry.former_names import knows_former_names

        known = knows_former_names(project, name, commit, purpose=purpose, ci=ci, read=read)
        if known.known == "yes" and (deepen := deepening(project)) is not None:
            return _without_history(project, name, found.vs, deepen)
    return known


def _without_history(project: Project, name: str, vs: str, deepen: str) -> Known:
    """Whether all that may be a former name is declared, so that no history is needed."""
    from mlgit.project.compare.renames.never_there import undeclared
    from mlgit.project.registry.former_environments import undeclared_environments

    others = [f"`{name}` was named `{each}` before" for each in undeclared(project, name)]
    if vs not in {"base", "release"}:
        others += [f"`{vs}` took the place of `{each}`" for each in undeclared_environments(project)]
    if not others:
        return KNOWN
    why = f"this clone is too shallow to show whether {others[0]}"
    return Known(known="no", why=why, repair=deepen)
