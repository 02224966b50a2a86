"""Never there: a model without a baseline, where one that trunk no longer declares is still in use.

The two may be one: history shows a rename only where both had the same path or content in one change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import EMPTIED
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import word
from mlgit.project.registry.former_names import declared_names
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]


def never_there(
    project: Project, found: Baseline, *, name: str, candidate: str | None, read: _Read
) -> Baseline:
    """The baseline of an environment that never held a model; a finding if an undeclared one is there.

    The environment may have had other names.
    """
    from mlgit.project.registry.former_environments import environments_before

    for environment in (found.vs, *environments_before(project, found.vs)):
        for held in _live(project, name, read):
            # Putting the same version there loses nothing.
            if held.environment != environment or (held.doubt is None and held.commit == candidate):
                continue
            where = (
                f"in `{environment}`, whose place `{found.vs}` took" if environment != found.vs else "there"
            )
            return _may_be(found, f"`{name}` was never in `{found.vs}`", held, where)
    return found


def never_released(project: Project, found: Baseline, *, name: str, read: _Read) -> Baseline:
    """The baseline of a model without a release; a finding if an undeclared one is in an environment."""
    held = next(_live(project, name, read), None)
    if held is None or found.state != "none" or found.reason is not None:
        return found
    return _may_be(found, f"`{name}` has no release yet", held, f"in `{held.environment}`")


def _live(project: Project, name: str, read: _Read) -> Iterator[EnvironmentState]:
    """What models that trunk does not declare have, or may have, in environments."""
    registry = read_registry(project)
    ignored = {parsed.model for parsed in map(parse_tag, registry.ignored) if parsed is not None}
    for each in sorted({*registry.models, *ignored} - {*declared_names(project)}):
        if each != name:
            states = read(each).environments
            yield from (states[one] for one in sorted(states) if (states[one].holder or states[one].doubt))


def _may_be(found: Baseline, nothing: str, held: EnvironmentState, where: str) -> Baseline:
    other = f"{nothing}, but `{held.model}`, which trunk no longer declares,"
    if held.doubt is not None:
        message = f"{other} may have something {where}: t{held.doubt.sentence[1:]}"
        return replace(found, reason=EMPTIED, message=message, hint=held.doubt.hint)
    command = f"mlgit unassign {word(held.model)} --env {word(held.environment)}"
    hint = f"if `{held.model}` is another model, run `{command}`"
    return replace(found, reason=EMPTIED, message=f"{other} has {held.label} {where}", hint=hint)
