"""The page about security: each line names tests, and each named test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guides/security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def lines() -> list[str]:
    """The lines of the tables, without their heads."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [line for line in rows if not line.startswith(("| who |", "|---"))]


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_there_are_lines_about_everyone() -> None:
    people = {line.split("|")[1].strip() for line in lines()} - {""}
    assert {"a fork", "a pull request's author", "who may push tags", "a forge's administrator"} <= people


@pytest.mark.parametrize("line", lines())
def test_each_line_names_tests_that_exist(line: str) -> None:
    named = NAMED.findall(line)
    assert named, line
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in functions(path), name
