"""Other tools: find CI files of a repository that use tools which mlgit replaces."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.ci.other_tools import ForeignUse, foreign_uses
from mlgit.core.ci.templates import read_stamp
from mlgit.core.forge.hosts import HOSTS

if TYPE_CHECKING:
    from mlgit.project.open import Project


def read_foreign_uses(project: Project) -> tuple[ForeignUse, ...]:
    """The uses of CML, setup-dvc, gto-action and DVC Studio in CI files that mlgit did not write."""
    texts = {}
    for path in _workflows(project):
        content = project.worktree.read(path)
        text = "" if content is None else content.decode("utf-8", "replace")
        if text and read_stamp(text) is None:
            texts[path] = text
    return foreign_uses(texts)


def _workflows(project: Project) -> list[str]:
    paths = []
    for row in HOSTS.values():
        if not row.workflows.endswith("/"):
            paths.append(row.workflows)
            continue
        with suppress(OSError):
            names = sorted(os.listdir(os.path.join(project.root, row.workflows)))
            paths += [f"{row.workflows}{name}" for name in names if name.endswith((".yml", ".yaml"))]
    return paths
