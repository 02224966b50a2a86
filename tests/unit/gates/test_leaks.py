"""Test data that the training newly reads is named, also as a copy and behind a link."""

from __future__ import annotations

from dataclasses import replace
from hashlib import md5

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import MODEL, Hashes, gate, side, stage, texts

TEST = {"data/test.csv": "t"}
START = f"`{MODEL}` is now made from"
END = "which it is measured on"
SAME = "and `test`, which it is measured on, has the same content"
COPY = f"which has the content of `data/test.csv`, {END}"


@pytest.mark.parametrize(
    ("train", "text"),
    [
        ({}, None),
        ({"data/extra.csv": "e"}, None),
        ({"data/test.csv": "t"}, f"{START} `data/test.csv`, {END}"),
        ({"data": "d/"}, f"{START} `data/test.csv`, {END}"),
        ({"data/extra.csv": "t"}, f"{START} `data/extra.csv`, {COPY}"),
    ],
)
def test_a_model_that_is_newly_made_from_its_test_data_is_named(train: Hashes, text: str | None) -> None:
    found = texts(side(TEST), side(TEST, train=train))
    assert [each for each in found if each.startswith(START)] == ([] if text is None else [text])
    assert texts(side(TEST, train=train), side(TEST, train=train)) == []


def test_a_file_of_training_that_becomes_the_test_data_is_named() -> None:
    old, new = side(TEST, train={"data/more.csv": "m"}), side(TEST, train={"data/more.csv": "t"})
    assert texts(old, new) == [f"{START} `data/more.csv`, {COPY}"]


def test_a_link_to_the_test_data_in_a_folder_that_the_training_reads_is_named() -> None:
    files: Hashes = {"data/test.csv": "t", "more/a.csv": "a"}
    link = files | {"more/b.csv@": "data/test.csv"}
    old, new = side(TEST, train={"more": "x/"}), side(TEST, train={"more": "y/"})
    assert texts(old, new, (files, link)) == [f"{START} `more/b.csv@`, {COPY}"]
    assert texts(old, new, (link, link)) == []


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ({"train/new.csv": "t"}, "`train/new.csv`"),
        ({"train/x.csv": "t", "train/b/new.csv": "u"}, "`train/b/new.csv`, `train/x.csv`"),
        ({"train/new.csv": "other"}, None),
        ({"train/new.csv": ""}, None),
        ({"train/new.py": "t"}, None),
        ({"elsewhere/new.csv": "t"}, None),
        ({"train/old.csv": "u", "train/new.csv": "o"}, "`train/old.csv`"),
        # it becomes the test data
        ({"test/b.csv": "o"}, "`train/old.csv`"),
        # it was in both
        ({"train/known.csv": "z", "train/new.csv": "k"}, None),
        ({"test/known.csv": "z", "test/new.csv": "k"}, None),
    ],
)
def test_a_copy_of_test_data_in_a_folder_of_git_is_named(edits: Hashes, text: str | None) -> None:
    files = {
        "train/x.csv": "x",
        "train/old.csv": "o",
        "test/a.csv": "t",
        "test/b.csv": "u",
        "test/no.csv": "",
    }
    old, new = (side({"test": "t/"}, train={"train": each}) for each in ("x/", "y/"))
    found = [each for each in texts(old, new, (files, files | edits)) if each.startswith(START)]
    assert found == ([] if text is None else [f"{START} {text}, {SAME}"])


