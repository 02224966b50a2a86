"""Doctor: the findings of `mlgit doctor`, each with its repair."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record

FindingSeverity = Literal["error", "warn", "info"]


@record
class Finding:
    """One problem.

    `id` names the kind and is the same in all versions of mlgit. `error`: something does not work or gives
    wrong results; `warn`: it will; `info`: it is worth knowing. `subjects` are the affected tags, files or
    outputs. `repair` is a command or, if no command can do it, a sentence.
    """

    id: str
    severity: FindingSeverity
    message: str
    repair: str | None = None
    subjects: tuple[str, ...] = ()


@record
class Diagnosis:
    """All findings, errors first; `checks` are the names of the checks."""

    findings: tuple[Finding, ...]
    checks: tuple[str, ...]
    online: bool

    @property
    def healthy(self) -> bool:
        """Whether there are only remarks."""
        return all(finding.severity == "info" for finding in self.findings)
