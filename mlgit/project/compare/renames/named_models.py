"""Named models: what a gate compares with where `vs:` names the model, as in `line@latest` or `line#prod`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.registry.tags import moving_name
from mlgit.errors import UnknownReference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project


def meant(
    project: Project,
    vs: str,
    *,
    own: str | None,
    environments: Collection[str],
    in_tags: Callable[[str], str | None],
    read: Callable[[str], ModelState],
) -> tuple[str, str | None] | None:
    """`release` or the environment, and the model's name in tags; None if `vs` does not name a model.

    A model that was renamed since is the one that is checked (`own`). `in_tags` gives the name that a model
    has in tags, `read` the state of one.

    Raises:
        UnknownReference: it is a commit near the newest one.
    """
    named = None if vs in environments else moving_name(vs)
    if named is None:
        return None
    from mlgit.project.registry.former_names import declared_names, names_before

    owner = in_tags(named.model) or named.model
    state, declared = read(owner), declared_names(project)
    if not state.facts and owner not in declared:
        return None
    environment = named.environment
    if environment is not None and not {environment} & {*environments, *state.environments}:
        return None
    plain = environment or "release"
    if named.suffix:
        raise UnknownReference(
            f"`{vs}` is not a baseline: it moves with `{vs.removesuffix(named.suffix)}`",
            hint=f"write `vs: {vs.removesuffix(named.suffix)}`",
        )
    former = own is not None and owner not in declared and owner in names_before(project, own, None)
    return plain, own if former else owner


def as_written(found: Baseline, plain: str, vs: str) -> Baseline:
    """The baseline of `plain` for a gate in which `vs` is written."""

    def written(text: str | None) -> str | None:
        return None if text is None else text.replace(f"`vs: {plain}`", f"`vs: {vs}`")

    return replace(found, vs=vs, message=written(found.message), hint=written(found.hint))
