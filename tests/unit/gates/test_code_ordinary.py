"""Ordinary changes of programs around a measurement that stays as it is are not named."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

GIT = {
    "src/evaluate.py": "import json, yaml\nfrom lib.rows import most\nfrom pkg import scores",
    "lib/rows.py": "def most(): return 10",
    "pkg/__init__.py": "",
    "pkg/scores.py": "import numpy",
    "src/train.py": "import torch\nfrom pkg.layers import deep",
    "pkg/layers.py": "deep = 1",
    "tests/test_rows.py": "from lib.rows import most",
    "tools/json.py": "a",
    "notebooks/look.ipynb": "{}",
    "Makefile": "all:\n\tdvc repro",
    "legacy/rows.py": "a",
}
CHANGES: dict[str, Hashes] = {
    "other training": {"src/train.py": "import jax"},
    "another layer": {"pkg/layers.py": "deep = 2"},
    "a new layer": {"pkg/wide.py": "a = 1"},
    "a test": {"tests/test_rows.py": "assert 1"},
    "a new test of the same name": {"tests/lib/rows.py": "a"},
    "a tool": {"tools/json.py": "b"},
    "a notebook": {"notebooks/look.ipynb": "[]"},
    "a target of make": {"Makefile": "all:\n\tdvc repro -q"},
    "a former program": {"legacy/rows.py": "b"},
    "comments": {"lib/rows.py": "# at most\ndef most():\n    return 10\n"},
    "layout": {"src/evaluate.py": GIT["src/evaluate.py"].replace("import json, yaml", "import json , yaml")},
    "documents": {"README.md": "`src/evaluate.py`", "docs/conf.py": "import lib.rows"},
}


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_no_program_is_named(name: str, *, folder: bool) -> None:
    known = side({"src" if folder else "src/evaluate.py": "p"}, train={"src/train.py": "t"})
    assert named(known, GIT, GIT | CHANGES[name], "python src/evaluate.py") == ""


@pytest.mark.parametrize(
    ("old", "new"), [("lib/rows.py", "src/lib/rows.py"), ("pkg/layers.py", "pkg/a/b.py")]
)
def test_a_program_that_only_moved_is_not_named(old: str, new: str) -> None:
    known = side({"src/evaluate.py": "p"}, train={"src/train.py": "t"})
    now = {path: text for path, text in GIT.items() if path != old} | {new: GIT[old]}
    assert named(known, GIT, now, "python src/evaluate.py") == ""


def test_what_moved_has_a_note_of_its_own_if_anything_else_was_measured() -> None:
    """Other files are those of which it is not known whether the numbers depend on them."""
    was, now = (side({"src/evaluate.py": "p", "data/test.csv": each}) for each in "tu")
    moved = {path: text for path, text in GIT.items() if path != "lib/rows.py"}
    moved |= {"src/lib/rows.py": GIT["lib/rows.py"]}
    assert named(was, GIT, moved, "python src/evaluate.py", now=now) == (
        "Code that the numbers are measured with moved, with the same content: "
        "`lib/rows.py` is now `src/lib/rows.py` (stage evaluate)"
    )


def test_what_stages_declare_at_both_places_has_the_note_about_their_inputs() -> None:
    deps = ("src/evaluate.py", "lib/rows.py"), ("src/evaluate.py", "src/lib/rows.py")
    was, now = (side({**dict.fromkeys(each, "p"), "data/test.csv": each[1][0]}) for each in deps)
    moved = {path: text for path, text in GIT.items() if path != "lib/rows.py"}
    moved |= {"src/lib/rows.py": GIT["lib/rows.py"]}
    assert named(was, GIT, moved, "python src/evaluate.py", now=now) == ""
