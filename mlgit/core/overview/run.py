"""Run: the result of `mlgit run`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check


@record
class Run:
    """One run of the pipeline.

    `pulled` are missing outputs that were fetched from the DVC remote, `stages` those that ran (with
    `dry_run`: would run), of which `restored` were not executed: DVC had their results. `check` is the
    verdict on the result, None with `dry_run`. `notes` are sentences about outputs that could not be fetched.
    `committed` is the commit with the results, if one was made. `declared`: there are stages to run at all.
    """

    dry_run: bool
    stages: tuple[str, ...]
    pulled: tuple[str, ...] = ()
    check: Check | None = None
    notes: tuple[str, ...] = ()
    committed: str | None = None
    restored: tuple[str, ...] = ()
    declared: bool = field(default=True, metadata={"json": None})

    @property
    def blocked(self) -> bool:
        return self.check is not None and self.check.verdict.decision == "block"
