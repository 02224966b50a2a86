"""A report about stale numbers says that they are of the last run, and compares them with nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import Check, Policy
from mlgit.core.pipeline.evidence import Problem
from mlgit.render.report.report import markdown
from tests.support.reports import BASE, found, one
from tests.support.verdicts import CANDIDATE, absolute, change, rules
from tests.unit.render.test_report_rows import column, rows

GATES = (
    change("vs-prod", vs="prod", limits={"max_drop": "0.005"}),
    change("vs-base", vs="base", limits={"max_drop": "0.005"}),
    absolute("floor", low="0.5"),
    absolute("warns", low="0.5", severity="warn"),
    absolute("tells", low="0.5", severity="info"),
)
STALE = Problem(code="stale", message="Stage `evaluate` is stale: changed param quality", hint="run it")


@pytest.fixture(name="record")
def _record() -> Check:
    case, check = one("tumor", BASE, BASE, GATES)
    files = tuple(replace(file, stage="evaluate", problems=(STALE,)) for file in case.files)
    prod = found("prod", "tumor", "prod (tumor@v1.2.0)", BASE | {"auc": "0.9"})
    where = case._replace(files=files, baselines={**case.baselines, "prod": prod})
    verdict = decide([where], rules=rules(), candidate=CANDIDATE, policy=Policy())
    changes = metric_changes(files, case.baselines["base"].files, model="tumor", directions={})
    return replace(check, verdict=verdict, metrics=changes)


def test_every_gate_that_reads_stale_numbers_is_counted(record: Check) -> None:
    assert markdown(record).startswith(
        "### ❌ Blocked: tumor, evaluate is stale, and 5 gates read its numbers\n"
    )


def test_stale_numbers_are_not_bold_and_not_called_unchanged(record: Check) -> None:
    text = markdown(record)
    assert set(column(text, "change")) == {"stale"}
    assert "unchanged" not in text
    assert "**" not in "".join(column(text, "this change"))
    assert f"All metrics: {len(BASE)}, none changed, as of the last run" in text


def test_the_base_is_not_the_number_of_a_gate_against_another_version(record: Check) -> None:
    text = markdown(record)
    cells = {row[1]: dict(zip(rows(text)[0], row, strict=True)) for row in rows(text)[1:]}
    assert cells["vs-prod"]["base"] == ""
    assert cells["vs-base"]["base"] == "0.971"
