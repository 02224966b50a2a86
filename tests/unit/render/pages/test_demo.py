"""Closing page of `mlgit demo`: where everything is, what was done, and commands to try next."""

from __future__ import annotations

import json
from dataclasses import replace

from mlgit.core.overview.demo import Demo, DemoStep
from mlgit.render.formats.jsonout import document
from mlgit.render.page import Line
from mlgit.render.pages.demo import page
from tests.support.schema import assert_valid

WALKED = Demo(
    folder="/tmp/the demo",  # noqa: S108 (nothing is written there)
    repository="/tmp/the demo/work",  # noqa: S108
    walked=True,
    steps=(
        DemoStep(chapter="Start", command="mlgit init", exit_code=0, seconds=0.5),
        DemoStep(chapter="Change", command="edit params.yaml", exit_code=None, seconds=0),
    ),
    seconds=61.4,
)


def lines(demo: Demo) -> list[str]:
    return ["".join(span.text for span in each.spans) for each in page(demo) if isinstance(each, Line)]


def test_the_document_of_a_demo_with_commands_and_edits_is_valid() -> None:
    assert_valid(json.loads(document(WALKED)), "demo")


def test_the_closing_page_names_the_folder_and_a_command_that_enters_it() -> None:
    shown = lines(WALKED)
    assert "$ cd '/tmp/the demo/work'" in shown
    assert shown[-1].endswith(WALKED.folder)
    assert any("2 steps walked the loop in 61 s" in text for text in shown)


def test_a_project_that_was_only_created_is_offered_its_first_run() -> None:
    shown = lines(replace(WALKED, walked=False))
    assert "$ mlgit run" in shown
    assert "$ mlgit models" not in shown
    assert not any("walked" in text for text in shown)
