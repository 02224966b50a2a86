"""Programs are read in time that grows with their length, and nothing about them is printed."""

from __future__ import annotations

import pytest

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.runs.imports import asked
from tests.support.measured_code import named
from tests.support.measured_data import side

PROGRAM = "src/evaluate.py"
LONG = {
    "spaces": "from" + " " * 30_000,
    "one word": "a = '" + "a" * 400_000 + "'",
    "brackets without an end": "from a import (\n" * 20_000,
    "comments with such brackets": "# from a import (\n" * 20_000,
    "a name of many parts": "import " + ".".join("a" * 3_000),
    "a relative name of many parts": "from ." + ".".join("a" * 3_000) + " import b",
    "lists that double": "import sys\na0 = ['a']\n"
    + "".join(f"a{each} = [*a{each - 1}, *a{each - 1}]\n" for each in range(1, 99))
    + "sys.path += a98",
    "imports": "\n".join(f"import a{each}.b.c" for each in range(2_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_program_is_read_in_one_pass(name: str) -> None:
    text = f"{LONG[name]}\nimport rows\n"
    git = {PROGRAM: text, "src/a/__init__.py": "", "src/rows.py": "a"}
    assert (0, "rows") in asked(PROGRAM, text.encode(), exact=False).modules
    assert named(side({PROGRAM: "p"}), git, {**git, "src/rows.py": "b"}) == (
        "`src/rows.py` changed (stage evaluate)"
    )


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("from . import a", {(1, ""), (1, "a")}),
        ("from .. b import c", {(2, "b"), (2, "b.c")}),
        ("from.b import c", {(1, "b"), (1, "b.c")}),
        ("from a import (  # (first), import of b\n    b,\n    c,  # )\n    d)", {(0, "a.d")}),
        ("x = '#'; import a", {(0, "a")}),
        ("x = '#'; from a import (\n  b)", {(0, "a.b")}),
        ("import a; from b import c", {(0, "a"), (0, "b"), (0, "b.c")}),
        ("from a import b, \\\n  c", {(0, "a.c")}),
    ],
)
def test_a_quick_look_finds_each_import(text: str, modules: set[tuple[int, str]]) -> None:
    assert modules <= asked(PROGRAM, text.encode(), exact=False).modules


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["pattern = '\\d'", "1 is 1", "assert (1, 'text')"])
def test_python_does_not_warn_about_the_program_of_a_user(text: str) -> None:
    assert parse(text).body
    git = {PROGRAM: text}
    assert named(side({PROGRAM: "p"}), git, {PROGRAM: f"# more\n{text}"}) == ""
