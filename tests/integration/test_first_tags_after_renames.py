"""The first tag under a new name: it may be of something lower than what the name before still has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import GateOutcome, ReleaseStatement
from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import rules
from tests.integration.test_emptied_releases import RELEASE
from tests.integration.test_older_baselines import message
from tests.support.checks import check, notes
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.fixture
def better(project: Folder) -> Folder:
    """v1.0.1 is in staging, and better than v1.0.0, which was there before."""
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    return project


def rename(folder: Folder, old: str, new: str, *files: str) -> None:
    for name in files:
        text = (folder / name).read_text(encoding="utf-8")
        folder.write(name, text.replace(old, new))
    folder.commit("Another name")
    folder.git("push", "-q")


def test_a_lower_version_in_a_renamed_environment_is_a_note(better: Folder) -> None:
    rules(better)
    rename(better, "staging", "live", "mlgit.yaml")
    assert notes(check(better, status=Exit.DONE)) == [("baseline_renamed", "note")]
    text = (better / "mlgit.yaml").read_text(encoding="utf-8")
    better.write("mlgit.yaml", text.replace("max_drop: 0.01", "max_drop: 9"))
    better.commit("Let it in")
    better.git("push", "-q")
    change(better, "promote", "line@v1.0.0", "--to", "live")
    verdict = check(better, status=Exit.DONE)
    assert ("baseline_held", "note") in notes(verdict)
    text = message(verdict, "baseline_held")
    assert "`staging`, whose place `live` took on trunk, holds v1.0.1 of `line`" in text
    change(better, "promote", "line@v1.0.1", "--to", "live")
    assert check(better, status=Exit.DONE)["notes"] == []


def release_as(folder: Folder, tag: str, like: str) -> None:
    """Push a release of the commit of another one, under another name, as plain git can write it."""
    first = parse_message(folder.git("cat-file", "tag", like).partition("\n\n")[2] + "\n")
    assert isinstance(first, ReleaseStatement)
    model, _, version = tag.partition("@")
    gates = (*first.gates, GateOutcome(gate="drop", outcome="pass"))
    statement = replace(first, model=model, version=version, gates=gates)
    file = folder.write(".git/message", write_message("Release", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, f"{like}^{{}}")
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


def test_a_first_release_of_an_older_commit_under_a_new_name_is_a_finding(better: Folder) -> None:
    rules(better, gate=RELEASE)
    rename(better, "  line: {path", "  neu: {path", "mlgit.yaml", "dvc.yaml")
    assert check(better, status=Exit.DONE)["notes"] == []
    release_as(better, "neu@v1.0.0", "line@v1.0.0")
    verdict = check(better, status=Exit.DONE)
    assert ("baseline_older", "warn") in notes(verdict)
    assert "`line@v1.0.1`, which is of the model's name before" in message(verdict, "baseline_older")
    train(better, "2.001")
    change(better, "release", "neu")
    assert check(better, status=Exit.DONE)["notes"] == []
