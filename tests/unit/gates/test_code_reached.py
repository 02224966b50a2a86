"""Which programs a stage that measures runs: by imports, scripts, links, and by what training declares."""

from __future__ import annotations

from itertools import islice

import pytest

from mlgit.core.gates.measured.runs.imports import asked
from mlgit.core.gates.measured.runs.modules import above
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side, stage

PROGRAM = "src/evaluate.py"
PYTHON = f"python {PROGRAM}"
IMPORTS = {
    "in brackets": ("from lib import (\n    helper,\n)", "src/lib/helper.py"),
    "from a package": ("from lib.helper import most", "src/lib/__init__.py"),
    "from a package of packages": ("import a.b.c", "a/b/__init__.py"),
    "from a folder on the path": ("from my.helper import most", "pkg/src/my/helper.py"),
    "from a package on the path": ("from my.helper import most", "pkg/src/my/__init__.py"),
    "from the folder above": ("from ..common.h import most", "common/h.py"),
    "from the own folder": ("from . import helper", "src/helper.py"),
    "from a part of it": ("from .a.b import c", "src/a/b.py"),
    "in a line with more": ("if True: from helper import most", "src/helper.py"),
    "after a semicolon": ("a = 1; import helper", "src/helper.py"),
    "in a function": ("def f():\n    import helper", "src/helper.py"),
    "by name": ("import importlib\nm = importlib.import_module('lib.helper')", "lib/helper.py"),
    "by the function behind imports": ("m = __import__('helper')", "src/helper.py"),
    "by path": ("import runpy\nrunpy.run_path('src/rows.py')", "src/rows.py"),
    "as text": ("exec(open('rows.py').read())", "src/rows.py"),
    "as a process": ("import subprocess as s\ns.run('bash tools/rows.sh', shell=True)", "tools/rows.sh"),
    "compiled": ("import yaml", "src/yaml.pyc"),
    "of another version of Python": ("print 'a'\nimport helper", "src/helper.py"),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_what_a_program_imports_or_names_counts(name: str) -> None:
    text, path = IMPORTS[name]
    git = {PROGRAM: text, "pkg/other.py": "a", "docs/src/a.py": "a"}
    assert named(side({PROGRAM: "p"}), {**git, path: "a"}, {**git, path: "b"}) == (
        f"`{path}` changed (stage evaluate)"
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        # the one next to the program, or at the root, is the one that is imported
        ("import helper", "tools/helper.py"),
        # of Python itself
        ("import json", "tools/json.py"),
        # in a package, where only this can import it so
        ("import datasets", "pkg/datasets.py"),
        ("import pkg.datasets", "other/datasets.py"),
        ("'''See tools/rows.py.'''", "tools/rows.py"),
        ("# import rows", "src/rows.py"),
        ("a = 1", "src/rows.py"),
        ("print('tools/rows.csv')", "tools/rows.csv"),
    ],
)
def test_what_it_does_not_import_or_name_does_not(text: str, path: str) -> None:
    git = {PROGRAM: text, "src/helper.py": "a", "pkg/__init__.py": ""}
    assert named(side({PROGRAM: "p"}), {**git, path: "a"}, {**git, path: "b"}) == ""


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("run.sh", "# first\npython src/evaluate.py"),
        ("run.sh", "python -m src.evaluate --fast"),
        ("evaluate.R", 'source("src/evaluate.py")'),
        ("Makefile", "evaluate:\n\tpython src/evaluate.py"),
    ],
)
def test_a_program_that_a_script_runs_counts(script: str, text: str) -> None:
    git = {script: text, "src/other.py": "a"}
    assert named(side({script: "p"}), {**git, PROGRAM: "a"}, {**git, PROGRAM: "b"}) == (
        f"`{PROGRAM}` changed (stage evaluate)"
    )
    assert named(side({script: "p"}), {**git, "src/other.py": "a"}, {**git, "src/other.py": "b"}) == ""
    commented = {script: f"# {PROGRAM}"}
    assert named(side({script: "p"}), {**commented, PROGRAM: "a"}, {**commented, PROGRAM: "b"}) == ""


