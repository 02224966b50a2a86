"""Data that a command names and no stage declares is other data if it comes, goes or changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import Hashes, side, texts


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({}, {"conf/more.yaml": "a"}, "`conf/more.yaml` is new"),
        ({"conf/more.yaml": "a"}, {}, "`conf/more.yaml` is gone"),
        ({}, {"conf/eval.yaml": "a"}, None),
    ],
)
def test_a_file_that_comes_where_a_command_names_one(old: Hashes, new: Hashes, text: str | None) -> None:
    known = side({"test.csv": "t"})
    last = known.stages[-1]._replace(cmd=("test.py --more conf/more.yaml",))
    pipeline = Pipeline(stages=(*known.stages[:-1], last))
    end = " (stage evaluate names it and does not declare it)"
    assert texts(pipeline, pipeline, (old, new)) == ([] if text is None else [text + end])
    # that a command newly names a file is a finding instead
    assert texts(known, pipeline, (old, new)) == []


@pytest.mark.parametrize(
    ("command", "old", "new", "text"),
    [
        ("test.py pool/rows.csv", {"pool/rows.csv": "a"}, {"pool/rows.csv": "b"}, "`pool/rows.csv` changed"),
        ("test.py pool", {"pool": "a/"}, {"pool": "b/"}, "`pool` changed"),
        ("test.py pool/rows.csv", {}, {"pool/rows.csv": "b"}, "`pool/rows.csv` is new"),
        ("test.py pool/*.csv", {"pool/rows.csv": "a"}, {"pool/rows.csv": "b"}, "`pool/rows.csv` changed"),
        ("test.py 'pool/**'", {}, {"pool/a/rows.csv": "b"}, "`pool/a/rows.csv` is new"),
        ("test.py pool/row[a-z].csv", {"pool/rows.csv": "b"}, {}, "`pool/rows.csv` is gone"),
        ("test.py pool/*.txt", {"pool/rows.csv": "a"}, {"pool/rows.csv": "b"}, None),
        ("test.py * 2", {"rows.csv": "a"}, {"rows.csv": "b"}, None),
        ("test.py test*", {"test.csv": "a"}, {"test.csv": "b"}, None),
        ("test.py pool/other.csv", {"pool/rows.csv": "a"}, {"pool/rows.csv": "b"}, None),
    ],
)
def test_data_of_dvc_that_a_command_names_and_no_stage_declares(
    command: str, old: Hashes, new: Hashes, text: str | None
) -> None:
    sides = []
    for tracked in (old, new):
        known = side({"test.csv": "t"}, tracked=tracked)
        last = known.stages[-1]._replace(cmd=(command,))
        sides.append(replace(known, stages=(*known.stages[:-1], last)))
    end = " (stage evaluate names it and does not declare it)"
    assert texts(sides[0], sides[1]) == ([] if text is None else [text + end])
