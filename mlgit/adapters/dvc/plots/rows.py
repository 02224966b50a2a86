"""Rows: the values of a plot's file as DVC reads them, one mapping of columns per point."""

from __future__ import annotations

import csv
import io
from itertools import islice
from math import nan
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import MAX_BYTES, ending_of, parse, too_large
from mlgit.core.pipeline.evidence import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.adapters.dvc.files.documents import Documents

    Row = dict[str, object]

MOST_ROWS = 100_000
IMAGES = frozenset({".jpg", ".jpeg", ".gif", ".png", ".svg"})
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def rows(content: bytes, *, path: str, header: bool, documents: Documents) -> list[Row]:
    """The points of a file: rows of a table, or the mappings in the lists of a JSON or YAML file.

    As in DVC, several lists of one file are joined row by row. Values of tables are text.

    Raises:
        Unreadable: there is no point, or there are more than `MOST_ROWS`.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(too_large(path))
    delimiter = _DELIMITERS.get(ending_of(path))
    if delimiter is not None:
        found = _table(content, delimiter, header=header)
    else:
        found = _joined(parse(content, path=path, documents=documents))
    if len(found) > MOST_ROWS:
        raise Unreadable(f"has more than {MOST_ROWS:,} points")
    if not found:
        raise Unreadable("has no points")
    return found


def last_column(found: Sequence[Row], *, apart_from: str | None) -> str | None:
    """The column that DVC draws when none is named: the last one of the first row."""
    names = [name for name in found[0] if name != apart_from] if found else []
    return names[-1] if names else None


def number(value: object) -> float:
    """The value as a double; NaN if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return nan


def class_name(value: object) -> str:
    """The name of a class in a confusion matrix."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(content: bytes, delimiter: str, *, header: bool) -> list[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = list(islice((line for line in reader if line), MOST_ROWS + 2))
    except csv.Error as error:
        raise Unreadable(f"is not a table: {error}") from error
    if not lines:
        return []
    names = lines[0] if header else [str(number) for number in range(len(lines[0]))]
    return [dict(zip(names, line, strict=False)) for line in lines[header:]]


def _joined(tree: object) -> list[Row]:
    found: list[Row] = []
    for each in _lists(tree):
        if each and all(isinstance(item, dict) for item in each) and each[0].keys() == set().union(*each):
            found += [{} for _ in range(len(each) - len(found))]
            for row, item in zip(found, each, strict=False):
                row.update({str(name): value for name, value in item.items()})
    return found


def _lists(tree: object) -> Iterator[list[dict[object, object]]]:
    if isinstance(tree, list):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _lists(value)
