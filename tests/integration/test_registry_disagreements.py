"""Where gto or DVC reads tags wrong: the answers of both readers, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest

from mlgit.project.registry.read import read_model
from tests.support.foreign_readers import NOTHING, ask_dvc, ask_gto, ask_mlgit
from tests.support.foreign_tags import COMMITS, History
from tests.support.registry import close_all, opened
from tests.support.shell import Folder
from tests.support.tag_import import commits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project
    from tests.support.foreign_readers import Answers


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, list[str]]:
    """A repository with a few commits; each test replaces its tags."""
    folder = Folder(tmp_path_factory.mktemp("differential"))
    folder.git("init", "-q", "-b", "main")
    return folder, commits(folder, COMMITS)


def answers(place: tuple[Folder, list[str]], *tags: tuple[str, int, int]) -> tuple[Answers, Answers, Project]:
    """The answers of mlgit and gto about tags, which are (name, number of the commit, seconds)."""
    folder, ids = place
    History(tags=list(tags)).write(folder, ids)
    project = opened(folder)
    return ask_mlgit(project), ask_gto(folder), project


class Wrong(NamedTuple):
    """A question about `net` that mlgit answers right and another reader wrong, with tags and the reason."""

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
        "the counter says which came later, whatever a clock says",
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
    "the first of two promotions in one second wins": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod#2", 1, 50)),
        "v1.1.0",
        "v1.0.0",
        "the counter distinguishes them",
    ),
    "in one second number 10 comes before number 9": Wrong(
        (*TWO, ("net#prod#9", 1, 50), ("net#prod#10", 0, 50)),
        "commit 0",
        "commit 1",
        "names are compared as text, and counters are numbers",
        "dvc",
    ),
    "an unassignment is treated as an assignment": Wrong(
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
    "an assignment on a commit without a version cannot be closed": Wrong(
        (*TWO, ("net#prod#1", 2, 50), ("net#prod!#2", 2, 60)),
        NOTHING,
        "commit 2",
        "gto makes a new version of every tag on such a commit, so that the second does not close the first",
    ),
    "a version that is rejected while live is no longer live": Wrong(
        (*TWO, ("net#prod#1", 0, 50), ("net#prod#2", 1, 60), ("net@v1.1.0!", 1, 70)),
        "v1.1.0",
        "v1.0.0",
        "no one rolled back, so `prod` still has v1.1.0 deployed; mlgit reports that it is rejected",
    ),
    "a pre-release is the latest version": Wrong(
        (("net@v1.0.0", 0, 0), ("net@v2.0.0-rc.1", 1, 1)),
        "v1.0.0",
        "v2.0.0-rc.1",
        "the latest version should be a released one",
        question="latest",
    ),
    "a rejection by someone whose clock is behind is void": Wrong(
        (("net@v1.0.0", 0, 10), ("net@v1.0.0!", 0, 5)),
        NOTHING,
        "v1.0.0",
        "a rejection follows what it rejects",
        question="latest",
    ),
    "a rejection on another commit is void": Wrong(
        (("net@v1.0.0", 0, 10), ("net@v1.0.0!", 1, 15)),
        NOTHING,
        "v1.0.0",
        "the tag names the version; gto treats it as another version of that name",
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
    "a deprecation ends with the next event": Wrong(
        (*TWO, ("net@deprecated", 1, 50), ("net#prod#1", 1, 60)),
        "deprecated",
        "active",
        "taking a model out of service by a last unassignment would revive it; deleting the tag does",
        question="active",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_known_mistake_of_another_reader_still_exists(
    place: tuple[Folder, list[str]], name: str
) -> None:
    case = WRONG[name]
    ours, theirs, project = answers(place, *case.tags)
    ids = place[1]
    if case.reader == "dvc":
        wanted = {"stage": "prod"} if case.question == "prod" else {}
        found = ask_dvc(place[0], iter([("net", wanted)])).popitem()[1]
        state = read_model(project, "net")
        chosen = (
            state.environment("prod").commit
            if case.question == "prod"
            else getattr(state.latest, "commit", None)
        )
        assert (_named(chosen or NOTHING, ids), _named(found, ids)) == (case.ours, case.theirs)
    elif case.question == "prod":
        both = [_named(each.held.get(("net", "prod"), NOTHING), ids) for each in (ours, theirs)]
        assert both == [case.ours, case.theirs]
    elif case.question == "latest":
        assert (ours.latest["net"], theirs.latest["net"]) == (case.ours, case.theirs)
    else:
        both = ["active" if each.active["net"] else "deprecated" for each in (ours, theirs)]
        assert both == [case.ours, case.theirs]


def _named(answer: str, ids: list[str]) -> str:
    """A commit as its number, any other answer unchanged."""
    return f"commit {ids.index(answer)}" if answer in ids else answer


def test_gto_contradicts_itself_where_assignments_were_left_open(place: tuple[Folder, list[str]]) -> None:
    import gto.api

    ours, theirs, _ = answers(place, *TWO, ("net#prod#1", 1, 50), ("net#prod#2", 0, 60))
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
def test_tags_that_gto_cannot_read_at_all_are_read(
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
