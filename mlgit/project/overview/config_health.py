"""Config health: what is declared and could not be used, and files that are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.overview.doctor import Finding
from mlgit.core.registry.readiness import command_of
from mlgit.project.registry.readiness import unready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project


def check_readiness(project: Project) -> Iterator[Finding]:
    """Models, environments and files of the working tree that no release or promotion could use."""
    for each in unready(project, None):
        where = "" if each.line is None else f"{CONFIG_FILE}:{each.line}: "
        yield Finding(
            each.code,
            where + each.message,
            severity=each.severity,
            repair=command_of(each.hint),
            subjects=(each.subject,),
        )
