"""How a plan ends: the author runs the pipeline, or leaves results that no run made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.attack.reproduction import METRICS, MODEL, run_every_stage
from tests.attack.world import BETTER_SLOPE, WORSE_SLOPES, restore

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_WAYS = (
    *("run", "run", "run the better, then go back", "run, then write numbers"),
    *("run the better, then another model", "better numbers", "better results", "nothing"),
)
_GOOD = {"mae": 0.01, "r2": 0.99, "rows": 10}


def finish(world: World, pick: Picker) -> str:
    """Leave results; what was done, in a few words."""
    how = pick.of(_WAYS)
    worse = pick.of(WORSE_SLOPES)
    if how.startswith("run"):
        _set_slope(world, BETTER_SLOPE if "the better" in how else worse)
        if not run_every_stage(world.work.path, force=False):
            how = f"{how} (DVC refuses)"
    if "go back" in how:
        _set_slope(world, worse)
    if "write numbers" in how:
        world.path(METRICS).parent.mkdir(exist_ok=True)
        world.path(METRICS).unlink(missing_ok=True)
        world.work.write(METRICS, json.dumps(_GOOD))
    if "another model" in how:
        world.path(MODEL).unlink(missing_ok=True)
        world.work.write(MODEL, '{"slope": 1.8}')
    if how == "better numbers":
        restore(world.work, {METRICS: world.runs[BETTER_SLOPE][METRICS]})
    if how == "better results":
        better = world.runs[BETTER_SLOPE]
        left_out = pick.of(sorted(better))
        restore(world.work, {path: content for path, content in better.items() if path != left_out})
        how = f"{how} without {left_out}"
    if pick.of((True, False)):
        world.commit()
    return how


def _set_slope(world: World, slope: str) -> None:
    world.path("params.yaml").unlink(missing_ok=True)
    world.work.write("params.yaml", f"train:\n  slope: {slope}\n")
