"""A model that DVC does not push: the change that brings it has a note, before a release fails later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.checks import check, notes

if TYPE_CHECKING:
    from tests.support.shell import Folder

NOTE = ("model_kept_back", "note")


def test_only_the_change_that_brings_it_has_the_note(staged: Folder) -> None:
    staged.git("switch", "-qc", "change")
    text = (staged / "dvc.yaml").read_text(encoding="utf-8")
    staged.write("dvc.yaml", text.replace("[models/line.json]", "[{models/line.json: {push: false}}]"))
    staged.commit("Keep the model here")
    verdict = check(staged, status=Exit.DONE)
    assert NOTE in notes(verdict)
    staged.git("push", "-q", "origin", "HEAD:main")
    staged.git("fetch", "-q")
    staged.write("README.md", "More\n")
    staged.commit("More")
    assert NOTE not in notes(check(staged, status=Exit.DONE))