@pytest.mark.parametrize(("before", "named"), [({}, True), ({"a.csv": "own"}, False), (None, False)])
def test_a_copy_in_git_of_a_file_that_dvc_has_is_named(before: Hashes | None, *, named: bool) -> None:
    """Unless the training had it there before, or that is not known."""
    own = md5(b"1,2", usedforsecurity=False).hexdigest()
    old, new = (side({"test": "t/"}, train={"train": each}) for each in ("x/", "y/"))
    lists: dict[str, Hashes | None] = {"test": {"b.csv": own}}
    lists["train"] = None if before is None else dict.fromkeys(before, own)
    dvc = Places(listing=lists.get, data=lambda _: True)
    now = replace(
        dvc, paths=lambda: frozenset({"train/a.csv"}), read=lambda paths: dict.fromkeys(paths, b"1,2")
    )
    now = replace(now, listing=lambda path: lists["test"] if path == "test" else None)
    found = compare_data(
        [gate(old)], [gate(new)], (old, new), places=(dvc, now), changed=lambda: {"train/a.csv"}
    )
    messages = [each.message for each in found.notes if each.message.startswith(START)]
    assert messages == ([f"{START} `train/a.csv`, {SAME}"] if named else [])


TEST_FILES = {"a.csv": "1", "b.csv": "2", "empty.csv": "d41d8cd98f00b204e9800998ecf8427e"}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            {"x.csv": "8"},
            {"x.csv": "8", "a.csv": "1", "more/c.csv": "2"},
            "`train/a.csv`, `train/more/c.csv`",
        ),
        ({"x.csv": "8", "a.csv": "1"}, {"x.csv": "8", "a.csv": "1", "c.csv": "2"}, "`train/c.csv`"),
        # as it was, or under another name
        ({"a.csv": "1"}, {"x.csv": "8", "a2.csv": "1"}, None),
        ({"x.csv": "8"}, {"x.csv": "9", "empty.csv": TEST_FILES["empty.csv"]}, None),
        # not known
        (None, {"a.csv": "1"}, None),
        ({"x.csv": "8"}, None, None),
    ],
)
def test_files_of_the_test_data_that_come_to_the_training_data_are_named(
    before: Hashes | None, after: Hashes | None, text: str | None
) -> None:
    old, new = (side({"test": "t/"}, train={"train": each}) for each in ("x/", "y/"))
    assert _named((old, new), (before, after)) == ([] if text is None else [f"{START} {text}, {SAME}"])


def test_what_the_test_data_is_split_from_has_its_files() -> None:
    old, new = (
        Pipeline(
            stages=(
                stage("split", {"raw": raw}, {"test": test, "train": raw}),
                *side({"test": test}, train={"train": raw}).stages[1:],
            )
        )
        for raw, test in (("x/", "s/"), ("y/", "t/"))
    )
    assert _named((old, new), ({"x.csv": "8"}, {"x.csv": "9"})) == []
    found = _named((old, new), ({"x.csv": "8"}, {"x.csv": "9", "a.csv": "1"}))
    assert found == [f"{START} `train/a.csv`, {SAME}"]


MAY = f"`{MODEL}` may now be made from `data/test.csv`, {END}: "
TRAIN = "src/train.py"
NAMES = {
    "whole": "rows = read_csv('data/test.csv')",
    "in a function": "def rows():\n    return open(PATH)\nPATH = 'data/test.csv'",
    "put together": "open(os.path.join('data', 'test.csv'))",
    "by a path": "DATA = Path('data')\nrows = (DATA / 'test.csv').read_text()",
    "from its own place": "open(Path(__file__).parents[1] / 'data' / 'test.csv')",
    "below a root that is not known": "open(f'{root}/data/test.csv')",
}
PARTS = {
    "by a function": "def read(name): return open(f'data/{name}')\nread('test.csv')",
    "by its first word": "for each in ('train', 'test'): open(f'data/{each}.csv')",
    "by a format": "open('data/{}.csv'.format('test'))",
}
NOT_NAMED = {
    "in a comment": "a = 1  # not data/test.csv",
    "in a docstring": '"""Never reads data/test.csv."""\na = 1',
    "in another folder": "open('out/test.csv', 'w')",
    "of another folder": "open(os.path.join(out, 'test.csv'), 'w')\nopen(f'data/{name}')",
    "another split": "for each in ('train', 'valid'): open(f'data/{each}.csv')",
    "a word": "def test(): assert f'{name}.csv'",
}


