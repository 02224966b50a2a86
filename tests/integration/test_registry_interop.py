"""gto and dvc read tags by mlgit the same way, and mlgit reads tags by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.release.options import ReleaseOptions
from mlgit.errors import Exit
from mlgit.operations.promote import promote
from mlgit.operations.release import release
from mlgit.operations.rollback import rollback
from mlgit.project.registry.read import ignored_tags, read_registry
from mlgit.project.registry.references import resolve
from tests.support.foreign_readers import artifact, ask_gto
from tests.support.registry import NOON, allow_foreign_tags, clock, close_all, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.project.open import Project
    from tests.support.shell import Folder


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


def test_gto_and_dvc_answer_what_mlgit_promoted_and_rolled_back(project: Folder) -> None:
    times = clock()
    steps: list[Callable[[Project], object]] = [
        lambda it: release(it, "line"),
        lambda it: promote(it, "line", environment="staging"),
        lambda it: release(it, "line", options=ReleaseOptions(commit=True)),
        lambda it: promote(it, "line@v1.0.1", environment="staging"),
        lambda it: rollback(it, "line", environment="staging", reason="why"),
    ]
    for step, expected in zip(steps, [None, "v1.0.0", "v1.0.0", "v1.0.1", "v1.0.0"], strict=True):
        here = opened(project, now=next(times))
        step(here)
        if expected is None:
            continue
        assert ask_gto(project).held["line", "staging"] == expected
        shown = artifact(project, "line", "staging")
        assert shown["rev"] == project.git("rev-parse", f"line@{expected}^{{commit}}")
        assert shown["path"] == "models/line.json"


def test_mlgit_reads_and_continues_a_registry_written_by_gto(project: Folder) -> None:
    allow_foreign_tags(project)
    project.ok("gto", "register", "line", "--version", "v0.1.0")
    project.ok("gto", "assign", "line", "--stage", "staging", "--version", "v0.1.0")
    project.git("push", "-q", "origin", "--tags")
    here = opened(project, now=NOON.replace(year=2035))
    report = release(here, "line", options=ReleaseOptions(commit=True))
    assert report.version == "v0.1.1"
    report = promote(here, "line", environment="staging")
    assert report.before == "v0.1.0"
    assert [tag.name for tag in report.tags] == ["line#staging!#2", "line#staging#2"]
    assert project.ok("gto", "show", "line#staging", "--version").strip() == "v0.1.1"
    assert resolve(here, "staging").label == "staging (line@v0.1.1)"


def test_tags_that_do_not_count_are_ignored_with_the_reason(project: Folder) -> None:
    project.git("tag", "line@v9.0.0")
    project.git("tag", "-am", "x", "line@created")
    project.git("tag", "-am", "x", "line@v9.1.0", "HEAD:params.yaml")
    project.git("tag", "-am", "x", "line@v1.0")
    project.git("tag", "-am", "x", "line#prod##1")
    project.git("tag", "-am", "good", "line@v1.0.0")
    here = opened(project)
    assert [str(each.version) for each in read_registry(here).model("line").versions] == ["v1.0.0"]
    assert ignored_tags(here) == {
        "line@created": "gto cannot read it",
        "line@v9.0.0": "it is lightweight",
        "line@v9.1.0": "it does not point to a commit",
    }
    assert project.here("models").status == Exit.DONE


def test_a_tagger_without_name_or_valid_clock_does_not_cause_a_failure(project: Folder) -> None:
    head = project.git("rev-parse", "HEAD")
    for name, tagger in (("line@v1.0.0", "tagger <> 99999999999999999999 +0000\n"), ("line@v1.0.1", "")):
        content = f"object {head}\ntype commit\ntag {name}\n{tagger}\nmessage\n"
        made = project.run("git", "hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=content)
        project.git("update-ref", f"refs/tags/{name}", made.out.strip())
    for argv in (("models",), ("show", "line"), ("history",), ("show", "line@v1.0.1")):
        done = project.here(*argv)
        assert done.status == Exit.DONE, done.err


def test_a_model_in_a_folder_and_an_environment_with_a_slash_are_found_by_name(project: Folder) -> None:
    for tag in ("sub/dir=net@v1.0.0", "sub/dir=net#eu/prod#1", "sub/dir=network@v3.0.0"):
        project.git("tag", "-am", "x", tag)
    here = opened(project)
    registry = read_registry(here, model="sub/dir:net")
    assert list(registry.models) == ["sub/dir:net"]
    assert registry.model("sub/dir:net").environment("eu/prod").label == "v1.0.0"
    assert resolve(here, "sub/dir:net@latest").version == "v1.0.0"
    assert resolve(here, "sub/dir:net#eu/prod").environment == "eu/prod"


def test_a_note_warns_if_the_config_of_gto_hides_the_environment(project: Folder) -> None:
    project.write(".gto", "stages:\n  - dev\n  - prod\n")
    project.commit("gto")
    project.git("push", "-q")
    here = opened(project)
    release(here, "line")
    report = promote(here, "line", environment="staging")
    assert any("gto does not show `staging`" in note for note in report.notes)


def test_a_tag_of_a_tag_is_a_version_as_it_is_for_gto(project: Folder) -> None:
    project.git("tag", "-a", "line@v1.0.0", "-m", "first")
    project.git("tag", "-a", "line@v1.1.0", "-m", "a tag of a tag", "line@v1.0.0")
    assert project.here("show", "line@v1.1.0").status == Exit.DONE
    assert ask_gto(project).latest["line"] == "v1.1.0"
