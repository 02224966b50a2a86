"""Words: no private word is left in names, docstrings, comments and texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.house.words import ROOT, files, in_schema, private_words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("folder", ["mlgit", "tests", "benchmarks"])
def test_no_private_word_is_left(folder: str) -> None:
    paths = files(folder)
    assert len(paths) > 1
    assert [place for path in paths for place in private_words(path)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.json")), ids=lambda path: path.name)
def test_no_private_word_is_left_in_a_schema(path: Path) -> None:
    assert list(in_schema(json.loads(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('X = "nobody has it"\n', ["nobody"]),
        ('X = f"`{a}` is no " + f"baseline of {b}, too"\n', ["is no", ", too"]),
        ('X = f"`is no {a}`, because {a!r}"\n', []),
        ('X = {"told": 1}\n', []),
        ('"""A word."""\nX = "so that it is, so that it was"\n', [", so that"]),
        ('def entry() -> None:\n    """Show what is told."""\n', ["told"]),
    ],
)
def test_a_private_word_in_a_text_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: list[str]
) -> None:
    monkeypatch.setattr("tests.house.words.ROOT", tmp_path)
    path = tmp_path / "mlgit" / "cli" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert [place.words for place in private_words(path)] == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"""Ages: what is told."""\n', ["told"]),
        ("def tell_age() -> None: ...\n", ["tell in tell_age"]),
        ("x = 1  # nobody\n# says who\n# stands here\n", ["nobody", "stands"]),
        ('"""A number; None if it is None, `told` or "told"."""\n', []),
        ("told_at = 1\n", []),
        ('X = 1\n"""What is told."""\n', ["told"]),
        ('def entry() -> None:\n    """Say what is told; only in cli this is help."""\n', ["told"]),
    ],
)
def test_a_private_word_is_found(tmp_path: Path, source: str, words: list[str]) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert [place.words for place in private_words(path)] == words
