"""Renamed runs: whether a stage with another name and command only names its renamed inputs otherwise."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.chain.readers import Reader


def is_renamed_run(old: Reader, new: Reader, renamed: Mapping[str, str]) -> bool:
    """Whether the new stage runs what the old one ran, if inputs have other names: `renamed` is old -> new.

    In another folder, nothing of what the old stage read may be read any more: everything moved.
    """
    if len(old.run) < 2:  # noqa: PLR2004 (a folder and a command)
        return False
    if _folder(old) != _folder(new) and (not renamed or {*old.deps} & {*new.deps}):
        return False
    own = {was: now for was, now in renamed.items() if was in old.deps and now in new.deps}
    return tuple(_with_new_names(line, old, new, own) for line in old.run[1:]) == new.run[1:]


def _folder(reader: Reader) -> str:
    return reader.run[0] or "."


def _with_new_names(line: str, old: Reader, new: Reader, renamed: Mapping[str, str]) -> str:
    """A line of a command with the new names of these files, also as modules (`python -m src.train`)."""
    for was, now in renamed.items():
        names = posixpath.relpath(was, _folder(old)), posixpath.relpath(now, _folder(new))
        modules = [name.removesuffix(".py").replace("/", ".") for name in names]
        for before, after in (names, modules):
            pattern = rf"(?<![\w./-]){re.escape(before)}(?![\w/-]|\.\w)"
            line = after.join(re.split(pattern, line))
    return line
