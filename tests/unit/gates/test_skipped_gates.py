"""Gates that were skipped are counted with the reason, so that nothing seems to have failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.headline import headline
from mlgit.core.gates.verdict import Policy
from mlgit.core.overview.reason import counts
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate
    from mlgit.core.gates.places import BaselineFiles

FILE = metric_file(auc="0.95", loss="0.1", f1="0.5")
OLD = baseline(metric_file(auc="0.94"), vs="base")
NOTHING = baseline(state="none", vs="base")
FLOOR, AUC, F1, LOSS = (
    absolute("floor", low="0"),
    change("a", vs="base"),
    change("b", "f1", vs="base"),
    change("c", "loss", vs="base"),
)
IN_PROD = change("d", vs="prod")


@pytest.mark.parametrize(
    ("purpose", "gates", "against", "text"),
    [
        ("release", (AUC,), NOTHING, "1 gate skipped (no earlier version to compare with)"),
        ("release", (AUC, F1), NOTHING, "2 gates skipped (no earlier version to compare with)"),
        (
            "release",
            (FLOOR, AUC),
            NOTHING,
            "1 of 2 gates passed, 1 skipped (no earlier version to compare with)",
        ),
        ("release", (IN_PROD,), baseline(state="none"), "1 gate skipped (nothing to compare with)"),
        (
            "release",
            (AUC,),
            baseline(state="none", vs="base", reason="baseline_emptied"),
            "1 gate skipped (nothing to compare with)",
        ),
        ("check", (FLOOR, AUC), NOTHING, "1 of 2 gates passed, 1 skipped (nothing to compare with)"),
        ("check", (AUC, F1), OLD, "1 of 2 gates passed, 1 skipped (new metric)"),
        ("check", (AUC, F1, LOSS), OLD, "1 of 3 gates passed, 2 skipped (new metrics)"),
        ("check", (F1,), OLD, "1 gate skipped (new metric)"),
        ("check", (FLOOR,), OLD, "1 of 1 gate passed"),
    ],
)
def test_skipped_gates_are_counted_with_their_reason(
    purpose: str,
    gates: tuple[Gate, ...],
    against: BaselineFiles,
    text: str,
) -> None:
    found = decide(
        [case(*gates, files=(FILE,), against=against)],
        rules=rules(purpose=purpose),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    assert headline(found) == counts(found) == text
