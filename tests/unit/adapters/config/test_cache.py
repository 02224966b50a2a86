"""Config cache: a valid mlgit.yaml is parsed once, and a damaged cache costs only time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.config.loader import load
from mlgit.adapters.memory import Memory
from mlgit.core.config.file import Config
from mlgit.errors import ConfigError
from tests.support.config_file import WHOLE

if TYPE_CHECKING:
    from pathlib import Path


def cached_files(folder: Path) -> list[Path]:
    return sorted((folder / "config").iterdir())


def test_a_valid_file_is_cached_and_read_back_equal(tmp_path: Path) -> None:
    content = WHOLE.replace("a/../ref", "ref").encode()
    first = load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    assert len(cached_files(tmp_path)) == 1
    second = load(content, name="1a2b3c4:mlgit.yaml", cache_dir=str(tmp_path))
    assert second == first
    assert [gate.line for gate in second.gates.values()] == [gate.line for gate in first.gates.values()]


def rewrite(slot: Path, text: str) -> None:
    Memory(str(slot.parent), slot.name, format_number=3).write(text.encode())


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"content": 1}', "\x00", "cut", "value", "gate"])
def test_a_damaged_cache_is_ignored(tmp_path: Path, damage: str) -> None:
    content = WHOLE.replace("a/../ref", "ref").encode()
    expected = load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    (slot,) = cached_files(tmp_path)
    text = slot.read_text(encoding="utf-8").partition("\n")[2]
    damaged = {
        "cut": text[: len(text) // 2],
        "value": text.replace('"value":{', '"value":[{')[:-1] + "]}",
        "gate": text.replace('"min":"0.950"', '"min":"much"'),
    }.get(damage, damage)
    assert damaged != text
    rewrite(slot, damaged)
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)) == expected


def test_another_content_with_the_same_checksum_is_not_mixed_up(tmp_path: Path) -> None:
    content = b"version: 1\n"
    load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    (slot,) = cached_files(tmp_path)
    tree = json.loads(slot.read_text(encoding="utf-8").partition("\n")[2])
    foreign: dict[str, object] = {"value": {"models": {"x": {"line": 2}}}}
    rewrite(slot, json.dumps(tree | foreign))
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)).models.keys() == {"x"}
    rewrite(slot, json.dumps(tree | foreign | {"content": "version: 1"}))
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)) == Config()


@pytest.mark.parametrize("place", [0, 1, -1], ids=["version", "code", "schema"])
def test_another_version_of_mlgit_reads_the_file_again(tmp_path: Path, place: int) -> None:
    content = b"version: 1\n"
    load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    (slot,) = cached_files(tmp_path)
    tree = json.loads(slot.read_text(encoding="utf-8").partition("\n")[2])
    tree["made_by"][place] = "other"
    rewrite(slot, json.dumps(tree | {"value": {"models": {"x": {}}}}))
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)) == Config()


def test_an_invalid_file_is_never_cached(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError):
            load(b"version: 2\n", name="mlgit.yaml", cache_dir=str(tmp_path))
    assert not (tmp_path / "config").exists()


def test_a_folder_that_cannot_be_written_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert load(b"version: 1\n", name="mlgit.yaml", cache_dir=str(tmp_path / "file")) == Config()


def test_the_cache_stays_small(tmp_path: Path) -> None:
    (tmp_path / "config" / "folder").mkdir(parents=True)
    os.utime(tmp_path / "config" / "folder", (0, 0))
    for number in range(50):
        load(f"version: 1\n# {number}\n".encode(), name="mlgit.yaml", cache_dir=str(tmp_path))
    assert len(cached_files(tmp_path)) <= 33