def may_be_made(was: Hashes, now: Hashes, *, old: Hashes | None = None) -> list[str]:
    known, new = (
        side({**TEST, "src/e.py": "e"}, train=old or {TRAIN: "t"}),
        side({**TEST, "src/e.py": "e"}, train={TRAIN: "t"}),
    )
    return [each.removeprefix(MAY) for each in texts(known, new, (was, now)) if each.startswith(MAY)]


@pytest.mark.parametrize("program", [*NAMES.values(), *PARTS.values()])
def test_test_data_that_a_program_of_the_training_newly_names_may_be_trained_on(program: str) -> None:
    start = "named in" if program in NAMES.values() else "parts of its name are in"
    assert may_be_made({TRAIN: "a = 1"}, {TRAIN: program}) == [f"{start} `{TRAIN}`"]
    assert may_be_made({TRAIN: program}, {TRAIN: f"{program}\nb = 1"}) == []
    # in what it imports, and at another place
    imports = {TRAIN: "import rows"}
    assert may_be_made({TRAIN: "a = 1"}, {**imports, "src/rows.py": program.replace("src", "")}) != []
    assert may_be_made({TRAIN: program}, {**imports, "src/rows.py": program}) == []


@pytest.mark.parametrize("program", NOT_NAMED.values())
def test_what_names_something_else_or_is_for_people_does_not_count(program: str) -> None:
    assert may_be_made({TRAIN: "a = 1"}, {TRAIN: program}) == []


def test_a_program_that_measures_as_well_counts_once_the_training_newly_runs_it() -> None:
    names, imports = "TEST = 'data/test.csv'", "import paths"
    was = {TRAIN: "a = 1", "src/e.py": imports, "src/paths.py": names}
    assert may_be_made(was, {**was, TRAIN: imports}) == ["named in `src/paths.py`"]
    # names that both have, in a new module or in one that both import
    assert may_be_made({TRAIN: "a = 1", "src/e.py": names}, {**was, TRAIN: imports}) == []
    was = {**was, TRAIN: imports}
    assert may_be_made({**was, "src/paths.py": "a = 1"}, was) == []
    assert may_be_made(was, {**was, TRAIN: f"{imports}\nopen(paths.TEST)"}) == []


def test_test_data_under_another_name_is_what_it_was() -> None:
    old, new = (side({f"{each}/test.csv": "t"}, train={TRAIN: "t"}) for each in ("data", "more"))
    reads = {each: {TRAIN: f"open('{each}/test.csv')"} for each in ("data", "more")}
    start = f"`{MODEL}` may now be made from `more/test.csv`, {END}: "
    found = [texts(old, new, (each, reads["more"])) for each in (reads["data"], {TRAIN: "a = 1"})]
    assert [each.startswith(start) for own in found for each in own].count(True) == 1
    assert not any(each.startswith(start) for each in found[0])


def test_a_copy_that_was_there_may_have_other_names() -> None:
    old, new = (side({f"{each}/t.csv": "t"}, train={f"{each}/copy.csv": "t"}) for each in ("data", "more"))
    assert [each for each in texts(old, new) if each.startswith(START)] == []


def test_so_does_a_parameter_of_the_training() -> None:
    def known(path: str) -> Pipeline:
        clean, train, evaluate = side(TEST, train={TRAIN: "t"}).stages
        assert train.locked is not None
        locked = train.locked._replace(params={"params.yaml": {"train": {"data": path}}})
        return Pipeline(stages=(clean, train._replace(locked=locked), evaluate))

    found = texts(known("data/clean.csv"), known("data/test.csv"), ({TRAIN: "a"}, {TRAIN: "a"}))
    assert found == [f"{MAY}named in `params.yaml`"]


def _named(sides: tuple[Pipeline, Pipeline], listings: tuple[Hashes | None, Hashes | None]) -> list[str]:
    def here(own: Hashes | None) -> Places:
        return Places(listing=lambda path: TEST_FILES if path == "test" else own, data=lambda _: True)

    old, new = sides
    found = compare_data([gate(old)], [gate(new)], sides, places=(here(listings[0]), here(listings[1])))
    return [note.message for note in found.notes if note.message.startswith(START)]
