"""gto and DVC read the same tags: the same answers, but where one of them is wrong, each with its reason."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgit.core.registry.semver import propose
from mlgit.core.registry.tags import TagName
from mlgit.core.release.promotion import rollback_target
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
    Answers,
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
    """A repository with a few commits, whose tags each example makes anew."""
    folder = Folder(tmp_path_factory.mktemp("differential"))
    folder.git("init", "-q", "-b", "main")
    return folder, commits(folder, COMMITS)


def told(place: tuple[Folder, list[str]], *tags: tuple[str, int, int]) -> tuple[Answers, Answers, Project]:
    """What mlgit and gto say of tags: name, number of the commit, seconds."""
    folder, ids = place
    History(tags=list(tags)).write(folder, ids)
    project = opened(folder)
    return ask_mlgit(project), ask_gto(folder), project


def unexplained(folder: Folder, project: Project, *, skewed: bool) -> list[str]:
    """Every difference between the three readers for which there is no reason."""
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
    # As people with right clocks wrote it, and as others did.
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
def test_no_clock_changes_what_counted_tags_say(
    place: tuple[Folder, list[str]], drawn: list[Step], seconds: Sequence[int]
) -> None:
    folder, ids = place
    history = played(drawn)
    history.tags = [tag for tag in history.tags if "#" not in tag[0] or tag[0][-1].isdigit()]
    said = []
    for each in (
        history.in_time(),
        History(tags=[(t, at, s) for (t, at, _), s in zip(history.tags, seconds, strict=False)]),
    ):
        each.write(folder, ids)
        answers = ask_mlgit(opened(folder))
        said.append((answers.latest, answers.held, answers.active))
        close_all()
    assert said[0] == said[1]


class Wrong(NamedTuple):
    """A question about `net` that mlgit answers right and another reader wrong; the history, and why."""

    tags: tuple[tuple[str, int, int], ...]
    ours: str
    theirs: str
    why: str
    reader: Literal["gto", "dvc"] = "gto"
    question: str = "prod"


TWO = (("net@v1.0.0", 0, 0), ("net@v1.1.0", 1, 1))
WRONG = {
    "a clock that is behind voids a promotion": Wrong(
        (*TWO, ("net#prod#1", 0, 100), ("net#prod#2", 1, 50)),
        "v1.1.0",
        "v1.0.0",
        "the counter says which came later, whatever a clock said",
    ),
    "a clock that is behind voids a promotion for DVC too": Wrong(
        (*TWO, ("net#prod#1", 0, 100), ("net#prod#2", 1, 50)), "commit 1", "commit 0", "the same", "dvc"
    ),
    "a stale clone that pushes an old counter late wins": Wrong(
        (*TWO, ("net#prod#3", 1, 50), ("net#prod#2", 0, 60)),
        "v1.1.0",
        "v1.0.0",
        "counter 2 was taken before counter 3",
    ),
    "of two promotions in one second the first wins": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod#2", 1, 50)),
        "v1.1.0",
        "v1.0.0",
        "the counter tells them apart",
    ),
    "in one second number 10 comes before number 9": Wrong(
        (*TWO, ("net#prod#9", 1, 50), ("net#prod#10", 0, 50)),
        "commit 0",
        "commit 1",
        "names are compared as text, and counters are numbers",
        "dvc",
    ),
    "an unassignment is taken for an assignment": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod!#2", 0, 60)),
        NOTHING,
        "commit 0",
        "the environment is empty",
        "dvc",
    ),
    "closing an old assignment brings it back": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod#2", 1, 60), ("net#prod!#3", 0, 70)),
        "commit 1",
        "commit 0",
        "the newer one was never closed",
        "dvc",
    ),
    "what stands on a commit without a version cannot be taken out": Wrong(
        (*TWO, ("net#prod#1", 2, 50), ("net#prod!#2", 2, 60)),
        NOTHING,
        "commit 2",
        "gto makes a new version of every tag on such a commit, so that the second does not close the first",
    ),
    "a version that is rejected while live is no longer live": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod#2", 1, 60), ("net@v1.1.0!", 1, 70)),
        "v1.1.0",
        "v1.0.0",
        "nobody rolled back: who deploys what `prod` holds still has v1.1.0; mlgit says that it is rejected",
    ),
    "a pre-release is the latest version": Wrong(
        (("net@v1.0.0", 0, 0), ("net@v2.0.0-rc.1", 1, 1)),
        "v1.0.0",
        "v2.0.0-rc.1",
        "who asks for the latest wants what was released",
        question="latest",
    ),
    "a rejection by somebody whose clock is behind is void": Wrong(
        (("net@v1.0.0", 0, 10), ("net@v1.0.0!", 0, 5)),
        NOTHING,
        "v1.0.0",
        "a rejection follows what it rejects",
        question="latest",
    ),
    "a rejection that stands on another commit is void": Wrong(
        (("net@v1.0.0", 0, 10), ("net@v1.0.0!", 1, 15)),
        NOTHING,
        "v1.0.0",
        "the tag names the version; gto takes it for another version of that name",
        question="latest",
    ),
    "the latest version is a rejected one": Wrong(
        (*TWO, ("net@v1.1.0!", 1, 15)),
        "commit 0",
        "commit 1",
        "DVC also counts the tag that rejects it",
        "dvc",
        "latest",
    ),
    "a deprecation is over as soon as anything happens": Wrong(
        (*TWO, ("net@deprecated", 1, 50), ("net#prod#1", 1, 60)),
        "deprecated",
        "active",
        "taking a model out of service by a last unassignment would revive it; deleting the tag does",
        question="active",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_where_another_reader_is_wrong(place: tuple[Folder, list[str]], name: str) -> None:
    case = WRONG[name]
    ours, theirs, project = told(place, *case.tags)
    ids = place[1]
    if case.reader == "dvc":
        wanted = {"stage": "prod"} if case.question == "prod" else {}
        found = ask_dvc(place[0], iter([("net", wanted)])).popitem()[1]
        state = read_registry(project).model("net")
        chosen = (
            state.environment("prod").commit
            if case.question == "prod"
            else getattr(state.latest, "commit", None)
        )
        assert (_named(chosen or NOTHING, ids), _named(found, ids)) == (case.ours, case.theirs)
    elif case.question == "prod":
        said = [_named(each.held.get(("net", "prod"), NOTHING), ids) for each in (ours, theirs)]
        assert said == [case.ours, case.theirs]
    elif case.question == "latest":
        assert (ours.latest["net"], theirs.latest["net"]) == (case.ours, case.theirs)
    else:
        said = ["active" if each.active["net"] else "deprecated" for each in (ours, theirs)]
        assert said == [case.ours, case.theirs]


def _named(answer: str, ids: list[str]) -> str:
    """A commit by its number, anything else as it is."""
    return f"commit {ids.index(answer)}" if answer in ids else answer


def test_gto_contradicts_itself_where_assignments_were_left_open(place: tuple[Folder, list[str]]) -> None:
    import gto.api

    ours, theirs, _ = told(place, *TWO, ("net#prod#1", 1, 50), ("net#prod#2", 0, 60))
    assert ours.held["net", "prod"] == theirs.held["net", "prod"] == "v1.0.0"
    state = gto.api._get_state(str(place[0].path)).artifacts["net"]
    assert [each.version for each in state.get_vstages()["prod"]] == ["v1.1.0"]


@pytest.mark.parametrize(
    "tags",
    [
        (("net@v1.0.0", 0, 0), ("net@v1.1.0", 0, 1), ("net#prod#1", 0, 50)),
        (("net@v1.0.0", 0, 0), ("net@created", 0, 1)),
    ],
    ids=["two versions on one commit", "a tag that gto's own grammar has"],
)
def test_what_gto_cannot_read_at_all_is_read(
    place: tuple[Folder, list[str]], tags: tuple[tuple[str, int, int], ...]
) -> None:
    folder, ids = place
    History(tags=list(tags)).write(folder, ids)
    with pytest.raises((KeyError, gto_error())):
        ask_gto(folder)
    assert ask_mlgit(opened(folder)).latest["net"] in {"v1.0.0", "v1.1.0"}


def gto_error() -> type[Exception]:
    from gto.exceptions import GTOException

    error: type[Exception] = GTOException
    return error


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, list[str]]:
    """A DVC repository whose dvc.yaml has the artifact `net`, with a few commits."""
    folder = Folder(tmp_path_factory.mktemp("artifacts"))
    folder.git("init", "-q", "-b", "main")
    folder.dvc("init", "-q")
    folder.write("dvc.yaml", DVC_YAML)
    return folder, [folder.commit(f"{number}") for number in range(COMMITS)]


def gto_goes_on(folder: Folder, ids: list[str], dice: random.Random) -> None:
    """One random change, made by gto; some it refuses."""
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
def test_what_gto_wrote_is_read_as_gto_and_dvc_read_it(
    artifacts: tuple[Folder, list[str]], seed: int
) -> None:
    folder, ids = artifacts
    dice = random.Random(seed)  # noqa: S311 (a game, no secret)
    history = History()
    history.write(folder, ids)
    for _ in range(14):
        gto_goes_on(folder, ids, dice)
        names = folder.git("for-each-ref", "--format=%(refname:lstrip=2) %(*objectname)", "refs/tags")
        for line in names.splitlines():
            tag, commit = line.split(" ")
            history.add(tag, ids.index(commit), 0)
    # gto cannot be told the time, and takes less than a second for each.
    history.in_time().write(folder, ids)
    project = opened(folder)
    assert unexplained(folder, project, skewed=False) == []
    state = read_registry(project).model("net")
    for name, each in state.environments.items():
        if each.commit is not None and why_dvc_differs(state, each, skewed=False) is None:
            assert artifact(folder, "net", name) == {"rev": each.commit, "path": "net.bin"}


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
        name = TagName(state.name, "register", version=version)
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


@pytest.mark.parametrize("seed", range(40 if THOROUGH else 3))
def test_what_mlgit_wrote_is_read_by_gto_and_dvc_the_same(
    artifacts: tuple[Folder, list[str]], seed: int
) -> None:
    folder, ids = artifacts
    dice = random.Random(seed)  # noqa: S311 (a game, no secret)
    History().write(folder, ids)
    for number in range(25):
        # The clock stands still or jumps back half of the time.
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
        if each.commit is not None:  # of what was emptied DVC goes on answering what was there
            assert artifact(folder, "net", name) == {"rev": each.commit, "path": "net.bin"}
