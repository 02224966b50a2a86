"""Code quality: the remarks of a check as the JSON that GitLab shows in a merge request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.ci.annotations import annotations as remarks
from mlgit.core.ci.annotations import failure_annotation
from mlgit.core.ci.report import Failure, failure_of
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.digest import sha256_hex
from mlgit.render.escape import visible
from mlgit.render.formats.jsonout import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.forge.protocol import Annotation, Level
    from mlgit.core.gates.verdict import Check
    from mlgit.errors import MlgitError

_SEVERITIES: dict[Level, str] = {"failure": "critical", "warning": "minor", "notice": "info"}


def codequality(record: Check) -> str:
    """One entry per remark, the worst first."""
    return _document((remark, _SEVERITIES[remark.level]) for remark in remarks(record))


def failure(error: MlgitError | Failure) -> str:
    """The document without a verdict: one blocker at the location of the error."""
    return _document([(failure_annotation(failure_of(error)), "blocker")])


def _document(found: Iterable[tuple[Annotation, str]]) -> str:
    entries = []
    seen: dict[str, int] = {}
    for remark, severity in found:
        # GitLab compares fingerprints between branches: a remark must keep its name when numbers change.
        name = f"{remark.path}:{remark.title}"
        seen[name] = seen.get(name, 0) + 1
        entries.append(
            {
                "check_name": visible(remark.title),
                "description": visible(remark.message),
                "fingerprint": sha256_hex(f"{name}:{seen[name]}".encode("utf-8", "replace")),
                "severity": severity,
                "location": {"path": remark.path or CONFIG_FILE, "lines": {"begin": remark.line}},
            }
        )
    return dumps(entries)
