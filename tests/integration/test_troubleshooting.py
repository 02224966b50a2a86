"""The pages about trouble: their commands do what the pages say, and print what they show."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support import pages, pipeline, tumor
from tests.support.registry import change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


NEW_HOSPITAL = (
    "id: new-hospital, gate: auc-floor, floor: 0.93, reason: 'New hospital joins, labels follow in January'"
)


def _nothing(_: Folder) -> None:
    pass


def _edit_a_parameter(work: Folder) -> None:
    tumor.edit(work, "params.yaml", "1.99", "1.9")


def _clone_without_tags(work: Folder) -> Folder:
    tumor.release(work, "v1.0.0")
    place = work.path.parent / "clone"
    work.git("clone", "-q", "--no-tags", str(work.path.parent / "origin.git"), str(place))
    return Folder(place)


def _declare_a_model_by_hand(work: Folder) -> None:
    work.write("survey/rules.txt", "age > 60\n")
    work.write("survey/scores.json", '{"score": 0.9}')
    tumor.edit(
        work,
        "mlgit.yaml",
        "gates:",
        "  survey: {path: survey/rules.txt, metrics: [survey/scores.json]}\ngates:",
    )
    tumor.edit(work, "mlgit.yaml", "{metric: ", "{model: tumor, metric: ")
    tumor.edit(
        work,
        "mlgit.yaml",
        "environments:",
        "  score-floor: {model: survey, metric: score, min: 0.8}\nenvironments:",
    )
    work.commit("Declare the survey")
    work.git("push", "-q")


def _write_metrics_by_hand(work: Folder) -> None:
    work.write("metrics/wards.json", '{"recall": 0.93}')
    tumor.edit(work, "mlgit.yaml", "tumor.skops}", "tumor.skops, metrics: [metrics/*.json]}")
    tumor.edit(
        work, "mlgit.yaml", "environments:", "  recall-floor: {metric: recall, min: 0.9}\nenvironments:"
    )
    work.commit("Add the wards")


def _edit_the_metrics(work: Folder) -> None:
    tumor.edit(work, "metrics/test.json", "0.945", "0.999")


def _lose_the_model(work: Folder) -> None:
    """The author of the model did not run `mlgit push`."""
    storage = work.path.parent / "storage"
    for place in (storage, work / ".dvc" / "cache"):
        files = [path for path in place.rglob("*") if path.is_file()]
        (kept,) = (path for path in files if path.read_bytes() == b'{"penalty": 1.99}')
        kept.unlink()
    (work / "models" / "tumor.skops").unlink()


def _train_without_push(work: Folder) -> None:
    tumor.release(work, "v1.0.0")
    tumor.train(work, "1.991", push=False)


def _release_a_small_gain(work: Folder) -> None:
    tumor.release(work, "v1.0.0")
    tumor.edit(work, "mlgit.yaml", "prod: {from: staging}", "prod: {from: staging, gates: [must-gain]}")
    tumor.train(work, "1.99001")
    change(work, "release", "tumor")


def _misspell_a_key(work: Folder) -> None:
    tumor.edit(work, "mlgit.yaml", "max_rise", "max_raise")


def _lower_the_model(work: Folder) -> None:
    tumor.edit(work, "mlgit.yaml", "min: 0.5", "min: 0.94")
    work.commit("Raise the floor")
    work.git("push", "-q")
    work.git("switch", "-q", "-c", "new-hospital")
    tumor.train(work, "1.989", push=False)


def _waive(work: Folder, waiver: str, approver: str = "carol@example.org") -> None:
    """Put a waiver on trunk for thirty days from this moment on, with Carol as committer."""
    now = datetime.fromtimestamp(time.time(), UTC)
    carol = {"NAME": "Carol", "EMAIL": "carol@example.org", "DATE": now.isoformat()}
    names = {f"GIT_{who}_{what}": carol[what] for who in ("AUTHOR", "COMMITTER") for what in carol}
    until = f"approver: {approver}, expires: '{now + timedelta(days=30):%Y-%m-%d}'"
    work.git("switch", "-q", "main")
    work.write(".mlgit/waivers.yaml", f"version: 1\nwaivers:\n  - {{{waiver}, {until}}}\n")
    work.git("add", ".mlgit")
    work.git("commit", "-q", "-m", "Waive auc-floor", env=names)
    work.git("push", "-q")
    work.git("switch", "-q", "new-hospital")


def _waive_by_carol(work: Folder) -> None:
    _lower_the_model(work)
    _waive(work, NEW_HOSPITAL)


def _waive_by_the_author(work: Folder) -> None:
    _lower_the_model(work)
    _waive(work, NEW_HOSPITAL, "ada@example.org")


def _loosen_the_gate(work: Folder) -> None:
    with (work / "mlgit.yaml").open("a", encoding="utf-8") as file:
        file.write("on_loosened: fail\n")
    work.commit("Block what loosens gates")
    work.git("push", "-q")
    work.git("switch", "-q", "-c", "new-hospital")
    tumor.edit(work, "mlgit.yaml", "min: 0.5", "min: 0.4")
    work.commit("Loosen the floor")


def _agree_to_it(work: Folder) -> None:
    _loosen_the_gate(work)
    _waive(work, 'id: agreed-auc-floor, gate: "gates_loosened:auc-floor", reason: Harder cases')


TROUBLE: dict[str, Callable[[Folder], Folder | None]] = {
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


WAIVERS: dict[str, Callable[[Folder], Folder | None]] = {
    "The gate blocks": _lower_the_model,
    "Someone else agrees": _waive_by_carol,
    "It ends": _waive_by_carol,
    "You cannot waive your own change": _waive_by_the_author,
    "Agree to a looser gate": _loosen_the_gate,
    "The looser gate is agreed to": _agree_to_it,
}
PAGES = {"troubleshooting.md": TROUBLE, "guides/waivers.md": WAIVERS}


@pytest.mark.parametrize("page", PAGES)
def test_every_section_is_tried(page: str) -> None:
    assert pages.sections(pages.ROOT / "docs" / page).keys() == PAGES[page].keys()


@pytest.mark.parametrize(("page", "title"), [(page, title) for page in PAGES for title in PAGES[page]])
def test_the_page_shows_what_its_commands_print(
    tumor_template: Path, tmp_path: Path, page: str, title: str
) -> None:
    work = pipeline.copy(tumor_template, tmp_path / "project")
    work = PAGES[page][title](work) or work
    tumor.check_section(work, pages.ROOT / "docs" / page, title)
