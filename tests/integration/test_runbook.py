"""The runbook: its commands do what it says, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mlgit.errors import Exit
from tests.support.registry import change
from tests.support.targets import forget_data, go_live, without_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "runbook.md"
# What the page names -> what the project of the tests has.
NAMES = {"models/tumor.skops": "models/line.json", "v1.1.0": "v1.0.1", "v1.2.0": "v1.0.2"}


class Shown(NamedTuple):
    """A command of the page and the output below it, which may be empty."""

    command: str
    output: str


def sections() -> dict[str, list[Shown]]:
    """Title -> its commands, in the order of the page."""
    found: dict[str, list[Shown]] = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        blocks = "".join(re.findall(r"```\n(.*?)```", part, flags=re.DOTALL))
        commands = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", blocks, flags=re.MULTILINE)
        found[part.partition("\n")[0]] = [Shown(*each) for each in commands]
    return found


def _nothing(_: Folder) -> None:
    pass


def _lose_origin(work: Folder) -> None:
    origin = work.path.parent / "origin.git"
    origin.rename(origin.with_name("away.git"))


def _lose_data(work: Folder) -> None:
    change(work, "rollback", "--env", "prod", "-m", "p95 alarm")
    forget_data(work)


PREPARED: dict[str, Callable[[Folder], None]] = {
    "The model in prod is bad": _nothing,
    "origin is down": _lose_origin,
    "The target does not answer": _lose_data,
    "The wrong person promoted": _nothing,
}


def ours(text: str) -> str:
    for name, own in NAMES.items():
        text = text.replace(name, own)
    return re.sub(r"\btumor\b", "line", text)


def test_every_section_is_tried() -> None:
    assert sections().keys() == PREPARED.keys()


@pytest.mark.parametrize("title", PREPARED)
def test_the_runbook_shows_what_its_commands_print(deployable: Folder, title: str) -> None:
    go_live(deployable)
    PREPARED[title](deployable)
    for shown in sections()[title]:
        done = deployable.here(*shlex.split(ours(shown.command))[1:])
        assert (done.status == Exit.DONE) is not shown.output.startswith("error: "), done.err
        if shown.output:
            printed = done.out if done.status == Exit.DONE else done.err
            printed = re.sub(r"`/\S*/storage`", "`/mnt/storage`", without_times(deployable, printed))
            assert ours(shown.output) in printed
