"""What a stage runs by a name that a Makefile or settings of the project give it measures as well."""

from __future__ import annotations

import pytest

from tests.support.measured_code import named
from tests.support.measured_data import side

PROGRAM = "src/evaluate.py"
CHANGED = f"`{PROGRAM}` changed (stage evaluate)"
MAKE = """\
PYTHON ?= python
ROWS = 10
DEPTH = 3
evaluate: rows  # measures
\t@$(PYTHON) src/evaluate.py $(ROWS)
rows:
\tpython src/rows.py
train:
\tpython src/train.py $(DEPTH)
"""
JUST = MAKE.replace("\t", "    ").replace("ROWS = 10", "ROWS := '10'").replace("$(ROWS)", "{{ROWS}}")
PYPROJECT = (
    '[project]\nname = "a"\n[project.scripts]\nevaluate = "src.evaluate:main"\ntrain = "src.train:main"\n'
)
RUN = {
    "make": ("Makefile", MAKE, "make evaluate"),
    "make first": ("Makefile", MAKE, "make"),
    "make quietly": ("GNUmakefile", MAKE, "MODE=fast make -s -j 2 evaluate"),
    "make of a file": ("build/rules.mk", MAKE, "make -f build/rules.mk evaluate"),
    "make what is not there": ("Makefile", MAKE, "make $(TARGET)"),
    "make after another": ("Makefile", MAKE, "mkdir -p out && make evaluate"),
    "just": ("justfile", JUST, "just evaluate"),
    "npm": ("package.json", '{"scripts": {"evaluate": "python src/evaluate.py"}}', "npm run evaluate"),
    "npm test": ("package.json", '{"scripts": {"pretest": "python src/evaluate.py"}}', "npm run -s test"),
    "poetry": ("pyproject.toml", PYPROJECT, "poetry run evaluate --fast"),
    "uv": ("pyproject.toml", PYPROJECT, "uv run --frozen evaluate"),
    "an entry point": ("pyproject.toml", PYPROJECT, "evaluate --fast"),
    "an older entry point": (
        "setup.cfg",
        "[options.entry_points]\nconsole_scripts =\n  evaluate = src.evaluate:main",
        "evaluate",
    ),
    "hatch": (
        "pyproject.toml",
        '[tool.hatch.envs.test.scripts]\nevaluate = ["rows", "python src/evaluate.py"]\nrows = "a"',
        "hatch run test:evaluate",
    ),
    "pdm": (
        "pyproject.toml",
        '[tool.pdm.scripts]\nevaluate.cmd = "python src/evaluate.py"',
        "pdm run evaluate",
    ),
    "poe": (
        "pyproject.toml",
        '[tool.poe.tasks]\nevaluate = ["a"]\na.cmd = "python src/evaluate.py"',
        "poe evaluate",
    ),
    "tox": ("tox.ini", "[testenv:evaluate]\ncommands = python src/evaluate.py", "tox -e evaluate"),
    "nox": ("noxfile.py", "s.run('python', 'src/evaluate.py')", "nox -s evaluate"),
    "task": (
        "Taskfile.yml",
        "tasks:\n  evaluate:\n    cmds:\n      - python src/evaluate.py",
        "task evaluate",
    ),
    "one by another": ("Makefile", "evaluate:\n\tuv run python -m src.evaluate", "make evaluate"),
    "a folder": ("Makefile", "", "cd src && python evaluate.py"),
}


@pytest.mark.parametrize("name", RUN)
def test_a_program_that_a_name_runs_counts(name: str) -> None:
    path, text, cmd = RUN[name]
    git = {path: text, PROGRAM: "a = 1", "src/other.py": "a = 1"}
    assert named(side({}), git, {**git, PROGRAM: "a = 2"}, cmd) == CHANGED
    assert named(side({}), git, {**git, "src/other.py": "a = 2"}, cmd) == ""
    assert named(side({}), git, {**git, PROGRAM: "a = 2"}, "python src/more.py") == ""


