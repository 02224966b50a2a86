"""What `mlgit doctor` proposes for forged tags ends what it finds, when it is pasted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.forged import forge_assignment, forge_release
from tests.support.registry import change, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


def _second(staged: Folder) -> None:
    train(staged, "1.996")
    change(staged, "release", "line")


def newest(staged: Folder) -> None:
    _second(staged)
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=())


def same_again(staged: Folder) -> None:
    forge_assignment(staged, "line#staging#2", "v1.0.0", gates=())


def first(staged: Folder) -> None:
    forge_assignment(staged, "line#prod#1", "v1.0.0", gates=())


def after_emptied(staged: Folder) -> None:
    change(staged, "unassign", "line", "--env", "staging")
    forge_assignment(staged, "line#staging#3", "v1.0.0", gates=())


def forged_release(staged: Folder) -> None:
    train(staged, "1.996")
    forge_release(staged, gates=())


SITUATIONS: dict[str, Callable[[Folder], None]] = {
    "the newest promotion": newest,
    "a promotion of what was there": same_again,
    "the first promotion": first,
    "a promotion after it was emptied": after_emptied,
    "a release": forged_release,
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_repair_of_a_forged_tag_without_outcomes_works(staged: Folder, situation: str) -> None:
    SITUATIONS[situation](staged)
    findings = staged.here("doctor", "--json").json()["findings"]
    (found,) = (each for each in findings if each["id"] == "refused_tag")
    assert "it states no outcome of" in found["message"]
    repair = re.findall("`([^`]+)`", found["repair"]) or [found["repair"]]
    assert staged.run("bash", "-c", repair[0]).status == 0, repair
    left = {each["id"] for each in staged.here("doctor", "--online", "--json").json()["findings"]}
    assert "refused_tag" not in left
    train(staged, "1.9965")
    for command in ("release line", "promote line --to staging", "promote line --to prod"):
        done = staged.here(*command.split())
        assert done.status == Exit.DONE, (command, done.err)
