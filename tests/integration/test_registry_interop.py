"""gto and dvc read what mlgit writes and say the same; mlgit reads what they write."""

from __future__ import annotations

import json
import random
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.core.moves import rollback_target
from mlgit.core.semver import propose
from mlgit.core.tagplan import (
    Move,
    PlannedTag,
    plan_assignment,
    plan_deregistration,
    plan_unassignment,
)
from mlgit.core.tags import release_tag
from mlgit.errors import StateError
from mlgit.operations.promote import promote
from mlgit.operations.release import Wish, release
from mlgit.operations.rollback import rollback
from mlgit.project.references import resolve
from mlgit.project.registry import ignored_tags, read_registry
from mlgit.project.write import write_tags
from tests.support.registry import NOON, clock, close_all, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.registry import ModelState
    from mlgit.project.open import Project
    from tests.support.shell import Folder

ARTIFACT = (
    "import dvc.api, json, sys; print(json.dumps(dvc.api.artifacts_show(sys.argv[1], stage=sys.argv[2])))"
)
GTO_STAGES = """
import json, gto.api
shown = gto.api._get_state(".")
print(json.dumps({
    name: {stage: [each.version for each in found] for stage, found in artifact.get_vstages().items()}
    for name, artifact in shown.artifacts.items()
}))
"""


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


def test_gto_and_dvc_answer_what_mlgit_promoted_and_rolled_back(project: Folder) -> None:
    times = clock()
    steps: list[Callable[[Project], object]] = [
        lambda it: release(it, "line"),
        lambda it: promote(it, "line", environment="staging"),
        lambda it: release(it, "line", wish=Wish(commit=True)),
        lambda it: promote(it, "line@v1.0.1", environment="staging"),
        lambda it: rollback(it, "line", environment="staging", reason="why"),
    ]
    for step, expected in zip(steps, [None, "v1.0.0", "v1.0.0", "v1.0.1", "v1.0.0"], strict=True):
        here = opened(project, now=next(times))
        step(here)
        if expected is None:
            continue
        assert project.ok("gto", "show", "line#staging", "--version").strip() == expected
        shown = json.loads(project.ok(sys.executable, "-c", ARTIFACT, "line", "staging"))
        assert shown["rev"] == project.git("rev-parse", f"line@{expected}^{{commit}}")
        assert shown["path"] == "models/line.json"


def test_what_gto_wrote_is_read_and_gone_on_with(project: Folder) -> None:
    project.ok("gto", "register", "line", "--version", "v0.1.0")
    project.ok("gto", "assign", "line", "--stage", "staging", "--version", "v0.1.0")
    project.git("push", "-q", "origin", "--tags")
    here = opened(project, now=NOON.replace(year=2035))
    report = release(here, "line", wish=Wish(commit=True))
    assert report.version == "v0.1.1"
    report = promote(here, "line", environment="staging")
    assert report.before == "v0.1.0"
    assert [tag.name for tag in report.tags] == ["line#staging!#2", "line#staging#2"]
    assert project.ok("gto", "show", "line#staging", "--version").strip() == "v0.1.1"
    assert resolve(here, "staging").label == "staging (line@v0.1.1)"


def one_step(  # noqa: PLR0911 (one return a kind of change)
    here: Project, state: ModelState, dice: random.Random, commits: list[str]
) -> tuple[PlannedTag, ...]:
    """One random change, planned by mlgit."""
    environment = state.environment(dice.choice(["staging", "prod"]))
    standing = [each for each in state.versions if not each.deregistered]
    kind = dice.choice(["release", "promote", "promote", "rollback", "unassign", "deregister"])
    move = Move(action="promote", now=here.now)
    if kind == "release" or not standing:
        used = {each.commit for each in state.versions}
        free = [commit for commit in commits if commit not in used]
        version = propose([each.version for each in state.versions])
        at_s = max(int(here.now.timestamp()), state.newest_tag_s + 1)
        name = release_tag(state.name, version)
        return (PlannedTag(name=name, commit=free[0], at_s=at_s, message="Release"),) if free else ()
    if kind == "promote":
        version_to = dice.choice(standing)
        if version_to.commit == environment.commit:
            return ()
        return plan_assignment(state, environment, version_to, move)
    if kind == "rollback":
        try:
            target = rollback_target(state, environment)
        except StateError:
            return ()
        return plan_assignment(state, environment, target, Move(action="rollback", now=here.now))
    if kind == "unassign":
        return plan_unassignment(state, environment, Move(action="unassign", now=here.now))
    live = {each.commit for each in state.environments.values()}
    idle = [each for each in standing if each.commit not in live]
    return plan_deregistration(state, idle[0], now=here.now, reason=None) if idle else ()


@pytest.mark.parametrize("seed", range(4))
def test_on_histories_that_mlgit_wrote_gto_says_the_same(empty_repository: Folder, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (a game, no secret)
    commits = [empty_repository.commit(f"commit {number}") for number in range(12)]
    for number in range(25):
        # The clock stands still or jumps back half of the time.
        here = opened(
            empty_repository, now=NOON + timedelta(seconds=dice.choice([0, number, -number, 3600 * number]))
        )
        state = read_registry(here, model="m").model("m")
        plan = one_step(here, state, dice, commits)
        if plan:
            write_tags(here, plan, local=True, dry_run=False)
    here = opened(empty_repository)
    state = read_registry(here, model="m").model("m")
    ours = {name: [each.label] for name, each in state.environments.items() if each.commit}
    theirs = json.loads(empty_repository.ok(sys.executable, "-c", GTO_STAGES)).get("m", {})
    assert {name: found for name, found in theirs.items() if found} == ours
    latest = state.latest
    assert latest is not None
    assert empty_repository.ok("gto", "show", "m@latest", "--version").strip() == str(latest.version)


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
        "line@v9.1.0": "it points at no commit",
    }
    assert project.mlgit("models").status == 0


def test_a_tagger_without_name_or_sane_clock_is_no_reason_to_fail(project: Folder) -> None:
    head = project.git("rev-parse", "HEAD")
    for name, tagger in (("line@v1.0.0", "tagger <> 99999999999999999999 +0000\n"), ("line@v1.0.1", "")):
        content = f"object {head}\ntype commit\ntag {name}\n{tagger}\nmessage\n"
        made = project.run("git", "hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=content)
        project.git("update-ref", f"refs/tags/{name}", made.out.strip())
    for argv in (("models",), ("show", "line"), ("history",), ("show", "line@v1.0.1")):
        done = project.mlgit(*argv)
        assert done.status == 0, done.err


def test_a_model_in_a_folder_and_an_environment_with_a_slash_are_found_by_name(project: Folder) -> None:
    for tag in ("sub/dir=net@v1.0.0", "sub/dir=net#eu/prod#1", "sub/dir=network@v3.0.0"):
        project.git("tag", "-am", "x", tag)
    here = opened(project)
    registry = read_registry(here, model="sub/dir:net")
    assert list(registry.models) == ["sub/dir:net"]
    assert registry.model("sub/dir:net").environment("eu/prod").label == "v1.0.0"
    assert resolve(here, "sub/dir:net@latest").version == "v1.0.0"
    assert resolve(here, "sub/dir:net#eu/prod").environment == "eu/prod"


def test_gto_is_told_about_when_its_config_hides_the_environment(project: Folder) -> None:
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
    assert project.mlgit("show", "line@v1.1.0").status == 0
    assert json.loads(project.ok("gto", "show", "--json"))["line"]["version"] == "v1.1.0"
