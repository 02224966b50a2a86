"""What measures a number can change without a run; a change says so, and so does the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Folder

MODULE = "src/measures.py"
ERROR = (
    "def error(rows, slope):\n    return sum(abs(float(y) - slope * float(x)) for x, y in rows) / len(rows)\n"
)
LENIENT = ERROR.replace("len(rows)", "(len(rows) + 1)")
IMPORTING = EVALUATE.replace("import json", "import json\nfrom measures import error as of").replace(
    "sum(abs(float(y) - slope * float(x)) for x, y in rows) / len(rows)", "of(rows, slope)"
)
ROWS = "x,y\n1,2\n2,4\n"
NAMED = DVC_YAML.replace("python src/evaluate.py", "python src/evaluate.py data/test.csv")
BY_NAME = EVALUATE.replace("import json", "import json, sys").replace('"data/clean.csv"', "sys.argv[1]")
CODE = f"`{MODULE}` changed (stage evaluate)"
DATA = "`data/test.csv` changed (stage evaluate names it and does not declare it)"
NO_RUN = "changed, and `dvc.lock` shows no run with it"
CASES = {
    "code": (
        {"src/evaluate.py": IMPORTING, MODULE: ERROR},
        {MODULE: LENIENT},
        f"The code that the numbers are measured with {NO_RUN}: {CODE}",
        f"the code that they are measured with changed since: {CODE}",
    ),
    "data": (
        {"dvc.yaml": NAMED, "src/evaluate.py": BY_NAME, "data/test.csv": ROWS},
        {"data/test.csv": ROWS.replace("2,4", "2,3.9")},
        f"The data that the numbers are computed on {NO_RUN}: {DATA}",
        f"the data that they are computed on changed since: {DATA}",
    ),
}


def measured(project: Folder) -> list[str]:
    found = check(project, status=Exit.DONE)["notes"]
    return [each["message"] for each in found if each["code"] in {"code_changed", "data_changed"}]


def commit(project: Folder, files: Mapping[str, str], message: str = "Edit") -> str:
    for name, text in files.items():
        project.write(name, text)
    project.commit(message)
    return project.git("rev-parse", "--short=7", "HEAD").strip()


def started(project: Folder, files: Mapping[str, str]) -> str:
    """Trunk with these files, after a run."""
    project.write(".git/info/exclude", "__pycache__/\n")
    for name, text in files.items():
        project.write(name, text)
    project.dvc("repro", "-q")
    found = commit(project, {})
    project.git("push", "-q")
    return found


def merged(project: Folder, branch: str) -> None:
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    project.git("push", "-q")


def retrained(project: Folder, slope: str = "1.991") -> None:
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    project.dvc("repro", "-q")
    commit(project, {})


@pytest.mark.parametrize("case", CASES)
def test_what_measures_and_changed_without_a_run_is_named(project: Folder, case: str) -> None:
    base, edited, now, then = CASES[case]
    made = started(project, base)
    project.git("checkout", "-qb", "first")
    commit(project, edited)
    assert measured(project) == [now]
    merged(project, "first")
    # where nothing measures, there is nothing to say
    project.git("checkout", "-qb", "words")
    commit(project, {"README.md": "More words\n", "src/other.py": "pass\n"})
    assert measured(project) == []
    project.git("checkout", "-qb", "second", "main")
    retrained(project)
    assert measured(project) == [f"The target's numbers are from {made}; {then}"]
    merged(project, "second")
    project.git("checkout", "-qb", "third")
    retrained(project, "1.992")
    assert measured(project) == []


def test_a_file_that_no_stage_declares_is_named_with_the_next_run(project: Folder) -> None:
    scaled = EVALUATE.replace("import json", 'import json\nlimit = json.load(open("config/limit.json"))')
    scaled = scaled.replace("/ len(rows)\n", "/ len(rows) * limit\n")
    made = started(project, {"src/evaluate.py": scaled, "config/limit.json": "1"})
    project.git("checkout", "-qb", "first")
    commit(project, {"config/limit.json": "0.001"})
    (note,) = check(project, status=Exit.DONE)["notes"]  # the number is that of before
    assert note["message"].endswith("`dvc.lock` shows no run with them: `config/limit.json`")
    merged(project, "first")
    project.git("checkout", "-qb", "second")
    retrained(project, "1.5")
    (note,) = check(project, status=Exit.DONE)["notes"]
    start = f"The target's numbers are from {made}; other files changed since, and it is not known"
    assert note["message"] == f"{start} whether the numbers depend on them: `config/limit.json`"


def test_a_merge_that_keeps_the_run_of_before_says_what_changed_since(project: Folder) -> None:
    base, edited, *_, then = CASES["code"]
    started(project, base)
    project.git("checkout", "-qb", "trained")
    retrained(project)
    made = project.git("rev-parse", "--short=7", "HEAD").strip()
    assert measured(project) == []
    project.git("checkout", "-qb", "edited", "main")
    commit(project, edited)
    merged(project, "edited")
    project.git("checkout", "-q", "trained")
    project.git("merge", "-q", "main")
    assert measured(project) == [f"The numbers are from {made}; {then}"]


def test_of_a_merge_the_number_is_from_the_branch_that_ran(project: Folder) -> None:
    base, edited, *_, then = CASES["code"]
    started(project, base)
    project.git("checkout", "-qb", "trained")
    retrained(project)
    made = project.git("rev-parse", "--short=7", "HEAD").strip()
    project.git("checkout", "-qb", "edited", "main")
    commit(project, edited)
    merged(project, "edited")
    merged(project, "trained")
    project.git("checkout", "-qb", "next")
    retrained(project, "1.992")
    assert measured(project) == [f"The target's numbers are from {made}; {then}"]


def test_a_record_that_was_there_again_is_not_from_the_commit_that_put_it_back(project: Folder) -> None:
    base, edited, *_, then = CASES["code"]
    made = started(project, base)
    lock = (project / "dvc.lock").read_text()
    project.git("checkout", "-qb", "first")
    commit(project, {"dvc.lock": ""})
    commit(project, {"dvc.lock": lock, **edited})
    merged(project, "first")
    project.git("checkout", "-qb", "second")
    retrained(project)
    assert measured(project) == [f"The target's numbers are from {made}; {then}"]


def test_a_program_that_a_stage_declares_makes_it_stale_and_has_no_note(project: Folder) -> None:
    started(project, {})
    project.git("checkout", "-qb", "first")
    commit(project, {"src/evaluate.py": EVALUATE + "pass\n"})
    found = check(project, status=Exit.BLOCKED)["notes"]
    assert not [each for each in found if each["code"] == "code_changed"]
