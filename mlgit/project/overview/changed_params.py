"""Changed params: the values of parameters that make a stage stale."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.overview.status import ChangedParam

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Stage

_CHANGED = "changed param "


def changed_params(state: Evidence) -> tuple[ChangedParam, ...]:
    """The parameters of stale stages whose values differ; only single values, no lists or mappings."""
    stages = {stage.address: stage for stage in state.pipeline.stages}
    found = []
    for each in state.stages:
        names = [text.removeprefix(_CHANGED) for text in each.reasons if text.startswith(_CHANGED)]
        stage = stages.get(each.address)
        for name in names if stage is not None else ():
            assert stage is not None  # noqa: S101 (as the loop says)
            found += [
                ChangedParam(stage=each.address, name=name, old=old, new=new)
                for old, new in _values(stage, state, name)
            ]
    return tuple(found)


def _values(stage: Stage, state: Evidence, name: str) -> Iterator[tuple[str, str]]:
    """The recorded value and the one here, if exactly one file of the stage has the name."""
    recorded = {} if stage.locked is None else stage.locked.params
    files = [file for file in stage.params if name in recorded.get(file, {})]
    if len(files) == 1:
        old, new = recorded[files[0]][name], state.params.get(files[0], {}).get(name)
        texts = _text(old), _text(new)
        if texts[0] is not None and texts[1] is not None and texts[0] != texts[1]:
            yield texts[0], texts[1]


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float, str, Decimal)) else None
