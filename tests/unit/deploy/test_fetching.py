"""Fetching: the destinations of files, and the files of a model."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.deploy.fetching import destination_below, members
from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.errors import StateError

MD5 = "0" * 32


def output(path: str, *, cached: bool = True) -> Output:
    return Output(path=path, owner="train", pointer=Pointer(md5=MD5), cached=cached)


@pytest.mark.parametrize(
    ("path", "top", "destination"),
    [
        ("models/line.json", "models/line.json", "line.json"),
        ("line.json", "line.json", "line.json"),
        ("models/bert/a.bin", "models/bert", "bert/a.bin"),
        ("models/bert/deep/a.bin", "models/bert", "bert/deep/a.bin"),
        ("models/bert/a.bin", "models/bert/", "bert/a.bin"),
    ],
)
def test_a_file_keeps_its_path_below_the_model(path: str, top: str, destination: str) -> None:
    assert destination_below(path, top) == destination


@pytest.mark.parametrize(
    ("path", "top"),
    [
        ("models/bert/../../../etc/passwd", "models/bert"),
        ("..", ".."),
        ("models/bert/./a", "models/bert"),
        ("models/bert//a", "models/bert"),
        ("models/bert/a\\..\\b", "models/bert"),
        ("models/bert/\0", "models/bert"),
    ],
)
def test_a_destination_outside_the_folder_is_refused(path: str, top: str) -> None:
    with pytest.raises(StateError, match="outside"):
        destination_below(path, top)


@given(st.text(alphabet="ab./\\\0", min_size=1, max_size=12))
def test_no_listing_leads_out_of_the_folder(name: str) -> None:
    try:
        destination = destination_below(f"models/bert/{name}", "models/bert")
    except StateError:
        return
    assert posixpath.normpath(destination) == destination
    assert destination.startswith("bert/")


def test_only_files_below_the_model_are_taken_from_a_larger_directory() -> None:
    listing = {"bert/b": Pointer(md5="b"), "bert/a": Pointer(md5="a"), "bertha": Pointer(md5="c")}
    assert [each.path for each in members(output("models"), listing, "models/bert")] == [
        "models/bert/a",
        "models/bert/b",
    ]


def test_one_file_of_a_directory_may_be_the_model() -> None:
    listing = {"a": Pointer(md5="a"), "b": Pointer(md5="b")}
    assert [each.pointer for each in members(output("models"), listing, "models/b")] == [Pointer(md5="b")]
