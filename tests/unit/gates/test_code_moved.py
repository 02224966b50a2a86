"""A program that moved, or that runs in another folder, may read other files from there: these are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

OLD, NEW = "src/evaluate.py", "src/v2/evaluate.py"
MAY_READ = f"`{OLD}` is now `{NEW}` and may read other files from there: "
LIMITS = {"src/limit.json": "a", "src/v2/limit.json": "b"}
READS = {
    "next to it": "open(os.path.join(os.path.dirname(__file__), 'limit.json'))",
    "by a path": "(Path(__file__).resolve().parent / 'limit.json').read_text()",
    "by a name": "HERE = Path(__file__).parent\nopen(HERE / 'limit.json')",
    "with another name": "Path(__file__).with_name('limit.json').read_text()",
    "in a method": "class A:\n    def a(self):\n        self.at = Path(__file__).parent\n"
    "    def b(self):\n        open(self.at / 'limit.json')",
    "as data of a package": "importlib.resources.files(__package__).joinpath('limit.json').read_text()",
    "as data of a module": "pkgutil.get_data(__name__, 'limit.json')",
    "from the folder of the command": "open(os.path.join(sys.path[0], 'limit.json'))",
    "by a name that is made when it runs": "open(Path(__file__).parent / f'{name}.json')",
    "by a pattern": "list(Path(__file__).parent.glob('*.json'))",
    "of a list": "os.listdir(os.path.dirname(__file__))",
    "in its folder": "os.chdir(os.path.dirname(__file__))\nopen('limit.json')",
    "with an error in it": "open(dirname(__file__) + '/limit.json'",
}
SETTINGS = "@hydra.main(config_path='conf', config_name='a')\ndef main(cfg): pass"


def test_so_it_is_if_the_same_program_was_already_there() -> None:
    sides, program = (side({OLD: "p"}), side({NEW: "p"})), READS["next to it"]
    was = {**LIMITS, OLD: program, NEW: program}
    found = named(sides[0], was, {**LIMITS, NEW: program}, now=sides[1])
    assert found == f"`{NEW}` is now run (stage evaluate) {MAY_READ}`src/v2/limit.json`"


@pytest.mark.parametrize("name", READS)
def test_what_a_moved_program_has_at_its_new_place_is_named(name: str) -> None:
    assert moved(READS[name], LIMITS, LIMITS) == f"{MAY_READ}`src/v2/limit.json`"


@pytest.mark.parametrize(
    ("program", "git", "path"),
    [
        (
            "open(Path(__file__).parents[1] / 'limit.json')",
            {"limit.json": "a", "src/limit.json": "b"},
            "src/limit.json",
        ),
        (SETTINGS, {"src/conf/a.yaml": "a", "src/v2/conf/a.yaml": "b"}, "src/v2/conf/a.yaml"),
        # it was not there, so that the program took another value
        (READS["next to it"], {"src/v2/limit.json": "b"}, "src/v2/limit.json"),
    ],
)
def test_so_is_what_is_in_a_folder_or_above_it(program: str, git: Hashes, path: str) -> None:
    assert moved(program, git, git) == f"{MAY_READ}`{path}`"


EVERYDAY: dict[str, tuple[str, Hashes, Hashes]] = {
    "nothing from its own place": ("open('limit.json')", LIMITS, LIMITS),
    "modules": ("sys.path.insert(0, str(Path(__file__).parent))\nimport json", LIMITS, LIMITS),
    "a root": (
        "ROOT = Path(__file__).resolve().parents[1]\nopen(ROOT / 'data' / 'clean.csv')",
        {"src/v2/data/other.csv": "a"},
        {"src/v2/data/other.csv": "a"},
    ),
    "with its files": (
        READS["by a pattern"],
        {"src/limit.json": "a", "src/README.md": "a"},
        {"src/v2/limit.json": "a", "src/v2/README.md": "b", "src/v2/.gitignore": "c"},
    ),
    "with its package": (
        "from . import rows\nopen(Path(__file__).parent / 'limit.json')",
        {"src/rows.py": "a", "src/limit.json": "a", "src/test_rows.py": "a"},
        {"src/v2/rows.py": "a", "src/v2/limit.json": "a", "src/v2/test_rows.py": "a"},
    ),
    "away from its files": (READS["next to it"], {"src/limit.json": "a"}, {"src/limit.json": "a"}),
    "to the same content": (
        READS["next to it"],
        {"src/limit.json": "a", "src/v2/limit.json": "a"},
        {"src/v2/limit.json": "a"},
    ),
    "a text with such a name": ("'''`limit.json`'''\nprint(__file__)", LIMITS, LIMITS),
}


@pytest.mark.parametrize("name", EVERYDAY)
def test_a_usual_move_has_no_such_note(name: str) -> None:
    assert moved(*EVERYDAY[name]) == ""


def moved(program: str, was: Hashes, now: Hashes) -> str:
    sides = side({OLD: "p"}), side({NEW: "p"})
    return named(sides[0], {**was, OLD: program}, {**now, NEW: program}, now=sides[1])


@pytest.mark.parametrize(
    ("hashes", "path"), [("ab", "`src/v2/limit.json`"), ("aa", ""), ("a/b/", "`src/v2/limit.json`")]
)
def test_so_is_what_dvc_has_there(hashes: str, path: str) -> None:
    tracked = dict(zip(LIMITS, (hashes[: len(hashes) // 2], hashes[len(hashes) // 2 :]), strict=True))
    sides = [side({each: "p"}, tracked=tracked) for each in (OLD, NEW)]
    program = READS["next to it"]
    found = named(sides[0], {OLD: program}, {NEW: program}, now=sides[1])
    assert found == (f"{MAY_READ}{path}" if path else "")


SHELL = {
    "by its name": '. "$(dirname "$0")/env.sh"\npython a.py $K',
    "by its source": "source ${BASH_SOURCE%/*}/env.sh",
    "by a variable": 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\n. "$HERE"/env.sh',
}


@pytest.mark.parametrize("name", SHELL)
def test_so_is_what_a_script_has_next_to_it(name: str) -> None:
    sides = side({"run/a.sh": "p"}), side({"run2/a.sh": "p"})
    git = {"run/env.sh": "K=1", "run2/env.sh": "K=2"}
    was, now = ({**git, path: SHELL[name]} for path in ("run/a.sh", "run2/a.sh"))
    text = "`run/a.sh` is now `run2/a.sh` and may read other files from there: `run2/env.sh`"
    assert named(sides[0], was, now, now=sides[1]) == text


def test_a_notebook_runs_in_the_folder_that_it_is_in() -> None:
    book = '{"cells": [{"cell_type": "code", "source": ["open(\'limit.json\')"]}]}'
    sides = side({"a/e.ipynb": "p"}), side({"b/e.ipynb": "p"})
    git = {"a/limit.json": "a", "b/limit.json": "b"}
    text = "`a/e.ipynb` is now `b/e.ipynb` and may read other files from there: `b/limit.json`"
    assert named(sides[0], {**git, "a/e.ipynb": book}, {**git, "b/e.ipynb": book}, now=sides[1]) == text


@pytest.mark.parametrize(
    ("program", "git", "text"),
    [
        ("open('limit.json')", {"limit.json": "a", "v2/limit.json": "b"}, "`v2/limit.json`"),
        ("open(f'conf/{name}')", {"conf/a.txt": "a", "v2/conf/a.txt": "b"}, "`v2/conf/a.txt`"),
        ("open('limit.json')", {"limit.json": "a", "v2/limit.json": "a"}, ""),
        ("open('limit.json')", {"limit.json": "a", "v2/other.json": "b"}, ""),
        ("open('data.csv')", {"v2/data.csv": "b"}, ""),
    ],
)
def test_what_is_in_another_folder_where_a_stage_runs_is_named(program: str, git: Hashes, text: str) -> None:
    known = side({OLD: "p", "v2/data.csv": "d"})
    *others, last = known.stages
    now = replace(known, stages=(*others, last._replace(wdir="v2")))
    start = "Stage `evaluate` now runs in `v2` and may read other files from there: "
    files = {**git, OLD: program}
    assert named(known, files, files, f"python {OLD}", now=now) == (f"{start}{text}" if text else "")


def test_what_a_program_reads_as_before_is_not() -> None:
    known = side({OLD: "p"})
    *others, last = known.stages
    now = replace(known, stages=(*others, last._replace(wdir="v2")))
    git = {"limit.json": "a", "v2/limit.json": "b"}
    was, new = ({**git, OLD: f"open('{each}')"} for each in ("limit.json", "../limit.json"))
    assert named(known, was, new, f"python {OLD}", now=now) == f"`{OLD}` changed (stage evaluate)"
