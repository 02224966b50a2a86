"""Plans for what is measured: other parameters and other data for the number of an honest run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attack.finish import finish
from tests.attack.reproduction import MEASURED

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_FEW = "x,y\n1,2\n"


def set_what_is_measured(world: World, pick: Picker) -> str:
    """Fewer rows by a parameter of the stage that makes the data, or of the one that measures."""
    part = pick.of(("split", "eval"))
    text = world.path("measured.yaml").read_text(encoding="utf-8") if _has(world, "measured.yaml") else ""
    if text != MEASURED:
        return ""
    line = f"{part}: {{rows: 10}}"
    world.work.write("measured.yaml", text.replace(line, f"{part}: {{rows: {pick.of((1, 2, 5))}}}"))
    return _measured(world, pick, f"fewer rows by {part}.rows")


def edit_what_is_measured(world: World, pick: Picker) -> str:
    """Fewer rows in the data of DVC that the stages before the number read."""
    if not _has(world, "data/raw.csv") or not _has(world, "data/raw.csv.dvc"):
        return ""
    world.path("data/raw.csv").unlink()
    world.work.write("data/raw.csv", _FEW)
    try:
        world.work.dvc("add", "-q", "data/raw.csv")
    except AssertionError:  # an earlier edit broke what DVC reads
        return ""
    return _measured(world, pick, "fewer rows in data/raw.csv")


def _measured(world: World, pick: Picker, done: str) -> str:
    """The end of a plan, after a run with the worse model."""
    world.measured_otherwise = True
    return f"{done}; {finish(world, pick)}"


def _has(world: World, path: str) -> bool:
    return world.path(path).is_file()


MEASURED_PLANS = (set_what_is_measured, edit_what_is_measured)
