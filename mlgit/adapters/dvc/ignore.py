"""Ignore: which files `.dvcignore` hides from DVC."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

IGNORE_FILE = ".dvcignore"


def ignore_rules(root: str) -> Callable[[str, bool], bool]:
    """A question: is this path (from the root; whether it is a directory) hidden?

    Files are looked for in every folder on the way; the pattern engine is only loaded when one of
    them has a pattern. As in Git the nearest file has the last word.
    """
    specs: dict[str, list[str]] = {}
    compiled: dict[str, Callable[[str], bool | None]] = {}

    def patterns(folder: str) -> list[str]:
        if folder not in specs:
            try:
                with open(os.path.join(root, folder, IGNORE_FILE), encoding="utf-8") as file:
                    lines = [line.strip() for line in file]
            except (OSError, UnicodeDecodeError):
                lines = []
            specs[folder] = [line for line in lines if line and not line.startswith("#")]
        return specs[folder]

    def decision(folder: str, name: str) -> bool | None:
        if folder not in compiled:
            compiled[folder] = _compile(specs[folder])
        return compiled[folder](name)

    def hidden(path: str, is_folder: bool) -> bool:  # noqa: FBT001 (a question has two inputs)
        answer = False
        steps = path.split("/")
        for depth in range(len(steps)):
            folder = "/".join(steps[:depth])
            if patterns(folder):
                name = "/".join(steps[depth:]) + ("/" if is_folder else "")
                said = decision(folder, name)
                answer = answer if said is None else said
        return answer

    return hidden


def _compile(patterns: list[str]) -> Callable[[str], bool | None]:
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(patterns)
    return lambda name: spec.check_file(name).include
