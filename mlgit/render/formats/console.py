"""Console: the page of `mlgit check` as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.console import plain
from mlgit.render.pages.check import page

if TYPE_CHECKING:
    from mlgit.core.ci.report import Failure
    from mlgit.core.gates.verdict import Check
    from mlgit.errors import MlgitError


def console(record: Check) -> str:
    return plain(page(record))


def failure(error: MlgitError | Failure) -> str:
    return f"No verdict: {error.message}\n"
