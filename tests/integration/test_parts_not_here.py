"""What this clone cannot check is not proven; what dvc.lock and .dvc files record needs no data here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "models/line.json"


def edit(project: Folder, old: str, new: str, file: str = "dvc.yaml") -> None:
    text = (project / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new))


def part_of_a_folder(project: Folder) -> None:
    """A stage makes a folder, of which another one reads a file."""
    edit(project, f"outs: [{MODEL}]", "outs: [models]")
    edit(
        project,
        "import json, re\n",
        "import json, os, re\nos.makedirs('models', exist_ok=True)\n",
        "src/train.py",
    )
    project.git("rm", "-qrf", "models")


def folder_above(project: Folder) -> None:
    """A stage reads a folder, in which others make files."""
    edit(project, f"[data/clean.csv, {MODEL},", "[data/clean.csv, models,")


def link(project: Folder) -> None:
    """A stage reads a link in Git to what another one makes."""
    os.symlink(MODEL, project / "latest.json")
    edit(project, f"[data/clean.csv, {MODEL},", "[data/clean.csv, latest.json,")


def run(project: Folder, slope: str, *stages: str) -> None:
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    project.dvc("repro", "-q", *stages)


def published(project: Folder, change: Callable[[Folder], None]) -> None:
    change(project)
    run(project, "1.99")
    project.dvc("push", "-q")
    project.commit("Arrange")
    project.git("push", "-q")


def fresh(project: Folder, place: str = "clone") -> Folder:
    """A new clone, which has no data."""
    folder = project.path.parent / place
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(folder))
    return Folder(folder)


def reasons(verdict: dict[str, object]) -> set[str | None]:
    results = verdict["results"]
    assert isinstance(results, list)
    return {each.get("reason") for each in results if each["outcome"] == "error"}


@pytest.mark.parametrize("change", [folder_above, link])
def test_what_is_recorded_of_a_folder_or_link_needs_no_data_here(
    project: Folder, change: Callable[[Folder], None]
) -> None:
    published(project, change)
    check(fresh(project), status=Exit.DONE)
    run(project, "1.5", "train")
    project.dvc("push", "-q")
    project.commit("Train only")
    project.git("push", "-q")
    assert reasons(check(fresh(project, "later"), status=Exit.BLOCKED)) == {"stale"}


def test_a_part_whose_listing_is_not_here_is_not_proven_until_it_is_fetched(project: Folder) -> None:
    published(project, part_of_a_folder)
    clone = fresh(project)
    verdict = check(clone, status=Exit.BLOCKED)
    assert reasons(verdict) == {"unknown_here"}
    (hint,) = {each["hint"] for each in verdict["results"] if each["outcome"] == "error"}
    assert hint == "run `dvc fetch --with-deps evaluate`"
    clone.dvc(*hint.split("`")[1].split()[1:])
    check(clone, status=Exit.DONE)


def test_the_data_of_an_older_commit_is_fetched_by_what_its_hint_says(project: Folder) -> None:
    published(project, part_of_a_folder)
    project.git("tag", "older")
    edit(project, "  evaluate:", "  score:")
    run(project, "1.98")
    project.dvc("push", "-q")
    project.commit("Another name of the stage")
    project.git("push", "-q", "origin", "HEAD", "older")
    folder = project.path.parent / "clone"
    project.git("clone", "-q", "--depth=1", (project.path.parent / "origin.git").as_uri(), str(folder))
    clone = Folder(folder)
    clone.git("fetch", "-q", "--depth=1", "origin", "tag", "older")

    def hints() -> set[str | None]:
        done = clone.here("check", "--rev", "older", "--json")
        return {each["hint"] for each in done.json()["verdict"]["results"]}

    (hint,) = {hint for hint in hints() if "dvc fetch" in (hint or "")}
    before = clone.git("symbolic-ref", "HEAD")
    clone.ok("bash", "-c", str(hint).removeprefix("run `").removesuffix("`"))
    assert clone.git("symbolic-ref", "HEAD") == before
    assert not any("dvc fetch" in (hint or "") for hint in hints())


def test_a_release_fetches_the_listing_and_finds_numbers_of_an_earlier_run(project: Folder) -> None:
    published(project, part_of_a_folder)
    assert fresh(project).here("release", "line").status == Exit.DONE
    run(project, "1.991")
    run(project, "1.5", "train")
    project.dvc("push", "-q")
    project.commit("Train only")
    project.git("push", "-q")
    found = fresh(project, "later").here("release", "line")
    assert found.status == Exit.STATE
    assert "evaluate: changed dep models/line.json" in found.err
    (project.path.parent / "storage").rename(project.path.parent / "elsewhere")
    found = fresh(project, "offline").here("release", "line", "--data-elsewhere")
    assert found.status == Exit.STATE
    assert "Whether stage `evaluate` is up to date is not known here" in found.err