def test_a_notebook_imports_with_the_code_of_its_cells() -> None:
    text = (
        '{"cells": [{"cell_type": "markdown", "source": "import a"},'
        ' {"cell_type": "code", "source": ["%time\\n", "import b\\n"]},'
        ' {"cell_type": "code", "source": "import c"}]}'
    )
    assert {name for _, name in asked("e.ipynb", text.encode(), exact=True).modules} == {"b", "c"}


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        # what the link leads to, the link itself, a link of a folder
        (
            {"src/e@.py": "impl/a.py", "impl/a.py": "a"},
            {"src/e@.py": "impl/a.py", "impl/a.py": "b"},
            "`impl/a.py` changed (stage evaluate)",
        ),
        (
            {"src/e@.py": "impl/a.py", "impl/a.py": "a", "impl/b.py": "b"},
            {"src/e@.py": "impl/b.py", "impl/a.py": "a", "impl/b.py": "b"},
            "`src/e@.py` changed (stage evaluate)",
        ),
        (
            {"in@": "impl", "impl/e.py": "import h", "impl/h.py": "a"},
            {"in@": "impl", "impl/e.py": "import h", "impl/h.py": "b"},
            "`impl/h.py` changed (stage evaluate)",
        ),
        (
            {"in@": "impl", "impl/e.py": "a", "more/e.py": "b"},
            {"in@": "more", "impl/e.py": "a", "more/e.py": "b"},
            "`in@` changed (stage evaluate)",
        ),
    ],
)
def test_a_program_behind_a_link_counts(old: Hashes, new: Hashes, text: str) -> None:
    dep = "in@/e.py" if "in@" in old else "src/e@.py"
    assert named(side({dep: "p"}), old, new) == text


@pytest.mark.parametrize(
    ("deps", "old", "new", "text"),
    [
        # onto an import, from where nothing ran it
        ([PROGRAM], "archive/yaml.py", "src/yaml.py", "`src/yaml.py` is new (stage evaluate)"),
        # onto an import, from a place in the folder that is read
        (
            [PROGRAM, "src"],
            "src/old/yaml.py",
            "src/yaml.py",
            "`src/yaml.py` is new (stage evaluate), `src/old/yaml.py` is gone (stage evaluate)",
        ),
        # the same module at another place
        ([PROGRAM], "src/yaml.py", "yaml.py", ""),
        ([PROGRAM], "pkg/src/yaml.py", "lib/yaml.py", ""),
        (["src"], "src/a/x.py", "src/b/x.py", ""),
    ],
)
def test_a_program_that_moved_is_the_same_if_the_stage_ran_it_before(
    deps: list[str], old: str, new: str, text: str
) -> None:
    git = {PROGRAM: "import yaml"}
    assert named(side(dict.fromkeys(deps, "p")), {**git, old: "a = 1"}, {**git, new: "a = 1"}) == text


NEXT_TO = {
    # what is next to the new place, and to the old one
    "another": (
        {"src/score.py": "a", "src/v2/score.py": "b"},
        "`src/v2/score.py` is now run (stage evaluate)",
    ),
    "in a package": (
        {"src/score.py": "a", "src/v2/score/__init__.py": "b"},
        "`src/v2/score/__init__.py` is now run (stage evaluate)",
    ),
    "one for both": ({"score.py": "a"}, ""),
    "none": ({"src/v2/other.py": "a"}, ""),
}


@pytest.mark.parametrize("case", NEXT_TO)
def test_what_a_moved_program_has_next_to_its_new_place_is_named(case: str) -> None:
    more, text = NEXT_TO[case]
    sides = side({PROGRAM: "p"}), side({"src/v2/evaluate.py": "p"})
    program = "from score import score"
    old, new = {**more, PROGRAM: program}, {**more, "src/v2/evaluate.py": program}
    assert named(sides[0], old, new, now=sides[1]) == text


