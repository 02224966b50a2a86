"""Run: only the verdict on its result blocks a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.verdict import Check, Verdict
from mlgit.core.overview.run import Run
from tests.support.verdicts import CANDIDATE, TODAY

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Decision


def checked(decision: Decision) -> Check:
    return Check(
        verdict=Verdict(
            purpose="check", decision=decision, evaluated_on=TODAY, candidate=CANDIDATE, gates_sha="0" * 64
        )
    )


@pytest.mark.parametrize(
    ("decision", "blocked"), [("allow", False), ("allow_with_warnings", False), ("block", True)]
)
def test_only_a_blocking_verdict_blocks_a_run(decision: Decision, *, blocked: bool) -> None:
    assert Run(dry_run=False, stages=("train",), check=checked(decision)).blocked is blocked


def test_a_dry_run_has_no_verdict_and_is_not_blocked() -> None:
    assert not Run(dry_run=True, stages=("train",)).blocked
