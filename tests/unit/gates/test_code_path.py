"""Programs that Python or pytest uses without being asked for them by name measure as well."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

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
        # with this ending, most files are weights
        (PYTHON, "src/more.pth"),
    ],
)
def test_others_do_not(cmd: str, path: str) -> None:
    assert named(side({PROGRAM: "p"}), {**GIT, path: "a"}, {**GIT, path: "b"}, cmd) == ""


FEW = "addopts = --deselect tests/quality/test_a.py::test_a"
TOML = '[tool.pytest.ini_options]\naddopts = "{}"'
SETTINGS = {
    "of their own": {"pytest.ini": f"[pytest]\n{FEW}"},
    "hidden": {".pytest.ini": f"[pytest]\n{FEW}"},
    "of the project": {"pyproject.toml": TOML.format("-k fast")},
    "of tox": {"tox.ini": f"[tox]\n[pytest]\n{FEW}"},
    "of the package": {"setup.cfg": f"[tool:pytest]\n{FEW}"},
    "in the folder": {"tests/quality/pytest.ini": f"[pytest]\n{FEW}"},
    "above it": {"tests/pytest.ini": ""},
    "of newer versions": {"pytest.toml": '[pytest]\naddopts = ["-k", "fast"]'},
}
RUNS_PYTEST = {
    "a command": ("pytest -q tests/quality > out", {}),
    "a module": ("python -m pytest tests/quality/test_a.py::test_one", {}),
    "a tool": ("uv run pytest tests/quality && python src/evaluate.py", {}),
    "a script": ("bash run.sh", {"run.sh": "pytest tests/quality\n"}),
    "make": ("make test", {"Makefile": "test:\n\t@pytest tests/quality\n"}),
}


@pytest.mark.parametrize("cmd", RUNS_PYTEST)
@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_pytest_count_where_it_runs(name: str, cmd: str) -> None:
    line, more = RUNS_PYTEST[cmd]
    git = {**GIT, **more}
    (path,) = SETTINGS[name]
    assert named(side({PROGRAM: "p"}), git, {**git, **SETTINGS[name]}, line) == (
        f"`{path}` is new (stage evaluate)"
    )
    assert named(side({PROGRAM: "p"}), {**git, **SETTINGS[name]}, git, line) == (
        f"`{path}` is gone (stage evaluate)"
    )
    assert named(side({PROGRAM: "p"}), git, {**git, **SETTINGS[name]}, PYTHON) == ""


def test_a_program_that_starts_pytest_takes_its_settings() -> None:
    for text in ("import pytest\npytest.main(['tests'])", "import subprocess as s\ns.run(['pytest'])"):
        git = {**GIT, PROGRAM: text, "setup.cfg": "[metadata]"}
        new = {**git, "setup.cfg": f"[metadata]\n[tool:pytest]\n{FEW}"}
        assert named(side({PROGRAM: "p"}), git, new, PYTHON) == "`setup.cfg` changed (stage evaluate)"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # the same settings, and those of other tools
        ({"pyproject.toml": TOML.format("-q")}, {"pyproject.toml": f"[project]\n{TOML.format('-q')} # more"}),
        ({"pytest.ini": "[pytest]\na = b"}, {"pytest.ini": "[pytest]\n# more\na=b\n"}),
        ({}, {"setup.cfg": "[metadata]", "tox.ini": "[tox]", "pyproject.toml": "[project]"}),
        # those that pytest passes over
        ({"pytest.ini": "[pytest]"}, {"pytest.ini": "[pytest]", "setup.cfg": f"[tool:pytest]\n{FEW}"}),
        ({}, {"tools/pytest.ini": f"[pytest]\n{FEW}"}),
        ({}, {"setup.cfg": "[metadata]\nname\n  more\n", "tox.ini": "more"}),
    ],
)
def test_settings_that_pytest_does_not_take_do_not_count(old: Hashes, new: Hashes) -> None:
    assert named(side({PROGRAM: "p"}), {**GIT, **old}, {**GIT, **new}, "pytest tests/quality") == ""


def test_a_file_that_the_command_names_is_the_one_that_counts() -> None:
    old = {**GIT, "tests/a.ini": "[pytest]\naddopts = -q", "pytest.ini": "[pytest]\naddopts = -q"}
    for path, text in (("tests/a.ini", "`tests/a.ini` changed (stage evaluate)"), ("pytest.ini", "")):
        new = {**old, path: f"[pytest]\n{FEW}"}
        assert named(side({PROGRAM: "p"}), old, new, "pytest -c tests/a.ini tests/quality") == text
