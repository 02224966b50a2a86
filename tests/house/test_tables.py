"""Tables: adding a gate limit or a report format to a copy of the package touches few files.

Deploy targets and metric formats are added by tests/contracts, without touching the package at all.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from mlgit.errors import Exit
from tests.support.shell import Folder
from tests.support.templates import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done


@pytest.fixture
def copy(tmp_path: Path) -> Folder:
    """The package and its schemas, to be edited."""
    for name in ("mlgit", "schemas", "ci-templates"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Folder(tmp_path / "copy")


@pytest.fixture
def falling(tmp_path: Path) -> Folder:
    """Two commits of a metric file in Git: the score falls from 0.9 to 0.8."""
    folder = Folder(tmp_path / "work")
    folder.path.mkdir()
    folder.git("init", "-q")
    for score in (0.9, 0.8):
        folder.write("dvc.yaml", "metrics: [metrics.json]\n")
        folder.write("metrics.json", json.dumps({"score": score}))
        folder.commit(str(score))
    return folder


def edit(copy: Folder, name: str, old: str, new: str) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old} appears {text.count(old)} times in {name}"
    copy.write(name, text.replace(old, new))


def edited(copy: Folder, folder: Folder, *argv: str) -> Done:
    """Run the edited mlgit."""
    return folder.run(sys.executable, "-P", "-m", "mlgit", *argv, env={"PYTHONPATH": os.fspath(copy.path)})


def test_a_gate_limit_needs_a_row_and_its_name_in_three_files(copy: Folder, falling: Folder) -> None:
    edit(copy, "mlgit/core/config/file.py", '"min_rise", "min_drop"]', '"min_rise", "min_drop", "max_loss"]')
    edit(
        copy,
        "mlgit/core/gates/limits.py",
        '    "min_rise": Kind(',
        '    "max_loss": Kind("drop", "most", "baseline - candidate <= {0}", "-"),\n    "min_rise": Kind(',
    )
    schema = json.loads((copy / "schemas/mlgit.schema.json").read_text(encoding="utf-8"))
    gate = schema["$defs"]["gate"]
    gate["properties"]["max_loss"] = {"$ref": "#/$defs/limit", "title": "May lose", "description": "At most."}
    gate["oneOf"][0]["properties"]["max_loss"] = False
    gate["oneOf"][1]["anyOf"].append({"required": ["max_loss"]})
    copy.write("schemas/mlgit.schema.json", json.dumps(schema))
    edit(copy, "schemas/verdict.schema.json", '            "min_drop"', '            "min_drop", "max_loss"')

    falling.write("mlgit.yaml", "version: 1\ngates: {score: {metric: score, vs: base, max_loss: 0.05}}\n")
    done = edited(copy, falling, "check", "--base", "HEAD~1", "--json")
    assert done.status == Exit.BLOCKED, done.err
    (result,) = done.json()["verdict"]["results"]
    assert (result["outcome"], result["reason"]) == ("fail", "max_loss_broken")
    verdict_schema = json.loads((copy / "schemas/verdict.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(verdict_schema).validate(done.json())
    shown = edited(copy, falling, "check", "--base", "HEAD~1", "--explain", "score").out
    assert "baseline - candidate <= 0.05" in shown


def test_a_report_format_is_a_row_and_a_module(copy: Folder, falling: Folder) -> None:
    edit(
        copy,
        "mlgit/render/formats/__init__.py",
        '    "junit": ReportFormat(',
        '    "csv": ReportFormat("mlgit.render.formats.csv_rows", "rows"),\n    "junit": ReportFormat(',
    )
    rows = '"".join(f"{each.gate},{each.outcome}\\n" for each in check.verdict.results)'
    copy.write("mlgit/render/formats/csv_rows.py", f"def rows(check):\n    return {rows}\n")
    falling.write("mlgit.yaml", "version: 1\ngates: {floor: {metric: score, min: 0.7}}\n")
    done = edited(copy, falling, "report", "--format", "csv")
    assert (done.status, done.out) == (Exit.DONE, "floor,pass\n"), done.err
    assert "csv" in edited(copy, falling, "report", "--help").out
