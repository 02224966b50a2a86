"""Foreign, lightweight, deleted and moved tags between ordinary work, checked against a model.

`MLGIT_TEST_PROFILE=thorough` plays 300 operations.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.history.vandal import ravage

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = 300 if os.environ.get("MLGIT_TEST_PROFILE") == "thorough" else 25
"""Read at import, because the environment of the tests lacks this variable."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_no_command_believes_a_spoiled_tag(pipeline_template: Path, tmp_path: Path, seed: int) -> None:
    vandal = ravage(pipeline_template, tmp_path / "work", operations=OPERATIONS, seed=seed)
    assert vandal.wrong == []
    assert sum(count for what, count in vandal.counts.items() if what.startswith("spoiled")) >= 2