def test_a_file_with_commands_that_is_gone_is_named() -> None:
    path, text, cmd = RUN["npm"]
    found = named(side({}), {path: text, PROGRAM: "a"}, {PROGRAM: "a"}, cmd)
    assert found == f"`{path}` is gone (stage evaluate)"


def test_it_counts_in_another_folder() -> None:
    git = {"sub/Makefile": MAKE, f"sub/{PROGRAM}": "a"}
    assert named(side({}), git, {**git, f"sub/{PROGRAM}": "b"}, "make -C sub evaluate") == (
        f"`sub/{PROGRAM}` changed (stage evaluate)"
    )


OTHER = "`Makefile` changed (stage evaluate)"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("src/evaluate.py", "src/measure.py", OTHER),
        ("src/rows.py", "src/few.py", OTHER),
        ("ROWS = 10", "ROWS = 1", OTHER),
        ("evaluate: rows", "evaluate:", OTHER),
        # of another target, and what is written for people
        ("src/train.py", "src/fit.py", ""),
        ("DEPTH = 3", "DEPTH = 4", ""),
        ("train:", "# how\ntrain:", ""),
    ],
)
@pytest.mark.parametrize("deps", [{}, {"Makefile": "p"}])
def test_only_the_part_that_is_run_is_other_code(old: str, new: str, text: str, deps: dict[str, str]) -> None:
    git = {"Makefile": MAKE}
    assert named(side(deps), git, {"Makefile": MAKE.replace(old, new)}, "make evaluate") == text


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (PYPROJECT.replace("src.evaluate", "src.measure"), "`pyproject.toml` changed (stage evaluate)"),
        (PYPROJECT.replace("evaluate =", "measure ="), "`pyproject.toml` changed (stage evaluate)"),
        (PYPROJECT.replace("src.train", "src.fit"), ""),
        (PYPROJECT.replace('"a"', '"b"'), ""),
    ],
)
def test_only_the_entry_that_is_run_is_other_code(new: str, text: str) -> None:
    assert named(side({}), {"pyproject.toml": PYPROJECT}, {"pyproject.toml": new}, "uv run evaluate") == text
    # other notes are about what a stage declares
    known = side({"pyproject.toml": "p"})
    assert named(known, {"pyproject.toml": PYPROJECT}, {"pyproject.toml": new}, "uv run evaluate") == ""


@pytest.mark.parametrize(
    ("path", "text", "cmd"),
    [
        ("package.json", "[]", "npm run evaluate"),
        ("package.json", "{", "npm run evaluate"),
        ("package.json", '{"scripts": []}', "npm run evaluate"),
        ("package.json", "{}", "npm ci"),
        ("pyproject.toml", "[project.scripts]\nevaluate = 1", "uv run evaluate"),
        ("pyproject.toml", "[", "uv sync"),
        ("Makefile", "\t\n:\n", "make -C"),
        ("Makefile", "evaluate: evaluate\n\tmake evaluate", "make evaluate"),
        ("Makefile", MAKE, "cd && make"),
        ("Makefile", MAKE, "'' && ENV=1"),
    ],
)
def test_odd_files_and_commands_are_read(path: str, text: str, cmd: str) -> None:
    git = {path: text, PROGRAM: "a"}
    named(side({}), git, {**git, PROGRAM: "b", path: f"{text}\n"}, cmd)


@pytest.mark.parametrize(
    ("file", "text", "cmd"),
    [
        ("run.sh", "python src/evaluate.py\nexit\n" + "python " * 60_000, "sh run.sh"),
        ("run.sh", "python src/evaluate.py\nexit\n" + "${" * 60_000, "sh run.sh"),
        ("package.json", "[" * 100_000, "npm run evaluate"),
        ("package.json", '{"a":' * 30_000 + "1" + "}" * 30_000, "npm run evaluate"),
    ],
)
def test_what_no_one_writes_ends_nothing_and_takes_no_minutes(file: str, text: str, cmd: str) -> None:
    known = side({"tasks": "t"})
    before = {"run.sh": "exit\n", "package.json": '{"scripts": {"evaluate": "python src/evaluate.py"}}'}
    assert named(known, {file: before[file]}, {file: text}, cmd) == f"`{file}` changed (stage evaluate)"
