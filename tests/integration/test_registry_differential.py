"""mlgit, gto and DVC read the same tags and agree, except for differences with a known reason."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgit.core.registry.semver import propose
from mlgit.core.registry.tags import TagName
from mlgit.core.release.going_back import rollback_target
from mlgit.core.release.tag_plan import (
    Move,
    PlannedTag,
    plan_assignment,
    plan_deregistration,
    plan_unassignment,
)
from mlgit.errors import StateError
from mlgit.project.registry.read import read_registry
from mlgit.project.release.write_tags import write_tags
from tests.support.foreign_readers import (
    NOTHING,
    artifact,
    ask_dvc,
    ask_gto,
    ask_mlgit,
    dvc_questions,
    expected_of_dvc,
    why_active_differs,
    why_dvc_differs,
    why_held_differs,
    why_latest_differs,
)
from tests.support.foreign_tags import COMMITS, History, played, steps
from tests.support.registry import NOON, close_all, opened
from tests.support.shell import Folder
from tests.support.tag_import import commits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project
    from tests.support.foreign_tags import Step

THOROUGH = os.environ.get("MLGIT_TEST_PROFILE") == "thorough"
DVC_YAML = "artifacts:\n  net: {path: net.bin, type: model}\n"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, list[str]]:
    """A repository with a few commits; each example replaces its tags."""
    folder = Folder(tmp_path_factory.mktemp("differential"))
    folder.git("init", "-q", "-b", "main")
    return folder, commits(folder, COMMITS)


def unexplained(folder: Folder, project: Project, *, skewed: bool) -> list[str]:
    """The differences between the three readers that have no known reason."""
    ours, theirs = ask_mlgit(project), ask_gto(folder)
    dvc, wanted = ask_dvc(folder, dvc_questions(project)), expected_of_dvc(project)
    cells: list[tuple[str, object, object, str | None]] = [("tags", ours.tags, theirs.tags, None)]
    cells.append(("models", ours.latest.keys(), theirs.latest.keys(), None))
    for name, state in read_registry(project).models.items():
        why = why_latest_differs(state, skewed=skewed)
        cells.append((f"latest of {name}", ours.latest[name], theirs.latest.get(name), why))
        cells.append(
            (f"{name} active", ours.active[name], theirs.active.get(name), why_active_differs(state))
        )
        for version in state.versions:
            key = f"{name} version={version.version}"
            cells.append((key, wanted[key], dvc[key], None))
        for environment, each in state.environments.items():
            key = f"{name} stage={environment}"
            cells.append((key, wanted[key], dvc[key], why_dvc_differs(state, each, skewed=skewed)))
            there = theirs.held.get((name, environment), NOTHING)
            why = why_held_differs(state, each, skewed=skewed)
            cells.append((f"{name}#{environment}", ours.held[name, environment], there, why))
    return [f"{key}: {here}, not {there}" for key, here, there, why in cells if here != there and why is None]


@settings(
    max_examples=400 if THOROUGH else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=steps())
def test_foreign_histories_are_read_as_gto_and_dvc_read_them(
    place: tuple[Folder, list[str]], drawn: list[Step]
) -> None:
    folder, ids = place
    history = played(drawn)
    # With right clocks, and with the drawn ones.
    for each, skewed in ((history.in_time(), False), (history, True)):
        each.write(folder, ids)
        project = opened(folder)
        assert unexplained(folder, project, skewed=skewed) == []
        close_all()


@settings(
    max_examples=100 if THOROUGH else 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=steps(), seconds=st.lists(st.integers(0, 2**33), min_size=20, max_size=20))
def test_no_clock_changes_the_meaning_of_counted_tags(
    place: tuple[Folder, list[str]], drawn: list[Step], seconds: Sequence[int]
) -> None:
    folder, ids = place
    history = played(drawn)
    history.tags = [tag for tag in history.tags if "#" not in tag[0] or tag[0][-1].isdigit()]
    seen = []
    for each in (
        history.in_time(),
        History(tags=[(t, at, s) for (t, at, _), s in zip(history.tags, seconds, strict=False)]),
    ):
        each.write(folder, ids)
        answers = ask_mlgit(opened(folder))
        seen.append((answers.latest, answers.held, answers.active))
        close_all()
    assert seen[0] == seen[1]


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, list[str]]:
    """A DVC repository whose dvc.yaml has the artifact `net`, with a few commits."""
    folder = Folder(tmp_path_factory.mktemp("artifacts"))
    folder.git("init", "-q", "-b", "main")
    folder.dvc("init", "-q")
    folder.write("dvc.yaml", DVC_YAML)
    return folder, [folder.commit(f"{number}") for number in range(COMMITS)]


def change_by_gto(folder: Folder, ids: list[str], dice: random.Random) -> None:
    """Make one random change with gto; it refuses some."""
    from gto import api
    from gto.exceptions import GTOException

    at, name = str(folder.path), dice.choice(["net", "net", "sub:net"])
    version, stage, ref = (
        dice.choice(["v1.0.0", "v1.1.0"]),
        dice.choice(["staging", "prod"]),
        dice.choice(ids),
    )
    kind = dice.choice(["register", "register", "assign", "assign", "assign at", "unassign", "deregister"])
    with suppress(GTOException):
        if kind == "register":
            api.register(at, name, ref, version=version, simple=dice.choice([True, True, False]))
        elif kind == "assign":
            api.assign(at, name, stage, version=version, simple=dice.choice([True, False, False]))
        elif kind == "assign at":
            api.assign(at, name, stage, ref=ref, skip_registration=dice.choice([True, False]))
        elif kind == "unassign":
            api.unassign(at, name, stage=stage, version=version)
        else:
            api.deregister(at, name, version=version)


@pytest.mark.parametrize("seed", range(40 if THOROUGH else 2))
def test_tags_written_by_gto_are_read_as_gto_and_dvc_read_them(
    artifacts: tuple[Folder, list[str]], seed: int
) -> None:
    folder, ids = artifacts
    dice = random.Random(seed)  # noqa: S311 (a game, no secret)
    history = History()
    history.write(folder, ids)
    for _ in range(14):
        change_by_gto(folder, ids, dice)
        names = folder.git("for-each-ref", "--format=%(refname:lstrip=2) %(*objectname)", "refs/tags")
        for line in names.splitlines():
            tag, commit = line.split(" ")
            history.add(tag, ids.index(commit), 0)
    # gto has no option for the time, and takes less than a second per tag.
    history.in_time().write(folder, ids)
    project = opened(folder)
    assert unexplained(folder, project, skewed=False) == []
    state = read_registry(project).model("net")
    for name, each in state.environments.items():
        if each.commit is not None and why_dvc_differs(state, each, skewed=False) is None:
            assert artifact(folder, "net", name) == {"rev": each.commit, "path": "net.bin"}


def one_step(  # noqa: PLR0911 (one return per kind of change)
    here: Project, state: ModelState, dice: random.Random, commits: list[str]
) -> tuple[PlannedTag, ...]:
    """Plan one random change with mlgit."""
    environment = state.environment(dice.choice(["staging", "prod"]))
    usable = [each for each in state.versions if not each.deregistered]
    kind = dice.choice(["release", "promote", "promote", "rollback", "unassign", "deregister"])
    move = Move(action="promote", now=here.now)
    if kind == "release" or not usable:
        used = {each.commit for each in state.versions}
        free = [commit for commit in commits if commit not in used]
        version = propose([each.version for each in state.versions])
        at_s = max(int(here.now.timestamp()), state.newest_tag_s + 1)
        name = TagName(state.name, "register", version=version)
        return (PlannedTag(name=name, commit=free[0], at_s=at_s, message="Release"),) if free else ()
    if kind == "promote":
        version_to = dice.choice(usable)
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
    idle = [each for each in usable if each.commit not in live]
    return plan_deregistration(state, idle[0], now=here.now, reason=None) if idle else ()


@pytest.mark.parametrize("seed", range(40 if THOROUGH else 3))
def test_tags_written_by_mlgit_are_read_the_same_by_gto_and_dvc(
    artifacts: tuple[Folder, list[str]], seed: int
) -> None:
    folder, ids = artifacts
    dice = random.Random(seed)  # noqa: S311 (a game, no secret)
    History().write(folder, ids)
    for number in range(25):
        # Half of the time the clock stops or jumps back.
        now = NOON + timedelta(seconds=dice.choice([0, number, -number, 3600 * number]))
        here = opened(folder, now=now)
        plan = one_step(here, read_registry(here, model="net").model("net"), dice, ids)
        if plan:
            write_tags(here, plan, local=True, dry_run=False)
        close_all()
    here = opened(folder)
    state = read_registry(here, model="net").model("net")
    ours, theirs = ask_mlgit(here), ask_gto(folder)
    assert ours.held == {**dict.fromkeys(ours.held, NOTHING), **theirs.held}
    assert ours.latest == theirs.latest
    assert ours.tags == theirs.tags
    for name, each in state.environments.items():
        if each.commit is not None:  # DVC still returns the last version of an empty environment
            assert artifact(folder, "net", name) == {"rev": each.commit, "path": "net.bin"}
