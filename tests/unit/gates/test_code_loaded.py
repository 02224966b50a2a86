"""Programs that a measurement loads by paths, variables and settings, or in place of what it imports."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

PROGRAM = "src/evaluate.py"
PYTHON = f"python {PROGRAM}"
RUN_PATH = "import runpy, os\nfrom pathlib import Path\n"
BY_PYTHON = {
    "below its own folder": (
        f"{RUN_PATH}runpy.run_path(Path(__file__).parent / 'lib' / 'rows.py')",
        "src/lib/rows.py",
    ),
    "by a folder with a name": (
        f"{RUN_PATH}HERE = os.path.dirname(__file__)\nrunpy.run_path(f'{{HERE}}/rows.py')",
        "src/rows.py",
    ),
    "above its own folder": (
        f"{RUN_PATH}TOP = Path(__file__).resolve().parents[1]\nexec((TOP / 'lib/rows.py').read_text())",
        "lib/rows.py",
    ),
    "by parts": (f"{RUN_PATH}runpy.run_path(os.path.join(os.getcwd(), 'lib', 'rows.py'))", "lib/rows.py"),
    "below a folder that is not known": (
        f"{RUN_PATH}runpy.run_path(f'{{TOP}}/lib/rows.py')",
        "deep/lib/rows.py",
    ),
    "below a folder of a machine": (f"{RUN_PATH}runpy.run_path('/app/lib/rows.py')", "lib/rows.py"),
    "by a name that is given once": (
        "import importlib\nNAME = 'lib.rows'\nimportlib.import_module(NAME)",
        "lib/rows.py",
    ),
    "by a name of a function": ("use('lib.rows.most')", "lib/rows.py"),
    "from a folder that it adds": ("import sys\nsys.path.insert(0, 'lib')\nimport rows", "lib/rows.py"),
    "from a folder above that it adds": (
        "import os\nfrom sys import path\npath.append(f'{os.path.dirname(__file__)}/../lib')\nimport rows",
        "lib/rows.py",
    ),
    "from a list of folders": ("import sys\nsys.path[:0] = ['a', 'lib']\nimport rows", "lib/rows.py"),
    "as a process by name": (
        "import sys\nfrom subprocess import run\nrun([sys.executable, '-u', 'lib/rows.py'])",
        "lib/rows.py",
    ),
    "under the name of a folder of data": ("from metrics import most", "more/metrics.py"),
    "compiled for one Python": ("import rows", "src/rows.cpython-311-x86_64-linux-gnu.so"),
    "compiled by Python": ("import rows", "src/__pycache__/rows.cpython-311.pyc"),
    "a package that is compiled": ("import rows", "src/rows/__init__.abi3.so"),
    "what a module of Python imports": ("import statistics", "src/random.py"),
    "what a module of Python imports from a package": ("import statistics", "src/random/__init__.py"),
}
GIT = {
    "src/rows.py": "a",
    "lib/__init__.py": "",
    "metrics/test.json": "{}",
    "other/lib.txt": "",
    "docs/conf.py": "a",
}


def changed(path: str, git: Hashes, dep: str, cmd: str) -> str:
    return named(side({dep: "p"}), {**git, path: "a"}, {**git, path: "b"}, cmd)


@pytest.mark.parametrize("name", BY_PYTHON)
def test_what_python_loads_counts(name: str) -> None:
    text, path = BY_PYTHON[name]
    git = {**GIT, PROGRAM: text}
    assert changed(path, git, PROGRAM, PYTHON) == f"`{path}` changed (stage evaluate)"


BY_SHELL = {
    "next to the script": ('source "$(dirname "$0")/lib.sh"', "src/lib.sh"),
    "by a variable": ('HERE=$(cd "$(dirname "$0")" && pwd)\n. "$HERE/lib.sh"', "src/lib.sh"),
    "by a variable in brackets": ("bash ${HERE}/lib.sh", "src/lib.sh"),
    "after an option in another line": ("python src/run.py \\\n  --metric lib/rows.py", "lib/rows.py"),
    "by an option of Python": ("python -um lib.rows", "lib/rows.py"),
    "by an option without a space": ("python -mlib.rows", "lib/rows.py"),
    "in a text of Python": ('python -c "from lib.rows import main; main()"', "lib/rows.py"),
}


@pytest.mark.parametrize("name", BY_SHELL)
def test_what_a_shell_runs_counts(name: str) -> None:
    text, path = BY_SHELL[name]
    git = {"src/run.sh": f"set -e\n{text}\n", "src/run.py": "a", "lib/__init__.py": ""}
    assert changed(path, git, "src/run.sh", "bash src/run.sh") == f"`{path}` changed (stage evaluate)"


COMMANDS = {
    "a package": ("python src/rows", "src/rows/__main__.py"),
    "an option without a space": ("python -msrc.rows", "src/rows.py"),
    "an option of several": ("python -um src.rows", "src/rows.py"),
    "a text": ('python -c "import src.rows"', "src/rows.py"),
    "another folder": ("cd src/lib && python ../rows.py", "src/rows.py"),
    "the folder as a variable": ('python "$PWD/src/rows.py"', "src/rows.py"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_runs_counts(name: str) -> None:
    cmd, path = COMMANDS[name]
    assert changed(path, {"src/lib/a.txt": ""}, "data.csv", cmd) == f"`{path}` changed (stage evaluate)"


@pytest.mark.parametrize(
    ("conf", "text"),
    [
        ("conf/evaluate.json", '{"_target_": "lib.rows.most"}'),
        ("conf/evaluate.yaml", "metric:\n  class_path: lib.rows.Most\n"),
        ("conf/evaluate.yml", "metric: !function rows.most\n"),
        ("conf/evaluate.toml", 'metric = "lib.rows"'),
        ("conf/evaluate.ini", "metric = lib/rows.py"),
        ("conf/more/evaluate.cfg", "metric = lib.rows.most"),
    ],
)
def test_what_settings_name_counts(conf: str, text: str) -> None:
    git = {PROGRAM: "print(conf)", conf: text, "lib/other.py": "a"}
    for dep in (conf, "conf"):
        found = named(
            side({PROGRAM: "p", dep: "c"}), {**git, "lib/rows.py": "a"}, {**git, "lib/rows.py": "b"}, PYTHON
        )
        assert found == "`lib/rows.py` changed (stage evaluate)"
        assert changed("lib/other.py", git, dep, PYTHON) == ""


@pytest.mark.parametrize(
    ("script", "is_named"),
    [
        ("python src/score.py", True),
        ("FAST=1 python -u src/score.py data.csv", True),
        ("if true; then bash src/score.py; fi", True),
        ("src/score.py", True),
        ("# python src/score.py", False),
        ("cp src/score.py /tmp", False),
    ],
)
def test_what_a_script_runs_counts_if_training_declares_it(script: str, *, is_named: bool) -> None:
    git = {"run.sh": script}
    known = side({"run.sh": "p"}, train={"src/score.py": "t"})
    found = named(known, {**git, "src/score.py": "a"}, {**git, "src/score.py": "b"}, "bash run.sh")
    assert found == ("`src/score.py` changed (stage evaluate)" if is_named else "")


@pytest.mark.parametrize(
    ("script", "text", "path"),
    [
        ("e.js", 'const { most } = require("./rows")', "src/rows.js"),
        ("e.js", 'const { most } = require("./rows")', "src/rows/index.js"),
        ("e.mjs", 'import { most } from "./rows.mjs"', "src/rows.mjs"),
        ("e.js", "//\nimport('./lib/rows.cjs')", "src/lib/rows.cjs"),
        ("e.rs", "#[allow(x)]\nmod rows;", "src/rows.rs"),
        ("e.rs", "mod rows;", "src/rows/mod.rs"),
        ("e.pl", "use rows;", "src/rows.pm"),
        ("e.rb", "require_relative 'rows'", "src/rows.rb"),
        ("e.lua", 'require("rows")', "src/rows.lua"),
        ("e.c", '#include "rows.h"', "src/rows.h"),
    ],
)
def test_other_languages_name_modules_without_an_ending(script: str, text: str, path: str) -> None:
    git = {f"src/{script}": text, "src/other.js": "a", "src/other.pm": "a"}
    assert changed(path, git, f"src/{script}", f"run src/{script}") == f"`{path}` changed (stage evaluate)"
    assert changed("src/other.js", git, f"src/{script}", f"run src/{script}") == ""


def test_what_python_compiles_of_a_program_is_not_named_next_to_it() -> None:
    git = {PROGRAM: "import rows", "src/rows.py": "a", "src/__pycache__/rows.cpython-311.pyc": "a"}
    new = dict.fromkeys(git, "b") | {PROGRAM: "import rows"}
    assert named(side({PROGRAM: "p"}), git, new, PYTHON) == "`src/rows.py` changed (stage evaluate)"
