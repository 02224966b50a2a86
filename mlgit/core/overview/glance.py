"""Glance: a verdict as `mlgit status` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.headline import headline
from mlgit.core.overview.reason import counts, reason, sorted_results
from mlgit.core.overview.status import VerdictCounts

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Verdict


def glance(verdict: Verdict) -> VerdictCounts:
    found = verdict.summary
    results = [each for each in sorted_results(verdict) if each.candidate is not None]
    by_hand = {each.file for each in results if each.made_by_hand and each.file is not None}
    shown = {note.message for note in verdict.notes if note.code == "not_proven"}
    return VerdictCounts(
        decision=verdict.decision,
        headline=headline(verdict),
        gates=found.gates,
        blocking=found.blocking,
        warnings=found.warnings,
        passed=found.passed,
        failed=found.failed,
        errors=found.errors,
        skipped=found.skipped,
        counted=counts(verdict),
        reason=reason(verdict, places=True),
        gated=tuple(dict.fromkeys(f"{each.file}:{each.key}" for each in results)),
        not_proven=tuple(sorted(by_hand)) if shown else (),
    )
