"""Where it is not known what a measurement loads, other changed programs are named as possible."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

PROGRAM = "src/evaluate.py"
PYTHON = f"python {PROGRAM}"
START = "It is not known whether numbers depend on"
NAME = "loads code by a name that is made when it runs"
TEXT = "runs code from a text that is made when it runs"
COMMAND = "runs a command that is made when it runs"
FOLDER = "looks for modules in a folder that is chosen when it runs"
UNKNOWN = {
    "a name": ("import importlib as i\ni.import_module(conf['metric'])", NAME),
    "a name of several": ("for name in ('a', 'b'):\n    __import__(name)", NAME),
    "a name that is a parameter": ("NAME = 'a'\ndef f(NAME):\n    import_module(NAME)", NAME),
    "settings": ("from hydra.utils import instantiate as make\nmake(conf.metric)", NAME),
    "all modules of a folder": ("import pkgutil\npkgutil.iter_modules(['metrics'])", NAME),
    "a path": ("import runpy\nrunpy.run_path(args.metric)", NAME),
    "the end of a path": ("import runpy, os\nrunpy.run_path(os.path.join('lib', name + '.py'))", NAME),
    "a path of a module": ("import importlib.util as u\nu.spec_from_file_location('a', path)", NAME),
    "a text": ("exec(open(path).read())", TEXT),
    "an expression": ("a = eval(text)", TEXT),
    "a command": ("import subprocess\nsubprocess.run(command)", COMMAND),
    "a command in a list": ("from subprocess import check_call as c\nc(['python', path])", COMMAND),
    "a command in a text": ("import os\nos.system(f'bash {path}')", COMMAND),
    "a folder": ("import sys, os\nsys.path.append(os.environ['LIB'])", FOLDER),
    "a folder among others": ("import sys\nsys.path = ['lib', more] + sys.path", FOLDER),
    "too long": ("a = '" + "a" * 1_000_000 + "'", "is not readable here as a program"),
    "not of this Python": ("print 'a'\nexec(b)", "is not readable here as a program"),
}
GIT = {
    "app/a.py": "a = 1",
    "app/b.py": "a = 1",
    "src/train.py": "import layers",
    "src/layers.py": "a = 1",
    "tools/plot.py": "a = 1",
}


def changed(paths: list[str], git: Hashes, cmd: str = PYTHON, dep: str = PROGRAM) -> str:
    known = side({dep: "p"}, train={"src/train.py": "t", "tools/plot.py": "t"})
    return named(known, {**GIT, **git}, {**GIT, **git, **dict.fromkeys(paths, "a = 2")}, cmd)


@pytest.mark.parametrize("name", UNKNOWN)
def test_other_programs_are_named_as_possible(name: str) -> None:
    text, why = UNKNOWN[name]
    git = {PROGRAM: text}
    assert changed(["app/a.py"], git) == f"{START} `app/a.py`, which changed: `{PROGRAM}` {why}"
    assert changed(["app/a.py", "app/b.py"], git) == (
        f"{START} `app/a.py`, `app/b.py`, which changed: `{PROGRAM}` {why}"
    )
    assert changed(["app/c.py"], git) == f"{START} `app/c.py`, which is new: `{PROGRAM}` {why}"
    # only other stages have it
    assert changed(["src/train.py", "tools/plot.py"], git) == ""


@pytest.mark.parametrize(
    "text",
    [
        "import json, lib.rows",
        "import importlib\nimportlib.import_module('json')",
        "import subprocess\nsubprocess.run(['git', 'rev-parse', name])",
        "import sys, subprocess\nsubprocess.run([sys.executable, '-m', 'pip', 'list'])",
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).resolve().parent))",
        "import os, sys\nsys.path += [os.path.dirname(os.path.abspath(__file__)), os.getcwd()]",
        "import torch\nmodel = torch.load('m.pt')\nmodel.eval()\ntable.eval('a + b')",
        "import re\nre.compile(text)\ntrainer.run(text)\napp.call(text)",
        "import yaml\nconf = yaml.safe_load(open(path))",
        "print(eval('1 + 1'))",
    ],
)
def test_nothing_is_reported_where_it_is_known(text: str) -> None:
    assert changed(["app/a.py", "app/c.py", "docs/conf.py", "tests/test_a.py"], {PROGRAM: text}) == ""


@pytest.mark.parametrize(
    ("line", "is_known"),
    [
        ('python "$PROGRAM"', False),
        ("$RUN", False),
        ('eval "$COMMAND"', False),
        ('source "$(find . -name run)"', False),
        ('python "$1"', True),
        ('exec "$@"', True),
        ('python src/evaluate.py --out "$OUT"', True),
        ('eval "$(conda shell.bash hook)"', True),
        ('source "$VENV/bin/activate"', True),
        ('echo "$PROGRAM" && cd "$HERE"', True),
        ('# python "$PROGRAM"', True),
    ],
)
def test_a_script_may_run_what_a_variable_names(line: str, *, is_known: bool) -> None:
    why = f"{START} `app/a.py`, which changed: "
    found = changed(["app/a.py"], {"run.sh": f"set -e\n{line}\n", PROGRAM: "a = 1"}, "bash run.sh", "run.sh")
    assert found == ("" if is_known else f"{why}`run.sh` {COMMAND}")
    if not line.startswith("#") and "@" not in line and "1" not in line:
        found = changed(["app/a.py"], {PROGRAM: "a = 1"}, line)
        assert found == ("" if is_known else f"{why}stage `evaluate` {COMMAND}")


@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("src/joblib.py", True),
        ("src/joblib/__init__.py", True),
        ("lib/joblib.py", False),
        ("src/joblib/more.py", False),
        ("src/test_rows.py", False),
        ("src/notes.sh", False),
    ],
)
def test_a_new_module_next_to_the_program_may_be_that_of_a_library(path: str, *, is_named: bool) -> None:
    why = "Python may look there first for the modules that libraries import"
    found = changed([path], {PROGRAM: "import sklearn"})
    assert found == (f"{START} `{path}`, which is new: {why}" if is_named else "")


@pytest.mark.parametrize(
    "cmd",
    [
        "timeout 60 python src/evaluate.py",
        "torchrun --nproc 1 src/evaluate.py",
        "accelerate launch src/evaluate.py --fast",
        "srun python src/evaluate.py",
        "coverage run src/evaluate.py",
        "python -W ignore src/evaluate.py rows.csv",
        "python -X utf8 src/evaluate.py",
        "nice -n 5 python src/evaluate.py",
        "env A=1 python src/evaluate.py",
        "(python src/evaluate.py)",
        "true & python src/evaluate.py",
        "A=$(python src/evaluate.py)",
        'bash -c "cd /tmp; python src/evaluate.py"',
        "uv run src/evaluate.py",
        "poetry run python src/evaluate.py",
        "python $HERE/src/evaluate.py",
        "docker run image python /work/src/evaluate.py",
        "cd src && timeout 9 python evaluate.py",
        "papermill src/run.ipynb out.ipynb",
        "python link@/evaluate.py",
        "bash run.sh",
        "make evaluate",
        "python start.py",
        "python -c 'import src.evaluate; import subprocess'; bash run.sh",
    ],
)
def test_so_it_may_whatever_starts_the_program(cmd: str) -> None:
    git = {
        PROGRAM: "import sklearn",
        "src/run.ipynb": '{"cells": []}',
        "link@": "src",
        "run.sh": "set -e\ntimeout 60 python src/evaluate.py > out\n",
        "Makefile": "evaluate:\n\t@nice python src/evaluate.py\n",
        "start.py": "import subprocess\nsubprocess.run(['python', 'src/evaluate.py'])",
    }
    found = changed(["src/joblib.py"], git, cmd)
    assert found.startswith(f"{START} `src/joblib.py`, which is new: Python may look there first")
    assert changed(["src/re.py"], git, cmd) == "`src/re.py` is new (stage evaluate)"


@pytest.mark.parametrize("line", ["python -m src.evaluate", "torchrun --nproc 1 -m src.evaluate"])
def test_a_module_is_run_with_those_of_the_folder_it_runs_in(line: str) -> None:
    for cmd, script in (("bash run.sh", line), (line, "")):
        git = {PROGRAM: "import sklearn", "run.sh": script}
        found = changed(["joblib.py"], git, cmd)
        assert found.startswith(f"{START} `joblib.py`, which is new: Python may look there first")


@pytest.mark.parametrize(
    "cmd",
    [
        "python src/evaluate.py tools/plot.py",
        "cp tools/plot.py out && python src/evaluate.py",
        "ruff check tools/plot.py; python src/evaluate.py",
        "python src/evaluate.py > tools/plot.py",
        "evaluate 2>&1",
    ],
)
def test_a_program_that_is_only_named_says_nothing_about_modules(cmd: str) -> None:
    assert changed(["tools/joblib.py", "tools/re.py"], {PROGRAM: "import sklearn"}, cmd) == ""


def test_a_submodule_at_another_commit_may_be_imported() -> None:
    git = {PROGRAM: "import rows"}
    for text in ("import rows", "import sys\nsys.path.append('libs/rows&')\nimport rows"):
        assert changed(["libs/rows&"], {**git, PROGRAM: text, "libs/rows&": "1"}) == (
            f"{START} the submodule `libs/rows&`, which changed: programs that measure may import from it"
        )
    # data_changed is about one that the stage reads
    assert changed(["libs/rows&"], {**git, "libs/rows&": "1"}, dep="libs") == ""


@pytest.mark.parametrize(
    ("cmd", "is_named"),
    [("python src/evaluate.py", True), ("python data/tasks/run.py", False), ("evaluate", False)],
)
def test_a_comment_counts_in_a_folder_that_is_read_and_not_run(cmd: str, *, is_named: bool) -> None:
    git = {"data/tasks/a.py": "# 1\na = 1", "data/tasks/run.py": "a", PROGRAM: "a"}
    new = {**git, "data/tasks/a.py": "# 2\na = 1"}
    found = named(side({PROGRAM: "p", "data/tasks": "p/"}), git, new, cmd)
    assert found == ("`data/tasks/a.py` changed (stage evaluate)" if is_named else "")
