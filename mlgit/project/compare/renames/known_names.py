"""Known names: whether this clone has the tags of every name that a baseline was looked for under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import KNOWN, REMOTE_TAGS, Known, in_ci
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

    Former names are only asked where its own one has nothing, and models that trunk no longer declares where
    none of these has. A history that is cut off does not show which of them it was.
    """
    name, own = names
    nothing = found.state == "none"
    known = knows_model(project, name, here=read(name).here, absent=nothing, ci=ci)
    if known.known == "yes" and own not in {None, name}:
        known = knows_model(project, own, here=read(own).here, absent=True, ci=ci)
    if known.known == "yes" and name is not None and (nothing or own not in {None, name}):
        from mlgit.project.registry.former_names import knows_former_names

        known = knows_former_names(project, own or name, commit, purpose=purpose, ci=ci, read=read)
    if known.known == "no" or not nothing or name is None:
        return known
    if (deepen := deepening(project)) is not None:
        return _without_history(project, name, found.vs, deepen)
    if purpose == "check" and (in_ci(ci) or ci.get(REMOTE_TAGS)):  # a command that writes has fetched them
        known = knows_model(project, None, here=read(None).here, absent=True, ci=ci)
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
