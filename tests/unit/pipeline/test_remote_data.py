"""Outputs that a DVC remote lacks, how much is missing, and where else it is."""

from __future__ import annotations

from typing import Any

import pytest

from mlgit.core.pipeline.remote_data import (
    Holding,
    RemoteData,
    RemoteOutput,
    count_by_remote,
    kept_elsewhere,
    lacking,
)
from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.render.console import plain
from mlgit.render.pages.remote_data import section
from mlgit.render.pages.shortening import Shortening

FILE = Output(path="m.bin", owner="train", pointer=Pointer(md5="a" * 32, size=7))
FOLDER = Output(path="d", owner="d.dvc", pointer=Pointer(md5="b" * 32 + ".dir", size=30, nfiles=3))
LISTING = "b" * 32 + ".dir"


def state_of(
    output: Output,
    cached: dict[str, int],
    *,
    in_workspace: bool = False,
    **holding: Any,  # noqa: ANN401 (any field)
) -> RemoteOutput | None:
    return lacking(
        output,
        Holding(path=output.path, remote="storage", **holding),
        cached_bytes=lambda pointer: cached.get(pointer.md5),
        in_workspace=lambda: in_workspace,
    )


def test_a_complete_output_is_not_listed() -> None:
    assert state_of(FILE, {}, files=1) is None


def test_an_output_is_unknown_if_the_remote_did_not_answer() -> None:
    found = state_of(FILE, {}, answered=False)
    assert found is not None
    assert (found.presence, found.size_bytes, found.missing_files, found.elsewhere) == (
        "unknown",
        7,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("cached", "workspace", "elsewhere", "missing_bytes"),
    [
        ({"x": 10, "y": 11}, "other", "cache", 21),
        ({"x": 10}, "other", "partly", None),
        ({"x": 10}, "same", "workspace", None),
        ({}, "other", "nowhere", None),
    ],
)
def test_the_missing_part_of_a_directory_has_a_location(
    cached: dict[str, int], workspace: str, elsewhere: str, missing_bytes: int | None
) -> None:
    found = state_of(FOLDER, cached, in_workspace=workspace == "same", files=3, missing=("x", "y"))
    assert found is not None
    assert (found.elsewhere, found.missing_files, found.missing_bytes) == (elsewhere, 2, missing_bytes)
    assert (found.files, found.listing_missing) == (3, False)


def test_a_completely_missing_output_has_its_recorded_size() -> None:
    found = state_of(FOLDER, {}, files=3, missing=(LISTING, "x", "x", "y"))
    assert found is not None
    assert (found.missing_files, found.missing_bytes, found.listing_missing) == (3, 30, True)


def test_without_a_listing_the_missing_size_is_unknown() -> None:
    found = state_of(FOLDER, {}, missing=(LISTING,))
    assert found is not None
    assert (found.files, found.missing_files, found.missing_bytes, found.listing_missing) == (
        3,
        None,
        None,
        True,
    )


@pytest.mark.parametrize(
    ("output", "presence"),
    [
        (FILE._replace(foreign=True), "foreign"),
        (FILE._replace(push=False), "private"),
        (FILE, None),
    ],
    ids=["foreign", "private", "ordinary"],
)
def test_outputs_that_no_remote_should_have_are_not_queried(output: Output, presence: str | None) -> None:
    found = kept_elsewhere(output)
    assert (None if found is None else found.presence) == presence


def test_outputs_are_counted_per_remote_and_only_those_with_a_remote() -> None:
    found = count_by_remote(
        (
            Holding(path="a", remote="z", files=1),
            Holding(path="b", remote="z", files=1, missing=("x",)),
            Holding(path="c", remote="a", answered=False),
            Holding(path="d", remote=None, answered=False),
        )
    )
    assert [(each.remote, each.outputs, each.missing, each.answered) for each in found] == [
        ("a", 1, 0, False),
        ("z", 2, 1, True),
    ]


def test_a_thousand_missing_outputs_fit_on_a_page() -> None:
    missing = tuple(
        RemoteOutput(
            path=f"data/{number:04}.csv",
            owner="x.dvc",
            remote="storage" if number % 2 else "other",
            presence="missing",
            files=1,
            missing_files=1,
            missing_bytes=2048,
            elsewhere="cache",
        )
        for number in range(1000)
    )
    private = tuple(
        RemoteOutput(path=f"mine/{number}", owner="x.dvc", remote=None, presence="private")
        for number in range(1000)
    )
    text = plain(section(RemoteData(outputs=missing + private), Shortening(whole=False)))
    assert len(text.splitlines()) < 25
    assert "  data/0001.csv  storage  2.0 KiB  in the cache here\n" in text
    assert "and 984 more" in text
    assert "`push: false`: mine/0, mine/1, mine/2, mine/3 and 996 more" in " ".join(text.split())


def test_a_lost_listing_and_files_of_unknown_size_are_described() -> None:
    def row(**fields: Any) -> str:  # noqa: ANN401 (any field)
        output = RemoteOutput(path="d", owner="d.dvc", remote="s", presence="missing", files=3, **fields)
        return plain(section(RemoteData(outputs=(output,)), Shortening(whole=False))).splitlines()[-1].strip()

    assert (
        row(missing_files=0, listing_missing=True, elsewhere="cache")
        == "d  its listing only  in the cache here"
    )
    assert row(missing_files=2, elsewhere="partly") == "d  2 of 3 files  partly here"
    assert row(elsewhere="nowhere") == "d  its listing, so all of it  not on this machine"
    one = RemoteOutput(
        path="f",
        owner="f.dvc",
        remote="s",
        presence="missing",
        files=1,
        missing_files=1,
        elsewhere="workspace",
    )
    assert "f  1 file  here, but not in the cache" in plain(
        section(RemoteData(outputs=(one,)), Shortening(whole=False))
    )
