"""The pages about trouble: their commands do what the pages say, and print what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import pipeline, shown
from tests.support.registry import change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = shown.ROOT / "docs" / "troubleshooting.md"


def _nothing(_: Folder) -> None:
    pass


def _edit_a_parameter(work: Folder) -> None:
    shown.edit(work, "params.yaml", "1.99", "1.9")


def _clone_without_tags(work: Folder) -> Folder:
    shown.release(work, "v1.0.0")
    place = work.path.parent / "clone"
    work.git("clone", "-q", "--no-tags", str(work.path.parent / "origin.git"), str(place))
    return Folder(place)


def _declare_a_model_by_hand(work: Folder) -> None:
    work.write("survey/rules.txt", "age > 60\n")
    work.write("survey/scores.json", '{"score": 0.9}')
    shown.edit(
        work,
        "mlgit.yaml",
        "gates:",
        "  survey: {path: survey/rules.txt, metrics: [survey/scores.json]}\ngates:",
    )
    shown.edit(work, "mlgit.yaml", "{metric: ", "{model: tumor, metric: ")
    shown.edit(
        work,
        "mlgit.yaml",
        "environments:",
        "  score-floor: {model: survey, metric: score, min: 0.8}\nenvironments:",
    )
    work.commit("Declare the survey")
    work.git("push", "-q")


def _write_metrics_by_hand(work: Folder) -> None:
    work.write("metrics/wards.json", '{"recall": 0.93}')
    shown.edit(work, "mlgit.yaml", "tumor.skops}", "tumor.skops, metrics: [metrics/*.json]}")
    shown.edit(
        work, "mlgit.yaml", "environments:", "  recall-floor: {metric: recall, min: 0.9}\nenvironments:"
    )
    work.commit("Add the wards")


def _edit_the_metrics(work: Folder) -> None:
    shown.edit(work, "metrics/test.json", "0.945", "0.999")


def _lose_the_model(work: Folder) -> None:
    """The author of the model did not run `mlgit push`."""
    storage = work.path.parent / "storage"
    for place in (storage, work / ".dvc" / "cache"):
        files = [path for path in place.rglob("*") if path.is_file()]
        (kept,) = (path for path in files if path.read_bytes() == b'{"penalty": 1.99}')
        kept.unlink()
    (work / "models" / "tumor.skops").unlink()


def _train_without_push(work: Folder) -> None:
    shown.release(work, "v1.0.0")
    shown.train(work, "1.991", push=False)


def _release_a_small_gain(work: Folder) -> None:
    shown.release(work, "v1.0.0")
    shown.edit(work, "mlgit.yaml", "prod: {from: staging}", "prod: {from: staging, gates: [must-gain]}")
    shown.train(work, "1.99001")
    change(work, "release", "tumor")


def _misspell_a_key(work: Folder) -> None:
    shown.edit(work, "mlgit.yaml", "max_rise", "max_raise")


PREPARED: dict[str, Callable[[Folder], Folder | None]] = {
    "Why is my stage stale?": _edit_a_parameter,
    "Why is my gate not evaluated?": _nothing,
    "Why is there nothing to compare with?": _nothing,
    "Why does this clone lack tags?": _clone_without_tags,
    "Why does my metric file not count?": _write_metrics_by_hand,
    "Why is my metric file not what the stage wrote?": _edit_the_metrics,
    'Why does the report say "Not proven"?': _declare_a_model_by_hand,
    "Why does `dvc pull` fail?": _lose_the_model,
    "Why is my release refused?": _train_without_push,
    "Why is my promotion refused?": _release_a_small_gain,
    "Why is `mlgit.yaml` invalid?": _misspell_a_key,
}


def test_every_section_is_tried() -> None:
    assert shown.sections(PAGE).keys() == PREPARED.keys()


@pytest.mark.parametrize("title", PREPARED)
def test_the_page_shows_what_its_commands_print(tumor_template: Path, tmp_path: Path, title: str) -> None:
    work = pipeline.copy(tumor_template, tmp_path / "project")
    work = PREPARED[title](work) or work
    shown.try_all(work, shown.sections(PAGE)[title])
