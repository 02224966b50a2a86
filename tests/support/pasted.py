"""Pasted: commands typed into interactive shells, which read `#`, `!` and `=` in their own ways."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.shell import Folder

_SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "zsh with more patterns": ("zsh", "-f", "-i", "-o", "extended_glob"),
}


def shells() -> dict[str, tuple[str, ...]]:
    """The shells that are installed, bash at least; zsh is on every Mac."""
    return {name: argv for name, argv in _SHELLS.items() if shutil.which(argv[0]) is not None}


def typed_into(folder: Folder, shell: tuple[str, ...], command: str) -> str:
    """What a command prints when it is typed into an interactive shell, which has `mlgit`."""
    start = f"PS1= PS2=; mlgit() {{ '{sys.executable}' -P -m mlgit \"$@\"; }}\n"
    return folder.run(*shell, stdin=f"{start}{command}\n").out