@pytest.mark.parametrize(
    ("path", "cmd", "was", "now", "text"),
    [
        # on the target, training declares it
        ("src/train.py", "evaluate", ["src/train.py"], ["src/train.py"], ""),
        ("src/train.py", "evaluate", ["src/train.py"], [], ""),
        # only in the change
        ("src/rows.sql", "evaluate", [], ["src/rows.sql"], "`src/rows.sql` changed (stage evaluate)"),
        # what the command runs, although training declares it
        (PROGRAM, "python -m src.evaluate", [PROGRAM], [PROGRAM], f"`{PROGRAM}` changed (stage evaluate)"),
        (PROGRAM, f"python {PROGRAM}", [PROGRAM], [PROGRAM], f"`{PROGRAM}` changed (stage evaluate)"),
        (
            "src/__main__.py",
            "python -m src",
            ["src/__main__.py"],
            [],
            "`src/__main__.py` changed (stage evaluate)",
        ),
    ],
)
def test_the_target_decides_what_is_training(
    path: str, cmd: str, was: list[str], now: list[str], text: str
) -> None:
    sides = [side({"src": "p/"}, train=dict.fromkeys(each, "t")) for each in (was, now)]
    assert named(sides[0], {path: "a"}, {path: "b"}, cmd, now=sides[1]) == text


def test_a_program_that_is_new_with_the_training_that_declares_it_does_not_count() -> None:
    sides = [side({"src": "p/"}, train=dict.fromkeys(each, "t")) for each in ([], ["src/fit.py"])]
    assert named(sides[0], {}, {"src/fit.py": "b"}, now=sides[1]) == ""


def test_what_the_command_runs_is_first_and_what_is_new_last() -> None:
    git = {"src/z.py": "a", "src/b.py": "a", "src/c.py": "c"}
    new = {"src/z.py": "b", "src/b.py": "b", **{f"src/a{each:02}.py": "a" for each in range(16)}}
    text = named(side({"src": "p/"}), git, new, "python -m src.z")
    assert text.startswith("`src/z.py` changed (stage evaluate), `src/b.py` changed (stage evaluate), ")
    assert "`src/c.py` is gone" in text
    assert text.endswith(" and 7 more")


FIRST = {"z": "evaluate", "split": "split", "y": "evaluate"}


def test_many_edits_do_not_hide_what_a_command_names_or_its_program_imports() -> None:
    """However many declared programs, and programs of the last stage, change as well."""
    many = {f"src/a{each:02}.py": "a = 1" for each in range(20)}
    git = {"src/z.py": "import y", "src/y.py": "a = 1", "src/split.py": "a = 1", **many}
    new = {path: f"{text}\nb = 1" for path, text in git.items()}
    known = side(dict.fromkeys(many, "p"))
    split = stage("split", {}, {"data/test.csv": "t"})._replace(cmd=("python src/split.py",))
    train, evaluate = known.stages[1:]
    evaluate = evaluate._replace(deps=(*evaluate.deps, "data/test.csv"))
    text = named(Pipeline(stages=(known.stages[0], split, train, evaluate)), git, new, "python src/z.py")
    first = [f"`src/{path}.py` changed (stage {name})" for path, name in FIRST.items()]
    assert text.startswith(", ".join(first))
    assert text.endswith(" and 11 more")


def test_what_the_stage_no_longer_runs_does_not_count() -> None:
    git, now = {PROGRAM: "import a", "src/a.py": "a"}, {PROGRAM: "b = 1", "src/a.py": "b"}
    assert named(side({PROGRAM: "p"}), git, now) == f"`{PROGRAM}` changed (stage evaluate)"


def test_a_copy_of_what_moved_is_new() -> None:
    new = {"src/b.py": "a = 1", "src/c/a.py": "a = 1"}
    assert named(side({"src": "p/"}), {"src/a.py": "a = 1"}, new) == "`src/b.py` is new (stage evaluate)"


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("a.py", []),
        ("src/lib/a.py", ["src/lib", "src"]),
        ("../data/a.csv", ["../data", ".."]),
        ("/srv/data/a.csv", ["/srv/data", "/srv"]),
        ("/a.csv", []),
        ("//srv/a.csv", ["//srv"]),
    ],
)
def test_the_folders_above_a_path_end(path: str, folders: list[str]) -> None:
    assert list(islice(above(path), 9)) == folders


