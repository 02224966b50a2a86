"""Of a folder of code that training and measurement share, only what measures is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_measured_otherwise import changed
from tests.support.pipeline import DVC_YAML, EVALUATE, TRAIN

if TYPE_CHECKING:
    from tests.support.shell import Folder

STAGES = DVC_YAML.replace("src/train.py]", "src]").replace("src/evaluate.py]", "src]")


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ({"src/train.py": f"{TRAIN}\nassert slope\n"}, None),
        ({"src/evaluate.py": f"{EVALUATE}\nassert slope\n"}, "`src/evaluate.py` changed (stage evaluate)"),
    ],
)
def test_a_program_of_the_training_is_not_named(
    project: Folder, edits: dict[str, str], text: str | None
) -> None:
    found = changed(project, {"dvc.yaml": STAGES}, edits)
    start = "The numbers are measured with other code: "
    assert found == ([] if text is None else [("code_changed", f"{start}{text}")])
