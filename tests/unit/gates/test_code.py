"""Programs that measure and differ are named: declared, named by a command, in a folder or imported."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

NOTEBOOK = '{"cells": [{"cell_type": "code", "source": ["%s"], "outputs": ["%s"]}]}'


PROGRAM = "src/evaluate.py"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({PROGRAM: "a = 1"}, {PROGRAM: "a = 1"}, ""),
        ({PROGRAM: "a = 1"}, {PROGRAM: "rows = [1]"}, f"`{PROGRAM}` changed (stage evaluate)"),
        # comments and layout
        ({PROGRAM: "a = 1"}, {PROGRAM: "# one\na  =  1"}, ""),
        ({PROGRAM: "a ="}, {PROGRAM: "a = ="}, f"`{PROGRAM}` changed (stage evaluate)"),
        # of other stages, and data
        ({"src/train.py": "a"}, {"src/train.py": "b"}, ""),
        ({"data/clean.csv": "a"}, {"data/clean.csv": "b"}, ""),
        # what it imports, also through others, and what is now imported in its place
        (
            {PROGRAM: "import rows", "src/rows.py": "a"},
            {PROGRAM: "import rows", "src/rows.py": "b"},
            "`src/rows.py` changed (stage evaluate)",
        ),
        (
            {PROGRAM: "from lib import x, y  # z", "lib/__init__.py": "", "lib/y.py": "a", "lib/z.py": "a"},
            {PROGRAM: "from lib import x, y  # z", "lib/__init__.py": "", "lib/y.py": "b", "lib/z.py": "b"},
            "`lib/y.py` changed (stage evaluate)",
        ),
        (
            {PROGRAM: "import os, a.b", "a/b.py": "from . import c", "a/c.py": "a"},
            {PROGRAM: "import os, a.b", "a/b.py": "from . import c", "a/c.py": "b"},
            "`a/c.py` changed (stage evaluate)",
        ),
        (
            {PROGRAM: "import yaml"},
            {PROGRAM: "import yaml", "src/yaml.py": "a"},
            "`src/yaml.py` is new (stage evaluate)",
        ),
        (
            {PROGRAM: "import a", "src/a.py": "a"},
            {PROGRAM: "import a"},
            "`src/a.py` is gone (stage evaluate)",
        ),
        # at another place
        ({PROGRAM: "import a", "src/a.py": "a"}, {PROGRAM: "import a", "a.py": "a"}, ""),
    ],
)
def test_a_program_that_measures_is_named_if_it_differs(old: Hashes, new: Hashes, text: str) -> None:
    assert named(side({PROGRAM: "p"}, train={"src/train.py": "t"}), old, new) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/evaluate.py", "`src/evaluate.py` changed (stage evaluate)"),
        ("src/more/x.sql", "`src/more/x.sql` changed (stage evaluate)"),
        ("src/train.py", ""),
        ("src/rows.csv", ""),
        ("srcs/x.py", ""),
    ],
)
def test_a_program_in_a_folder_counts_unless_the_training_declares_it(path: str, text: str) -> None:
    known = side({"src": "p/"}, train={"src/train.py": "t"})
    assert named(known, {path: "a"}, {path: "b"}) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [("run.sh", "`run.sh` changed (stage evaluate)"), ("other.sh", "")],
)
def test_a_program_that_a_command_names_counts(path: str, text: str) -> None:
    assert named(side({}), {path: "a"}, {path: "b"}, cmd="bash run.sh") == text


def test_results_in_a_notebook_are_not_code() -> None:
    known = side({"e.ipynb": "p"})
    assert named(known, {"e.ipynb": NOTEBOOK % ("a", "1")}, {"e.ipynb": NOTEBOOK % ("a", "2")}) == ""
    found = named(known, {"e.ipynb": NOTEBOOK % ("a", "1")}, {"e.ipynb": NOTEBOOK % ("b", "1")})
    assert found == "`e.ipynb` changed (stage evaluate)"


def test_the_program_that_makes_the_data_counts() -> None:
    known = side({"data/clean.csv": "c"})
    clean = known.stages[0]._replace(deps=("data/raw.csv", "src/clean.py"))
    known = Pipeline(stages=(clean, *known.stages[1:]))
    assert (
        named(known, {"src/clean.py": "a"}, {"src/clean.py": "b"}) == "`src/clean.py` changed (stage clean)"
    )
