"""The line below a report's heading says which gates were removed, and praises nothing that failed."""

from __future__ import annotations

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.gate_changes import compare_gates
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.verdict import Check, Policy
from mlgit.render.report.report import markdown
from tests.support.reports import one, together
from tests.support.verdicts import CANDIDATE, absolute, case, metric_file, rules
from tests.unit.render.test_report_rows import column

REPOINTED = Finding(code="gate_repointed", subjects=("kept",), text="it read `a`; it now reads `b`")


@pytest.mark.parametrize(
    ("removed", "findings", "counts"),
    [
        ((), (), None),
        (("gone",), (), "1 of 1 gate passed; 1 gate was removed"),
        (("gone", "other"), (), "1 of 1 gate passed; 2 gates were removed"),
        ((), (REPOINTED,), "1 of 1 gate passed, but it does not check what it checked before"),
        (
            ("gone",),
            (REPOINTED,),
            "1 of 1 gate passed, but it does not check what it checked before; 1 gate was removed",
        ),
    ],
)
def test_removed_gates_are_counted(
    removed: tuple[str, ...], findings: tuple[Finding, ...], counts: str | None
) -> None:
    gate = absolute("kept", low="0")
    before = {name: absolute(name, low="0") for name in removed} | {"kept": gate}
    verdict = decide(
        [case(gate, files=(metric_file(auc="1"),))],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(),
        gates_changed=compare_gates(before, {"kept": gate}),
        findings=findings,
    )
    lines = markdown(Check(verdict=verdict)).splitlines()
    assert (lines[1] or None) == counts
    if findings:
        assert "repointed" in lines[0]


def test_too_much_of_what_is_better_is_not_called_better_in_the_row_that_fails() -> None:
    gates = (absolute("range", "auc", high="0.95"), absolute("floor", "auc", low="0.5"))
    text = markdown(together(one("tumor", {"auc": "0.96"}, {"auc": "0.9"}, gates)))
    assert column(text, "result") == ["❌ failed", "✅ passed"]
    assert column(text, "change") == ["+0.06 (+6.67%)", "+0.06 (+6.67%) better"]
