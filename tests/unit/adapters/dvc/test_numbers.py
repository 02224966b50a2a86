"""Values are remembered by what they were read from, and a memory that is broken is none."""

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


def remember(folder: Path, many: int = MANY) -> list[Wanted]:
    memory = Numbers(str(folder))
    asked = [wanted(number) for number in range(many)]
    memory.cached(asked)
    for number, each in enumerate(asked):
        memory.read(each, json.dumps({"auc": number / 7, "name": str(number), "ok": True}).encode())
    memory.save()
    return asked


def test_what_one_run_read_the_next_one_need_not(tmp_path: Path) -> None:
    asked = remember(tmp_path / "new" / "folder")
    found = Numbers(str(tmp_path / "new" / "folder")).cached(asked)
    assert set(found) == set(asked)
    assert dict(found[asked[3]]) == {"auc": Decimal(repr(3 / 7)), "name": "3", "ok": True}


def test_the_same_content_under_another_ending_or_as_parameters_is_read_anew(tmp_path: Path) -> None:
    asked = remember(tmp_path)
    memory = Numbers(str(tmp_path))
    others = [each._replace(path="m.yaml") for each in asked] + [
        each._replace(kind="param") for each in asked
    ]
    assert memory.cached(others) == {}
    assert set(memory.cached([wanted(1, "other/folder/n.JSON")])) == {wanted(1, "other/folder/n.JSON")}


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
    asked = remember(tmp_path)
    assert set(Numbers(str(tmp_path)).cached(asked)) == set(asked)


def test_a_large_memory_is_not_read_for_a_few_values_nor_lost_by_it(tmp_path: Path) -> None:
    asked = remember(tmp_path, many=2000)
    size = (tmp_path / "numbers").stat().st_size
    memory = Numbers(str(tmp_path))
    assert memory.cached(asked[:3]) == {}
    memory.read(wanted(9999), b'{"auc": 1}')
    memory.save()
    assert (tmp_path / "numbers").stat().st_size == size
    assert len(Numbers(str(tmp_path)).cached(asked)) == 2000


def test_what_does_not_fit_goes_the_oldest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = remember(tmp_path)
    size = (tmp_path / "numbers").stat().st_size
    monkeypatch.setattr(numbers, "MAX_CACHE_BYTES", size + 100)
    new = [wanted(number + 1000) for number in range(MANY)]
    memory = Numbers(str(tmp_path))
    memory.cached(new)
    for each in new:
        memory.read(each, b'{"auc": 0.5}')
    memory.save()
    found = Numbers(str(tmp_path)).cached([*old, *new])
    assert set(found) == set(new)
    monkeypatch.setattr(numbers, "MAX_CACHE_BYTES", size // 2)
    assert 0 < len(Numbers(str(tmp_path)).cached(remember(tmp_path))) <= MANY
    assert (tmp_path / "numbers").stat().st_size <= size // 2


def test_a_folder_that_cannot_be_written_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "file")
    assert Numbers(None).cached([wanted(1)]) == {}


def test_a_file_without_values_is_a_problem_and_is_not_remembered(tmp_path: Path) -> None:
    memory = Numbers(str(tmp_path))
    found = memory.read(wanted(1), b"{broken")
    assert isinstance(found, Problem)
    assert memory._learned == {}
