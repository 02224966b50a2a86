"""A gate that passes only because the change loosened it has no tick, and says what of trunk it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.gate_changes import compare_gates
from mlgit.core.gates.verdict import Check, Policy
from mlgit.render.report.report import markdown
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules, waiver
from tests.unit.render.test_report_rows import column

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate
    from mlgit.core.gates.verdict import Verdict
    from mlgit.core.gates.waivers import Waiver


def decided(trunk: Gate, own: Gate, *waivers: Waiver, before: str = "0.95", now: str = "0.92") -> Verdict:
    """The verdict on a change that makes `own` of trunk's gate."""
    where = case(own, files=(metric_file(auc=now),), against=baseline(metric_file(auc=before)))
    return decide(
        [where],
        rules=rules(waivers=waivers, loosened={trunk.id: trunk}),
        candidate=CANDIDATE,
        policy=Policy(),
        gates_changed=compare_gates({trunk.id: trunk}, {own.id: own}),
    )


# Trunk's gate and the change's -> what is broken of trunk's.
LOOSENED = [
    (change("g", limits={"max_drop": "0.01"}), change("g", limits={"max_drop": "0.05"}), "max_drop 0.01"),
    (change("g", limits={"max_drop": "1%"}), change("g", limits={"max_drop": "5%"}), "max_drop 1%"),
    (absolute("g", low="0.94"), absolute("g", low="0.8"), "min 0.94"),
    (absolute("g", high="0.9"), absolute("g", high="0.99"), "max 0.9"),
    (absolute("g", low="0.94"), absolute("g", low="0.94", severity="warn"), "severity error"),
    (absolute("g", low="0.94"), absolute("g", low="0.8", severity="info"), "min 0.94"),
    (
        change("g", limits={"max_drop": "0.01", "max_rise": "1"}),
        change("g", limits={"max_rise": "1"}),
        "max_drop 0.01",
    ),
]


@pytest.mark.parametrize(("trunk", "own", "breaks"), LOOSENED)
def test_a_gate_that_passes_only_because_it_was_loosened_says_so(trunk: Gate, own: Gate, breaks: str) -> None:
    found = decided(trunk, own)
    (result,) = found.results
    assert result.breaks == breaks
    (note,) = [each for each in found.notes if each.code == "gates_loosened"]
    assert note.message.endswith("; as it is on trunk, it would not pass")
    text = markdown(Check(verdict=found))
    assert "✅" not in text
    assert column(text, "result") == ["⚠️ warning"]
    assert f"would not pass with trunk's {breaks}" in column(text, "limit")[0]


@pytest.mark.parametrize(("trunk", "own", "breaks"), LOOSENED)
def test_a_loosened_gate_that_would_pass_anyway_has_its_tick(trunk: Gate, own: Gate, breaks: str) -> None:
    good = {"max_drop": "0.95", "min": "0.95", "severity": "0.95"}.get(breaks.split(maxsplit=1)[0], "0.89")
    found = decided(trunk, own, now=good)
    (result,) = found.results
    assert (result.outcome, result.breaks) == ("pass", None)
    assert "would not pass" not in "".join(note.message for note in found.notes)


def test_a_waiver_of_a_loosened_gate_is_not_called_unneeded() -> None:
    trunk, own = absolute("g", "auc", low="0.94"), absolute("g", "auc", low="0.8")
    found = decided(trunk, own, waiver("g", floor="0.9"), now="0.85")
    assert "waiver_unused" not in {note.code for note in found.notes}
    passes = decided(trunk, own, waiver("g", floor="0.9"), now="0.95")
    assert "waiver_unused" in {note.code for note in passes.notes}


def test_a_gate_that_is_loosened_and_still_fails_has_nothing_to_add() -> None:
    found = decided(absolute("g", low="0.94"), absolute("g", low="0.93"))
    assert [each.breaks for each in found.results] == [None]
    assert replace(found.results[0], breaks=None) == found.results[0]
