"""Data is other data by what both runs recorded of it; without a record nothing is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.pipeline.stages import Pipeline, Stage
from tests.support.measured_data import MODEL, START, Hashes, gate, places, side, stage, texts

LINES = "1\n2\n3\n4\n5\n6\n7\n"
CLEAN = "data/clean.csv"


def between(*stages: Stage, reads: Hashes, model: str = "m") -> Pipeline:
    """A model, stages, and a number of the model and these dependencies."""
    return Pipeline(
        stages=(
            stage("train", {"train.csv": "a"}, {MODEL: model}),
            *stages,
            stage("evaluate", {MODEL: model, **reads}, {"m.json": "n"}),
        )
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"test.csv": ""}, {"test.csv": "t"}),
        ({"test.csv": "t"}, {"test.csv": ""}),
        # dropped, which is a finding of its own
        ({"test.csv": "t"}, {}),
    ],
)
def test_what_only_one_run_recorded_is_not_other_data(old: Hashes, new: Hashes) -> None:
    assert texts(side(old), side(new)) == []


@pytest.mark.parametrize(("old", "new"), [("", "x/"), ("x/", ""), ("", "")])
def test_a_folder_in_which_a_stage_makes_something_and_of_which_a_run_recorded_nothing(
    old: str, new: str
) -> None:
    assert texts(side({"data": old}), side({"data": new})) == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_folder_in_which_only_one_side_makes_something_is_compared_by_what_is_there(
    *, turned: bool
) -> None:
    more = stage("more", {}, {"tests/made.csv": "m"})
    sides = between(more, reads={"tests": "x/"}), between(reads={"tests": "y/"})
    assert texts(sides[turned], sides[not turned]) == []


def test_twelve_changes_are_named_and_the_others_counted() -> None:
    old, new = (between(reads={f"{each}.csv": content for each in range(13)}) for content in "ab")
    (text,) = texts(old, new)
    assert text.count("changed") == 12
    assert text.endswith(" and 1 more")


def test_data_in_a_folder_inside_the_models_is_named_file_by_file() -> None:
    old, new = (
        Pipeline(
            stages=(
                stage("train", {"train.csv": "a"}, {f"{MODEL}/m.bin": "m"}),
                stage("evaluate", {f"{MODEL}/m.bin": "m", f"{MODEL}/tests": hash_}, {"m.json": "n"}),
            )
        )
        for hash_ in ("x/", "y/")
    )
    name = f"{MODEL}/tests/rows.csv"
    assert texts(old, new, ({name: "a"}, {name: "b"})) == [f"`{name}` changed"]


def test_who_has_what_is_newly_read_is_not_compared() -> None:
    old, new = side({}, tracked={"b.csv": "b"}), side({"b.csv": "b"})
    assert texts(old, new, ({}, {"b.csv": "b"})) == ["`b.csv` is read now"]


def test_a_gate_that_has_no_number_now_has_no_data_now() -> None:
    sides = side({"test.csv": "t"}), side({"test.csv": "t"})
    new = replace(gate(sides[1]), source=None)
    assert compare_data([gate(sides[0])], [new], sides).notes == ()
    assert compare_data([new], [gate(sides[0])], sides).notes == ()


@pytest.mark.parametrize(
    ("old", "new", "contents", "text"),
    [
        # nothing recorded on one side, so that only the files of Git are compared
        ("", "b", LINES[:-2], "`tests/a.csv` is now `holdout/a.csv`"),
        ("a", "", LINES[:-2], "`tests/a.csv` is now `holdout/a.csv`"),
        ("a", "b", LINES[:-2], "`tests/a.csv` is now `holdout/a.csv`, with other content"),
        ("a", "a", LINES, None),
    ],
)
def test_renamed_data_is_named_once(old: str, new: str, contents: str, text: str | None) -> None:
    sides = side({"tests/a.csv": old}), side({"holdout/a.csv": new})
    files: tuple[Hashes, Hashes] = ({"tests/a.csv": LINES}, {"holdout/a.csv": contents})
    found = compare_data(
        [gate(sides[0])], [gate(sides[1])], sides, places=(places(files[0]), places(files[1]))
    )
    assert [each.message for each in found.notes] == ([f"{START}{text}"] if text else [])
    # another note says that what is not named here is read under another name
    assert found.renamed == ({"tests/a.csv"} if text else set())


@pytest.mark.parametrize("now", ["holdout/a.csv", "more/b.csv"])
def test_data_that_came_into_a_wider_dependency_is_now_that(now: str) -> None:
    sides = side({"tests/a.csv": "a"}), side({now.partition("/")[0]: "x/"})
    files = {"tests/a.csv": LINES}, {now: LINES, f"{now}.py": "a"}
    assert texts(*sides, files) == [f"`tests/a.csv` is now `{now.partition('/')[0]}`"]


def test_a_folder_that_is_split_into_two_is_now_both() -> None:
    sides = side({"tests": "x/"}), side({"easy": "y/", "hard": "z/"})
    files = {"tests/a.csv": LINES, "tests/b.csv": "b\n"}, {"easy/a.csv": LINES, "hard/b.csv": "b\n"}
    assert texts(*sides, files) == ["`tests` is now `easy`, `hard`"]


def test_a_stage_under_another_name_that_reads_more_is_the_same_stage() -> None:
    old, last = side({}), stage("score", {MODEL: "m", "more.csv": "a"}, {"m.json": "n"})
    assert texts(old, Pipeline(stages=(*old.stages[:-1], last))) == ["`more.csv` is read now"]


def test_what_a_model_is_newly_made_from_is_named_without_what_that_is_made_from() -> None:
    old, new = (
        Pipeline(
            stages=(
                stage("clean", {"raw.csv": "r"}, {CLEAN: "c"}),
                stage("train", {name: "c"}, {MODEL: "m"}),
                stage("evaluate", {MODEL: "m", CLEAN: "c"}, {"m.json": "n"}),
            )
        )
        for name in ("x.csv", CLEAN)
    )
    assert texts(old, new) == [f"`{MODEL}` is now made from `{CLEAN}`, which it is measured on"]


def test_a_file_that_is_new_to_model_and_number_is_read_now() -> None:
    assert texts(side({}), side({"new.csv": "a"}, train={"new.csv": "a"})) == ["`new.csv` is read now"]


def test_what_a_new_stage_makes_is_not_other_data_and_what_it_reads_is_read_now() -> None:
    old, new = (
        between(reads={}),
        between(stage("more", {"r.csv": "r"}, {"more.csv": "m"}), reads={"more.csv": "m"}),
    )
    assert texts(old, new) == ["`r.csv` is read now"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            {"hard.csv": "a", "keep.csv": "k"},
            {"easy.csv": "b", "keep.csv": "k"},
            "`hard.csv` is now `easy.csv`, with other content",
        ),
        ({"hard.csv": "a", "keep.csv": "k"}, {"keep.csv": "k"}, None),
        ({"keep.csv": "k"}, {"easy.csv": "b", "keep.csv": "k"}, None),
        ({"hard.csv": "", "keep.csv": "k"}, {"easy.csv": "b", "keep.csv": "k"}, None),
    ],
)
def test_what_a_stage_makes_under_another_name(old: Hashes, new: Hashes, text: str | None) -> None:
    sides = [between(stage("split", {"raw.csv": "r"}, each), reads=each) for each in (old, new)]
    assert texts(sides[0], sides[1]) == ([] if text is None else [text])


def test_what_no_stage_reads_before_the_number_is_not_its_data() -> None:
    sides = [
        between(stage("clean", {"raw.csv": "r"}, {CLEAN: "c", "report.html": page}), reads={CLEAN: "c"})
        for page in "ab"
    ]
    assert texts(sides[0], sides[1]) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, [f"`{CLEAN}` changed"]),
        # this is named by another note
        ({"params": {"params.yaml": {"seed": 2}}}, []),
        # a command may only be written otherwise, and a program says nothing about the data that it makes
        ({"cmd": ("other",)}, [f"`{CLEAN}` changed"]),
        ({"deps": {"clean.py": None}}, [f"`{CLEAN}` changed"]),
        # it never ran
        (None, []),
    ],
)
def test_other_data_of_a_stage_is_named_if_it_ran_alike(
    change: dict[str, object] | None, text: list[str]
) -> None:
    old, new = (stage("clean", {"clean.py": "a"}, {CLEAN: content}) for content in "cd")
    assert new.locked is not None
    ran = new._replace(locked=None if change is None else new.locked._replace(**change))  # type: ignore[arg-type]
    ran = ran._replace(cmd=ran.cmd if ran.locked is None else ran.locked.cmd)
    sides = between(old, reads={CLEAN: "c"}), between(ran, reads={CLEAN: "d"})
    assert texts(*sides) == text
    assert texts(sides[1], sides[0]) == text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("a", "b", ["`data/test.csv` changed"]),
        ("", "b", []),
        ("a", "", []),
        # it was not read
        (None, "b", ["`train.csv` is read now"]),
        ("a", None, []),
    ],
)
def test_what_is_made_with_the_model_is_compared_if_both_runs_recorded_it(
    old: str | None, new: str | None, text: list[str]
) -> None:
    sides = [
        Pipeline(
            stages=(
                stage("train", {"train.csv": "a"}, {MODEL: number, "data/test.csv": content or ""}),
                stage(
                    "evaluate",
                    {MODEL: number} if content is None else {MODEL: number, "data/test.csv": content},
                    {"m.json": "n"},
                ),
            )
        )
        for number, content in (("a", old), ("b", new))
    ]
    assert texts(sides[0], sides[1]) == text


@pytest.mark.parametrize(
    ("new", "text"),
    [
        ({"data/t2.csv": "b"}, ["`data/test.csv` is now `data/t2.csv`, with other content"]),
        ({"a": "b", "b": "c"}, ["`data/test.csv` is now `a`, `b`, with other content"]),
        ({"a": "b", "b": "a"}, []),
        ({"data/t2.csv": "a"}, []),
        ({"data/t2.csv": ""}, []),
        ({"data/test.csv": "a", "more.csv": "b"}, []),
        ({}, []),
    ],
)
def test_what_is_made_with_the_model_is_named_if_it_has_another_name_and_content(
    new: Hashes, text: list[str]
) -> None:
    old, known = (
        Pipeline(
            stages=(
                stage("train", {"train.csv": "a"}, {MODEL: number, **made}),
                stage("evaluate", {MODEL: number, **made}, {"m.json": "n"}),
            )
        )
        for number, made in (("a", {"data/test.csv": "a"}), ("b", new))
    )
    assert texts(old, known) == text


def test_predictions_that_are_made_with_the_model_are_the_model() -> None:
    sides = [
        Pipeline(
            stages=(
                stage("train", {"train.csv": "a"}, {MODEL: content, "pred.csv": content}),
                stage("evaluate", {"pred.csv": content}, {"m.json": "n"}),
            )
        )
        for content in "ab"
    ]
    assert texts(sides[0], sides[1]) == []


def test_parameters_that_a_command_names_are_not_data() -> None:
    known = side({})
    clean, train, last = known.stages
    stages = (clean, train._replace(params={"conf.yaml": None}), last._replace(cmd=("test.py conf.yaml",)))
    both = Pipeline(stages=stages)
    assert texts(both, both, ({"conf.yaml": "a"}, {"conf.yaml": "b"})) == []


def test_a_folder_in_which_a_stage_makes_something_is_now_another_one() -> None:
    assert texts(side({"data": "x/"}), side({"more": "x/"})) == ["`data` is now `more`"]


def test_what_a_stage_no_longer_makes_in_a_folder_is_not_changed() -> None:
    both, one = {"sets/easy.csv": "e", "sets/hard.csv": "h"}, {"sets/easy.csv": "e"}
    sides = [between(stage("split", {"raw.csv": "r"}, each), reads={"sets": "x/"}) for each in (both, one)]
    assert texts(sides[0], sides[1]) == []


def test_a_file_that_commands_name_is_compared_although_the_stage_has_another_name() -> None:
    known = side({})
    sides = [
        Pipeline(
            stages=(
                *known.stages[:-1],
                stage(name, {MODEL: "m"}, {"m.json": "n"})._replace(cmd=("t.py x.yaml",)),
            )
        )
        for name in ("evaluate", "score")
    ]
    end = " (stage score names it and does not declare it)"
    assert texts(sides[0], sides[1], ({"x.yaml": "a"}, {"x.yaml": "b"})) == [f"`x.yaml` changed{end}"]
