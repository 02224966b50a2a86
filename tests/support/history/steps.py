"""Steps: kill a command at each start of git in turn, and run it again.

`python -m tests.support.history.steps PROJECT PLACE STRIDE ARGUMENT…` prints one line per death: how the
second run ended, and the tags after it. PROJECT holds `work` and `origin.git`. With a STRIDE n above 1, only
every n-th start is tried, with two of the four ways to die.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import pipeline
from tests.support.history.commands import Death, Run, load, run
from tests.support.history.simulation import remove_old_locks
from tests.support.registry import origin, tags_of

if TYPE_CHECKING:
    from tests.support.shell import Folder

MOST = 60


def die_at(project: Path, place: Path, argv: list[str], death: Death | None) -> dict[str, object]:
    """Run the command, kill it, run it again and report the tags; without a death run it once."""
    work = pipeline.copy(project, place)
    scratch = place / "scratch"
    scratch.mkdir()
    killed = None
    if death is not None:
        killed = run(Run(id="killed", clone=work, argv=argv, death=death), scratch).status
        _wait_for_the_orphans(work)
        for folder in (work / ".git", origin(work).path):
            remove_old_locks(folder, 0)
    again = run(Run(id="again", clone=work, argv=argv), scratch)
    found = {
        "death": str(death),
        "at": None if death is None else death.at_git,
        "killed": death is not None and killed is None,
        "status": again.status,
        "error": again.answer.get("error"),
        "tags": sorted(tags_of(origin(work))),
        "agree": tags_of(work) == tags_of(origin(work)),
    }
    shutil.rmtree(place)
    return found


def _wait_for_the_orphans(work: Folder) -> None:
    """Wait for processes that outlive the killed command for a moment."""
    while any(_runs_in(entry, work.path.parent) for entry in os.listdir("/proc") if entry.isdigit()):
        time.sleep(0.01)


def _runs_in(process: str, place: Path) -> bool:
    with suppress(OSError):
        return process != str(os.getpid()) and os.readlink(f"/proc/{process}/cwd").startswith(f"{place}/")
    return False


def main() -> None:
    load()
    project, place, stride, *argv = sys.argv[1:]
    argv = [*argv, "--json"]
    outcomes = [die_at(Path(project), Path(place, "whole"), argv, None)]
    ways = [(False, True), (True, False), (False, False), (True, True)]
    for group, after in ways if stride == "1" else ways[:2]:
        for number in range(1, MOST, int(stride)):
            death = Death(at_git=number, after=after, group=group)
            outcomes.append(die_at(Path(project), Path(place, "dying"), argv, death))
            if not outcomes[-1]["killed"]:
                break
    for outcome in outcomes:
        print(json.dumps(outcome))


if __name__ == "__main__":
    main()
