"""What measures a number and changes without a run is named as such, and again with the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.measured.code import code_notes
from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.runs.last_runs import LastRuns, Made, same_records
from mlgit.core.pipeline.stages import LockedStage, Pipeline
from tests.support.measured_data import Hashes, gate, places, side, stage

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.core.gates.verdict import Note

EVALUATE, MODULE, DATA = "src/evaluate.py", "src/measures.py", "rows.csv"
NO_RUN = "changed, and `dvc.lock` shows no run with it"
SINCE = "The target's numbers are from 1a2b3c4"
OWN = SINCE.replace("The target's numbers", "The numbers")


def pipeline(number: str = "n", extra: Hashes | None = None) -> Pipeline:
    """A stage whose command names a program and data that it does not declare, and what it makes."""
    first, train, last = side(extra or {}).stages
    last = stage("evaluate", dict.fromkeys(last.deps, "d") | (extra or {}), {"m.json": number})
    return Pipeline(stages=(first, train, last._replace(cmd=(f"python {EVALUATE} {DATA}",))))


def differing(old: Hashes, new: Hashes) -> set[str]:
    return {path for path in {*old, *new} if old.get(path) != new.get(path)}


def notes(
    old: Pipeline,
    new: Pipeline,
    files: tuple[Hashes, Hashes],
    made: Hashes | None = None,
    *,
    own: bool = False,
) -> tuple[Note, ...]:
    """The notes; `made` are the files of Git where the target ran, or the change itself if `own`."""
    at = None
    if made is not None:
        at = Made(
            label="1a2b3c4",
            places=places(made),
            changed=lambda: differing(made, files[1]),
            pipeline=new if own else old,
            own=own,
        )
    where = {"own" if own else "made": lambda _: at}
    runs = LastRuns(same=same_records(old, new), **where)
    known = [gate(old)], [gate(new)]
    sides = places(files[0]), places(files[1])

    def changed() -> Collection[str]:
        return differing(*files)

    code = code_notes(*known, (old, new), places=sides, changed=changed, runs=runs)
    return *code, *compare_data(*known, (old, new), places=sides, changed=changed, runs=runs).notes


FILES = {EVALUATE: "import measures", MODULE: "a", DATA: "a"}
CODE, ROWS = (
    f"`{MODULE}` changed (stage evaluate)",
    f"`{DATA}` changed (stage evaluate names it and does not declare it)",
)


@pytest.mark.parametrize(
    ("number", "made", "path", "text"),
    [
        ("n", None, MODULE, f"The code that the numbers are measured with {NO_RUN}: {CODE}"),
        ("o", None, MODULE, f"The numbers are measured with other code: {CODE}"),
        ("n", None, DATA, f"The data that the numbers are computed on {NO_RUN}: {ROWS}"),
        ("o", None, DATA, f"The numbers were computed on different data: {ROWS}"),
        # that the target already had another one when it ran says nothing more
        ("o", {MODULE: "c"}, MODULE, f"The numbers are measured with other code: {CODE}"),
        ("o", {DATA: "c"}, DATA, f"The numbers were computed on different data: {ROWS}"),
    ],
)
def test_what_changed_is_named_by_whether_the_stage_ran(
    number: str, made: Hashes | None, path: str, text: str
) -> None:
    files = FILES, FILES | {path: "b"}
    found = notes(pipeline(), pipeline(number), files, None if made is None else FILES | made)
    assert [note.message for note in found] == [text]


@pytest.mark.parametrize(
    ("number", "made", "texts"),
    [
        ("o", {}, []),
        ("o", {MODULE: "c"}, [f"{SINCE}; the code that they are measured with changed since: {CODE}"]),
        ("o", {DATA: "c"}, [f"{SINCE}; the data that they are computed on changed since: {ROWS}"]),
        # a stage that did not run has the number of the target
        ("n", {MODULE: "c", DATA: "c"}, []),
    ],
)
def test_what_came_after_the_targets_run_is_named_with_the_next_one(
    number: str, made: Hashes, texts: list[str]
) -> None:
    found = notes(pipeline(), pipeline(number), (FILES, FILES), FILES | made)
    assert [note.message for note in found] == texts


@pytest.mark.parametrize(
    ("made", "texts"),
    [
        ({}, []),
        ({MODULE: "c"}, [f"{OWN}; the code that they are measured with changed since: {CODE}"]),
        ({DATA: "c"}, [f"{OWN}; the data that they are computed on changed since: {ROWS}"]),
    ],
)
def test_what_came_after_the_changes_own_run_is_named(made: Hashes, texts: list[str]) -> None:
    found = notes(pipeline(), pipeline("o"), (FILES, FILES), FILES | made, own=True)
    assert [note.message for note in found] == texts
    # a stage that did not run has the number of the target
    assert notes(pipeline(), pipeline(), (FILES, FILES), FILES | made, own=True) == ()


def test_a_declared_program_is_not_named_without_a_run_because_the_stage_is_stale() -> None:
    known = pipeline(extra={MODULE: "p"})
    assert notes(known, known, (FILES, FILES | {MODULE: "b"})) == ()


@pytest.mark.parametrize(
    ("dep", "then"),
    [
        # behind a link, into which DVC does not look
        ({"tests": "x/"}, {"tests/more@": "shared/a.csv", "shared/a.csv": "b"}),
        # next to what a stage makes
        ({"data": "x/"}, {"data/own.csv": "b"}),
        ({"tests": "x/"}, {"tests/a.csv": "b"}),
    ],
)
def test_data_that_no_record_has_is_compared_with_that_of_the_targets_run(dep: Hashes, then: Hashes) -> None:
    now = {path: "c" if text == "b" else text for path, text in then.items()}
    found = notes(pipeline(extra=dep), pipeline("o", extra=dep), (FILES | now, FILES | now), FILES | then)
    names = [] if "tests/a.csv" in then else [f"{SINCE}; the data that they are computed on changed since"]
    assert [note.message.partition(": ")[0] for note in found] == names


def test_a_stage_without_a_record_or_with_another_one_has_run() -> None:
    old, new = pipeline(), pipeline("o")
    assert same_records(old, new) == {"clean", "train"}
    assert same_records(old, old) == {"clean", "train", "evaluate"}
    bare = Pipeline(stages=tuple(each._replace(locked=None) for each in old.stages))
    assert same_records(bare, bare) == frozenset()
    assert same_records(Pipeline(), old) == frozenset()
    assert isinstance(old.stages[0].locked, LockedStage)


RUN_ELSEWHERE = "changed, and `dvc.lock` shows a new run of another stage that may use it"


@pytest.mark.parametrize(
    ("program", "how"),
    [
        # a library that it imports may import `joblib`
        (f"timeout 9 python {EVALUATE}", RUN_ELSEWHERE),
        ("python more/evaluate.py", NO_RUN),
        ("$RUN", RUN_ELSEWHERE),
    ],
)
def test_a_stage_without_a_run_says_nothing_about_one_that_ran(program: str, how: str) -> None:
    def running(number: str) -> Pipeline:
        first, train, last = pipeline(number, {"data/clean.csv": "c"}).stages
        clean = first._replace(cmd=("python src/clean.py",))
        return Pipeline(stages=(clean, train, last._replace(cmd=(program,))))

    files = {EVALUATE: "import sklearn", "src/clean.py": "import joblib", "more/evaluate.py": "a"}
    found = notes(running("n"), running("o"), (files, files | {"src/joblib.py": "a"}))
    assert [note.message for note in found] == [
        f"The code that the numbers are measured with {how}: `src/joblib.py` is new (stage clean)"
    ]


@pytest.mark.parametrize(("dep", "how"), [("rows.csv", RUN_ELSEWHERE), ("more.csv", NO_RUN)])
def test_so_does_data_that_another_stage_ran_with(dep: str, how: str) -> None:
    first, _, last = pipeline().stages
    old, new = (
        Pipeline(stages=(first, stage("train", {dep: "d"}, {"models/line.json": to}), last))
        for to in ("m", "o")
    )
    found = [note.message for note in notes(old, new, (FILES, FILES | {DATA: "b"}))]
    assert found == [f"The data that the numbers are computed on {how}: {ROWS}"]
