"""What a measurement may load in a way that is only known when it runs is named as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_measured_otherwise import changed
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE, TRAIN

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


@pytest.mark.parametrize(
    ("files", "edits", "name"),
    [
        (
            {"run.sh": ". ./limits\npython src/evaluate.py\n", "limits": "A=1\n"},
            {"limits": "A=2\n"},
            "limits",
        ),
        (
            {"Makefile": "A = 1\nexport\nevaluate:\n\tpython src/evaluate.py\n"},
            {"Makefile": None},
            "Makefile",
        ),
    ],
)
def test_all_that_changed_together_with_a_number_is_named(
    project: Folder, files: dict[str, str], edits: dict[str, str | None], name: str
) -> None:
    cmd = "sh run.sh" if "run.sh" in files else "make evaluate"
    stages = DVC_YAML.replace("cmd: python src/evaluate.py", f"cmd: {cmd}")
    edits = {path: text or files[path].replace("A = 1", "A = 2") for path, text in edits.items()}
    changed(project, {"dvc.yaml": stages, **files}, {**edits, **SLOPE})
    text = f"Other files changed as well, and it is not known whether the numbers depend on them: `{name}`"
    assert text in check(project, status=Exit.DONE)["notes"][-1]["message"]
    done = project.here("check")
    assert f"note: {text}" in " ".join(done.out.split())
