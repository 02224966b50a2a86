"""Test data that the training newly reads is named, also as a copy and behind a link."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import MODEL, Hashes, gate, side, stage, texts

TEST = {"data/test.csv": "t"}
START = f"`{MODEL}` is now made from"
END = "which it is measured on"
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


TEST_FILES = {"a.csv": "1", "b.csv": "2", "empty.csv": "d41d8cd98f00b204e9800998ecf8427e"}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"x.csv": "8"}, {"x.csv": "8", "a.csv": "1", "more/c.csv": "2"}, "2 files"),
        ({"x.csv": "8", "a.csv": "1"}, {"x.csv": "8", "a.csv": "1", "c.csv": "2"}, "1 file"),
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
    assert _named((old, new), (before, after)) == (
        [] if text is None else [f"{START} {text} of `train` that `test` has as well, {END}"]
    )


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
    assert found == [f"{START} 1 file of `train` that `test` has as well, {END}"]


def _named(sides: tuple[Pipeline, Pipeline], listings: tuple[Hashes | None, Hashes | None]) -> list[str]:
    def here(own: Hashes | None) -> Places:
        return Places(listing=lambda path: TEST_FILES if path == "test" else own, data=lambda _: True)

    old, new = sides
    found = compare_data([gate(old)], [gate(new)], sides, places=(here(listings[0]), here(listings[1])))
    return [note.message for note in found.notes if note.message.startswith(START)]
