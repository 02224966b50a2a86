"""Values are cached by the content they were read from, and a broken cache is ignored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.files import numbers
from mlgit.adapters.dvc.files.numbers import Numbers, Wanted
from mlgit.adapters.memory import Memory
from mlgit.core.pipeline.evidence import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.pipeline.evidence import Value

MANY = 100


def wanted(number: int, path: str = "m.json") -> Wanted:
    return Wanted(f"{number:040x}", "metric", path)


def fill(folder: Path, many: int = MANY) -> list[Wanted]:
    cache = Numbers(str(folder))
    asked = [wanted(number) for number in range(many)]
    cache.cached(asked)
    for number, each in enumerate(asked):
        cache.read(each, json.dumps({"auc": number / 7, "name": str(number), "ok": True}).encode())
    cache.save()
    return asked


def test_values_that_one_run_read_are_not_read_again(tmp_path: Path) -> None:
    asked = fill(tmp_path / "new" / "folder")
    found = Numbers(str(tmp_path / "new" / "folder")).cached(asked)
    assert set(found) == set(asked)
    assert dict(found[asked[3]]) == {"auc": Decimal(repr(3 / 7)), "name": "3", "ok": True}


def test_the_same_content_under_another_ending_or_as_parameters_is_read_again(tmp_path: Path) -> None:
    asked = fill(tmp_path)
    cache = Numbers(str(tmp_path))
    others = [each._replace(path="m.yaml") for each in asked] + [
        each._replace(kind="param") for each in asked
    ]
    assert cache.cached(others) == {}
    assert set(cache.cached([wanted(1, "other/folder/n.JSON")])) == {wanted(1, "other/folder/n.JSON")}


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(st.none(), st.booleans(), st.text(max_size=5), st.decimals(allow_nan=False)),
        max_size=5,
    )
)
def test_every_value_comes_back_as_it_was(values: dict[str, Value]) -> None:
    packed = json.loads(json.dumps(numbers._packed(values)))
    found = numbers._unpacked(packed)
    assert found is not None
    assert {key: (type(each), str(each)) for key, each in found.items()} == {
        key: (type(each), str(each)) for key, each in values.items()
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"m:%s:.json": {"auc": "x"}}' % ("0" * 40),
        '{"m:%s:.json": {"auc": 0.5}}' % ("0" * 40),
        '{"m:%s:.json": 7}' % ("0" * 40),
        "[" * 100_000,
    ],
)
def test_a_broken_or_foreign_cache_is_ignored_and_rewritten(tmp_path: Path, text: str) -> None:
    Memory(str(tmp_path), "numbers", format_number=2).write(text.encode())
    asked = fill(tmp_path)
    assert set(Numbers(str(tmp_path)).cached(asked)) == set(asked)


def test_a_large_cache_is_not_read_for_a_few_values_and_not_lost(tmp_path: Path) -> None:
    asked = fill(tmp_path, many=2000)
    size = (tmp_path / "numbers").stat().st_size
    cache = Numbers(str(tmp_path))
    assert cache.cached(asked[:3]) == {}
    cache.read(wanted(9999), b'{"auc": 1}')
    cache.save()
    assert (tmp_path / "numbers").stat().st_size == size
    assert len(Numbers(str(tmp_path)).cached(asked)) == 2000


def test_the_oldest_values_are_dropped_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fill(tmp_path)
    size = (tmp_path / "numbers").stat().st_size
    monkeypatch.setattr(numbers, "MAX_CACHE_BYTES", size + 100)
    new = [wanted(number + 1000) for number in range(MANY)]
    cache = Numbers(str(tmp_path))
    cache.cached(new)
    for each in new:
        cache.read(each, b'{"auc": 0.5}')
    cache.save()
    found = Numbers(str(tmp_path)).cached([*old, *new])
    assert set(found) == set(new)
    monkeypatch.setattr(numbers, "MAX_CACHE_BYTES", size // 2)
    assert 0 < len(Numbers(str(tmp_path)).cached(fill(tmp_path))) <= MANY
    assert (tmp_path / "numbers").stat().st_size <= size // 2


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    fill(tmp_path / "file")
    assert Numbers(None).cached([wanted(1)]) == {}


def test_a_file_without_values_is_a_problem_and_is_not_cached(tmp_path: Path) -> None:
    cache = Numbers(str(tmp_path))
    found = cache.read(wanted(1), b"{broken")
    assert isinstance(found, Problem)
    assert cache._learned == {}
