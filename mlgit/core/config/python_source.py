"""Python source: the syntax tree of a program of a user, whose warnings are not those of mlgit."""

from __future__ import annotations

import ast
import warnings


def parse(source: str | bytes) -> ast.Module:
    """Raises SyntaxError or ValueError: it is not Python."""
    with warnings.catch_warnings():
        # Python warns of an invalid escape such as `"\d"` in the program.
        warnings.simplefilter("ignore")
        return ast.parse(source)
