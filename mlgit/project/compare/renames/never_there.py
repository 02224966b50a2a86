"""Never there: a model without a baseline, where one that trunk no longer declares is still in use.

The two may be one: history shows a rename only where both had the same path or content in one change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import EMPTIED, TAKEN_OUT
from mlgit.core.registry.moves import emptied
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.doubt import environments_of
from mlgit.core.wording import word
from mlgit.project.compare.baseline_files import deepening
from mlgit.project.registry.former_names import all_was_read, declared_names
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]

_MOST = 3
_UNREAD = "whether it was named `{}` before is not known: more commits changed the models than mlgit reads"


def never_there(
    project: Project, found: Baseline, *, name: str, candidate: str | None, read: _Read
) -> Baseline:
    """The baseline of an environment that never held a model; a finding if an undeclared one is there.

    The environment may have had other names, which trunk may have replaced in one change or in steps.
    """
    from mlgit.project.registry.former_environments import environments_before, environments_earlier

    if _is_dropped(project, name):
        return found
    where = {
        each: f"in `{each}`, which it no longer declares" for each in environments_earlier(project, found.vs)
    }
    before = environments_before(project, found.vs)
    where |= {each: f"in `{each}`, whose place `{found.vs}` took" for each in before}
    for environment in dict.fromkeys((found.vs, *before, *where)):
        for held in _live(project, name, read, frozenset({environment})):
            # Putting the same version there loses nothing.
            if held.environment != environment or (held.doubt is None and held.commit == candidate):
                continue
            nothing = f"`{name}` was never in `{found.vs}`"
            return _may_be(project, found, nothing, held, where.get(environment, "there"), candidate, read)
    places = frozenset({found.vs, *before, *where})
    return _was_there(project, found, f"`{name}` was never in `{found.vs}`", name, read, places)


def never_released(project: Project, found: Baseline, *, name: str, read: _Read) -> Baseline:
    """The baseline of a model without a release; a finding if an undeclared one is in an environment.

    One that is in none may still be this model, if not all of the history was read.
    """
    if found.state != "none" or found.reason is not None or _is_dropped(project, name):
        return found
    which = "before this commit" if read(name).versions else "yet"
    nothing = f"`{name}` has no release {which}"
    for held in _live(project, name, read):
        return _may_be(project, found, nothing, held, f"in `{held.environment}`", None, read)
    for other in undeclared(project, name):
        if read(other).versions and not all_was_read(project, None, read(other)):
            return replace(found, reason=EMPTIED, message=f"{nothing}, and {_UNREAD.format(other)}")
    return _was_there(project, found, nothing, name, read)


def _was_there(
    project: Project,
    found: Baseline,
    nothing: str,
    name: str,
    read: _Read,
    places: frozenset[str] | None = None,
) -> Baseline:
    """The baseline with a note about undeclared models that someone took out of environments."""
    who = [why for each in _states(project, name, read, places) if (why := _taken_out(each, places))]
    if not who:
        return found
    more = f", and {len(who) - _MOST:,} more" if len(who) > _MOST else ""
    where = "in an environment" if places is None else "there"
    message = (
        f"{nothing}, but a model was {where} that trunk no longer declares: {'; '.join(who[:_MOST])}{more}"
    )
    return replace(found, reason=TAKEN_OUT, message=message)


def _is_dropped(project: Project, name: str) -> bool:
    """Whether trunk has models and not this one: it took it out, or a merge is to bring it."""
    declared = declared_names(project)
    return bool(declared) and name not in declared


def undeclared(project: Project, name: str) -> list[str]:
    """The models that tags mention, also tags that do not count, and that trunk does not declare."""
    registry = read_registry(project)
    ignored = {parsed.model for parsed in map(parse_tag, registry.ignored) if parsed is not None}
    return sorted({*registry.models, *ignored} - {*declared_names(project), name})


def _live(
    project: Project, name: str, read: _Read, places: frozenset[str] | None = None
) -> Iterator[EnvironmentState]:
    """What undeclared models have, or may have, in environments; `places` are their names, None for all."""
    for each in _states(project, name, read, places):
        there = each.environments
        yield from (there[one] for one in sorted(there) if (there[one].holder or there[one].doubt))


def _states(project: Project, name: str, read: _Read, places: frozenset[str] | None) -> Iterator[ModelState]:
    """The undeclared models with tags of some environments, without the tags that do not count."""
    registry = read_registry(project)
    for each in undeclared(project, name):
        there = environments_of(registry.model(each))
        if (places is None and there) or any(one in there for one in places or ()):
            yield read(each)  # asking which of its tags count takes longer


def _taken_out(state: ModelState, places: frozenset[str] | None) -> str | None:
    """Who took a model out of the one of these environments that was emptied last."""
    here = [each for name, each in state.environments.items() if places is None or name in places]
    gone = [each for each in here if each.changes and emptied(each, state) is not None]
    newest = max(gone, key=lambda each: each.changes[-1].fact.at, default=None)
    return None if newest is None else emptied(newest, state)


def _may_be(
    project: Project,
    found: Baseline,
    nothing: str,
    held: EnvironmentState,
    where: str,
    candidate: str | None,
    read: _Read,
) -> Baseline:
    """The finding about an undeclared model; an error if not all that could show a rename was read."""
    other = f"{nothing}, but `{held.model}`, which trunk no longer declares,"
    hint = f"if `{held.model}` is another model, run "
    hint += f"`mlgit unassign {word(held.model)} --env {word(held.environment)}`"
    message = f"{other} has {held.label} {where}"
    if held.doubt is not None:
        message = f"{other} may have something {where}: t{held.doubt.sentence[1:]}"
        hint = held.doubt.hint
    if all_was_read(project, candidate, read(held.model)):
        return replace(found, reason=EMPTIED, message=message, hint=hint)
    if (deepen := deepening(project)) is not None:
        message = (
            f"{message}, and this clone is too shallow to show whether it was named `{held.model}` before"
        )
        return replace(found, state="too_shallow", message=message, hint=f"run `{deepen}`")
    message = f"{message}, and {_UNREAD.format(held.model)}"
    return replace(found, state="unknown", label=f"`{found.vs}`", message=message, hint=hint)
