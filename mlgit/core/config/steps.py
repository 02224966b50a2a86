"""Steps: which environments a version must have been in before it enters another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.renames import renamed_environments

if TYPE_CHECKING:
    from mlgit.core.config.file import Config, Environment


def is_still_asked(source: str, environment: Environment, old: Config, new: Config) -> bool:
    """Whether all that may enter an environment of `new` has been in `source`, as `old` asked.

    A step in between holds only such versions if it is new, or if `old` asked the same for it.
    """
    name = renamed_environments(old.environments, new.environments).get(source, source)
    for step in steps_before(environment, new):
        if step == name:
            return True
        if step in old.environments and source not in steps_before(old.environments[step], old):
            return False
    return False


def steps_before(environment: Environment, config: Config) -> tuple[str, ...]:
    """The environments that a version must have been in before this one, the nearest first."""
    found: list[str] = []
    step = environment.source
    while step is not None and step not in found:
        found.append(step)
        step = config.environments[step].source if step in config.environments else None
    return tuple(found)


def steps_after(name: str, old: Config, new: Config) -> list[str]:
    """The environments of both configs that a new one comes before, and that others came before already."""
    return sorted(
        each
        for each, environment in new.environments.items()
        if each in old.environments
        and old.environments[each].source is not None
        and environment.source == name
    )
