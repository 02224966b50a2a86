"""Other files in folders of which a stage declares a part, and those that changed without a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.unmeasured.other_files import other_files
from mlgit.core.pipeline.stages import Output, Pipeline
from tests.support.measured_data import Hashes, gate, places, pointer, side, stage

START = "Other files changed as well, and it is not known whether the numbers depend on them: "
NO_RUN = "What measures the numbers names files that changed, and `dvc.lock` shows no run with them: "
Listing = dict[str, str] | None


def held(letter: str, number: str) -> Pipeline:
    """A stage that reads one file of a folder which a .dvc file tracks."""
    known = side({"held/test.csv": "t"})
    last = stage("evaluate", {"models/line.json": "m", "held/test.csv": "t"}, {"m.json": number})
    tracked = (Output(path="held", owner="held.dvc", pointer=pointer(f"{letter}/")),)
    return replace(known, stages=(*known.stages[:2], last), tracked=tracked)


def trained(letter: str, number: str) -> Pipeline:
    """A stage that makes a model in a folder which is one output of it."""
    train = stage("train", {"data.csv": "d"}, {"models": f"{letter}/"})
    last = stage("evaluate", {"models/line.json": letter}, {"m.json": number})
    return Pipeline(stages=(train, last))


def found(sides: tuple[Pipeline, Pipeline], lists: tuple[Listing, Listing], program: str = "") -> list[str]:
    files = places({"evaluate": program})
    old, new = (replace(files, listing={"held": each, "models": each}.get) for each in lists)
    notes = other_files([gate(sides[0])], [gate(sides[1])], sides, places=(old, new))
    return [each.message.removeprefix(START) for each in notes]


@pytest.mark.parametrize(
    ("lists", "names"),
    [
        (({"test.csv": "t", "scale.csv": "a"}, {"test.csv": "t", "scale.csv": "b"}), ["`held/scale.csv`"]),
        (({"test.csv": "t"}, {"test.csv": "t", "new.csv": "b"}), ["`held/new.csv`"]),
        (({"test.csv": "t", "old.csv": "b"}, {"test.csv": "t"}), ["`held/old.csv`"]),
        # what a stage declares has notes of its own
        (({"test.csv": "t"}, {"test.csv": "u"}), []),
        (({"test.csv": "t", "scale.csv": "a"}, {"test.csv": "u", "scale.csv": "a"}), []),
        ((None, {"test.csv": "t"}), ["`held`"]),
        (({"test.csv": "t"}, None), ["`held`"]),
    ],
)
def test_of_a_folder_that_is_declared_in_part_the_other_files_are_named(
    lists: tuple[Listing, Listing], names: list[str]
) -> None:
    assert found((held("a", "n"), held("b", "o")), lists) == names


def test_next_to_the_model_only_what_the_measurement_names_counts() -> None:
    sides = trained("m", "n"), trained("x", "o")
    lists = {"line.json": "a", "scale.txt": "a"}, {"line.json": "b", "scale.txt": "b"}
    named = tuple(
        replace(each, stages=(each.stages[0], each.stages[1]._replace(cmd=("python e.py models/scale.txt",))))
        for each in sides
    )
    assert found((named[0], named[1]), lists) == ["`models/scale.txt`"]
    assert found(sides, lists) == []
    assert found((named[0], named[1]), (None, lists[1])) == []


def unrun(old: Hashes, new: Hashes, *, cmd: str = "python e.py", again: bool = False) -> list[str]:
    """The notes about files of Git where the numbers are the same; `again` if the stage ran."""
    program = {"e.py": "open('config/limit.json')"}
    known = side({"e.py": "p"})
    last = known.stages[2]._replace(cmd=(cmd,))
    before = replace(known, stages=(*known.stages[:2], last))
    assert last.locked is not None
    ran = last._replace(locked=last.locked._replace(cmd=("again",)))
    after = replace(before, stages=(*known.stages[:2], ran if again else last))
    files = places({**program, **old}), places({**program, **new})
    changed = {path for path in {*old, *new} if old.get(path) != new.get(path)}
    notes = other_files([gate(before)], [gate(after)], (before, after), places=files, changed=lambda: changed)
    return [each.message for each in notes]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ({"config/limit.json": "a"}, {"config/limit.json": "b"}, "`config/limit.json`"),
        ({"config/limit.json": "a"}, {}, "`config/limit.json`"),
        ({}, {"config/limit.json": "b"}, "`config/limit.json`"),
        ({"config/other.json": "a"}, {"config/other.json": "b"}, None),
        # another file of this name is there
        (
            {"config/limit.json": "a", "app/limit.json": "a"},
            {"config/limit.json": "a", "app/limit.json": "b"},
            None,
        ),
        (
            {"config/limit.json": "a", "app/limit.json": "a"},
            {"config/limit.json": "b", "app/limit.json": "a"},
            "`config/limit.json`",
        ),
        ({"e.py": "a"}, {"e.py": "b"}, None),
        ({"README.md": "a"}, {"README.md": "b"}, None),
    ],
)
def test_without_a_run_what_the_measurement_names_is_named(
    old: Hashes, new: Hashes, names: str | None
) -> None:
    assert unrun(old, new, cmd="python e.py README.md") == ([] if names is None else [f"{NO_RUN}{names}"])


def test_a_run_that_gave_the_same_numbers_is_a_run_with_the_other_files() -> None:
    edited = {"config/limit.json": "a", "Makefile": "a"}, {"config/limit.json": "b", "Makefile": "b"}
    assert unrun(*edited, again=True) == [f"{START}`config/limit.json`, `Makefile`"]
    assert unrun(*edited) == [f"{NO_RUN}`config/limit.json`"]
