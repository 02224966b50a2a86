"""Notebooks: the cells of code of a notebook, and which of their lines are commands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMAND = re.compile(r"\s*[%!]")
_OTHER = re.compile(r"\s*%%(?!time|capture|prun|memit)")
"""A magic for a whole cell that is not Python."""


class Cell(NamedTuple):
    """A cell of code: its Python, the commands of IPython in it, and its tags.

    Papermill puts parameters after the cell with the tag `parameters`; other tags say which cells are run.
    """

    python: str
    commands: tuple[str, ...]
    tags: tuple[str, ...]


def cells(text: str) -> Iterator[Cell]:
    """The cells of code that are not empty. Raises ValueError, LookupError or TypeError: not a notebook."""
    for each in json.loads(text)["cells"]:
        source = "".join(each["source"])
        if each["cell_type"] == "code" and source.strip():
            lines = [
                (line, bool(_OTHER.match(source) or _COMMAND.match(line))) for line in source.splitlines()
            ]
            yield Cell(
                python="\n".join(line for line, is_command in lines if not is_command),
                commands=tuple(line.lstrip().lstrip("%!") for line, is_command in lines if is_command),
                tags=tuple(sorted(each.get("metadata", {}).get("tags", ()))),
            )
