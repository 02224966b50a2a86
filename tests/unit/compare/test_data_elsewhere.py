"""What stages read elsewhere is data that changed, if DVC recorded another mark of it."""

from __future__ import annotations

import pytest

from mlgit.core.compare.git_changes import with_elsewhere
from mlgit.core.pipeline.stages import LockedStage, Pipeline, Stage


def pipeline(**marks: str) -> Pipeline:
    locked = LockedStage(cmd=("x",), deps={}, params={}, outs={}, marks=marks)
    return Pipeline(
        stages=(
            Stage(address="a", name="a", file="dvc.yaml", wdir=".", cmd=("x",), locked=locked),
            Stage(address="b", name="b", file="dvc.yaml", wdir=".", cmd=("x",)),
        )
    )


@pytest.mark.parametrize(
    ("data", "new", "line"),
    [
        ("unchanged", {"url": "1"}, "unchanged"),
        ("unchanged", {"url": "2"}, "`url` changed"),
        ("`a` new", {"url": "2"}, "`a` new, `url` changed"),
        ("unchanged", {}, "unchanged"),
        ("unchanged", {"url": "1", "other": "2"}, "unchanged"),
    ],
)
def test_the_line_about_data_names_what_has_another_mark(data: str, new: dict[str, str], line: str) -> None:
    assert with_elsewhere({"data": data}, pipeline(url="1"), pipeline(**new)) == {"data": line}


def test_data_that_was_not_compared_has_no_line() -> None:
    assert with_elsewhere({}, pipeline(url="1"), pipeline(url="2")) == {}
