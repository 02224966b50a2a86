"""Tables: metric files with one row under a header."""

from __future__ import annotations

import csv
import io
from itertools import islice

from mlgit.yaml12 import scalar


class TableError(ValueError):
    """A text is not such a table; the message continues a sentence that begins with the file's name."""


_SPECIAL = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def parse_table(text: str, *, delimiter: str, exact: bool = False) -> dict[str, object]:
    """Column name -> value; with `exact`, fractions are decimals as they are written.

    Raises TableError: there is not exactly one row that fits the header.
    """
    try:
        reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
        rows = list(islice((row for row in reader if row), 3))
        more = sum(1 for row in reader if row) if len(rows) > 2 else 0  # noqa: PLR2004
    except csv.Error as error:
        raise TableError(f"is not a table: {error}") from error
    if len(rows) != 2:  # noqa: PLR2004 (a header and a row)
        count = max(0, len(rows) + more - 1)
        raise TableError(f"has {count} rows under its header; a metric table has exactly one")
    header, row = rows
    if len(header) != len(row) or len(set(header)) != len(header):
        raise TableError("has a header that does not fit its row")
    return {
        name: _SPECIAL[text.lower()] if text.lower() in _SPECIAL else scalar(text, floats_as_decimal=exact)
        for name, text in zip(header, (field.strip() for field in row), strict=True)
    }
