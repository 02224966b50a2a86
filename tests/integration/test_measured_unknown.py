"""What a measurement may load in a way that is only known when it runs is named as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_measured_otherwise import changed
from tests.support.pipeline import EVALUATE, TRAIN

if TYPE_CHECKING:
    from tests.support.shell import Folder

LOADING = EVALUATE.replace(
    "import json",
    "import importlib, json, sys\nsys.path.append('.')\nimportlib.import_module('.'.join(['lib', 'rows']))",
)
PLAIN = EVALUATE.replace("import json", "import json, sys\nsys.path.append('.')\nimport lib.rows")
SLOPE = {"params.yaml": "train:\n  slope: 1.985\n"}


@pytest.mark.parametrize(
    ("evaluate", "edits", "is_named"),
    [
        (LOADING, {"lib/rows.py": "b = 1\n"}, True),
        (LOADING, {"src/train.py": f"{TRAIN}\nassert slope\n"}, False),
        (LOADING, {"lib/notes.md": "More.\n"}, False),
        (PLAIN, {"lib/other.py": "b = 1\n"}, False),
    ],
)
def test_only_what_it_may_load_is_named(
    project: Folder, evaluate: str, edits: dict[str, str], *, is_named: bool
) -> None:
    before = {"src/evaluate.py": evaluate, "lib/rows.py": "a = 1\n", "lib/other.py": "a = 1\n"}
    text = (
        "It is not known whether numbers depend on `lib/rows.py`, which changed: `src/evaluate.py` loads "
        "code by a name that is made when it runs"
    )
    assert changed(project, before, {**edits, **SLOPE}) == ([("code_changed", text)] if is_named else [])
