"""A gate of promotions that loses its number is named, and so is how it is measured once it is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, gates, tag
from tests.support.pipeline import DVC_YAML, EVALUATE, TRAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Folder

FULL = """\
  full:
    cmd: python src/full.py
    deps: [data/clean.csv, models/line.json, src/full.py]
    params: [full]
    metrics:
      - metrics/full.json: {cache: false}
artifacts:
"""
STAGES = DVC_YAML.replace("artifacts:\n", FULL)
LIMIT = 'rows = rows[: int(open("params.yaml").read().split("limit: ")[1][:2])]\nerror'
PROGRAM = EVALUATE.replace("test.json", "full.json").replace("error", LIMIT, 1)
GATES = """\
  floor: {metric: "metrics/test.json:r2", min: -5}
  full: {metric: "metrics/full.json:mae", LIMIT, when: promote}
  full-vs-prod: {metric: "metrics/full.json:mae", vs: prod, max_rise: 0.3, when: promote}
"""
_ALWAYS = {"other_files_changed", "gate_not_evaluated"}
PARAMS = "full: {limit: 10}\ntrain:\n  slope: 1.99\n"


def committed(project: Folder, message: str, files: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """The notes of a branch with these files, without those of `_ALWAYS`; it is merged."""
    project.git("checkout", "-qb", "topic")
    for name, text in files.items():
        if text is None:
            (project / name).unlink()
        else:
            project.write(name, text)
    project.dvc("repro", "-q")
    project.commit(message)
    notes = check(project, status=Exit.DONE)["notes"]
    found = [each for each in notes if each["code"] not in _ALWAYS]
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    project.git("branch", "-qd", "topic")
    project.git("push", "-q")
    return [(each["code"], each["effect"], each["message"]) for each in found]


@pytest.mark.parametrize("limit", ["max: 2", "vs: base, max_rise: 2"])
def test_a_number_that_goes_and_is_there_again_is_compared_with_the_version_in_prod(
    project: Folder, limit: str
) -> None:
    project.write("src/full.py", PROGRAM)
    project.write("src/train.py", TRAIN)
    project.write("params.yaml", PARAMS)
    project.write("dvc.yaml", STAGES)
    project.dvc("repro", "-q")
    gates(project, GATES.replace("LIMIT", limit))
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("push", "-q", "origin", "--tags")

    gone = {"dvc.yaml": DVC_YAML, "src/full.py": None, "metrics/full.json": None}
    ((code, effect, text),) = committed(project, "Remove the stage", gone)
    assert (code, effect) == ("evidence_weakened", "warn")
    assert text == (
        "`full`, `full-vs-prod` of `line`: they read `mae` of `metrics/full.json` (stage full); they now "
        "have no number, so a promotion that needs one of them gets an error"
    )

    again = {"dvc.yaml": STAGES, "src/full.py": PROGRAM, "params.yaml": PARAMS.replace("10", "1 ")}
    found = committed(project, "Add it again", again)
    text = (
        "The numbers were computed with different parameters: `params.yaml:full.limit` 10 -> 1 (stage full); "
        "this is compared with prod (line@v1.0.0), because the target has no number for `full`, "
        "`full-vs-prod`"
    )
    assert found == [
        ("params_changed", "note", text),
        ("stage_changed", "note", "Stage `full` is new before a gate's number; it runs `python src/full.py`"),
    ]
