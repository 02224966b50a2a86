"""Programs that Python or pytest uses without being asked for them by name measure as well."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import side

PROGRAM = "src/evaluate.py"
PYTHON = f"python {PROGRAM}"
USED = {
    "on the path": ("PYTHONPATH=lib python src/evaluate.py", "lib/rows.py"),
    "of the path's second folder": ("PYTHONPATH=src:lib/more python src/evaluate.py", "lib/more/rows.py"),
    "on the path as a package": ("env PYTHONPATH=./lib/more python -m src.evaluate", "lib/more/rows.py"),
    "on the path from here": (
        "export PYTHONPATH=$PWD/lib:$PYTHONPATH; python src/evaluate.py",
        "lib/rows.py",
    ),
    "in place of a module of Python": ("PYTHONPATH='lib' python src/evaluate.py", "lib/json.py"),
    "when Python starts": ("PYTHONPATH=lib python src/evaluate.py", "lib/sitecustomize.py"),
    "for a user": (PYTHON, "usercustomize.py"),
    "perhaps": (PYTHON, "tools/sitecustomize.py"),
    "next to a test": ("pytest tests/quality/test_a.py", "tests/quality/conftest.py"),
    "above a test": ("python -m pytest -q tests/quality/test_a.py::test_one", "tests/conftest.py"),
    "above all tests": ("pytest tests", "conftest.py"),
    "in a folder of tests": ("pytest -x tests/quality -k auc", "tests/quality/test_a.py"),
    "wherever a test is": ("pytest", "tests/quality/b_test.py"),
}
GIT = {
    PROGRAM: "import rows, json",
    "rows.py": "a",
    "lib/more/__init__.py": "a",
    "tests/quality/test_a.py": "a",
}


@pytest.mark.parametrize("name", USED)
def test_a_program_that_is_used_counts(name: str) -> None:
    cmd, path = USED[name]
    assert named(side({PROGRAM: "p"}), {**GIT, path: "a"}, {**GIT, path: "b"}, cmd) == (
        f"`{path}` changed (stage evaluate)"
    )


@pytest.mark.parametrize(
    ("cmd", "path"),
    [
        (PYTHON, "lib/rows.py"),
        (PYTHON, "lib/json.py"),
        ("PYTHONPATH=$MORE:/srv python src/evaluate.py", "lib/rows.py"),
        (PYTHON, "conftest.py"),
        (PYTHON, "tests/test_rows.py"),
        ("pytest tests/quality", "tests/data/test_a.py"),
        ("pytest tests/quality", "tests/data/conftest.py"),
        ("pytest tests/quality", "tests/quality/rows.py"),
        # what is installed is not known: a list of packages counts if a stage declares or names it
        (PYTHON, "requirements.txt"),
        (PYTHON, "pyproject.toml"),
        ("uv run python src/evaluate.py", "uv.lock"),
        ("pytest tests/quality", "pytest.ini"),
        # with this ending, most files are weights
        (PYTHON, "src/more.pth"),
    ],
)
def test_others_do_not(cmd: str, path: str) -> None:
    assert named(side({PROGRAM: "p"}), {**GIT, path: "a"}, {**GIT, path: "b"}, cmd) == ""
