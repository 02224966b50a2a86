"""Other data in folders that stages read, under other names and of other makers is named."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import origin_of
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import MODEL, START, Hashes, gate, places, side, stage, texts


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"data/test.csv": "a"}, {"data/test.csv": "a"}, None),
        ({"data/test.csv": "a"}, {"data/test.csv": "b"}, "`data/test.csv` changed"),
        ({"data/test.csv": "a", "data/more.csv": "a"}, {"data/test.csv": "a"}, "`data/more.csv` is gone"),
        ({}, {"data/test.csv": "a"}, "`data/test.csv` is new"),
        ({"data/x.py": "a", "data/.gitignore": "a"}, {"data/x.py": "b", "data/.gitignore": "b"}, None),
        ({"data/raw.csv.dvc": "a"}, {"data/raw.csv.dvc": "b"}, None),
    ],
)
@pytest.mark.parametrize("clean", ["c", "d"])
def test_data_in_a_folder_in_which_a_stage_also_makes_something(
    old: Hashes, new: Hashes, text: str | None, clean: str
) -> None:
    hash_ = "y/" if old != new or clean == "d" else "x/"
    sides = side({"data": "x/"}), side({"data": hash_}, clean=clean)
    found = texts(*sides, (old, new))
    # what a stage makes of the same is other data, too
    made = ["`data/clean.csv` changed"] if clean == "d" else []
    expected = sorted([*([text] if text else []), *made], key=lambda each: each.endswith("new"))
    assert ", ".join(found) == ", ".join(expected)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"data/raw.csv": "r"}, {"data/raw.csv": "s"}, "`data/raw.csv` changed"),
        ({"data/raw.csv": "r"}, {"data/raw.csv": "r", "data/x.csv": "x"}, "`data/x.csv` is new"),
        ({"data": "d/"}, {"data": "e/"}, "`data` changed"),
    ],
)
def test_data_of_dvc_in_such_a_folder(old: Hashes, new: Hashes, text: str) -> None:
    found = texts(side({"data": "x/"}, tracked=old), side({"data": "x/"}, tracked=new))
    assert found == [text]


def test_what_goes_from_git_to_dvc_in_such_a_folder_has_another_owner() -> None:
    sides = side({"data": "x/"}), side({"data": "x/"}, tracked={"data/test.csv": "t"})
    files: tuple[Hashes, Hashes] = ({"data/test.csv": "t"}, {"data/test.csv.dvc": "t"})
    assert texts(*sides, files) == [
        "`data/test.csv` was a file in Git; it is now tracked by `data/test.csv.dvc`"
    ]


def test_data_in_the_folder_of_the_model_is_named_and_the_model_is_not() -> None:
    sides = side({"models": "x/"}), side({"models": "y/"})
    old, new = (
        {"models/test.csv": "a", MODEL: "a"},
        {"models/test.csv": "b", MODEL: "b", "models/a.json": "a"},
    )
    assert texts(*sides, (old, new)) == ["`models/test.csv` changed, `models/a.json` is new"]


def test_another_model_in_that_folder_is_data_for_this_one() -> None:
    sides = side({"models": "x/"}), side({"models": "y/"})
    files: tuple[Hashes, Hashes] = ({"models/other.json": "a"}, {"models/other.json": "b"})
    found = []
    for known in sides:
        other = Source(file="m.json", key="r2", origin=origin_of("m.json", known), link="reads")
        one = ResolvedGate(gate="o", model="other", metric="r2", path="models/other.json", source=other)
        found.append([gate(known), one])
    notes = compare_data(
        found[0],
        found[1],
        sides,
        places=(places(files[0]), places(files[1])),
        changed=lambda: {"models/other.json"},
    ).notes
    assert [each.message for each in notes] == [f"{START}`models/other.json` changed"]


@pytest.mark.parametrize(
    ("old", "new", "files", "text"),
    [
        # a folder of which only code changed, or also data
        ({"src": "x/"}, {"src": "y/"}, ({"src/a.py": "a"}, {"src/a.py": "b"}), None),
        (
            {"src": "x/"},
            {"src": "y/"},
            ({"src/a.py": "a", "src/rows.csv": "a"}, {"src/a.py": "b", "src/rows.csv": "b"}),
            "`src/rows.csv` changed",
        ),
        # a folder outside, or of which nothing is known
        ({"../more": "x/"}, {"../more": "y/"}, ({}, {}), "`../more` changed"),
        # texts, and a folder with a name like that of a tool's file
        ({"eval/cases.md": "a"}, {"eval/cases.md": "b"}, ({}, {}), "`eval/cases.md` changed"),
        ({"a.py": "a", "Makefile": "a"}, {"a.py": "b", "Makefile": "b"}, ({}, {}), None),
        # settings
        ({"eval.cfg": "a"}, {"eval.cfg": "b"}, ({}, {}), "`eval.cfg` changed"),
        (
            {"src": "x/"},
            {"src": "y/"},
            ({"src/a.py": "a", "src/uv.lock": "a"}, {"src/a.py": "b", "src/uv.lock": "b"}),
            "`src/uv.lock` changed",
        ),
        (
            {"requirements_docs": "x/"},
            {"requirements_docs": "y/"},
            (
                {"requirements_docs/b.csv": "b", "requirements_docs/a.csv": "a"},
                {"requirements_docs/a.csv": "a"},
            ),
            "`requirements_docs/b.csv` is gone",
        ),
        # a wider dependency
        (
            {"tests/test.csv": "a"},
            {"tests": "x/"},
            ({"tests/test.csv": "a"}, {"tests/test.csv": "b"}),
            "`tests/test.csv` changed, `tests` is read now",
        ),
        # one more
        ({"a.csv": "a"}, {"a.csv": "a", "b.csv": "b"}, ({}, {}), "`b.csv` is read now"),
        ({"a.csv": "a"}, {"a.csv": "a", "b.py": "b"}, ({}, {}), None),
    ],
)
def test_data_by_what_is_in_it(
    old: Hashes, new: Hashes, files: tuple[Hashes, Hashes], text: str | None
) -> None:
    assert texts(side(old), side(new), files) == ([] if text is None else [text])


LINES = "1\n2\n3\n4\n5\n6\n7\n"


@pytest.mark.parametrize(
    ("name", "now", "text"),
    [
        ("test.csv", LINES, None),
        ("test.csv", LINES[:-4], "`tests/test.csv` is now `holdout/test.csv`, with other content"),
        ("test.py", LINES[:-4], None),
    ],
)
def test_renamed_data_with_other_content_is_other_data(name: str, now: str, text: str | None) -> None:
    old, new = f"tests/{name}", f"holdout/{name}"
    sides = side({old: "a"}), side({new: "a" if now == LINES else "b"})
    assert texts(*sides, ({old: LINES}, {new: now})) == ([] if text is None else [text])


def test_what_a_stage_makes_of_the_same_inputs_is_other_data_if_it_differs() -> None:
    old, new = (side({"data/clean.csv": each}, clean=each) for each in "cd")
    assert texts(old, new) == ["`data/clean.csv` changed"]
    other = stage("clean", {"data/raw.csv": "s"}, {"data/clean.csv": "d"})
    assert texts(old, Pipeline(stages=(other, *new.stages[1:]))) == ["`data/raw.csv` changed"]


@pytest.mark.parametrize(
    ("was", "now", "text"),
    [
        ({"clean.py": "p"}, {"clean.py": "q"}, "`data/clean.csv` changed"),
        ({}, {"util.py": "p"}, "`data/clean.csv` changed"),
        ({"clean.py": "p"}, {}, "`data/clean.csv` changed"),
        # other data of its maker is named itself
        ({"more.csv": "m"}, {"more.csv": "n"}, "`more.csv` changed"),
        ({}, {"more.csv": "m"}, "`more.csv` is read now"),
    ],
)
def test_what_a_stage_makes_with_another_program_is_other_data_if_it_differs(
    was: Hashes, now: Hashes, text: str
) -> None:
    sides = []
    for deps, made in ((was, "c"), (now, "d")):
        known = side({"data/clean.csv": made}, clean=made)
        clean = stage("clean", {"data/raw.csv": "r", **deps}, {"data/clean.csv": made})
        sides.append(Pipeline(stages=(clean, *known.stages[1:])))
    assert texts(sides[0], sides[1]) == [text]


@pytest.mark.parametrize(
    ("before", "train", "text"),
    [
        ({}, {"test.csv": "t"}, f"`{MODEL}` is now made from `test.csv`, which it is measured on"),
        ({"test.csv": "t"}, {"test.csv": "t"}, None),
        ({}, {"more.csv": "o"}, None),
        ({}, {"util.py": "u"}, None),
    ],
)
def test_a_model_that_is_newly_made_from_what_it_is_measured_on(
    before: Hashes, train: Hashes, text: str | None
) -> None:
    read = {"test.csv": "t", "util.py": "u"}
    assert texts(side(read, train=before), side(read, train=train)) == ([] if text is None else [text])


def test_a_number_of_the_data_alone_measures_no_model() -> None:
    old, new = (
        Pipeline(
            stages=(
                stage("train", deps, {MODEL: "m"}),
                stage("count", {"test.csv": "t"}, {"m.json": "n"}),
            )
        )
        for deps in ({"raw.csv": "r"}, {"raw.csv": "r", "test.csv": "t"})
    )
    assert texts(old, new) == []


def test_data_without_a_hash_is_compared_by_what_dvc_recorded_of_it() -> None:
    url = "https://example.org/test.csv"
    sides = []
    for etag in "ab":
        known = side({url: ""})
        last = known.stages[-1]
        assert last.locked is not None
        locked = last.locked._replace(marks={url: etag})
        sides.append(Pipeline(stages=(*known.stages[:-1], last._replace(locked=locked))))
    assert texts(sides[0], sides[0]) == []
    assert texts(sides[0], sides[1]) == [f"`{url}` changed"]


@pytest.mark.parametrize(
    ("name", "clean", "text"),
    [
        ("data/hard.csv", "c", None),
        ("data/easy.csv", "c", None),
        ("data/easy.csv", "d", "`data/hard.csv` is now `data/easy.csv`, with other content"),
    ],
)
def test_what_a_stage_makes_under_another_name_is_other_data_if_it_differs(
    name: str, clean: str, text: str | None
) -> None:
    old, new = (
        Pipeline(
            stages=(
                stage("split", {"data/raw.csv": "r"}, {path: content}),
                stage("train", {"data/raw.csv": "r"}, {MODEL: "m"}),
                stage("evaluate", {MODEL: "m", path: content}, {"m.json": "n"}),
            )
        )
        for path, content in (("data/hard.csv", "c"), (name, clean))
    )
    assert texts(old, new) == ([] if text is None else [text])


@pytest.mark.parametrize(
    ("command", "path", "text"),
    [
        ("test.py conf/eval.yaml", "conf/eval.yaml", "`conf/eval.yaml` changed"),
        ("test.py --conf=conf", "conf/eval.yaml", "`conf/eval.yaml` changed"),
        ("test.py conf/eval.yaml", "conf/train.yaml", None),
        ("test.py test.csv", "test.csv", None),
        ("test.py params.yaml", "params.yaml", None),
        ("src/test.py", "src/test.py", None),
    ],
)
def test_an_edited_file_that_a_command_names_and_no_stage_declares(
    command: str, path: str, text: str | None
) -> None:
    known = side({"test.csv": "t"})
    pipeline = Pipeline(stages=(*known.stages[:-1], known.stages[-1]._replace(cmd=(command,))))
    end = " (stage evaluate names it and does not declare it)"
    assert texts(pipeline, pipeline, ({path: "a"}, {path: "b"})) == ([] if text is None else [text + end])


def test_of_very_much_data_what_changed_comes_first_and_texts_come_last() -> None:
    old = {"tests/z.csv": "a", "tests/a.txt": "a"}
    new = {"tests/z.csv": "b", "tests/a.txt": "b", **{f"tests/a{each}.csv": "a" for each in range(60)}}
    (found,) = texts(side({"tests": "x/"}), side({"tests": "y/"}), (old, new))
    assert found.startswith("`tests/z.csv` changed, `tests/a.txt` changed, `tests/a0.csv` is new, ")
