"""Changed params: the values of parameters that make a stage stale."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mlgit.core.overview.status import ChangedParam

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.pipeline.evidence import Evidence, Value
    from mlgit.core.pipeline.stages import Stage

_CHANGED = "changed param "
_ABSENT = object()


def changed_params(state: Evidence) -> tuple[ChangedParam, ...]:
    """The values that differ of the parameters that make stages stale."""
    stages = {stage.address: stage for stage in state.pipeline.stages}
    return tuple(
        found
        for each in state.stages
        for reason in each.reasons
        if reason.startswith(_CHANGED) and each.address in stages
        for found in _of_stage(stages[each.address], reason.removeprefix(_CHANGED), state.params)
    )


def _of_stage(stage: Stage, param: str, params: Mapping[str, Mapping[str, Value]]) -> Iterator[ChangedParam]:
    """The values of a parameter that exactly one file of the stage has; it may be a mapping of others."""
    recorded = {} if stage.locked is None else stage.locked.params
    files = [file for file in stage.params if param in recorded.get(file, {})]
    if len(files) != 1:
        return
    values = params.get(files[0], {})
    key = _only_key(param, values)
    before = dict(_leaves(key, recorded[files[0]][param]))
    after = {name: value for name, value in values.items() if name == key or name.startswith(f"{key}.")}
    for name in dict.fromkeys((*before, *after)):
        old, new = _text(before.get(name, _ABSENT)), _text(after.get(name, _ABSENT))
        if old != new:
            yield ChangedParam(stage=stage.address, param=param, name=name, old=old, new=new)


def _only_key(param: str, values: Iterable[str]) -> str:
    """The only key that matches a pattern; otherwise the text itself."""
    steps = param.split(".")
    names = (name.split(".")[: len(steps)] for name in values)
    found = {
        ".".join(name) for name in names if len(name) == len(steps) and all(map(fnmatchcase, name, steps))
    }
    return param if param in found or len(found) != 1 else found.pop()


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict) or not value:
        yield name, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{name}.{key}", inner)


def _text(value: object) -> str | None:
    """The value as people read it; None if there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, str, Decimal, list, dict)):
        return str(value)
    return "null" if value is None else None
