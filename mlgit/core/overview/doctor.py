"""Diagnosis: what `mlgit doctor` found, each finding with its repair."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record

FindingSeverity = Literal["error", "warn", "info"]


@record
class Finding:
    """One thing that is not as it should be.

    `id` names the kind and stays the same over versions. `error` means that something does not work
    or is wrongly answered, `warn` that it will, `info` that it is worth knowing. `subjects` are the
    tags, files or outputs meant. `repair` is a command or, where no command can do it, a sentence.
    """

    id: str
    severity: FindingSeverity
    message: str
    repair: str | None = None
    subjects: tuple[str, ...] = ()


@record
class Diagnosis:
    """All findings, errors first; `checks` are the names of what was looked at."""

    findings: tuple[Finding, ...]
    checks: tuple[str, ...]
    online: bool

    @property
    def healthy(self) -> bool:
        """Whether there is nothing but remarks."""
        return all(finding.severity == "info" for finding in self.findings)
