"""Tags under a new name: they may be of something lower than what the name before has, or had."""

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
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, notes
from tests.support.forged import forge_assignment
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

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
    for _ in range(3):  # it stays, however many tags follow
        change(better, "unassign", "line", "--env", "live")
        change(better, "promote", "line@v1.0.0", "--to", "live")
    assert message(check(better, status=Exit.DONE), "baseline_held") == text
    change(better, "promote", "line@v1.0.1", "--to", "live")
    assert check(better, status=Exit.DONE)["notes"] == []


def test_a_lower_version_in_an_environment_that_took_its_place_in_steps_is_a_note(better: Folder) -> None:
    rules(better)
    rename(better, "  staging: {", "  live: {}\n  staging: {", "mlgit.yaml")
    text = (better / "mlgit.yaml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("  staging: {")]
    better.write("mlgit.yaml", "\n".join(kept).replace("staging", "live") + "\n")
    better.commit("Drop it")
    better.git("push", "-q")
    change(better, "promote", "line@v1.0.0", "--to", "live")
    text = message(check(better, status=Exit.DONE), "baseline_held")
    assert "`staging`, which trunk no longer declares, holds v1.0.1 of `line`; `live` holds v1.0.0" in text


def emptied(folder: Folder) -> None:
    change(folder, "unassign", "line", "--env", "staging", "-m", "Renamed")


def rolled_back(folder: Folder) -> None:
    change(folder, "rollback", "line", "--env", "staging", "-m", "Night")


def deregistered(folder: Folder) -> None:
    emptied(folder)
    change(folder, "deregister", "line@v1.0.1", "-m", "Bad")


def renamed_again(folder: Folder) -> None:
    forge_assignment(folder, "line#live#1", "v1.0.0", gates=["drop", "r2-floor"])
    rename(folder, "live", "night", "mlgit.yaml")


LEFT: dict[str, tuple[Callable[[Folder], None], str]] = {
    "emptied": (emptied, "held v1.0.1 of `line` until 20"),
    "rolled back": (rolled_back, "held v1.0.1 of `line` until 20"),
    "deregistered": (deregistered, "UTC, when Ada took it out, and Ada deregistered it on 20"),
    "renamed again": (renamed_again, "holds v1.0.1 of `line`; `live` holds v1.0.0"),
}


@pytest.mark.parametrize(("leave", "words"), LEFT.values(), ids=LEFT)
def test_what_the_environment_before_no_longer_has_is_a_note_too(
    better: Folder, leave: Callable[[Folder], None], words: str
) -> None:
    rules(better)
    rename(better, "staging", "live", "mlgit.yaml")
    leave(better)
    if leave is not renamed_again:
        forge_assignment(better, "line#live#1", "v1.0.0", gates=["drop", "r2-floor"])
    text = message(check(better, status=Exit.DONE), "baseline_held")
    assert text.startswith("`staging`, whose place `live` took on trunk, h")
    assert words in text


def test_what_the_environment_before_holds_is_not_claimed_where_it_is_not_known(better: Folder) -> None:
    rules(better)
    train_into(better, "2.001", "staging")
    rename(better, "staging", "live", "mlgit.yaml")
    plant(better, "line@v1.0.2", "line@v1.0.2^{}")  # so that line#staging#3 does not count
    forge_assignment(better, "line#live#1", "v1.0.0", gates=["drop", "r2-floor"])
    text = message(check(better, status=Exit.DONE), "baseline_held")
    begins = (
        "`staging`, whose place `live` took on trunk, held v1.0.1 of `line`, and what it holds now is not "
    )
    assert text.startswith(f"{begins}known: `line#staging#3` does not count; `live` holds v1.0.0")


def test_a_promotion_does_not_claim_it_either(better: Folder) -> None:
    train_into(better, "2.001", "staging")
    rename(better, "staging", "live", "mlgit.yaml")
    plant(better, "line@v1.0.2", "line@v1.0.2^{}")
    report = change(better, "promote", "line@v1.0.1", "--to", "live")
    (note,) = [each for each in report["notes"] if "its place" in each]
    assert note == (
        "what `staging` holds of `line`, but trunk put `live` in its place, is not known here: "
        "`line#staging#3` does not count; see `mlgit doctor`"
    )


def test_a_lower_version_of_a_renamed_model_in_an_environment_is_a_note(better: Folder) -> None:
    rules(better)
    rename(better, "  line: {path", "  neu: {path", "mlgit.yaml", "dvc.yaml")
    release_as(better, "neu@v1.0.0", "line@v1.0.0")
    text = (better / "mlgit.yaml").read_text(encoding="utf-8")
    better.write("mlgit.yaml", text.replace("max_drop: 0.01", "max_drop: 9"))
    better.commit("Let it in")
    better.git("push", "-q")
    change(better, "promote", "neu@v1.0.0", "--to", "staging")
    text = message(check(better, status=Exit.DONE), "baseline_held")
    begins = "of `line`, as the model was named before; `staging` holds v1.0.0 of `neu`, and "
    assert text.startswith(f"`staging` holds v1.0.1 {begins}")
    change(better, "unassign", "line", "--env", "staging", "-m", "Renamed")
    text = message(check(better, status=Exit.DONE), "baseline_held")
    assert text.startswith("`staging` held v1.0.1 of `line`, as the model was named before, until 20")
    train_into(better, "2.001", "staging", model="neu")
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
    for number in range(1, 7):  # it stays, however many follow
        release_as(better, f"neu@v1.0.{number}", "line@v1.0.0")
    assert ("baseline_older", "warn") in notes(check(better, status=Exit.DONE))
    change(better, "unassign", "line", "--env", "staging", "-m", "Renamed")
    change(better, "deregister", "line@v1.0.1", "-m", "Bad")
    text = message(check(better, status=Exit.DONE), "baseline_older")
    assert "`line@v1.0.1`, which is of the model's name before and was deregistered" in text
    train(better, "2.001")
    change(better, "release", "neu")
    assert check(better, status=Exit.DONE)["notes"] == []
