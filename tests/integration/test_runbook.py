"""The runbook: its commands do what it says, and print what it shows."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support import pages, pipeline, tumor
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder

PAGE = pages.ROOT / "docs" / "guides" / "runbook.md"


def _nothing(_: Folder) -> None:
    pass


def _lose_origin(work: Folder) -> None:
    origin = work.path.parent / "origin.git"
    origin.rename(origin.with_name("away.git"))


def _lose_data(work: Folder) -> None:
    change(work, "rollback", "--env", "prod", "-m", "p95 alarm")
    shutil.rmtree(work / "served" / "tumor" / "releases" / "v1.1.0")
    shutil.rmtree(work / ".dvc" / "cache")
    shutil.rmtree(work.path.parent / "storage")


def _merge_a_worse_model(work: Folder) -> None:
    tumor.train(work, "1.9")


def _roll_back(work: Folder) -> None:
    done = work.here("rollback", "--env", "prod", "--deploy", "-m", "p95 alarm")
    assert done.status == 0, done.err


PREPARED: dict[str, Callable[[Folder], None]] = {
    "Roll back": _nothing,
    "Who changed what?": _nothing,
    "The wrong version was promoted": _nothing,
    "origin is down": _lose_origin,
    "The target does not answer": _lose_data,
    "CI is red after a merge": _merge_a_worse_model,
    "CI no longer promotes to prod": _roll_back,
}


def test_every_section_is_tried() -> None:
    assert pages.sections(PAGE).keys() == PREPARED.keys()


@pytest.mark.parametrize("title", PREPARED)
def test_the_runbook_shows_what_its_commands_print(live_template: Path, tmp_path: Path, title: str) -> None:
    work = pipeline.copy(live_template, tmp_path / "project")
    tumor.relocate(work)
    PREPARED[title](work)
    tumor.check_section(work, PAGE, title)
