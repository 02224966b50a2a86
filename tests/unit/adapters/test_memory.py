"""A cache file is replaced as a whole, and used only if it is intact and of the same format."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.memory import Memory, Table, fitting, round_trips_json

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S = 3600


def memory(folder: Path, number: int = 2, limit: int | None = None) -> Memory:
    return Memory(str(folder), "cache", format_number=number, limit_bytes=limit)


def test_a_written_content_is_read_back_from_a_folder_that_did_not_exist(tmp_path: Path) -> None:
    for content in (b"", b"\0\nx", b"new"):
        memory(tmp_path / "a/b").write(content)
        assert memory(tmp_path / "a/b").read() == content
    assert os.listdir(tmp_path / "a/b") == ["cache"]


@pytest.mark.parametrize("damage", ["empty", "torn", "flipped", "another format", "foreign", "folder"])
def test_a_broken_or_foreign_file_is_ignored_and_replaced(tmp_path: Path, damage: str) -> None:
    memory(tmp_path).write(b"content")
    file = tmp_path / "cache"
    good = file.read_bytes()
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        broken = {
            "empty": b"",
            "torn": good[:-3],
            "flipped": good[:-1] + bytes([good[-1] ^ 1]),
            "another format": good.replace(b"cache 2 ", b"cache 1 "),
            "foreign": b"\xff" * 5_000,
        }
        file.write_bytes(broken[damage])
    assert memory(tmp_path).read() is None
    assert memory(tmp_path).read_json() is None
    memory(tmp_path).write(b"again")
    assert memory(tmp_path).read() == (None if damage == "folder" else b"again")


def test_another_format_number_is_ignored(tmp_path: Path) -> None:
    memory(tmp_path, 1).write(b"content")
    assert memory(tmp_path, 2).read() is None
    memory(tmp_path, 2).write(b"content")
    assert memory(tmp_path, 1).read() is None


def test_content_over_the_limit_is_neither_written_nor_read(tmp_path: Path) -> None:
    assert not memory(tmp_path, limit=5).write(b"longer")
    assert not (tmp_path / "cache").exists()
    memory(tmp_path).write(b"x" * 500)
    assert memory(tmp_path, limit=400).read() is None
    assert memory(tmp_path, limit=400).size_bytes() == 0
    assert memory(tmp_path).size_bytes() > 500


def test_what_is_written_within_the_limit_is_read_back(tmp_path: Path) -> None:
    written = [size for size in range(950, 1_001) if memory(tmp_path, limit=1_000).write(b"x" * size)]
    assert 950 in written
    assert 1_000 not in written
    for size in written:
        memory(tmp_path, limit=1_000).write(b"x" * size)
        assert memory(tmp_path, limit=1_000).read() == b"x" * size


@pytest.mark.parametrize(
    "value", [{"a": 16**4_000}, {"a": object}, {"a": {1: {2}}}], ids=["long", "type", "set"]
)
def test_a_value_that_json_cannot_write_is_not_kept(tmp_path: Path, value: object) -> None:
    memory(tmp_path).write_json({"old": 1})
    if value == {"a": 16**4_000}:
        assert not memory(tmp_path).write_json(value)
    assert not round_trips_json(value)
    assert memory(tmp_path).read_json() == {"old": 1}


def test_a_number_that_json_cannot_write_leaves_the_other_values(tmp_path: Path) -> None:
    first = table(tmp_path)
    first.learn("long", 16**4_000)
    first.learn("short", 1)
    first.save()
    assert (table(tmp_path).get("long"), table(tmp_path).get("short")) == (None, (1,))


def test_without_a_folder_or_where_a_file_is_in_the_way_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (None, str(tmp_path / "file")):
        nowhere = Memory(folder, "cache", format_number=1)
        assert nowhere.write(b"x")
        assert nowhere.write_json([])
        assert (nowhere.read(), nowhere.read_json(), nowhere.size_bytes()) == (None, None, 0)


def test_a_full_disk_leaves_the_old_content(tmp_path: Path) -> None:
    memory(tmp_path).write(b"whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        memory(tmp_path).write(b"x" * 5_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == ["cache"]
    assert memory(tmp_path).read() == b"whole"


def test_an_interrupted_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        memory(tmp_path).write(b"x")
    assert os.listdir(tmp_path) == []


def test_a_file_that_another_run_is_writing_is_left_alone_until_it_is_old(tmp_path: Path) -> None:
    half = tmp_path / "cache.half"
    half.touch()
    memory(tmp_path).write(b"x")
    assert memory(tmp_path).read() is None
    os.utime(half, (HOUR_S, HOUR_S))
    memory(tmp_path).write(b"x")
    assert memory(tmp_path).read() == b"x"
    assert os.listdir(tmp_path) == ["cache"]


def test_a_half_written_file_from_the_future_is_abandoned(tmp_path: Path) -> None:
    half = tmp_path / "cache.half"
    half.touch()
    later = half.stat().st_mtime + HOUR_S
    os.utime(half, (later, later))
    memory(tmp_path).write(b"x")
    assert memory(tmp_path).read() == b"x"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_content_that_is_not_json_is_ignored(tmp_path: Path, content: bytes) -> None:
    memory(tmp_path).write(content)
    assert memory(tmp_path).read_json() is None


def table(folder: Path, room: int = 1_000, limit: int | None = None) -> Table:
    return Table(memory(folder, limit=limit), room_bytes=room)


def test_a_table_keeps_values_of_this_run_and_others_while_there_is_room(tmp_path: Path) -> None:
    first = table(tmp_path)
    for key in ("old", "older"):
        first.learn(key, None)
    first.save()
    second = table(tmp_path, room=len("new" + "old"))
    assert (second.get("nothing"), second.get("old")) == (None, (None,))
    second.learn("new", [1])
    second.learn("lost", {1: "not JSON"})
    assert second.get("lost") == ({1: "not JSON"},)
    second.save()
    third = table(tmp_path)
    assert [third.get(key) for key in ("new", "old", "older", "lost")] == [([1],), (None,), None, None]


def test_a_table_that_learned_nothing_is_not_written(tmp_path: Path) -> None:
    table(tmp_path).save()
    assert not (tmp_path / "cache").exists()


def test_a_table_that_is_too_large_keeps_only_values_of_this_run(tmp_path: Path) -> None:
    first = table(tmp_path)
    first.learn("old", "x" * 100)
    first.save()
    second = table(tmp_path, limit=150)
    second.learn("new", "x" * 100)
    second.save()
    assert [table(tmp_path).get(key) for key in ("old", "new")] == [None, ("x" * 100,)]


def test_a_table_whose_values_of_this_run_are_too_many_keeps_the_first(tmp_path: Path) -> None:
    first = table(tmp_path, limit=400)
    for number in range(9):
        first.learn(str(number), "x" * 100)
    first.save()
    kept = [number for number in range(9) if table(tmp_path, limit=400).get(str(number))]
    assert kept == [0, 1, 2]


@pytest.mark.parametrize(("most_bytes", "kept"), [(0, 1), (8, 1), (9, 2), (12, 2), (13, 3), (99, 3)], ids=str)
def test_the_first_values_that_fit_are_kept_but_at_least_one(most_bytes: int, kept: int) -> None:
    values = ["a", "b", "c"]
    assert fitting(values, most_bytes=most_bytes) == values[:kept]
    assert fitting([], most_bytes=most_bytes) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_json_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    kept = memory(tmp_path_factory.mktemp("json"))
    assert round_trips_json(value)
    kept.write_json(value)
    assert kept.read_json() == value


@pytest.mark.parametrize("value", [{1: "a"}, (1,), b"x", [{"a": {2}}]])
def test_a_value_that_json_would_change_does_not_round_trip(value: object) -> None:
    assert not round_trips_json(value)
