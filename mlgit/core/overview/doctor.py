"""Doctor: the findings of `mlgit doctor`, each with its repair."""

from __future__ import annotations

from functools import partial
from typing import Literal

from mlgit.core.record import NamedTuple, record

FindingSeverity = Literal["error", "warn", "info"]


class Finding(NamedTuple):
    """One problem.

    `id` names the kind and is the same in all versions of mlgit. `error`: something does not work or gives
    wrong results; `warn`: it will; `info`: it is worth knowing. `subjects` are the affected tags, files or
    outputs. `repair` is a command or, if no command can do it, a sentence.
    """

    id: str
    message: str
    severity: FindingSeverity
    repair: str | None = None
    subjects: tuple[str, ...] = ()


fault = partial(Finding, severity="error")
warning = partial(Finding, severity="warn")
remark = partial(Finding, severity="info")


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
