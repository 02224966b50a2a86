"""What a stage runs by a name in a file is named as other code, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_measured_otherwise import changed
from tests.support.pipeline import DVC_YAML, EVALUATE

if TYPE_CHECKING:
    from tests.support.shell import Folder

MAKE = "evaluate:\n\tpython src/evaluate.py\nhelp:\n\techo help\n"
MORE = f"{EVALUATE}\nassert metrics\n"
STAGES = DVC_YAML.replace("cmd: python src/evaluate.py", "cmd: make -s evaluate").replace(
    ", src/evaluate.py]", "]"
)


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ({"src/evaluate.py": MORE}, "`src/evaluate.py` changed"),
        ({"Makefile": MAKE.replace("evaluate.py", "evaluate.py --all")}, "`Makefile` changed"),
        ({"Makefile": MAKE.replace("echo help", "echo more")}, None),
        ({"src/evaluate.py": f'"""Measure the model."""\n# on clean rows\n{EVALUATE}'}, None),
    ],
)
def test_what_make_runs_for_a_stage_is_named(
    project: Folder, edits: dict[str, str], text: str | None
) -> None:
    # DVC sees no change of what is not declared, so that something else has to start the stage
    params = {"params.yaml": "train:\n  slope: 1.985\n"}
    found = changed(project, {"dvc.yaml": STAGES, "Makefile": MAKE}, {**edits, **params})
    start = "The numbers are measured with other code: "
    assert found == ([] if text is None else [("code_changed", f"{start}{text} (stage evaluate)")])
