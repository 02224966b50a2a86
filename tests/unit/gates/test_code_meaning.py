"""What of a program counts as another one: not comments, layout, docstrings and results of a notebook."""

from __future__ import annotations

import json

import pytest

from mlgit.core.gates.measured.runs.imports import asked
from mlgit.core.gates.measured.runs.reading.meaning import meaning

SAME = {
    "docstrings": ("e.py", '"""A."""\ndef f():\n    """B."""\n    return 1', "def f():\n    return 1"),
    "docstring of a class": ("e.py", 'class A:\n    """B."""\n    b = 1', "class A:\n    b = 1"),
    "lines": ("e.py", "a = f(1, 2)\n", "a = f(\r\n    1,\r\n    2,\r\n)"),
    "a comment of a shell": ("run.sh", "# a\npython e.py\n", "\n# b\n# c\npython e.py   \n"),
    "after the first line": ("run.sh", "#!/bin/sh\n# a\npython e.py\n", "#!/bin/sh\npython e.py\n"),
    "a comment of a query": ("rows.SQL", "-- a\nselect 1", "select 1"),
    "a comment of R": ("e.R", "# a\nx <- 1", "x <- 1\n"),
    "below the first line": ("e.py", "#!/usr/bin/python\n# a\nb", "#!/usr/bin/python\n# c\nb"),
    "when it was compiled": ("e.pyc", f"{'a' * 8}{'b' * 8}c", f"{'a' * 8}{'d' * 8}c"),
    "a comment of make": ("Makefile", "# a\nall:\n\tpython e.py", "all:\n\n\tpython e.py"),
}
OTHER = {
    "docstring that is read": ("e.py", '"""A."""\nprint(__doc__)', '"""B."""\nprint(__doc__)'),
    "docstring of a command": ("e.py", '@tool\ndef f():\n    """A."""', '@tool\ndef f():\n    """B."""'),
    "docstring that is a prompt": (
        "e.py",
        'class A(Signature):\n    """A."""',
        'class A(Signature):\n    """B."""',
    ),
    "a text": ("e.py", "a = 'b'", "a = 'c'"),
    "what runs a script": ("run.sh", "#!/bin/sh\nx", "#!/bin/bash\nx"),
    "a line of rows in a script": ("run.sh", "cat <<E\n# a\nE", "cat <<E\n# b\nE"),
    "layout of a script": ("run.sh", "if a; then\nb\nfi", "if a; then\n  b\nfi"),
    "layout of make": ("Makefile", "all:\n\tb", "all:\nb"),
    "a query": ("rows.sql", "select 1", "select 2"),
    "no longer a comment": ("run.sh", "# python e.py", "python e.py"),
    "a text of several lines": ("run.sh", "echo '\n# a\n'", "echo '\n# b\n'"),
    "a line that goes on in a comment": ("run.sh", "a \\\n# b\nc", "a \\\nc"),
    "what runs Python": ("e.py", "#!/usr/bin/env python3\na", "#!/usr/bin/env -S python3 -c 'b'\na"),
    "what runs Python, newly": ("e.py", "a", "#!/bin/sh\na"),
    "packages to install": (
        "e.py",
        '# /// script\n# dependencies = ["a==1"]\n# ///\nb',
        '# /// script\n# dependencies = ["a==2"]\n# ///\nb',
    ),
    "an option of Cython": ("e.py", "# cython: wraparound=True\na", "# cython: wraparound=False\na"),
    "an option of a compiler": ("e.py", "# distutils: sources = a.c\na", "#distutils: sources = b.c\na"),
    "a tag of a cell in a script": ("e.py", '# + tags=["a"]\nb', '# + tags=["skip"]\nb'),
    "a cell in a script": ("e.py", "# %%\nb", "# %% [markdown]\nb"),
    "a coding": ("e.py", "# coding: utf-8\na", "# coding: latin-1\na"),
    "comments that are read": ("e.py", "getsource(f)  # a", "getsource(f)  # b"),
    "a comment of several lines in Julia": ("e.jl", "# a\nb\n# c", "#=\nb\n# =#"),
    "a comment that is filled in": ("e.sql", "-- {{ ref('a') }}\nb", "-- {{ ref('c') }}\nb"),
    "compiled code": ("e.pyc", f"{'a' * 16}b", f"{'a' * 16}c"),
    "which source it is checked against": ("e.pyc", f"{'a' * 16}b", f"{'a' * 7}{'b' * 10}"),
    "C": ("e.c", "#define A 1", "#define A 2"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_program(name: str) -> None:
    path, old, new = SAME[name]
    assert meaning(path, old.encode()) == meaning(path, new.encode())


@pytest.mark.parametrize("name", OTHER)
def test_another_program(name: str) -> None:
    path, old, new = OTHER[name]
    assert meaning(path, old.encode()) != meaning(path, new.encode())


def notebook(*cells: dict[str, object], **more: object) -> bytes:
    kinds = [{"cell_type": "code", "metadata": {}, "outputs": [], **each} for each in cells]
    return json.dumps({"cells": kinds, **more}).encode()


CELL = notebook({"source": ["a = 1\n", "b = 2"]})


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (notebook({"source": "a = 1\nb = 2"}), True),
        (notebook({"source": "a = 1\nb = 2", "outputs": [{"text": "1"}], "execution_count": 3}), True),
        (notebook({"source": "# more\na = 1\n\nb = 2"}), True),
        (notebook({"source": "a = 1\nb = 2"}, {"source": ["\n"]}), True),
        (notebook({"source": "a = 1\nb = 2"}, {"cell_type": "markdown", "source": "# A"}), True),
        (notebook({"source": "a = 1\nb = 2"}, metadata={"kernelspec": {"name": "venv"}}), True),
        (notebook({"source": "a = 1\nb = 3"}), False),
        (notebook({"source": "a = 1\nb = 2"}, {"source": "c"}), False),
        (notebook({"source": "a = 1"}, {"source": "b = 2"}), False),
        # papermill puts its parameters after this cell, and otherwise before the first one
        (notebook({"source": "a = 1\nb = 2", "metadata": {"tags": ["parameters"]}}), False),
        (notebook({"source": "%run a.py\na = 1\nb = 2"}), False),
        (b"[]", False),
    ],
)
def test_a_notebook_is_its_cells_of_code(other: bytes, *, same: bool) -> None:
    assert (meaning("e.ipynb", CELL) == meaning("e.ipynb", other)) == same


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("source", "words", "modules"),
    [
        ("%run src/rows.py", {"src/rows.py"}, set()),
        ("!python src/rows.py --fast", {"src/rows.py"}, set()),
        ("!python -m src.rows", set(), {(0, "src.rows")}),
        ("%%bash\npython src/rows.py", {"src/rows.py"}, set()),
        ("%%time\nimport rows", set(), {(0, "rows")}),
        ("import rows\n%matplotlib inline", set(), {(0, "rows")}),
    ],
)
def test_commands_of_a_notebook_run_programs(
    source: str, words: set[str], modules: set[tuple[int, str]], *, exact: bool
) -> None:
    found = asked("e.ipynb", notebook({"source": source}), exact=exact)
    assert words <= found.words
    assert modules <= found.modules
