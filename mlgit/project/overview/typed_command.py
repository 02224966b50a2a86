"""Typed command: a command as it works in the folder where the user is."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.wording import word

if TYPE_CHECKING:
    from mlgit.project.open import Project

# Their paths are relative to the root of the repository.
_WITH_PATHS = ("dvc add ", "dvc commit ", "mkdir ", "git add ", "git mv ")


def typed_command(project: Project, command: str) -> str:
    """The command, if necessary in a subshell that goes to the root first."""
    root = os.path.realpath(project.root)
    with suppress(OSError):
        here = os.path.realpath(os.getcwd())
        inside = here.startswith(f"{root}/")
        if here == root or (inside and not command.startswith(_WITH_PATHS)):
            return command
        root = os.path.relpath(root, here) if inside else root
    return f"(cd {word(root)} && {command})"