IN_PLACE = {"src@/evaluate.py": "import rows", "src@/rows.py": "b"}
MOVED = {"src@": "code", "code/evaluate.py": "import rows", "code/rows.py": "b"}
OTHER = {"src@": "more", "more/evaluate.py": "import rows", "more/rows.py": "b"}


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (IN_PLACE, MOVED, ""),
        (MOVED, IN_PLACE, ""),
        (MOVED, OTHER, ""),
        (MOVED, {**MOVED, **OTHER}, ""),
        # another module, one more, or one less
        (MOVED, {**OTHER, "more/rows.py": "c"}, "`src@` changed"),
        (IN_PLACE, {**MOVED, "code/json.py": "a"}, "`src@` is new"),
        ({**IN_PLACE, "src@/rows.py": "c"}, MOVED, "`src@` is new"),
    ],
)
def test_a_new_link_to_the_same_programs_changes_nothing(old: Hashes, new: Hashes, text: str) -> None:
    found = named(side({"src@/evaluate.py": "p"}), old, new, "python src@/evaluate.py")
    assert text in found if text else not found


@pytest.mark.parametrize(
    ("more", "is_named"),
    [({}, False), ({"lib/rows.py": "c"}, False), ({"src/rows.py": "c"}, True), ({"cfg/rows.py": "c"}, True)],
)
def test_a_link_to_the_program_counts_where_it_may_import_others(more: Hashes, *, is_named: bool) -> None:
    program = "src/e@.py"
    text = "import rows"
    old, new = {program: text, **more}, {program: "cfg/e.py", "cfg/e.py": text, **more}
    assert bool(named(side({program: "p"}), old, new, f"python {program}")) is is_named


@pytest.mark.parametrize(
    ("outs", "names"),
    [
        ({"src/rows.py": "r"}, "`src/rows.py` changed (stage evaluate)"),
        ({"src/rows.so": "r"}, "`src/rows.so` changed (stage evaluate)"),
        ({"src/other.py": "r"}, ""),
        ({"rows.csv": "r"}, ""),
    ],
)
def test_a_program_that_a_stage_makes_or_dvc_has_is_one_that_measures(outs: Hashes, names: str) -> None:
    git = {PROGRAM: "import rows"}
    known = side({PROGRAM: "p"})
    new = dict.fromkeys(outs, "s")
    for sides in (
        [Pipeline(stages=(stage("gen", {"gen.py": "g"}, own), *known.stages)) for own in (outs, new)],
        [side({PROGRAM: "p"}, tracked=own) for own in (outs, new)],
    ):
        assert named(sides[0], git, git, PYTHON, now=sides[1]) == names
        assert named(sides[0], git, git, PYTHON, now=sides[0]) == ""


def test_what_makes_the_model_makes_no_code() -> None:
    sides = [
        Pipeline(stages=(first, train._replace(outs=(*train.outs, *made.outs)), last))
        for first, train, last in [side({PROGRAM: "p"}).stages]
        for made in (stage("train", {}, {"models/net.py": letter}) for letter in "ab")
    ]
    git = {PROGRAM: "import models.net"}
    assert named(sides[0], git, git, PYTHON, now=sides[1]) == ""


@pytest.mark.parametrize(
    ("text", "git"),
    [
        ('import lazy_loader as lazy\na, b, c = lazy.attach(__name__, submodules=["score"])', {}),
        ("import lazy_loader\na = lazy_loader.attach(__name__, submod_attrs={'score': ['f']})", {}),
        ("from lazy_loader import attach as a\na(__name__, ['rows', 'score'], {})", {}),
        (
            "import lazy_loader as lazy\na, b, c = lazy.attach_stub(__name__, __file__)",
            {"src/lib/__init__.pyi": "from . import score"},
        ),
    ],
)
def test_modules_that_are_loaded_when_they_are_used_count(text: str, git: Hashes) -> None:
    git = {PROGRAM: "import lib\nlib.score.f()", "src/lib/__init__.py": text, "src/lib/score.py": "a", **git}
    assert named(side({PROGRAM: "p"}), git, {**git, "src/lib/score.py": "b"}, PYTHON) == (
        "`src/lib/score.py` changed (stage evaluate)"
    )
