"""Test data that the training newly reads is named, also as a copy and behind a link."""

from __future__ import annotations

import pytest

from tests.support.measured_data import MODEL, Hashes, side, texts

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
