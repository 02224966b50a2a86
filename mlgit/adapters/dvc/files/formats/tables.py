"""Tables: metric files with one row under a header."""

from __future__ import annotations

import csv

from mlgit.yaml12 import scalar


class TableError(ValueError):
    """A text is not such a table; the message continues a sentence that begins with the file's name."""


_SPECIAL = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def parse_table(text: str, *, delimiter: str, exact: bool = False) -> dict[str, object]:
    """Column name -> value; with `exact`, fractions are decimals as they are written.

    Raises TableError: there is not exactly one row that fits the header.
    """
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    except csv.Error as error:
        raise TableError(f"is no table: {error}") from error
    if len(rows) != 2:  # noqa: PLR2004 (a header and a row)
        raise TableError(f"has {max(0, len(rows) - 1)} rows under its header; a metric table has exactly one")
    header, row = rows
    if len(header) != len(row) or len(set(header)) != len(header):
        raise TableError("has a header that does not fit its row")
    return {
        name: _SPECIAL[text.lower()] if text.lower() in _SPECIAL else scalar(text, floats_as_decimal=exact)
        for name, text in zip(header, (field.strip() for field in row), strict=True)
    }
