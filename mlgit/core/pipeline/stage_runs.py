"""Stage runs: which stages ran since the base, and which results are unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.report_context import StageRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.evidence import StageState
    from mlgit.core.pipeline.stages import LockedStage, Pipeline, Stage

_MOST = 50


def stage_runs(
    old: Pipeline | None, new: Pipeline, states: Iterable[StageState] = ()
) -> tuple[StageRun, ...]:
    """Every stage of the base (None without one) and the candidate, sorted by address.

    `states` are those of the candidate's stages.
    """
    stale = {
        state.address: (
            *state.reasons,
            *(f"runs after {name}, which is stale" for name in state.upstream),
            *state.unproven,
        )
        for state in states
        if state.stale or state.unproven
    }
    before = {} if old is None else {stage.address: stage for stage in old.stages}
    after = {stage.address: stage for stage in new.stages}
    found = []
    for address in sorted({*before, *after}):
        if address in stale:
            found.append(StageRun(stage=address, state="stale", reasons=stale[address][:_MOST]))
        elif address not in after:
            found.append(StageRun(stage=address, state="removed"))
        else:
            found.append(_run(after[address], before.get(address)))
    return tuple(found)


def _run(stage: Stage, base: Stage | None) -> StageRun:
    if base is None or base.locked is None or stage.locked is None:
        return StageRun(stage=stage.address, state="new")
    reasons = _differences(base.locked, stage.locked)
    return StageRun(
        stage=stage.address, state="rerun" if reasons else "cached", reasons=tuple(reasons[:_MOST])
    )


def _differences(old: LockedStage, new: LockedStage) -> list[str]:
    reasons = ["command"] if old.cmd != new.cmd else []
    # First what may be code and data; there are often many parameters.
    reasons += [f"dep {path}" for path in _differing(_hashes(old.deps), _hashes(new.deps))]
    reasons += _params(old.params, new.params)
    # If an output differs and no input does, the command is not deterministic.
    return reasons or [f"out {path}" for path in _differing(_hashes(old.outs), _hashes(new.outs))]


def _params(old: Mapping[str, Mapping[str, object]], new: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The parameters that differ, by dotted key; a stage may depend on a whole group of them."""
    before, after = ({file: _leaves(tree) for file, tree in side.items()} for side in (old, new))
    keys = [
        key
        for file in sorted({*before, *after})
        for key in _differing(before.get(file, {}), after.get(file, {}))
    ]
    return [f"param {key}" for key in dict.fromkeys(keys)]


def _leaves(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            found.update(_leaves(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found


def _hashes(pointers: Mapping[str, object]) -> dict[str, str | None]:
    return {path: getattr(pointer, "md5", None) for path, pointer in pointers.items()}


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    absent = object()
    return [key for key in sorted({*old, *new}) if old.get(key, absent) != new.get(key, absent)]
