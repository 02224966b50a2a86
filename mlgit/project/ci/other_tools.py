"""Foreign CI: the workflows that stand in a repository and use tools that mlgit replaces."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.core.ci.other_tools import foreign_uses
from mlgit.core.ci.templates import GITLAB_ENTRY, read_stamp

if TYPE_CHECKING:
    from mlgit.core.ci.other_tools import ForeignUse
    from mlgit.project.open import Project

_WORKFLOWS = ".github/workflows"


def read_foreign_uses(project: Project) -> tuple[ForeignUse, ...]:
    """What the CI files use of CML, setup-dvc, gto-action and DVC Studio; our own files are left out."""
    texts = {}
    for path in (*_workflows(project), GITLAB_ENTRY):
        content = project.worktree.read(path)
        text = "" if content is None else content.decode("utf-8", "replace")
        if text and read_stamp(text) is None:
            texts[path] = text
    return foreign_uses(texts)


def _workflows(project: Project) -> list[str]:
    try:
        names = os.listdir(os.path.join(project.root, _WORKFLOWS))
    except OSError:
        return []
    return [f"{_WORKFLOWS}/{name}" for name in sorted(names) if name.endswith((".yml", ".yaml"))]
